//! Looking around at the source, and the picker.

use axum::body::Body;
use axum::http::{Method, Request};
use gangway_model::Plan;
use serde_json::{Value, json};

use super::house::{Answer, House};

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
    assert_eq!(why["reason"]["code"], "not_chosen");
    user.get("/rest/connectors/stub_drive/files/gone/why").await.error(404, "not_found");
    let slashed = user.get("/rest/connectors/stub_drive/files/a%2Fb/why").await;
    slashed.error(404, "not_found");
}

async fn with_key(house: &House, method: Method, path: &str, key: &str, body: Option<Value>) -> Answer {
    let mut request = Request::builder().method(method).uri(path).header("x-picker-key", key);
    if body.is_some() {
        request = request.header("content-type", "application/json");
    }
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    house.send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn a_person_picks_once_with_the_key_of_the_page() {
    let house = House::build().await;
    let (user, other) = (house.user(Plan::Pro).await, house.user(Plan::Pro).await);
    user.connect().await;
    other.connect().await;
    let path = "/rest/connectors/stub_drive/picker";
    user.post(path, json!({ "origin": "https://evil.example" })).await.error(400, "invalid_request");
    let asked = json!({ "max_files": 1, "mime_types": ["text/*"], "origin": "https://app.example" });
    let made = user.post(path, asked).await.ok();
    let (page, key) = made["picker_url"].as_str().unwrap().split_once('#').unwrap();
    let page = page.strip_prefix("https://gw.example").unwrap();
    let session = format!("{path}/{}", made["session_id"].as_str().unwrap());
    assert_eq!(user.get(&session).await.ok(), json!({ "status": "open", "files": [] }));
    other.get(&session).await.error(404, "not_found");
    assert!(house.get(page).await.text().contains("<title>Choose files</title>"));

    with_key(&house, Method::GET, &format!("{page}/about"), "pk_wrong", None).await.error(404, "not_found");
    house.get(&format!("{page}/files")).await.error(401, "unauthorized");
    let about = with_key(&house, Method::GET, &format!("{page}/about"), key, None).await.ok();
    assert_eq!((&about["max_files"], &about["connector_name"]), (&json!(1), &json!("Stub Drive")));
    let files = with_key(&house, Method::GET, &format!("{page}/files?limit=5"), key, None).await.ok();
    assert_eq!(files["files"][0]["id"], "folder");

    let pick = format!("{page}/pick");
    let two = json!({ "file_ids": ["one", "two"] });
    with_key(&house, Method::POST, &pick, key, Some(two)).await.error(400, "invalid_request");
    let one = json!({ "file_ids": ["one"] });
    let picked = with_key(&house, Method::POST, &pick, key, Some(one.clone())).await.ok();
    assert_eq!(
        (&picked["files"][0]["id"], &picked["files"][0]["mimeType"]),
        (&json!("one"), &json!("text/plain"))
    );
    with_key(&house, Method::POST, &pick, key, Some(one)).await.error(409, "conflict");
    assert_eq!(user.get(&session).await.ok()["status"], "picked");
}
