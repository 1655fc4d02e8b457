//! One tenant neither sees nor disturbs another.

use gangway_emulators::google::FileTarget;
use serde_json::json;

use crate::house;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_one_user_s_does_not_exist_for_another() {
    let house = house().await;
    let control = house.control();
    control.write_text(&FileTarget::path("secret.txt"), "the badger sleeps").unwrap();
    let file = control.find_file(&FileTarget::path("secret.txt")).unwrap().id;
    let ada = house.user("enterprise").await;
    let eve = house.user("enterprise").await;
    let connected = ada.connect().await;
    let collection = ada.collection("private").await;
    let ended = ada.sync(&["root"], &collection, "manual").await;
    let job = ended["job_id"].as_str().unwrap();
    let connection = connected["connection_id"].as_str().unwrap();

    assert!(eve.found("badger").await.is_empty());
    for (method, path) in [
        ("GET", format!("rest/collections/{collection}")),
        ("PATCH", format!("rest/collections/{collection}")),
        ("DELETE", format!("rest/collections/{collection}")),
        ("GET", format!("rest/collections/{collection}/files")),
        ("GET", format!("rest/connectors/google_drive/sync/{job}")),
        ("GET", format!("rest/connectors/google_drive/sync/{job}/files")),
        ("DELETE", format!("rest/connectors/google_drive/sync/{job}")),
        ("GET", format!("rest/connectors/google_drive/files?connection={connection}")),
        ("DELETE", format!("rest/connectors/google_drive?connection={connection}")),
        ("POST", format!("rest/connectors/google_drive/refresh?connection={connection}")),
    ] {
        let body = (method == "PATCH").then(|| json!({ "name": "mine now" }));
        let (status, answer) = eve.call(method, &path, body).await;
        assert_eq!(status, 404, "{method} {path}: {answer}");
    }
    let search = format!("rest/collections/{collection}/search");
    assert_eq!(eve.call("POST", &search, Some(json!({ "query": "badger" }))).await.0, 404);
    let sync = json!({ "file_ids": [file], "collection_uuid": collection });
    let (status, answer) = eve.call("POST", "rest/connectors/google_drive/sync", Some(sync)).await;
    assert!((400..500).contains(&status), "{status} {answer}");

    assert_eq!(ada.found("badger").await, ["secret.txt"], "and nothing was disturbed");
    let kept = ada.ask("GET", &format!("rest/collections/{collection}"), None).await;
    assert_eq!(kept["name"], "private");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_opens_what_it_includes() {
    let house = house().await;
    let free = house.user("free").await;
    let listed = free.ask("GET", "rest/connectors", None).await;
    let connectors = listed["connectors"].as_array().unwrap();
    assert_eq!(connectors.len(), 9);
    let drive = connectors.iter().find(|one| one["id"] == "google_drive").unwrap();
    assert_eq!((drive["available"].as_bool(), drive["required_plan"].as_str()), (Some(false), Some("pro")));
    let (status, answer) = free.call("POST", "rest/connectors/google_drive/authorize", Some(json!({}))).await;
    assert_eq!(status, 403, "{answer}");
    assert!(answer.to_string().contains("plan_required"), "{answer}");
    for connector in connectors {
        assert!(
            connector["available"] != false
                || connector["reason"].is_string()
                || connector["required_plan"].is_string()
        );
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_a_user_leaves_nothing() {
    let house = house().await;
    house.control().write_text(&FileTarget::path("mine.txt"), "the stoat was here").unwrap();
    let ada = house.user("pro").await;
    ada.connect().await;
    let collection = ada.collection("c").await;
    ada.sync(&["root"], &collection, "auto").await;
    let (id, token) = (ada.id.clone(), ada.token.clone());
    house.as_admin("DELETE", &format!("rest/admin/users/{id}"), None).await;
    house.settle().await;
    assert!(house.control().list_grants().is_empty());
    assert_eq!(house.index.stats().await.unwrap().items, 0);
    assert!(house.store.find_user(&id.as_str().into()).await.unwrap().is_none());
    let refused = house.http.get(house.url.join("rest/me").unwrap()).bearer_auth(token).send().await.unwrap();
    assert_eq!(refused.status(), 401);
    house.stop().await;
}
