//! `gangway serve` from start to end.

use std::io::{Read, Write};
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
    assert!(status.contains("no OAuth app is configured for Google Drive"), "{status}");

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

/// The status of a path, asked for without any library.
fn status_of(url: &str, path: &str) -> String {
    let address = url.strip_prefix("http://").unwrap().trim_end_matches('/');
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().to_owned()
}

#[test]
fn assistants_sign_in_here_unless_the_operator_has_other_servers_for_that() {
    let metadata = "/.well-known/oauth-authorization-server";
    for (set, expected) in [
        (&[][..], "200"),
        (&["--set", "mcp.own_authorization_server=false"], "404"),
        (&["--set", "mcp.authorization_servers=https://login.example.com"], "404"),
        (&["--set", "mcp.enabled=false"], "404"),
    ] {
        let folder = with_keys();
        let server = Running::start(folder.path(), set);
        assert_eq!(status_of(&server.url, metadata), expected, "{set:?}");
        let resource = if set.contains(&"mcp.enabled=false") { "404" } else { "200" };
        assert_eq!(status_of(&server.url, "/.well-known/oauth-protected-resource/mcp"), resource, "{set:?}");
    }
}
