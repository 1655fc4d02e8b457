//! Sync jobs: started, shown, watched, called off; never seen by others.

use gangway_model::{JobStatus, Plan, SyncJobId};
use serde_json::json;

use super::house::House;

const SYNC: &str = "/rest/connectors/stub_drive/sync";

#[tokio::test]
async fn a_job_is_queued_with_what_was_asked() {
    let house = House::build().await;
    let (user, other) = (house.user(Plan::Pro).await, house.user(Plan::Pro).await);
    user.connect().await;
    other.connect().await;
    let collection = user.collection("space").await;
    let body =
        json!({ "file_ids": ["one", "folder", "one"], "collection_uuid": collection, "sync_mode": "auto" });
    other.post(SYNC, body.clone()).await.error(404, "not_found");
    let started = user.post(SYNC, body).await.ok();
    assert_eq!((&started["status"], &started["file_count"]), (&json!("pending"), &json!(2)));
    assert!(started["estimated_time"].as_u64().is_some_and(|seconds| seconds >= 1), "{started}");
    let id = started["sync_job_id"].as_str().unwrap();
    let job = user.get(&format!("{SYNC}/{id}")).await.ok();
    assert_eq!(
        (&job["job_id"], &job["progress"], &job["completed_at"]),
        (&json!(id), &json!(0), &json!(null))
    );
    assert_eq!((&job["sync_mode"], &job["collection_uuid"]), (&json!("auto"), &json!(collection)));
    assert_eq!(user.get(SYNC).await.ok()["jobs"][0]["job_id"], id);
    assert_eq!(user.get(&format!("{SYNC}/{id}/files?outcome=failed")).await.ok()["files"], json!([]));
    for path in [format!("{SYNC}/{id}"), format!("{SYNC}/{id}/files"), format!("{SYNC}/{id}/events")] {
        other.get(&path).await.error(404, "not_found");
    }
    other.delete(&format!("{SYNC}/{id}")).await.error(404, "not_found");
    let cancelled = user.delete(&format!("{SYNC}/{id}")).await.ok();
    assert_eq!(cancelled["cancel_requested"], true);
}

#[tokio::test]
async fn events_end_with_the_job() {
    let house = House::build().await;
    let user = house.user(Plan::Pro).await;
    user.connect().await;
    let collection = user.collection("space").await;
    let started = user.post(SYNC, json!({ "file_ids": ["one"], "collection_uuid": collection })).await.ok();
    let id = started["job_id"].as_str().unwrap();
    let now = house.app.clock.now();
    house.app.store.finish_job(&SyncJobId::from(id), JobStatus::Completed, None, now).await.unwrap();
    let events = user.get(&format!("{SYNC}/{id}/events")).await;
    assert_eq!(events.headers["content-type"], "text/event-stream");
    let text = events.text();
    assert!(text.starts_with("event: done\ndata: {") && text.contains("\"progress\":100"), "{text}");
}

#[tokio::test]
async fn what_cannot_be_synced_starts_nothing() {
    let house = House::build().await;
    let user = house.user(Plan::Pro).await;
    user.connect().await;
    let collection = user.collection("space").await;
    for body in [
        json!({ "file_ids": [], "collection_uuid": collection }),
        json!({ "file_ids": ["one"] }),
        json!({ "file_ids": "one", "collection_uuid": collection }),
        json!({ "file_ids": ["one"], "collection_uuid": collection, "sync_mode": "sometimes" }),
        json!({ "file_ids": vec!["x"; 1001], "collection_uuid": collection }),
    ] {
        user.post(SYNC, body).await.error(400, "invalid_request");
    }
    let local = json!({ "file_ids": ["one"], "collection_uuid": collection });
    user.post("/rest/connectors/local_upload/sync", local).await.error(409, "conflict");
    assert_eq!(user.get(SYNC).await.ok()["jobs"], json!([]));
}
