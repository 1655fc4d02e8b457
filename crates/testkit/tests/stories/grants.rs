//! Tokens end in the middle of work, and work goes on.

use std::time::Duration;

use gangway_emulators::google::{FileTarget, Generate};

use crate::{house, house_on_postgres};

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_ends_in_the_middle_costs_one_refresh() {
    let house = house_on_postgres().await;
    let control = house.control();
    control.generate(&Generate { folder: "Bulk".to_owned(), count: 400, ..Generate::default() }).unwrap();
    let bulk = control.find_file(&FileTarget::path("Bulk")).unwrap().id;
    let ada = house.user("pro").await;
    ada.connect().await;
    let collection = ada.collection("c").await;
    control.reset_calls();
    let job = ada.start_sync(&[&bulk], &collection, "manual").await;
    while control.call_count("drive.files.get.media") < 10 {
        tokio::task::yield_now().await;
    }
    // For Google an hour is over: every download that is on its way finds the token dead.
    control.advance_clock(Duration::from_secs(3700));
    let ended = ada.finished(&job).await;
    let refused = control.recent_calls().iter().filter(|call| call.status == 401).count();
    assert!(refused > 1, "several were refused at once: {refused}");
    assert_eq!(
        (ended["status"].as_str(), ended["files_synced"].as_u64()),
        (Some("completed"), Some(400)),
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
    let what_to_do =
        "connect the account again: the provider says \u{201c}Token has been expired or revoked\u{201d}";
    assert_eq!(ended["error"]["message"], what_to_do);
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
