//! Connect, sync, search, disconnect: the main job, and what is left of it afterwards.

use gangway_emulators::google::{FileTarget, Seed};
use gangway_testkit::{House, HouseOptions};
use serde_json::{Value, json};

use crate::{house, house_on_postgres, options};

async fn main_job(house: House) {
    let ada = house.user("enterprise").await;
    let connected = ada.connect().await;
    assert_eq!(connected["connector_id"], "google_drive");
    assert_eq!(connected["user_info"]["email"], "ada@example.com");
    assert!(connected["access_token"].as_str().unwrap().starts_with("gwh1."));

    let listed = ada.ask("GET", "rest/connectors/google_drive", None).await;
    assert_eq!(listed["connected"], true);
    assert_eq!(listed["user_email"], "ada@example.com");

    let collection = ada.collection("Everything").await;
    let ended = ada.sync(&["root"], &collection, "manual").await;
    assert!(matches!(ended["status"].as_str(), Some("completed" | "partial")), "{ended}");
    assert_eq!(ended["progress"], 100);
    assert!(ended["files_synced"].as_u64().unwrap() >= 12, "{ended}");
    let outcomes =
        format!("rest/connectors/google_drive/sync/{}/files?limit=100", ended["job_id"].as_str().unwrap());
    for file in ada.ask("GET", &outcomes, None).await["files"].as_array().unwrap() {
        let plain = matches!(file["outcome"].as_str(), Some("synced" | "unchanged"));
        assert!(plain || file["reason"]["message"].is_string(), "a reason for every difference: {file}");
    }

    // One phrase of each kind of document in the seed.
    for (query, file) in [
        ("refund annual plans", "Refund policy"),
        ("supplier agreement payment", "Supplier agreement.docx"),
        ("handbook working hours", "Employee handbook.pdf"),
    ] {
        let found = ada.found(query).await;
        assert_eq!(found.first().map(String::as_str), Some(file), "{query}: {found:?}");
    }
    let answer = ada.ask("POST", "rest/search", Some(json!({ "query": "refund annual plans" }))).await;
    let best = &answer["hits"][0];
    assert!(best["snippet"]["html"].as_str().unwrap().contains("<mark>"), "{best}");
    assert!(best["file"]["url"].as_str().unwrap().starts_with("http"), "{best}");

    // A second sync of the same folder fetches nothing.
    assert!(house.control().call_count("drive.files.get.media") >= 8);
    house.control().reset_calls();
    let again = ada.sync(&["root"], &collection, "manual").await;
    assert_eq!(again["files_synced"], ended["files_synced"], "{again}");
    let calls = house.control().call_counts();
    let fetched: u64 = ["drive.files.get.media", "drive.files.export"]
        .map(|operation| calls.get(operation).copied().unwrap_or(0))
        .iter()
        .sum();
    let failed = again["files_failed"].as_u64().unwrap();
    // A file that failed is tried again; one that did not is left alone.
    assert!(fetched <= failed * 2, "{fetched} downloads although nothing changed: {calls:?}");

    let (status, _) = ada.call("DELETE", "rest/connectors/google_drive", None).await;
    assert_eq!(status, 204);
    assert!(ada.found("refund annual plans").await.is_empty(), "gone from search at once");
    house.settle().await;
    assert!(house.control().list_grants().is_empty(), "the provider knows");
    assert_eq!(house.index.stats().await.unwrap().items, 0);
    assert_eq!(ada.ask("GET", "rest/connectors/google_drive", None).await["connected"], false);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_main_job_on_sqlite() {
    main_job(House::start(HouseOptions { seed: Seed::Demo, ..options() }).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_main_job_on_postgres() {
    let options = HouseOptions { seed: Seed::Demo, backend: gangway_store::Backend::Postgres, ..options() };
    main_job(House::start(options).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_works_once_and_for_its_own_state_only() {
    let house = house().await;
    let ada = house.user("enterprise").await;
    let (code, state) = ada.consent().await;
    let token = |code: &str, state: &str| json!({ "code": code, "state": state });
    let path = "rest/connectors/google_drive/token";

    let (status, answer) = ada.call("POST", path, Some(token(&code, "another state"))).await;
    assert_eq!(status, 400, "{answer}");
    let grace = house.user("enterprise").await;
    let (status, answer) = grace.call("POST", path, Some(token(&code, &state))).await;
    assert_eq!(status, 400, "another user's state: {answer}");
    assert!(answer["error"].is_string(), "the flat OAuth shape: {answer}");

    ada.ask("POST", path, Some(token(&code, &state))).await;
    let (status, answer) = ada.call("POST", path, Some(token(&code, &state))).await;
    assert_eq!((status, answer["error"].as_str()), (400, Some("invalid_grant")), "{answer}");
    let connections = ada.ask("GET", "rest/connectors/google_drive", None).await;
    assert_eq!(connections["connected"], true);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_code_is_refused() {
    let house = house_on_postgres().await;
    let ada = house.user("pro").await;
    let (code, state) = ada.consent().await;
    house.advance(std::time::Duration::from_secs(601));
    let body = json!({ "code": code, "state": state });
    let (status, answer) = ada.call("POST", "rest/connectors/google_drive/token", Some(body)).await;
    assert_eq!(status, 400, "{answer}");
    assert_eq!(ada.ask("GET", "rest/connectors/google_drive", None).await["connected"], false);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn that_an_account_has_to_be_connected_again_is_said_once() {
    let house = house().await;
    let ada = house.user("pro").await;
    ada.connect().await;
    house.control().revoke_grants("ada@example.com");
    // The call that finds it out, and one that knows it already.
    for _ in 0..2 {
        let (status, answer) = ada.call("GET", "rest/connectors/google_drive/files", None).await;
        let why = "the provider says \u{201c}Token has been expired or revoked\u{201d}";
        assert_eq!((status, &answer["error"]["details"]["reason"]), (409, &json!(why)), "{answer}");
        assert_eq!(
            answer["error"]["message"],
            format!("Google Drive has to be connected again: {why}"),
            "{answer}"
        );
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reconnecting_keeps_the_connection_and_its_files() {
    let house = house().await;
    let control = house.control();
    control.write_text(&FileTarget::path("notes.txt"), "the pelican keeps its promise").unwrap();
    let ada = house.user("pro").await;
    let first = ada.connect().await;
    let collection = ada.collection("c").await;
    ada.sync(&["root"], &collection, "auto").await;
    control.revoke_grants("ada@example.com");
    let (status, answer) = ada.call("POST", "rest/connectors/google_drive/refresh", None).await;
    assert_eq!(
        (status, answer["error"]["code"].as_str().or(answer["error"].as_str())),
        (409, Some("needs_reauth")),
        "{answer}"
    );
    let listed = ada.ask("GET", "rest/connectors/google_drive", None).await;
    assert_eq!(listed["status"], "needs_reauth");
    assert!(listed["error"]["message"].is_string(), "{listed}");
    assert_eq!(ada.found("pelican").await, ["notes.txt"], "data is kept");
    let second = ada.connect().await;
    assert_eq!(first["connection_id"], second["connection_id"]);
    control.write_text(&FileTarget::path("more.txt"), "a second pelican").unwrap();
    house.advance(std::time::Duration::from_secs(61));
    house.let_due_work_happen().await;
    assert_eq!(ada.found("pelican").await.len(), 2, "following goes on from where it stood");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_holds_a_provider_token() {
    let house = house().await;
    let ada = house.user("enterprise").await;
    let mut answers: Vec<Value> = vec![ada.connect().await];
    for path in
        ["rest/connectors", "rest/connectors/google_drive", "rest/me", "rest/connectors/google_drive/files"]
    {
        answers.push(ada.ask("GET", path, None).await);
    }
    answers.push(ada.ask("POST", "rest/connectors/google_drive/refresh", None).await);
    let text = serde_json::to_string(&answers).unwrap();
    for prefix in ["ya29.", "1//0", "4/0A", "GOCSPX"] {
        assert!(!text.contains(prefix), "{prefix} in {text}");
    }
    house.stop().await;
}
