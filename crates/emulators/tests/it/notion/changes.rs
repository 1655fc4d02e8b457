//! How changes and losses show up.

use std::time::Duration;

use serde_json::json;

use super::harness::{ADA, GRACE, demo, key};

#[tokio::test]
async fn times_are_whole_minutes_except_on_containers() {
    let world = demo().await;
    let token = world.ada().await;
    let made = world.control.create_page(Some(&key("handbook")), &json!({"title": "New"})).unwrap();
    assert_eq!(made.edited, "2026-03-02T12:34:56.789Z");
    let path = format!("pages/{}", made.id);
    assert_eq!(world.json(&token, &path).await["last_edited_time"], "2026-03-02T12:34:00.000Z");
    world.control.advance_clock(Duration::from_secs(3));
    world.control.rename(&key(&made.id), "Newer").unwrap();
    assert_eq!(world.json(&token, &path).await["last_edited_time"], "2026-03-02T12:34:00.000Z");
    let database = world.json(&token, &format!("databases/{}", world.id("projects-db"))).await;
    assert_eq!(database["created_time"], "2026-02-02T09:00:00.000+00:00");
    let source = world.json(&token, &format!("data_sources/{}", world.id("project-list"))).await;
    assert_eq!(source["created_time"], "2026-02-02T09:00:00.000Z");
}

#[tokio::test]
async fn an_edit_moves_only_its_own_page() {
    let world = demo().await;
    let token = world.ada().await;
    let edited = async |name: &str| {
        world.json(&token, &format!("pages/{}", world.id(name))).await["last_edited_time"].clone()
    };
    let (handbook, policies) = (edited("handbook").await, edited("policies").await);
    let refund = edited("refund-policy").await;
    world.control.append_blocks(&key("refund-policy"), &[json!({"paragraph": "More."})], None).unwrap();
    assert_ne!(edited("refund-policy").await, refund);
    assert_eq!(edited("policies").await, policies);
    world.control.rename(&key("handbook"), "Manual").unwrap();
    assert_ne!(edited("handbook").await, handbook);
    assert_eq!(edited("policies").await, policies);
    let before = edited("onboarding").await;
    world.control.add_comment(&key("onboarding"), "Nice", None).unwrap();
    assert_eq!(edited("onboarding").await, before, "comments move nothing");
    world.control.move_to(&key("policies"), Some(&key("onboarding"))).unwrap();
    let child = edited("travel").await;
    assert_eq!(child, "2025-11-20T08:00:00.000Z");
}

#[tokio::test]
async fn trash_restore_and_deletion_for_good() {
    let world = demo().await;
    let token = world.ada().await;
    let path = format!("pages/{}", world.id("policies"));
    let below = format!("pages/{}", world.id("refund-policy"));
    world.control.trash(&key("policies")).unwrap();
    assert_eq!(world.json(&token, &path).await["in_trash"], true);
    assert_eq!(world.json(&token, &below).await["in_trash"], true);
    assert!(world.titles(&token, json!({"query": "refund"})).await.is_empty());
    world.control.restore(&key("policies")).unwrap();
    assert_eq!(world.json(&token, &below).await["in_trash"], false);
    assert_eq!(world.titles(&token, json!({"query": "refund"})).await.len(), 1);
    world.control.delete(&key("policies")).unwrap();
    assert_eq!(world.refused(&token, &path).await.1, "object_not_found");
    assert_eq!(world.refused(&token, &below).await.1, "object_not_found");
}

#[tokio::test]
async fn sharing_and_unsharing() {
    let world = demo().await;
    let ada = world.sign_in(ADA, &[]).await.access;
    let grace = world.sign_in(GRACE, &["handbook"]).await.access;
    let path = format!("pages/{}", world.id("refund-policy"));
    let below = format!("pages/{}", world.id("refund-exceptions"));
    assert_eq!(world.refused(&grace, &path).await.0, 404);
    assert_eq!(world.control.share(&key("refund-policy"), Some(GRACE)).unwrap(), 1);
    world.json(&grace, &below).await;
    assert_eq!(
        world.refused(&grace, &format!("pages/{}", world.id("policies"))).await.0,
        404,
        "not the ancestor"
    );
    world.control.unshare(&key("refund-policy"), Some(ADA)).unwrap();
    assert_eq!(world.refused(&ada, &below).await.0, 404);
    world.json(&ada, &format!("pages/{}", world.id("policies"))).await;
    let children = world.children(&ada, &world.id("policies")).await;
    assert!(!children.iter().any(|block| block["child_page"]["title"] == "Refund policy"));
    assert!(world.titles(&ada, json!({"query": "refund"})).await.is_empty());
    world.control.share(&key("refund-policy"), None).unwrap();
    world.json(&ada, &below).await;
}

#[tokio::test]
async fn parents_are_of_every_kind() {
    let world = demo().await;
    let token = world.ada().await;
    let blocks = [
        json!({"toggle": "box", "key": "box", "children": [{"child_page": {"title": "In a box", "key": "boxed"}}]}),
    ];
    world.control.append_blocks(&key("gallery"), &blocks, None).unwrap();
    let parent =
        async |name: &str| world.json(&token, &format!("pages/{}", world.id(name))).await["parent"].clone();
    assert_eq!(parent("boxed").await, json!({"type": "block_id", "block_id": world.id("box")}));
    assert_eq!(parent("policies").await, json!({"type": "page_id", "page_id": world.id("handbook")}));
    assert_eq!(parent("handbook").await, json!({"type": "workspace", "workspace": true}));
    world.control.move_to(&key("policies"), None).unwrap();
    let path = format!("pages/{}", world.id("policies"));
    assert_eq!(world.refused(&token, &path).await.0, 404, "what it inherited is gone with the old place");
    world.control.share(&key("policies"), None).unwrap();
    assert_eq!(parent("policies").await["type"], "workspace");
}

#[tokio::test]
async fn titles_of_every_sort() {
    let world = demo().await;
    let token = world.ada().await;
    let page = world.json(&token, &format!("pages/{}", world.id("travel"))).await;
    assert_eq!(page["properties"]["title"]["title"][0]["plain_text"], "Travel & expenses: trains / flights");
    let tail = world.id("travel").replace('-', "");
    assert_eq!(page["url"], format!("https://app.notion.com/p/Travel-expenses-trains-flights-{tail}"));
    let page = world.json(&token, &format!("pages/{}", world.id("untitled"))).await;
    assert_eq!(page["properties"]["title"]["title"], json!([]));
    assert_eq!(page["url"], format!("https://app.notion.com/p/{}", world.id("untitled").replace('-', "")));
    let long = "x".repeat(2000);
    world.control.rename(&key("untitled"), &long).unwrap();
    let page = world.json(&token, &format!("pages/{}", world.id("untitled"))).await;
    assert_eq!(page["properties"]["title"]["title"][0]["plain_text"], long);
}
