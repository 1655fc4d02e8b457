//! `gangway serve` from start to end.

use std::io::Read;
use std::process::Command;

use crate::program::{Running, run};

fn with_keys() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &["keys", "new"]).expect_ok();
    folder
}

#[test]
fn it_serves_and_stops_when_asked() {
    let folder = with_keys();
    let mut server = Running::start(folder.path(), &[]);
    let admin_key = std::fs::read_to_string(folder.path().join("gangway-data/admin.key")).unwrap();
    let client = ["--url", server.url.as_str(), "--admin-key", admin_key.trim(), "--json"];
    let made =
        run(folder.path(), &[&["users", "create", "--plan", "pro", "--with-token"], &client[..]].concat());
    let made: serde_json::Value = serde_json::from_str(&made.expect_ok()).unwrap();
    let token = made["token"].as_str().unwrap();
    let status = run(folder.path(), &["status", "--url", &server.url, "--token", token]).expect_ok();
    assert!(status.contains("google_drive"), "{status}");
    assert!(status.contains("needs the enterprise plan"), "{status}");

    let asked = Command::new("kill").arg(server.child.id().to_string()).status().unwrap();
    assert!(asked.success());
    assert!(server.child.wait().unwrap().success());
    let mut rest = String::new();
    server.log.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("stopped"), "{rest}");
    assert!(!rest.contains(token), "tokens do not belong into logs");
    assert!(!folder.path().join("ready").exists());
}

#[test]
fn a_second_server_is_kept_off_the_folder() {
    let folder = with_keys();
    let _first = Running::start(folder.path(), &[]);
    let second = run(folder.path(), &["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.code(), 1);
    assert!(second.err().contains("is in use"), "{}", second.err());
}

#[test]
fn keys_rotate_beside_a_running_server() {
    let folder = with_keys();
    let server = Running::start(folder.path(), &[]);
    let admin_key = std::fs::read_to_string(folder.path().join("gangway-data/admin.key")).unwrap();
    let client = ["--url", server.url.as_str(), "--admin-key", admin_key.trim()];
    run(folder.path(), &[&["users", "create", "--external-id", "one"], &client[..]].concat()).expect_ok();
    let rotated = run(folder.path(), &["keys", "rotate", "--json"]).expect_ok();
    let rotated: serde_json::Value = serde_json::from_str(&rotated).unwrap();
    assert_eq!((&rotated["version"], &rotated["users_rewrapped"]), (&2.into(), &1.into()));
    run(folder.path(), &[&["users", "create", "--external-id", "two"], &client[..]].concat()).expect_ok();
    run(folder.path(), &[&["users", "token", "one"], &client[..]].concat()).expect_ok();
}
