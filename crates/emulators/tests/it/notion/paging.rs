//! Paging: at most 100, opaque cursors, short pages, and the faults of lists.

use gangway_emulators::notion::Generate;
use serde_json::{Value, json};

use super::harness::{World, demo, empty, key};

async fn with_pages(count: u32) -> (World, String) {
    let world = empty().await;
    let root = world.control.create_page(None, &json!({"title": "Root", "key": "root"})).unwrap();
    assert_eq!(root.title, "Root");
    let wish = Generate { parent: Some(key("root")), count, size: 40, prefix: "Note ".into() };
    assert_eq!(world.control.generate(&wish).unwrap().len(), count as usize);
    let token = world.ada().await;
    (world, token)
}

/// Follows the cursors of a search and returns ids and page sizes.
async fn walk(world: &World, token: &str, size: u32) -> (Vec<String>, Vec<usize>) {
    let (mut ids, mut sizes, mut cursor) = (Vec::new(), Vec::new(), Value::Null);
    loop {
        let mut body = json!({"page_size": size});
        if !cursor.is_null() {
            body["start_cursor"] = cursor;
        }
        let list = world.search(token, body).await;
        let results = list["results"].as_array().unwrap();
        sizes.push(results.len());
        ids.extend(results.iter().map(|one| one["id"].as_str().unwrap().to_owned()));
        cursor = list["next_cursor"].clone();
        assert_eq!(list["has_more"], !cursor.is_null());
        if cursor.is_null() {
            return (ids, sizes);
        }
    }
}

#[tokio::test]
async fn search_pages_cover_everything_once() {
    let (world, token) = with_pages(250).await;
    let (mut ids, sizes) = walk(&world, &token, 100).await;
    assert_eq!(sizes, [100, 100, 51]);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 251);
}

#[tokio::test]
async fn pages_may_be_short_without_being_the_last() {
    let (world, token) = with_pages(30).await;
    world.control.set_switches(|switches| switches.short_pages = true);
    let (ids, sizes) = walk(&world, &token, 10).await;
    assert_eq!(ids.len(), 31);
    assert_eq!(sizes[..2], [5, 5]);
}

#[tokio::test]
async fn children_are_paged_by_the_next_block() {
    let (world, token) = with_pages(5).await;
    let root = world.id("root");
    let first = world.json(&token, &format!("blocks/{root}/children?page_size=2")).await;
    assert_eq!(first["type"], "block");
    assert_eq!(first["results"].as_array().unwrap().len(), 2);
    let cursor = first["next_cursor"].as_str().unwrap();
    let path = format!("blocks/{root}/children?page_size=2&start_cursor={cursor}");
    let second = world.json(&token, &path).await;
    assert_eq!(second["results"][0]["id"], cursor);
    assert_eq!(second["results"][0]["child_page"]["title"], "Note 000002");
    // Something in front goes away: the cursor still means the same block.
    let gone = first["results"][0]["id"].as_str().unwrap();
    world.control.delete(&key(gone)).unwrap();
    assert_eq!(world.json(&token, &path).await["results"][0]["id"], cursor);
    world.control.delete(&key(cursor)).unwrap();
    let (status, code, message) = world.refused(&token, &path).await;
    assert_eq!((status, code.as_str()), (400, "validation_error"));
    assert!(message.contains("start_cursor provided is invalid"), "{message}");
}

#[tokio::test]
async fn cursors_belong_to_one_listing_of_one_connection() {
    let (world, token) = with_pages(20).await;
    let list = world.search(&token, json!({"page_size": 5})).await;
    let cursor = list["next_cursor"].clone();
    for body in [
        json!({"page_size": 5, "start_cursor": cursor, "query": "note"}),
        json!({"start_cursor": "11111111-2222-3333-4444-555555555555"}),
        json!({"start_cursor": "next"}),
        json!({"start_cursor": 7}),
    ] {
        assert_eq!(world.post_refused(&token, "search", body).await.1, "validation_error");
    }
    let other = world.ada().await;
    let body = json!({"page_size": 5, "start_cursor": cursor});
    assert_eq!(world.post_refused(&other, "search", body.clone()).await.0, 400);
    world.search(&token, body.clone()).await;
    world.control.expire_cursors();
    assert_eq!(world.post_refused(&token, "search", body).await.0, 400);
}

#[tokio::test]
async fn rows_that_vanish_leave_a_gap_and_not_an_end() {
    let (world, token) = with_pages(20).await;
    let list = world.search(&token, json!({"page_size": 10})).await;
    let body = json!({"page_size": 10, "start_cursor": list["next_cursor"]});
    let next = world.search(&token, body.clone()).await;
    let gone = next["results"][0]["id"].as_str().unwrap().to_owned();
    world.control.delete(&key(&gone)).unwrap();
    let next = world.search(&token, body).await;
    assert_eq!(next["results"].as_array().unwrap().len(), 9);
    assert_eq!(next["has_more"], true);
}

#[tokio::test]
async fn faults_of_lists() {
    let (world, token) = with_pages(20).await;
    let fault = |hint: &str, after: u64| json!({"operation": "search", "times": 1, "after": after, "effect": {"hint": hint}});
    world.control.add_fault_json(fault("empty_page", 0)).unwrap();
    let list = world.search(&token, json!({"page_size": 5})).await;
    assert!(list["results"].as_array().unwrap().is_empty());
    assert_eq!(list["has_more"], true);
    let list = world.search(&token, json!({"page_size": 5, "start_cursor": list["next_cursor"]})).await;
    assert_eq!(list["results"].as_array().unwrap().len(), 5);
    world.control.clear_faults();
    world.control.add_fault_json(fault("repeat_page_token", 0)).unwrap();
    let body = json!({"page_size": 5, "start_cursor": list["next_cursor"]});
    assert_eq!(world.search(&token, body.clone()).await["next_cursor"], list["next_cursor"]);
    world.control.clear_faults();
    world.control.add_fault_json(fault("expired_cursor", 0)).unwrap();
    assert_eq!(world.post_refused(&token, "search", body.clone()).await.1, "validation_error");
    world.search(&token, body).await;
}

#[tokio::test]
async fn generated_pages_have_content_that_stays_the_same() {
    let (world, token) = with_pages(3).await;
    let root = world.id("root");
    let page = world.children(&token, &root).await[1].clone();
    assert_eq!(page["has_children"], true);
    let id = page["id"].as_str().unwrap();
    let before = world.children(&token, id).await;
    assert_eq!(before[0]["paragraph"]["rich_text"][0]["plain_text"].as_str().unwrap().len(), 40);
    world.control.rename(&key(id), "Renamed").unwrap();
    let after = world.children(&token, id).await;
    assert_eq!(before[0]["id"], after[0]["id"]);
    assert_eq!(before[0]["paragraph"], after[0]["paragraph"]);
}

#[tokio::test]
async fn page_sizes_are_checked() {
    let world = demo().await;
    let token = world.ada().await;
    let id = world.id("handbook");
    for size in ["0", "101", "1.5", "many"] {
        let (status, code, message) =
            world.refused(&token, &format!("blocks/{id}/children?page_size={size}")).await;
        assert_eq!((status, code.as_str()), (400, "validation_error"));
        assert!(message.contains("query.page_size"), "{message}");
    }
    let (_, _, message) = world.refused(&token, &format!("blocks/{id}/children?limit=5")).await;
    assert!(message.contains("query.limit should be not present"), "{message}");
}
