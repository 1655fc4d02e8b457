//! `kill -9` in the middle of a sync, again and again: the end is that of a run that nobody disturbed.

use gangway_emulators::google::{self, Control, DEFAULT_CLIENT_ID, Generate, GoogleEmulator, GoogleOptions};
use serde_json::{Value, json};

use crate::desk::{Caller, connect, write_config};
use crate::program::{Running, run};

const FOLDERS: u64 = 6;
const FILES_IN_EACH: u64 = 400;
/// Entries committed together, as the engine's settings have them.
const BATCH: u64 = 500;

async fn emulator() -> GoogleEmulator {
    let google = google::start(GoogleOptions::default()).await.unwrap();
    let control = google.control();
    control.set_switches(|switches| {
        switches.auto_approve = true;
        switches.quotas.enabled = false;
    });
    for number in 0..FOLDERS {
        let folder = format!("Corpus/Part {number}");
        control
            .generate(&Generate {
                folder,
                count: FILES_IN_EACH,
                size: 300,
                prefix: "kestrel".to_owned(),
                ..Generate::default()
            })
            .unwrap();
    }
    google
}

fn downloads(control: &Control) -> u64 {
    control.call_count("drive.files.get.media")
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_again_and_again_a_sync_ends_as_if_nothing_had_happened() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &["keys", "new"]).expect_ok();
    let google = emulator().await;
    let control = google.control();
    write_config(folder.path(), &google);
    let mut server = Running::start(folder.path(), &[]);
    let callback = format!("{}/oauth/callback", server.url.trim_end_matches('/'));
    control.add_redirect_uri(DEFAULT_CLIENT_ID, &callback);
    let admin_key = std::fs::read_to_string(folder.path().join("gangway-data/admin.key")).unwrap();
    let args =
        ["users", "create", "--plan", "pro", "--with-token", "--json", "--url", &server.url, "--admin-key"];
    let made = run(folder.path(), &[&args[..], &[admin_key.trim()]].concat()).expect_ok();
    let made: Value = serde_json::from_str(&made).unwrap();
    let caller = Caller::new(made["token"].as_str().unwrap());

    connect(&caller, &server, None).await;
    let collection = caller.ask(&server, "POST", "rest/collections", json!({ "name": "Corpus" })).await;
    let collection = collection["uuid"].as_str().unwrap().to_owned();
    let wish = json!({ "file_ids": ["root"], "collection_uuid": collection, "sync_mode": "manual" });
    let job = caller.ask(&server, "POST", "rest/connectors/google_drive/sync", wish).await;
    let job = format!("rest/connectors/google_drive/sync/{}", job["sync_job_id"].as_str().unwrap());

    // Each time it has come a good piece further, the process is killed without warning.
    let mut kills = 0;
    let mut goal = 1;
    let ended = loop {
        let now = caller.ask(&server, "GET", &job, Value::Null).await;
        if matches!(now["status"].as_str(), Some("completed" | "partial" | "failed")) {
            break now;
        }
        if now["files_synced"].as_u64().unwrap() >= goal {
            goal = now["files_synced"].as_u64().unwrap() + 300;
            server.child.kill().unwrap();
            server.child.wait().unwrap();
            kills += 1;
            server = Running::start(folder.path(), &[]);
        }
    };
    assert!(kills >= 3, "only {kills} kills");
    let all = FOLDERS * FILES_IN_EACH;
    assert_eq!(
        (ended["status"].as_str(), ended["files_synced"].as_u64()),
        (Some("completed"), Some(all)),
        "{ended}"
    );
    assert_eq!(ended["files_found"].as_u64(), Some(all), "{ended}");

    // Every file is in the index, once; some were made with the same words.
    let wish = json!({ "query": "kestrel", "limit": 1, "show_duplicates": true });
    let answer = caller.ask(&server, "POST", "rest/search", wish).await;
    assert_eq!(answer["total"].as_u64(), Some(all), "{answer}");
    // What was committed before a kill was not fetched again: each kill costs one batch at most.
    let fetched = downloads(&control);
    assert!(fetched >= all && fetched <= all + kills * BATCH * 2, "{fetched} downloads, {kills} kills");

    // And a second sync finds everything in its place.
    control.reset_calls();
    let wish = json!({ "file_ids": ["root"], "collection_uuid": collection, "sync_mode": "manual" });
    let again = caller.ask(&server, "POST", "rest/connectors/google_drive/sync", wish).await;
    let again = format!("rest/connectors/google_drive/sync/{}", again["sync_job_id"].as_str().unwrap());
    let ended = loop {
        let now = caller.ask(&server, "GET", &again, Value::Null).await;
        if matches!(now["status"].as_str(), Some("completed" | "partial" | "failed")) {
            break now;
        }
    };
    assert_eq!(ended["files_unchanged"].as_u64(), Some(all), "{ended}");
    assert_eq!(downloads(&control), 0);
}
