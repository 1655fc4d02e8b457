//! Nothing goes without proof: listings with gaps, refusals, repeats and outages remove nothing, and what a sweep
//! would remove in bulk waits for a yes.

use gangway_emulators::google::{FileTarget, Generate};
use gangway_testkit::{House, Person};
use serde_json::{Value, json};

use crate::house;

fn path(path: &str) -> FileTarget {
    FileTarget::path(path)
}

/// A person with forty files synced from `Papers`, and the folder's and the collection's ids.
async fn synced(house: &House) -> (Person<'_>, String, String) {
    let control = house.control();
    control.generate(&Generate { folder: "Papers".to_owned(), count: 40, ..Generate::default() }).unwrap();
    control.create_folder(&path("Papers/Sub")).unwrap();
    control.write_text(&path("Papers/Sub/inner.txt"), "the kestrel waits inside").unwrap();
    let folder = control.find_file(&path("Papers")).unwrap().id;
    let ada = house.user("pro").await;
    ada.connect().await;
    let collection = ada.collection("Papers").await;
    let ended = ada.sync(&[&folder], &collection, "manual").await;
    assert_eq!(ended["files_synced"], 41, "{ended}");
    (ada, folder, collection)
}

async fn items(house: &House) -> u64 {
    house.index.stats().await.unwrap().items
}

/// Runs a sync while a fault strikes; clock steps let retries come round.
async fn sync_under(house: &House, ada: &Person<'_>, folder: &str, collection: &str, fault: Value) -> Value {
    house.control().add_fault_json(fault).unwrap();
    let job = ada.start_sync(&[folder], collection, "manual").await;
    house.step_until(ada.ended(&job)).await;
    house.control().clear_faults();
    ada.finished(&job).await
}

#[tokio::test(flavor = "multi_thread")]
async fn listings_that_prove_nothing_remove_nothing() {
    let house = house().await;
    let (ada, folder, collection) = synced(&house).await;
    let listing = "drive.files.list";
    for (what, fault) in [
        (
            "an empty page with a token",
            json!({ "operation": listing, "times": 1, "effect": { "hint": "empty_page" } }),
        ),
        (
            "a repeated token",
            json!({ "operation": listing, "times": 3, "effect": { "hint": "repeat_page_token" } }),
        ),
        (
            "a refused folder",
            json!({ "operation": listing, "times": 1,
            "effect": { "status": 403, "reason": "insufficientFilePermissions" } }),
        ),
        ("a burst of 500s", json!({ "operation": listing, "times": 3, "effect": { "status": 500 } })),
        (
            "a rate limit",
            json!({ "operation": listing, "times": 2,
            "effect": { "status": 403, "reason": "userRateLimitExceeded" } }),
        ),
        ("truncated JSON", json!({ "operation": listing, "times": 1, "effect": { "truncate_body": true } })),
        (
            "a cut connection",
            json!({ "operation": listing, "times": 1, "effect": { "cut_after_bytes": 200 } }),
        ),
    ] {
        let ended = sync_under(&house, &ada, &folder, &collection, fault).await;
        assert_eq!(items(&house).await, 41, "{what}: {ended}");
        assert_eq!(ended["files_removed"].as_u64().unwrap_or(0), 0, "{what}: {ended}");
    }
    house.stop().await;
}

/// Runs a sync that may remove as much as it likes, under faults.
async fn sync_unguarded(
    house: &House,
    ada: &Person<'_>,
    folder: &str,
    collection: &str,
    faults: &[Value],
) -> Value {
    for fault in faults {
        house.control().add_fault_json(fault.clone()).unwrap();
    }
    let body = json!({ "file_ids": [folder], "collection_uuid": collection, "allow_mass_removal": true });
    let started = ada.ask("POST", "rest/connectors/google_drive/sync", Some(body)).await;
    let ended = ada.finished(started["sync_job_id"].as_str().unwrap()).await;
    house.settle().await;
    house.control().clear_faults();
    ended
}

/// The first guard alone: whoever asked the source about a single item would be told that it is gone, and nothing
/// asks for a yes. So only the rule that such a listing is not swept keeps the files.
#[tokio::test(flavor = "multi_thread")]
async fn a_listing_with_a_gap_is_never_swept() {
    let house = house().await;
    let (ada, folder, collection) = synced(&house).await;
    let listed = ada
        .ask("GET", &format!("rest/connectors/google_drive/files?folder_id={folder}&limit=100"), None)
        .await;
    let gone: Vec<Value> = listed["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| {
            json!({ "operation": "drive.files.get",
                "path_prefix": format!("/drive/v3/files/{}", file["id"].as_str().unwrap()),
                "effect": { "status": 404, "reason": "notFound" } })
        })
        .collect();
    for (what, effect) in [
        ("a refused folder", json!({ "status": 403, "reason": "insufficientFilePermissions" })),
        (
            "an admitted gap",
            json!({ "status": 200,
            "body": { "kind": "drive#fileList", "incompleteSearch": true, "files": [] } }),
        ),
    ] {
        let gap = json!({ "operation": "drive.files.list", "times": 1, "effect": effect });
        let faults = [vec![gap], gone.clone()].concat();
        let ended = sync_unguarded(&house, &ada, &folder, &collection, &faults).await;
        assert_eq!(items(&house).await, 41, "{what}: {ended}");
        assert_eq!(ended["files_removed"].as_u64().unwrap_or(0), 0, "{what}: {ended}");
    }
    // The same answers after a listing that shows all are not even asked for.
    let ended = sync_unguarded(&house, &ada, &folder, &collection, &gone).await;
    assert_eq!((items(&house).await, ended["status"].as_str()), (41, Some("completed")), "{ended}");
    house.stop().await;
}

/// The second guard alone: a listing that is complete by its own account forgets everything, and nothing asks for a
/// yes. Only looking items up one by one keeps those that are there.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_complete_listing_forgets_is_looked_up_before_it_goes() {
    let house = house().await;
    let (ada, folder, collection) = synced(&house).await;
    house.control().delete_file(&path("Papers/Sub/inner.txt")).unwrap();
    let forgetful = json!({ "operation": "drive.files.list", "times": 1, "effect": { "status": 200,
        "body": { "kind": "drive#fileList", "incompleteSearch": false, "files": [] } } });
    let ended = sync_unguarded(&house, &ada, &folder, &collection, &[forgetful]).await;
    assert_eq!(items(&house).await, 40, "the one that is gone, and no other: {ended}");
    assert!(ada.found("kestrel").await.is_empty());
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unusual_share_waits_for_a_yes() {
    let house = house().await;
    let (ada, folder, collection) = synced(&house).await;
    let control = house.control();
    let listed = ada
        .ask("GET", &format!("rest/connectors/google_drive/files?folder_id={folder}&limit=100"), None)
        .await;
    let files = listed["files"].as_array().unwrap();
    for file in files.iter().filter(|file| file["kind"] == "file") {
        control.delete_file(&FileTarget::id(file["id"].as_str().unwrap())).unwrap();
    }
    let ended = ada.sync(&[&folder], &collection, "manual").await;
    assert_eq!(ended["error"]["code"], "mass_removal_blocked", "{ended}");
    assert_eq!(items(&house).await, 41, "nothing was removed");
    let body = json!({ "file_ids": [folder], "collection_uuid": collection, "allow_mass_removal": true });
    let started = ada.ask("POST", "rest/connectors/google_drive/sync", Some(body)).await;
    ada.finished(started["sync_job_id"].as_str().unwrap()).await;
    assert_eq!(items(&house).await, 1, "what is left is there");
    assert_eq!(ada.found("kestrel").await, ["inner.txt"]);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_few_deletions_are_swept_without_asking() {
    let house = house().await;
    let (ada, folder, collection) = synced(&house).await;
    house.control().delete_file(&path("Papers/Sub/inner.txt")).unwrap();
    ada.sync(&[&folder], &collection, "manual").await;
    assert_eq!(items(&house).await, 40);
    assert!(ada.found("kestrel").await.is_empty());
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_fetched_is_named_with_its_reason() {
    let house = house().await;
    let (ada, folder, collection) = synced(&house).await;
    house.control().write_text(&path("Papers/forbidden.txt"), "nobody reads this").unwrap();
    let id = house.control().find_file(&path("Papers/forbidden.txt")).unwrap().id;
    house
        .control()
        .add_fault_json(json!({
            "operation": "drive.files.get*",
            "path_prefix": format!("/drive/v3/files/{id}"),
            "effect": { "status": 403, "reason": "cannotDownloadFile" },
        }))
        .unwrap();
    let ended = ada.sync(&[&folder], &collection, "manual").await;
    assert_eq!(
        (ended["status"].as_str(), ended["files_failed"].as_u64()),
        (Some("partial"), Some(1)),
        "{ended}"
    );
    let job = ended["job_id"].as_str().unwrap();
    let failed =
        ada.ask("GET", &format!("rest/connectors/google_drive/sync/{job}/files?outcome=failed"), None).await;
    assert_eq!(failed["files"][0]["name"], "forbidden.txt", "{failed}");
    assert!(failed["files"][0]["reason"]["message"].is_string(), "{failed}");
    assert_eq!(ada.found("forbidden").await, ["forbidden.txt"], "it is still found by its name");
    house.stop().await;
}
