//! Two accounts through one connector: each is shown, and what happens to one happens to that one.

use std::io::{BufRead, BufReader};

use serde_json::{Value, json};

use crate::desk::{Desk, consent};

const ADA: &str = "ada@example.com";
const GRACE: &str = "grace@example.com";

/// The accounts that are connected and not on their way out.
fn living(desk: &Desk) -> Vec<String> {
    let told = desk.run(&["status", "google_drive", "--json"]).document();
    let all = match told["connections"].as_array() {
        Some(several) => several.clone(),
        None => vec![told],
    };
    let active = all.iter().filter(|one| one["status"] == "active");
    active.map(|one| one["user_email"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_disconnected_only_where_it_is_clear_which() {
    let desk = Desk::set(&[]).await;
    desk.connect(ADA).await;
    desk.connect(GRACE).await;
    let told = desk.run(&["status", "google_drive", "--json"]).document();
    let ids: Vec<&str> = told["connections"].as_array().unwrap().iter().map(id).collect();
    let status = desk.run(&["status"]).expect_ok();
    for shown in [ADA, GRACE, ids[0], ids[1]] {
        assert!(status.contains(shown), "{shown}: {status}");
    }

    let unclear = desk.run(&["disconnect", "google_drive", "--yes"]);
    assert_eq!(unclear.code(), 2, "{}", unclear.out());
    for shown in [ADA, GRACE, ids[0], ids[1], "--connection"] {
        assert!(unclear.err().contains(shown), "{shown}: {}", unclear.err());
    }
    assert_eq!(living(&desk), [ADA, GRACE]);
    let unknown = desk.run(&["disconnect", "google_drive", "--yes", "--connection", "eve@example.com"]);
    assert_eq!(unknown.code(), 5, "{}", unknown.err());
    assert!(unknown.err().contains(GRACE), "{}", unknown.err());

    let first = desk.run(&["disconnect", "google_drive", "--yes", "--connection", "Grace@Example.com"]);
    assert!(first.expect_ok().contains("Google Drive (grace@example.com) is disconnected"));
    assert_eq!(living(&desk), [ADA]);
    // At once, without a name: one is left, and it is the one that goes.
    let second = desk.run(&["disconnect", "google_drive", "--yes", "--json"]);
    let expected = json!({ "disconnected": "google_drive", "connection_id": ids[0], "account": ADA });
    assert_eq!((second.code(), second.document()), (0, expected));
    assert_eq!(living(&desk), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_after_the_other_both_are_disconnected() {
    let desk = Desk::set(&[]).await;
    for account in [ADA, GRACE] {
        desk.connect(account).await;
        let ended = desk.run(&["disconnect", "google_drive", "--yes"]).expect_ok();
        assert!(ended.contains(account), "{ended}");
        assert_eq!(living(&desk), [""; 0], "{account}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connecting_tells_of_the_account_that_consented() {
    let desk = Desk::set(&[]).await;
    desk.connect(ADA).await;
    let mut child = desk.start(&["connect", "google_drive", "--no-browser", "--login-hint", GRACE]);
    let mut told = BufReader::new(child.stderr.take().unwrap()).lines();
    let address =
        told.find_map(|line| Some(line.unwrap().trim().to_owned()).filter(|line| line.starts_with("http")));
    consent(&desk.caller(), &desk.server, &address.unwrap()).await;
    let ended = child.wait_with_output().unwrap();
    let out = String::from_utf8_lossy(&ended.stdout);
    assert!(out.contains("Google Drive is connected as grace@example.com"), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_every_account_are_found_by_their_paths() {
    let desk = Desk::set(&[]).await;
    desk.write("Only/Adas.txt", "ada keeps a kestrel");
    desk.connect(GRACE).await;
    desk.connect(ADA).await;
    let why = desk.run(&["why", "Only/Adas.txt", "--json"]).document();
    assert_eq!((&why["file"]["name"], &why["state"]), (&json!("Adas.txt"), &json!("unknown")), "{why}");
    let sync = ["sync", "google_drive", "Only", "--collection", "Mine", "--connection", ADA];
    desk.run(&sync).expect_ok();
    assert!(desk.run(&["ls", "google_drive", "--connection", ADA]).expect_ok().contains("Only/"));
    assert!(!desk.run(&["ls", "google_drive", "--connection", GRACE]).expect_ok().contains("Only/"));
    assert_eq!(desk.run(&["read", "Only/Adas.txt"]).expect_ok(), "ada keeps a kestrel\n");
}

fn id(connection: &Value) -> &str {
    connection["connection_id"].as_str().unwrap()
}
