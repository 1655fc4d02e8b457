//! Looking around at the source.

use gangway_model::Plan;
use serde_json::{Value, json};

use super::house::House;

#[tokio::test]
async fn files_come_in_pages_with_the_guides_fields() {
    let house = House::build().await;
    let user = house.user(Plan::Pro).await;
    user.get("/rest/connectors/stub_drive/files").await.error(409, "not_connected");
    user.connect().await;
    let page = user.get("/rest/connectors/stub_drive/files?limit=1").await.ok();
    assert_eq!((&page["has_more"], &page["files"][0]["kind"]), (&json!(true), &json!("folder")));
    let next = page["next_cursor"].as_str().unwrap();
    let page = user.get(&format!("/rest/connectors/stub_drive/files?limit=1&cursor={next}")).await.ok();
    let expected = json!([{
        "id": "one", "name": "one.txt", "mimeType": "text/plain", "size": 10,
        "modified_at": "2025-05-05T05:05:05Z", "url": "https://stub.example/one", "thumbnail_url": null,
        "parent_id": null, "synced": false, "kind": "file",
    }]);
    assert_eq!(
        (&page["files"], &page["next_cursor"], &page["has_more"]),
        (&expected, &Value::Null, &json!(false))
    );
    let inside = user.get("/rest/connectors/stub_drive/files?folder_id=folder").await.ok();
    assert_eq!(
        (&inside["files"][0]["id"], &inside["files"][0]["parent_id"]),
        (&json!("two"), &json!("folder"))
    );
}

#[tokio::test]
async fn what_the_source_refuses_is_told_with_what_to_do() {
    let house = House::build().await;
    let user = house.user(Plan::Pro).await;
    user.connect().await;
    let answer = user.get("/rest/connectors/stub_drive/files?folder_id=busy").await;
    let body = answer.error(429, "rate_limit");
    assert_eq!(
        (&body["error"]["details"]["retry_after"], &answer.headers["retry-after"]),
        (&json!(7), &"7".parse().unwrap())
    );
    assert_eq!(body["error"]["details"]["connector_id"], "stub_drive");
    user.get("/rest/connectors/stub_drive/files?folder_id=gone").await.error(404, "not_found");
}

#[tokio::test]
async fn versions_and_reasons_are_shown() {
    let house = House::build().await;
    let user = house.user(Plan::Pro).await;
    user.connect().await;
    let versions = user.get("/rest/connectors/stub_drive/files/one/versions").await.ok();
    assert_eq!(
        (&versions["versions"][0]["id"], &versions["versions"][0]["current"]),
        (&json!("v1"), &json!(true))
    );
    let why = user.get("/rest/connectors/stub_drive/files/one/why").await.ok();
    assert_eq!((&why["in_source"], &why["state"]), (&json!(true), &json!("unknown")));
    assert_eq!((&why["reason"]["code"], &why["file"]["file_id"]), (&json!("not_chosen"), &Value::Null));
    user.get("/rest/connectors/stub_drive/files/gone/why").await.error(404, "not_found");
    let slashed = user.get("/rest/connectors/stub_drive/files/a%2Fb/why").await;
    slashed.error(404, "not_found");
}
