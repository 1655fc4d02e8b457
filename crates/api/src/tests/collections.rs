//! Collections and search: one's own, what the organisation shares, and nothing else.

use gangway_app::CreateUser;
use gangway_model::{ItemKind, Plan, SyncMode};
use gangway_store::NewScope;
use serde_json::json;

use super::house::House;

#[tokio::test]
async fn collections_are_made_changed_and_deleted() {
    let house = House::build().await;
    let (user, other) = (house.user(Plan::Free).await, house.user(Plan::Free).await);
    let answer = user.post("/rest/collections", json!({ "name": "Reports", "description": "d" })).await;
    assert_eq!(answer.status.as_u16(), 201);
    let made = answer.ok();
    assert_eq!((&made["access"], &made["file_count"]), (&json!("private"), &json!(0)));
    let path = format!("/rest/collections/{}", made["uuid"].as_str().unwrap());
    for answer in [other.get(&path).await, other.delete(&path).await, other.patch(&path, json!({})).await] {
        answer.error(404, "not_found");
    }
    other.get(&format!("{path}/files")).await.error(404, "not_found");
    other.post(&format!("{path}/search"), json!({ "query": "x" })).await.error(404, "not_found");
    let changed = user.patch(&path, json!({ "name": "Papers", "description": null })).await.ok();
    assert_eq!((&changed["name"], &changed["description"]), (&json!("Papers"), &json!(null)));
    assert_eq!(user.get("/rest/collections").await.ok()["collections"][0]["name"], "Papers");
    assert_eq!(user.delete(&path).await.status.as_u16(), 204);
    user.get(&path).await.error(404, "not_found");
    user.delete(&path).await.error(404, "not_found");
}

#[tokio::test]
async fn a_shared_collection_is_seen_and_not_changed_by_colleagues() {
    let house = House::build().await;
    let organization = house.app.create_organization("Acme", Plan::Pro).await.unwrap();
    let member = || CreateUser { organization_id: Some(organization.id.clone()), ..CreateUser::default() };
    let owner = house.caller(house.app.create_user(member()).await.unwrap()).await;
    let colleague = house.caller(house.app.create_user(member()).await.unwrap()).await;
    let stranger = house.user(Plan::Pro).await;
    assert_eq!(colleague.get("/rest/me").await.ok()["plan"], "pro", "the organisation's plan applies");
    let made = owner.post("/rest/collections", json!({ "name": "Shared", "access": "org" })).await.ok();
    let path = format!("/rest/collections/{}", made["uuid"].as_str().unwrap());
    colleague.get(&path).await.ok();
    colleague.patch(&path, json!({ "name": "Mine" })).await.error(403, "forbidden");
    colleague.delete(&path).await.error(403, "forbidden");
    stranger.get(&path).await.error(404, "not_found");
}

#[tokio::test]
async fn a_search_is_checked_before_it_is_carried_out() {
    let house = House::build().await;
    let user = house.user(Plan::Free).await;
    let empty = user.post("/rest/search", json!({ "query": "anything" })).await.ok();
    assert_eq!((&empty["hits"], &empty["has_more"]), (&json!([]), &json!(false)));
    for (body, field) in [
        (json!({}), "query"),
        (json!({ "query": "" }), "query"),
        (json!({ "query": "x", "limit": 0 }), "limit"),
        (json!({ "query": "x", "cursor": "b3h4" }), "cursor"),
        (json!({ "query": "x", "filters": [] }), "filters"),
        (json!({ "query": "x", "filters": { "connectors": ["nobody"] } }), "filters.connectors"),
        (json!({ "query": "x", "filters": { "modified_after": "yesterday" } }), "filters.modified_after"),
        (json!({ "query": "x", "filters": { "surplus": 1 } }), "filters.surplus"),
    ] {
        let answer = user.post("/rest/search", body.clone()).await.error(400, "invalid_request");
        assert_eq!(answer["error"]["details"]["field"], field, "{body}");
    }
    let foreign =
        json!({ "query": "x", "filters": { "collections": ["0190a000-0000-7000-8000-000000000000"] } });
    user.post("/rest/search", foreign).await.error(404, "not_found");
}

#[tokio::test]
async fn coverage_and_contents_are_told_to_whom_they_belong() {
    let house = House::build().await;
    let organization = house.app.create_organization("Acme", Plan::Pro).await.unwrap();
    let member = || CreateUser { organization_id: Some(organization.id.clone()), ..CreateUser::default() };
    let owner = house.caller(house.app.create_user(member()).await.unwrap()).await;
    let colleague = house.caller(house.app.create_user(member()).await.unwrap()).await;
    let stranger = house.user(Plan::Pro).await;
    let collection = owner.collection("Papers").await;
    let path = format!("/rest/collections/{collection}/coverage");
    assert_eq!(
        owner.get(&path).await.ok(),
        json!({
            "files": 0, "searchable": 0, "name_only": 0, "failed": 0, "differences": [], "sources": []
        })
    );
    owner.connect().await;
    let contents = "/rest/connectors/stub_drive/contents";
    let told = owner.get(contents).await.ok();
    assert_eq!((&told["files"], &told["collections"]), (&json!(0), &json!([])));
    let connection = told["connection_id"].as_str().unwrap();
    // What the engine, which stands still here, notes of a file that was chosen.
    let chosen = NewScope {
        connection_id: connection.into(),
        collection_id: collection.as_str().into(),
        root_id: "one".into(),
        root_kind: ItemKind::File,
        feed: None,
        mode: SyncMode::Auto,
    };
    house.app.store.upsert_scope(&chosen).await.unwrap();
    let source = owner.get(&path).await.ok()["sources"][0].clone();
    assert_eq!(
        (&source["chosen"], &source["followed"], &source["listing_complete"]),
        (&json!(1), &json!(1), &json!(false))
    );
    assert_eq!(source["user_email"], "ada@stub.example");
    colleague.get(&path).await.error(404, "not_found");
    owner.patch(&format!("/rest/collections/{collection}"), json!({ "access": "org" })).await.ok();
    let shared = colleague.get(&path).await.ok();
    assert_eq!(
        (&shared["sources"][0]["chosen"], &shared["sources"][0]["user_email"]),
        (&json!(1), &json!(null))
    );
    stranger.get(&path).await.error(404, "not_found");

    colleague.get(contents).await.error(409, "not_connected");
    let foreign = format!("{contents}?connection={connection}");
    stranger.get(&foreign).await.error(404, "not_found");
    owner.get("/rest/connectors/local_upload/contents").await.ok();
}
