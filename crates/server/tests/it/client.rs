//! Commands beside a server: what they take, and what they say when it cannot be done.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::desk::Desk;
use crate::program::gangway;

#[tokio::test(flavor = "multi_thread")]
async fn what_a_search_shows_can_be_read() {
    let desk = Desk::set(&[]).await;
    desk.write("Policies/Refund policy.txt", "Refunds are paid within a quokka's leap.\n");
    desk.write("Policies/Later.txt", "not yet");
    desk.connect("ada@example.com").await;
    let file = "Policies/Refund policy.txt";
    desk.run(&["sync", "google_drive", file, "--collection", "Mine"]).expect_ok();
    let found = desk.run(&["search", "quokka"]).expect_ok();
    let id =
        found.lines().find_map(|line| line.trim().strip_prefix("id ")).unwrap_or_else(|| panic!("{found}"));
    let source_id = desk.run(&["why", file, "--json"]).document()["file"]["id"].as_str().unwrap().to_owned();
    for named in [id, file, &source_id] {
        let text = desk.run(&["read", named]).expect_ok();
        assert_eq!(text, "Refunds are paid within a quokka's leap.\n", "{named}");
    }
    let piece = desk.run(&["read", file, "--json", "--connector", "google_drive"]).document();
    assert!(piece["text"].as_str().unwrap().contains("quokka"), "{piece}");

    let later = desk.run(&["read", "Policies/Later.txt"]);
    assert_eq!(later.code(), 5);
    assert!(later.err().contains("Later.txt was not brought in"), "{}", later.err());
    assert!(later.err().contains("gangway sync"), "{}", later.err());
    for nowhere in ["Policies/None.txt", "Nope", "0190a000-0000-7000-8000-000000000000"] {
        let ran = desk.run(&["read", nowhere]);
        assert_eq!(ran.code(), 5, "{nowhere}: {}", ran.err());
        assert!(ran.err().contains("gangway ls") && ran.err().contains("gangway search"), "{}", ran.err());
    }
}

fn collections(desk: &Desk) -> Vec<String> {
    let told = desk.run(&["collections", "--json"]).document();
    let names = told["collections"].as_array().unwrap().iter();
    names.map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn collections_are_made_once_and_for_something() {
    let desk = Desk::set(&[]).await;
    desk.connect("ada@example.com").await;
    desk.run(&["collections", "create", "Mine"]).expect_ok();
    let again = desk.run(&["collections", "create", "Mine", "--json"]);
    assert_eq!((again.code(), &again.document()["error"]["code"]), (1, &json!("conflict")));
    for nothing in ["Nope", "No/such file.txt", "1AbCdEfGhIjKlMnOpQrStUvWxYz012345"] {
        let ran = desk.run(&["sync", "google_drive", nothing, "--collection", "New"]);
        assert_eq!(ran.code(), 5, "{nothing}: {}", ran.err());
        assert!(ran.err().contains("gangway ls google_drive"), "{}", ran.err());
    }
    // Refused by the server once there is a collection: uploads are not synced.
    std::fs::write(desk.folder.path().join("note.txt"), "a kestrel").unwrap();
    desk.run(&["upload", "note.txt", "--collection", "Mine"]).expect_ok();
    let listed = desk.run(&["ls", "local_upload", "--query", "note.txt", "--json"]).document();
    let uploaded = listed["files"][0]["id"].as_str().unwrap_or_else(|| panic!("{listed}"));
    let refused = desk.run(&["sync", "local_upload", uploaded, "--collection", "New", "--json"]);
    let told = refused.document();
    assert!(
        refused.code() != 0 && told["error"]["message"].as_str().unwrap().contains("nothing to sync"),
        "{told}"
    );
    assert_eq!(collections(&desk), ["Mine"]);
    desk.write("Notes.txt", "a kestrel");
    desk.run(&["sync", "google_drive", "Notes.txt", "--collection", "New"]).expect_ok();
    assert_eq!(collections(&desk).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collection_that_was_made_for_refused_files_goes_again() {
    let desk = Desk::set(&["--set", "upload.max_file_bytes=1000"]).await;
    let write = |name: &str, bytes: usize| {
        std::fs::write(desk.folder.path().join(name), vec![b'a'; bytes]).unwrap();
    };
    write("huge.txt", 2000);
    write("small.txt", 20);
    let refused = desk.run(&["upload", "-c", "New", "huge.txt"]);
    assert_eq!(refused.code(), 6, "{}", refused.err());
    assert!(refused.err().contains("took the collection New away again"), "{}", refused.err());
    assert_eq!(desk.run(&["upload", "-c", "New", "huge.txt", "--json"]).code(), 6);
    assert!(collections(&desk).is_empty());
    // One that was there stays, and so does one that got something.
    desk.run(&["collections", "create", "Mine"]).expect_ok();
    assert_eq!(desk.run(&["upload", "-c", "Mine", "huge.txt"]).code(), 6);
    assert_eq!(desk.run(&["upload", "-c", "New", "huge.txt", "small.txt"]).code(), 6);
    let mut left = collections(&desk);
    left.sort();
    assert_eq!(left, ["Mine", "New"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_listed_by_a_part_of_what_they_are_known_by() {
    let desk = Desk::set(&[]).await;
    desk.admin(&["users", "create", "--external-id", "crm-7", "--email", "grace@example.com"]).expect_ok();
    for part in ["RM-7", "Grace@"] {
        let told = desk.admin(&["users", "list", part]).expect_ok();
        assert!(told.contains("crm-7") && told.lines().count() == 2, "{part}: {told}");
        let listed = desk.admin(&["users", "list", part, "--json"]).document();
        assert_eq!(listed["users"].as_array().unwrap().len(), 1, "{part}: {listed}");
    }
    let told = desk.admin(&["users", "list", "nobody"]).expect_ok();
    assert!(told.contains("nobody has this"), "{told}");
    desk.admin(&["users", "token", "grace@example.com"]).expect_ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn days_are_taken_as_the_query_takes_them() {
    let desk = Desk::set(&[]).await;
    desk.write("note.txt", "a kestrel");
    desk.connect("ada@example.com").await;
    desk.run(&["sync", "google_drive", "note.txt", "--collection", "Mine"]).expect_ok();
    let total = |option: &str, day: &str| {
        let told = desk.run(&["search", "note", option, day, "--json"]).document();
        told["total"].as_u64().unwrap_or_else(|| panic!("{option} {day}: {told}"))
    };
    for day in ["2020", "2020-01", "2020-01-31", "yesterday", "2020-01-31T09:00:00Z"] {
        assert_eq!((total("--after", day), total("--before", day)), (1, 0), "{day}");
    }
    for option in ["--after", "--before"] {
        let ran = desk.run(&["search", "note", option, "soon"]);
        assert_eq!(ran.code(), 2);
        for form in ["\"soon\"", option, "2026-01-31", "yesterday", "T09:00:00Z"] {
            assert!(ran.err().contains(form), "{form}: {}", ran.err());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_https_there_is_one_thing_to_do_about_webhooks() {
    let desk = Desk::set(&[]).await;
    let told = desk.admin(&["webhooks"]).expect_ok();
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(told.contains("public_url has to be its https address first"), "{told}");
    let listed = desk.admin(&["webhooks", "--json"]).document();
    assert!(listed["webhooks"].as_array().unwrap().iter().all(|one| one["address"] == Value::Null));
    drop(desk);

    // Emulators on the same machine push without https.
    let set = [
        "outgoing.allow_private_addresses=true",
        "providers.notion.client_id=id",
        "providers.notion.client_secret=secret",
    ];
    let desk = Desk::set(&set.map(|setting| ["--set", setting]).concat()).await;
    let told = desk.admin(&["webhooks"]).expect_ok();
    let address = format!("{}/webhooks/notion", desk.server.url.trim_end_matches('/'));
    assert!(told.contains(&address), "{told}");
    let offer = json!({ "verification_token": "secret_AbCdEfGhIjKlMnOpQrStUvWxYz" });
    let offered = reqwest::Client::new().post(address).json(&offer).send().await.unwrap();
    assert!(offered.status().is_success(), "{}", offered.status());
    for deed in ["confirm", "forget"] {
        let ran = desk.admin(&["webhooks", deed, "notion", "--json"]);
        assert_eq!((ran.code(), ran.document()), (0, json!({ "done": true })), "{deed}");
    }
    let nothing = desk.admin(&["webhooks", "forget", "notion", "--json"]);
    assert_eq!((nothing.code(), &nothing.document()["error"]["code"]), (5, &json!("not_found")));
}

#[test]
fn a_reader_that_goes_away_ends_completions_quietly() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let mut command = gangway(folder.path());
        let mut child = command.args(["completions", shell]).stdout(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let ended = child.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(0), "{shell}");
        assert!(ended.stderr.is_empty(), "{}", String::from_utf8_lossy(&ended.stderr));
    }
}
