//! Blocks: every type, levels, synced copies, rich text.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::harness::{ADA, GRACE, demo, key, words};

#[tokio::test]
async fn every_type_is_there_with_an_unsupported_and_an_unknown_one() {
    let world = demo().await;
    let token = world.ada().await;
    let mut found: BTreeSet<String> = BTreeSet::new();
    let mut open: Vec<String> =
        ["gallery", "home", "handbook", "meetings", "suppliers"].iter().map(|name| world.id(name)).collect();
    while let Some(id) = open.pop() {
        let list = world.json(&token, &format!("blocks/{id}/children")).await;
        for block in list["results"].as_array().unwrap() {
            found.insert(block["type"].as_str().unwrap().to_owned());
            let unreadable = block["synced_block"]["synced_from"].is_object();
            if block["has_children"] == true && !unreadable {
                open.push(block["id"].as_str().unwrap().to_owned());
            }
        }
    }
    let expected = [
        "audio",
        "bookmark",
        "breadcrumb",
        "bulleted_list_item",
        "callout",
        "child_database",
        "child_page",
        "code",
        "column",
        "column_list",
        "divider",
        "embed",
        "equation",
        "file",
        "heading_1",
        "heading_2",
        "heading_3",
        "heading_4",
        "hologram",
        "image",
        "link_preview",
        "link_to_page",
        "meeting_notes",
        "numbered_list_item",
        "paragraph",
        "pdf",
        "quote",
        "synced_block",
        "tab",
        "table",
        "table_of_contents",
        "table_row",
        "template",
        "to_do",
        "toggle",
        "unsupported",
        "video",
    ];
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn children_come_one_level_at_a_time() {
    let world = demo().await;
    let token = world.ada().await;
    let blocks = world.children(&token, &world.id("onboarding")).await;
    let toggle = blocks.iter().find(|block| block["type"] == "toggle").unwrap();
    assert_eq!(toggle["has_children"], true);
    assert!(toggle["toggle"].get("children").is_none());
    let inner = world.children(&token, toggle["id"].as_str().unwrap()).await;
    let deeper = world.children(&token, inner[1]["id"].as_str().unwrap()).await;
    assert_eq!(words(&deeper[1]), "Gloves hang beside the door");
    assert_eq!(deeper[1]["parent"], json!({"type": "block_id", "block_id": inner[1]["id"]}));
    let deepest = world.children(&token, deeper[1]["id"].as_str().unwrap()).await;
    assert_eq!(deepest[0]["has_children"], true);
    assert_eq!(inner[0]["parent"]["block_id"], toggle["id"]);
}

#[tokio::test]
async fn pages_and_databases_are_blocks_too() {
    let world = demo().await;
    let token = world.ada().await;
    let page = world.json(&token, &format!("blocks/{}", world.id("policies"))).await;
    assert_eq!((&page["type"], &page["child_page"]["title"]), (&json!("child_page"), &json!("Policies")));
    let database = world.json(&token, &format!("blocks/{}", world.id("suppliers-db"))).await;
    assert_eq!(database["child_database"]["title"], "Supplier list");
    assert_eq!(world.children(&token, &world.id("suppliers-db")).await, Vec::<Value>::new());
    let source = format!("blocks/{}", world.id("supplier-list"));
    assert_eq!(world.refused(&token, &source).await.0, 404);
}

#[tokio::test]
async fn a_synced_copy_shows_the_original_or_nothing() {
    let world = demo().await;
    let token = world.sign_in(ADA, &[]).await.access;
    let blocks = world.children(&token, &world.id("onboarding")).await;
    let copy = blocks.iter().find(|block| block["type"] == "synced_block").unwrap();
    assert_eq!(copy["synced_block"]["synced_from"]["block_id"], world.id("house-rules"));
    let children = world.children(&token, copy["id"].as_str().unwrap()).await;
    assert_eq!(words(&children[0]), "House rules");
    let blocks = world.children(&token, &world.id("weekly-2026-02-23")).await;
    let hidden = blocks.iter().find(|block| block["type"] == "synced_block").unwrap();
    assert_eq!(hidden["has_children"], true);
    let path = format!("blocks/{}/children", hidden["id"].as_str().unwrap());
    let (status, code, _) = world.refused(&token, &path).await;
    assert_eq!((status, code.as_str()), (404, "object_not_found"));
    let grace = world.sign_in(GRACE, &[]).await.access;
    assert_eq!(
        words(&world.children(&grace, hidden["id"].as_str().unwrap()).await[0]),
        "Salary round in April."
    );
}

#[tokio::test]
async fn mentions_know_what_the_caller_may_know() {
    let world = demo().await;
    let token = world.ada().await;
    let blocks = world.children(&token, &world.id("weekly-2026-03-02")).await;
    let items = blocks[0]["paragraph"]["rich_text"].as_array().unwrap();
    assert_eq!(items[1]["plain_text"], "@Ada Example");
    assert_eq!(items[1]["mention"]["user"]["person"]["email"], ADA);
    assert!(items.iter().any(|item| item["mention"]["type"] == "date"));
    assert!(items.iter().any(|item| item["mention"]["type"] == "template_mention"));
    let gallery = world.children(&token, &world.id("gallery")).await;
    let seen = gallery.iter().find(|block| words(block).starts_with("Seen on")).unwrap();
    let items = seen["paragraph"]["rich_text"].as_array().unwrap();
    let page = items.iter().find(|item| item["mention"]["type"] == "page").unwrap();
    assert_eq!(page["plain_text"], "Untitled", "the page is not shared");
    assert_eq!(page["mention"]["page"]["id"], world.id("private"));
    let link = items.iter().find(|item| item["mention"]["type"] == "link_mention").unwrap();
    assert_eq!(link["mention"]["link_mention"]["title"], "Tea news");
    let summary =
        &world.json(&token, &format!("pages/{}", world.id("row-coldbrew"))).await["properties"]["Summary"];
    assert_eq!(summary["rich_text"][1]["plain_text"], "Weekly 2026-03-02");
}

#[tokio::test]
async fn trashed_blocks_and_pages_leave_the_list() {
    let world = demo().await;
    let token = world.ada().await;
    let handbook = world.id("handbook");
    let before = world.children(&token, &handbook).await.len();
    world.control.trash(&key("policies")).unwrap();
    assert_eq!(world.children(&token, &handbook).await.len(), before - 1);
    world.control.restore(&key("policies")).unwrap();
    assert_eq!(world.children(&token, &handbook).await.len(), before);
}

#[tokio::test]
async fn forty_levels_are_possible() {
    let world = demo().await;
    let token = world.ada().await;
    let mut block = json!({"toggle": "level 40"});
    for level in (1..40).rev() {
        block = json!({"toggle": format!("level {level}"), "children": [block]});
    }
    world.control.append_blocks(&key("gallery"), &[block], None).unwrap();
    let mut id = world.children(&token, &world.id("gallery")).await.last().unwrap()["id"].clone();
    for level in 2..=40 {
        let inner = world.children(&token, id.as_str().unwrap()).await;
        assert_eq!(words(&inner[0]), format!("level {level}"));
        id = inner[0]["id"].clone();
    }
}
