//! Tokens end in the middle of work, and work goes on.

use std::time::Duration;

use gangway_emulators::google::{FileTarget, Generate};
use serde_json::json;

use crate::{house, house_on_postgres};

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_ends_in_the_middle_costs_one_refresh() {
    let house = house_on_postgres().await;
    let control = house.control();
    control.generate(&Generate { folder: "Bulk".to_owned(), count: 120, ..Generate::default() }).unwrap();
    let bulk = control.find_file(&FileTarget::path("Bulk")).unwrap().id;
    let ada = house.user("pro").await;
    ada.connect().await;
    let collection = ada.collection("c").await;
    control.reset_calls();
    // The 20th download and those beside it find their token dead.
    control
        .add_fault_json(json!({ "operation": "drive.files.get*", "after": 20, "times": 1,
            "effect": { "status": 401, "reason": "authError" } }))
        .unwrap();
    let ended = ada.sync(&[&bulk], &collection, "manual").await;
    assert_eq!(
        (ended["status"].as_str(), ended["files_synced"].as_u64()),
        (Some("completed"), Some(120)),
        "{ended}"
    );
    let refreshes: u64 =
        control.call_counts().iter().filter(|(name, _)| name.contains("token")).map(|(_, count)| count).sum();
    assert_eq!(refreshes, 1, "{:?}", control.call_counts());
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_revoked_in_the_middle_stops_the_job_with_its_reason() {
    let house = house().await;
    let control = house.control();
    control.write_text(&FileTarget::path("notes.txt"), "the magpie remembers").unwrap();
    let ada = house.user("pro").await;
    ada.connect().await;
    let collection = ada.collection("c").await;
    ada.sync(&["root"], &collection, "manual").await;
    control.generate(&Generate { folder: "More".to_owned(), count: 2000, ..Generate::default() }).unwrap();
    let job = ada.start_sync(&["root"], &collection, "manual").await;
    control.revoke_grants("ada@example.com");
    let ended = ada.finished(&job).await;
    assert_eq!(
        (ended["status"].as_str(), ended["error"]["code"].as_str()),
        (Some("failed"), Some("needs_reauth")),
        "{ended}"
    );
    assert_eq!(ada.found("magpie").await, ["notes.txt"], "what was synced stays");
    let listed = ada.ask("GET", "rest/connectors/google_drive", None).await;
    assert_eq!(listed["status"], "needs_reauth");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_later_the_token_is_fresh() {
    let house = house().await;
    let ada = house.user("pro").await;
    ada.connect().await;
    house.advance(Duration::from_secs(3700));
    house.control().reset_calls();
    let files = ada.ask("GET", "rest/connectors/google_drive/files", None).await;
    assert!(files["files"].is_array());
    let calls = house.control().recent_calls();
    assert!(calls.iter().all(|call| call.status == 200), "refreshed before, not after a refusal: {calls:?}");
    house.stop().await;
}
