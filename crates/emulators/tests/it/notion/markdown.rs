//! The Markdown endpoint.

use serde_json::json;

use super::harness::demo;

#[tokio::test]
async fn a_page_as_markdown() {
    let world = demo().await;
    let token = world.ada().await;
    let id = world.id("weekly-2026-03-02");
    let body = world.json(&token, &format!("pages/{id}/markdown")).await;
    assert_eq!(body["object"], "page_markdown");
    assert_eq!(body["id"], id);
    assert_eq!((&body["truncated"], &body["unknown_block_ids"]), (&json!(false), &json!([])));
    let markdown = body["markdown"].as_str().unwrap();
    for part in [
        "## Decided",
        "- [ ] Order the new packing tables",
        "- [x] Send the price list to shops",
        "<td>1 140</td>",
        "```sql\nSELECT shop",
        ">Ada Example</mention-user>",
        "<mention-date start=\"2026-03-09T10:00:00+01:00\"/>",
        ">Cold brew range</mention-page>",
        "<synced_block_reference",
        "### House rules",
    ] {
        assert!(markdown.contains(part), "{part} in {markdown}");
    }
    let policies = world.json(&token, &format!("pages/{}/markdown", world.id("policies"))).await;
    let markdown = policies["markdown"].as_str().unwrap();
    assert!(markdown.contains(">Refund policy</page>"));
    assert!(!markdown.contains("handling fee"), "sub-pages are only named");
}

#[tokio::test]
async fn what_cannot_be_read_is_unknown() {
    let world = demo().await;
    let token = world.ada().await;
    let body = world.json(&token, &format!("pages/{}/markdown", world.id("weekly-2026-02-23"))).await;
    assert_eq!(body["truncated"], true);
    let original = world.id("private-original");
    assert_eq!(body["unknown_block_ids"], json!([original]));
    assert!(body["markdown"].as_str().unwrap().contains("<unknown url="));
    assert_eq!(world.refused(&token, &format!("pages/{original}/markdown")).await.0, 404);
    let gallery = world.json(&token, &format!("pages/{}/markdown", world.id("gallery"))).await;
    assert_eq!(gallery["truncated"], true);
    let unknown = gallery["unknown_block_ids"].as_array().unwrap();
    assert!(unknown.len() >= 2, "the unsupported block and the one of an unknown type");
}

#[tokio::test]
async fn long_pages_are_cut_and_can_be_continued() {
    let world = demo().await;
    let token = world.ada().await;
    world.control.set_switches(|switches| switches.markdown_block_limit = 3);
    let body = world.json(&token, &format!("pages/{}/markdown", world.id("gallery"))).await;
    assert_eq!(body["truncated"], true);
    let markdown = body["markdown"].as_str().unwrap();
    assert!(markdown.contains("## Heading two") && !markdown.contains("### Heading three"));
    let next = body["unknown_block_ids"][0].as_str().unwrap();
    let rest = world.json(&token, &format!("pages/{next}/markdown")).await;
    assert_eq!(rest["markdown"], "### Heading three");
}

#[tokio::test]
async fn transcripts_come_only_when_asked_for() {
    let world = demo().await;
    let token = world.ada().await;
    let path = format!("pages/{}/markdown", world.id("gallery"));
    let short = world.json(&token, &path).await;
    let long = world.json(&token, &format!("{path}?include_transcript=true")).await;
    assert!(short["markdown"].as_str().unwrap().contains("Prices stay until June."));
    assert!(!short["markdown"].as_str().unwrap().contains("Good morning"));
    assert!(long["markdown"].as_str().unwrap().contains("Good morning"));
    assert_eq!(world.refused(&token, &format!("{path}?include_transcript=maybe")).await.0, 400);
    let row = world.json(&token, &format!("pages/{}/markdown", world.id("row-coldbrew"))).await;
    assert!(row["markdown"].as_str().unwrap().starts_with("## Goal"));
    let database = world.id("projects-db");
    assert_eq!(world.refused(&token, &format!("pages/{database}/markdown")).await.0, 404);
}
