//! With `--json` exactly one JSON document comes, whatever happens, and the exit code says what did.

use std::io::{BufRead, BufReader};

use serde_json::{Value, json};

use crate::desk::Desk;
use crate::program::run;

#[test]
fn a_command_line_that_cannot_be_read_is_told_of_in_json() {
    let folder = tempfile::tempdir().unwrap();
    for (args, said) in [
        (&["search", "--json"][..], "required arguments were not provided"),
        (&["users", "--json"], "requires a subcommand"),
        (&["status", "--json", "--colour"], "unexpected argument '--colour'"),
        (&["search", "x", "--limit=-1", "--json"], "-1 is not in 1..=100"),
        (&["search", "x", "--limit=101", "--json"], "101 is not in 1..=100"),
    ] {
        let ran = run(folder.path(), args);
        assert_eq!((ran.code(), ran.err().as_str()), (2, ""), "{args:?}");
        let error = &ran.document()["error"];
        assert_eq!(error["code"], "usage", "{args:?}: {error}");
        assert!(error["message"].as_str().unwrap().contains(said), "{args:?}: {error}");
        let advice = error["details"]["try"].as_str().unwrap();
        assert!(advice.contains("Usage: gangway") || advice.contains("--help"), "{args:?}: {error}");
    }
    // What is looked for is no flag.
    let ran = run(folder.path(), &["search", "--limit=0", "--", "--json"]);
    assert_eq!((ran.code(), ran.out().as_str()), (2, ""));
    let help = run(folder.path(), &["status", "--json", "--help"]).expect_ok();
    assert!(help.contains("Usage: gangway status"), "{help}");
}

#[test]
fn commands_without_a_server_keep_to_it_too() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(folder.path(), &["doctor", "--offline", "--json"]);
    let report = ran.document();
    assert_eq!((ran.code(), &report["ok"]), (1, &json!(false)));
    assert!(report["checks"].as_array().is_some_and(|checks| !checks.is_empty()), "{report}");
    assert_eq!(report["error"]["code"], "failed");
    for args in [&["keys", "status", "--json"][..], &["model", "check", "nowhere", "--json"]] {
        let ran = run(folder.path(), args);
        assert_ne!(ran.code(), 0, "{args:?}");
        assert!(ran.document()["error"]["message"].is_string(), "{args:?}");
    }
    for deed in ["show", "check", "default", "reference"] {
        run(folder.path(), &["config", deed, "--json"]).document();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_that_is_not_complete_tells_all_in_one_document() {
    let desk = Desk::set(&[]).await;
    desk.connect("ada@example.com").await;
    desk.run(&["collections", "create", "Known"]).expect_ok();
    let gone = "1AbCdEfGhIjKlMnOpQrStUvWxYz012345";
    let ran = desk.run(&["sync", "google_drive", gone, "--collection", "Known", "--json"]);
    let told = ran.document();
    assert_eq!((ran.code(), &told["error"]["code"]), (6, &json!("incomplete")), "{told}");
    assert_eq!(told["job"]["status"], "failed", "{told}");
    assert!(told["failures"].is_array(), "{told}");
    desk.write("Notes/One.txt", "a kestrel");
    let ran = desk.run(&["sync", "google_drive", "Notes", "--collection", "Known", "--json"]);
    let told = ran.document();
    assert_eq!((ran.code(), &told["job"]["status"]), (0, &json!("completed")), "{told}");
    assert!(told.get("error").is_none(), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_follows_gets_a_document_in_each_line() {
    let desk = Desk::set(&[]).await;
    desk.connect("ada@example.com").await;
    desk.write("Notes/One.txt", "a kestrel");
    let args = ["sync", "google_drive", "Notes", "--collection", "Mine", "--auto", "--follow", "--json"];
    let mut child = desk.start(&args);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(first["job"]["status"], "completed", "{first}");
    drop(desk);
    // The server is gone: that is told in a line, too, and it is the last.
    let last: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(last["error"]["code"], "unreachable", "{last}");
    assert!(lines.next().is_none());
    assert_eq!(child.wait().unwrap().code(), Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_uploads_have_one_shape_and_one_exit_code() {
    let desk = Desk::set(&["--set", "upload.max_file_bytes=1000"]).await;
    let write = |name: &str, bytes: usize| {
        std::fs::write(desk.folder.path().join(name), vec![b'a'; bytes]).unwrap();
    };
    write("huge.txt", 2000);
    write("empty.txt", 0);
    write("small.txt", 20);
    // Sent in pieces, and refused before the first.
    let large = std::fs::File::create(desk.folder.path().join("large.bin")).unwrap();
    large.set_len(17_000_000).unwrap();
    let upload = |names: &[&str]| {
        let ran = desk.run(&[&["upload", "--collection", "Mine", "--json"], names].concat());
        let told = ran.document();
        let files = told["files"].as_array().unwrap().clone();
        assert_eq!(files.len(), names.len(), "{told}");
        for file in files.iter().filter(|file| file["status"] == "rejected") {
            for text in [&file["reason"]["code"], &file["reason"]["message"], &file["path"], &file["name"]] {
                assert!(text.as_str().is_some_and(|text| !text.is_empty()), "{told}");
            }
            assert!(file["id"].is_null() && file["size"].is_u64(), "{told}");
        }
        (ran.code(), told)
    };
    let reasons = |told: &Value| {
        let mut all: Vec<String> = told["files"].as_array().unwrap().iter().map(reason).collect();
        all.sort();
        all.join(" ")
    };
    for (names, expected) in [
        (&["huge.txt"][..], "file_too_large"),
        (&["large.bin"], "file_too_large"),
        (&["huge.txt", "large.bin", "small.txt"], "- file_too_large file_too_large"),
    ] {
        let (code, told) = upload(names);
        assert_eq!((code, reasons(&told).as_str()), (6, expected), "{names:?}: {told}");
        assert_eq!(told["error"]["code"], "incomplete", "{told}");
    }
    let (code, told) = upload(&["huge.txt", "empty.txt"]);
    assert_eq!((code, &told["error"]["code"]), (6, &json!("incomplete")), "{told}");
    let (code, told) = upload(&["small.txt"]);
    assert!(code == 0 && told.get("error").is_none(), "{told}");
    // For people: the same, in words.
    let ran = desk.run(&["upload", "--collection", "Mine", "huge.txt"]);
    assert_eq!(ran.code(), 6, "{}", ran.err());
    assert!(ran.err().contains("rejected: huge.txt (a file may have at most 1000 bytes)"), "{}", ran.err());
}

fn reason(file: &Value) -> String {
    file["reason"]["code"].as_str().unwrap_or("-").to_owned()
}
