//! Calls that change content, for a customer's other client.

use reqwest::Method;
use serde_json::{Value, json};

use super::harness::{World, bad, demo, good, words};

async fn writing() -> (World, String) {
    let world = demo().await;
    world.control.set_switches(|switches| {
        switches.capabilities.update_content = true;
        switches.capabilities.insert_content = true;
        switches.capabilities.insert_comments = true;
    });
    let token = world.ada().await;
    (world, token)
}

async fn patch(world: &World, token: &str, path: &str, body: Value) -> Value {
    good(world.call(Method::PATCH, token, path, "2026-03-11", Some(&body)).await).await
}

#[tokio::test]
async fn pages_are_made_changed_moved_and_trashed() {
    let (world, token) = writing().await;
    let body = json!({"parent": {"page_id": world.id("meetings")},
        "properties": {"title": [{"text": {"content": "Made by an app"}}]},
        "children": [{"paragraph": {"rich_text": [{"text": {"content": "Hello"}}]}}]});
    let page = world.post(&token, "pages", body).await;
    let id = page["id"].as_str().unwrap().to_owned();
    assert_eq!(page["created_by"]["id"], world.json(&token, "users/me").await["id"]);
    assert_eq!(words(&world.children(&token, &id).await[0]), "Hello");
    let path = format!("pages/{id}");
    let page =
        patch(&world, &token, &path, json!({"icon": {"type": "emoji", "emoji": "🍵"}, "in_trash": true}))
            .await;
    assert_eq!(page["icon"]["emoji"], "🍵");
    assert_eq!(page["in_trash"], true);
    let answer =
        world.call(Method::PATCH, &token, &path, "2026-03-11", Some(&json!({"archived": false}))).await;
    assert_eq!(bad(answer).await.1, "validation_error");
    let answer =
        world.call(Method::PATCH, &token, &path, "2025-09-03", Some(&json!({"archived": false}))).await;
    assert_eq!(good(answer).await["archived"], false);
    let body = json!({"parent": {"type": "page_id", "page_id": world.id("handbook")}});
    let moved = world.post(&token, &format!("{path}/move"), body).await;
    assert_eq!(moved["parent"]["page_id"], world.id("handbook"));
    let body = json!({"parent": {"page_id": world.id("private")}, "properties": {}});
    assert_eq!(world.post_refused(&token, "pages", body).await.0, 404);
}

#[tokio::test]
async fn rows_are_made_and_changed() {
    let (world, token) = writing().await;
    let body = json!({"parent": {"type": "data_source_id", "data_source_id": world.id("project-list")},
        "properties": {"Name": {"title": [{"text": {"content": "Tea bikes"}}]},
            "Budget": {"number": 5}, "Stage": {"status": {"name": "Tasting"}}, "Tags": {"multi_select": [{"name": "new"}]}}});
    let row = world.post(&token, "pages", body).await;
    assert_eq!(row["properties"]["Stage"]["status"]["name"], "Tasting");
    assert_eq!(row["properties"]["Tags"]["multi_select"][0]["name"], "new");
    let path = format!("pages/{}", row["id"].as_str().unwrap());
    let row = patch(&world, &token, &path, json!({"properties": {"Approved": {"checkbox": true}}})).await;
    assert_eq!(row["properties"]["Approved"]["checkbox"], true);
    for properties in [
        json!({"Nope": {"number": 1}}),
        json!({"Stage": {"status": {"name": "Nowhere"}}}),
        json!({"Budget": {"number": "five"}}),
    ] {
        let body = json!({"properties": properties});
        let answer = world.call(Method::PATCH, &token, &path, "2026-03-11", Some(&body)).await;
        assert_eq!(bad(answer).await.1, "validation_error");
    }
}

#[tokio::test]
async fn blocks_are_appended_changed_and_deleted() {
    let (world, token) = writing().await;
    let id = world.id("weekly-2026-02-23");
    let path = format!("blocks/{id}/children");
    let first = world.children(&token, &id).await[0]["id"].clone();
    let block = |text: &str| json!({"paragraph": {"rich_text": [{"text": {"content": text}}]}});
    let body = json!({"children": [block("second")],
        "position": {"type": "after_block", "after_block": {"id": first}}});
    let made = patch(&world, &token, &path, body).await;
    assert_eq!(made["type"], "block");
    assert_eq!(words(&world.children(&token, &id).await[1]), "second");
    let body = json!({"children": [block("x")], "after": first});
    let answer = world.call(Method::PATCH, &token, &path, "2026-03-11", Some(&body)).await;
    assert_eq!(bad(answer).await.1, "validation_error", "`after` became `position`");
    good(world.call(Method::PATCH, &token, &path, "2025-09-03", Some(&body)).await).await;
    let own = format!("blocks/{}", made["results"][0]["id"].as_str().unwrap());
    let changed = patch(&world, &token, &own, block("changed")).await;
    assert_eq!(words(&changed), "changed");
    let gone = good(world.call(Method::DELETE, &token, &own, "2026-03-11", None).await).await;
    assert_eq!(gone["in_trash"], true);
    assert!(!world.children(&token, &id).await.iter().any(|block| words(block) == "changed"));
}

#[tokio::test]
async fn limits_of_requests_are_validation_errors() {
    let (world, token) = writing().await;
    let path = format!("blocks/{}/children", world.id("meetings"));
    let block = json!({"divider": {}});
    for children in [
        vec![block.clone(); 101],
        vec![json!({"paragraph": {"rich_text": [{"text": {"content": "x".repeat(2001)}}]}})],
        vec![json!({"embed": {"url": "https://example.com/".to_owned() + &"x".repeat(2001)}})],
        vec![json!({"unsupported": {}})],
    ] {
        let body = json!({"children": children});
        let answer = world.call(Method::PATCH, &token, &path, "2026-03-11", Some(&body)).await;
        assert_eq!(bad(answer).await.1, "validation_error");
    }
}

#[tokio::test]
async fn edits_through_the_api_may_leave_the_time_alone() {
    let (world, token) = writing().await;
    let path = format!("pages/{}", world.id("onboarding"));
    let before = world.json(&token, &path).await["last_edited_time"].clone();
    world.control.set_switches(|switches| switches.api_edits_keep_time = true);
    let page = patch(&world, &token, &path, json!({"icon": null})).await;
    assert_eq!(page["last_edited_time"], before);
    world.control.set_switches(|switches| switches.api_edits_keep_time = false);
    let page = patch(&world, &token, &path, json!({"icon": null})).await;
    assert_ne!(page["last_edited_time"], before);
}

#[tokio::test]
async fn comments_are_written() {
    let (world, token) = writing().await;
    let id = world.id("onboarding");
    let body = json!({"parent": {"page_id": id}, "rich_text": [{"text": {"content": "From an app"}}]});
    let comment = world.post(&token, "comments", body).await;
    assert_eq!(comment["display_name"]["type"], "integration");
    let body =
        json!({"discussion_id": comment["discussion_id"], "rich_text": [{"text": {"content": "Again"}}]});
    world.post(&token, "comments", body).await;
    let list = world.json(&token, &format!("comments?block_id={id}")).await;
    assert_eq!(list["results"].as_array().unwrap().len(), 2);
}
