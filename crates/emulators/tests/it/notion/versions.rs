//! Three API versions: the header, names, fields and endpoints that differ.

use reqwest::Method;
use serde_json::{Value, json};

use super::harness::{bad, demo, good, title};

#[tokio::test]
async fn the_header_is_mandatory_and_known() {
    let world = demo().await;
    let token = world.ada().await;
    let (status, code, _) = bad(world.call(Method::GET, &token, "users/me", "", None).await).await;
    assert_eq!((status, code.as_str()), (400, "missing_version"));
    let (status, code, _) = bad(world.call(Method::GET, &token, "users/me", "2027-01-01", None).await).await;
    assert_eq!((status, code.as_str()), (400, "validation_error"));
}

#[tokio::test]
async fn archived_is_gone_since_2026() {
    let world = demo().await;
    let token = world.ada().await;
    for path in ["pages", "blocks"] {
        let path = format!("{path}/{}", world.id("handbook"));
        for version in ["2022-06-28", "2025-09-03"] {
            assert_eq!(world.json_in(version, &token, &path).await["archived"], false);
        }
        let page = world.json(&token, &path).await;
        assert_eq!(page["in_trash"], false);
        assert!(page.get("archived").is_none());
    }
}

#[tokio::test]
async fn databases_are_their_tables_in_2022() {
    let world = demo().await;
    let token = world.ada().await;
    let database = world.id("suppliers-db");
    let old = world.json_in("2022-06-28", &token, &format!("databases/{database}")).await;
    assert_eq!(old["properties"]["Supplier"]["id"], "title");
    assert!(old.get("data_sources").is_none());
    let new = world.json(&token, &format!("databases/{database}")).await;
    assert_eq!(new["data_sources"][0]["name"], "Supplier list");
    assert!(new.get("properties").is_none());

    let body = json!({});
    let path = format!("databases/{database}/query");
    let rows = good(world.call(Method::POST, &token, &path, "2022-06-28", Some(&body)).await).await;
    assert_eq!(rows["type"], "page_or_database");
    assert_eq!(rows["results"][0]["parent"], json!({"type": "database_id", "database_id": database}));
    let (status, code, _) =
        bad(world.call(Method::POST, &token, &path, "2025-09-03", Some(&body)).await).await;
    assert_eq!((status, code.as_str()), (400, "invalid_request_url"));
    let path = format!("data_sources/{}", world.id("supplier-list"));
    let answer = world.call(Method::GET, &token, &path, "2022-06-28", None).await;
    assert_eq!(bad(answer).await.1, "invalid_request_url");
}

#[tokio::test]
async fn several_data_sources_are_too_much_for_2022() {
    let world = demo().await;
    let token = world.ada().await;
    let path = format!("databases/{}", world.id("projects-db"));
    let answer = world.call(Method::GET, &token, &path, "2022-06-28", None).await;
    assert_eq!(answer.status(), 400);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["code"], "validation_error");
    let named = body["additional_data"]["child_data_source_ids"].as_array().unwrap();
    assert_eq!(named[0], world.id("project-list"));
    assert_eq!(named.len(), 2);
}

#[tokio::test]
async fn search_speaks_of_databases_or_of_data_sources() {
    let world = demo().await;
    let token = world.ada().await;
    let ask = async |version: &str, value: &str| {
        let body = json!({"filter": {"property": "object", "value": value}});
        world.call(Method::POST, &token, "search", version, Some(&body)).await
    };
    let old = good(ask("2022-06-28", "database").await).await;
    assert_eq!(old["type"], "page_or_database");
    assert_eq!(old["results"][0]["object"], "database");
    assert_eq!(old["results"].as_array().unwrap().len(), 1, "the one with two data sources is left out");
    // Recordings show old versions understanding the new word.
    assert_eq!(good(ask("2022-06-28", "data_source").await).await["results"][0]["object"], "database");
    assert_eq!(bad(ask("2026-03-11", "database").await).await.1, "validation_error");
    let new = good(ask("2026-03-11", "data_source").await).await;
    assert_eq!(new["type"], "page_or_data_source");
    assert!(new["page_or_data_source"].is_object());
    let mut titles: Vec<String> = new["results"].as_array().unwrap().iter().map(title).collect();
    titles.sort();
    assert_eq!(titles, ["Ideas", "Projects", "Supplier list"]);
}

#[tokio::test]
async fn meeting_notes_were_called_transcription() {
    let world = demo().await;
    let token = world.ada().await;
    let path = format!("blocks/{}/children", world.id("gallery"));
    for (version, name) in [("2025-09-03", "transcription"), ("2026-03-11", "meeting_notes")] {
        let list = world.json_in(version, &token, &path).await;
        let blocks = list["results"].as_array().unwrap();
        let block = blocks.iter().find(|block| block["type"] == name).unwrap();
        assert_eq!(block[name]["status"], "notes_ready");
        assert_eq!(block[name]["children"]["summary_block_id"], world.id("call-summary"));
    }
}
