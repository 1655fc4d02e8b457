//! Every answer recorded from the real Drive is read by the same types that read it at work.

use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::google_drive::files;
use crate::google_drive::wire::{ChangeList, DriveList, DriveRevision, FileList, StartPageToken};

/// Where the recordings lie: beside the workspace, or where the environment says.
fn folder() -> PathBuf {
    let beside = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared"));
    let shared = std::env::var_os("GANGWAY_SHARED").map_or_else(beside, PathBuf::from);
    shared.join("recorded/google")
}

/// Every path and answer of a recording.
fn answers(recording: &Value) -> Vec<(String, Value)> {
    let methods = recording["api"].as_object().unwrap();
    let mut found = Vec::new();
    for (path, answer) in methods.values().flat_map(|paths| paths.as_object().unwrap()) {
        let list = match answer {
            Value::Array(list) => list.clone(),
            one => vec![one.clone()],
        };
        found.extend(list.into_iter().map(|it| (path.clone(), it["response"].clone())));
    }
    found
}

fn read<T: DeserializeOwned>(path: &str, answer: &Value) -> T {
    serde_json::from_str(&answer.to_string()).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Reads one answer and says how many of its rows were understood, and how many there are.
fn check(path: &str, answer: &Value) -> (usize, usize) {
    let rows = |name: &str| answer[name].as_array().map_or(0, Vec::len);
    match path {
        "/drive/v3/files" => {
            let list: FileList = read(path, answer);
            assert_eq!(list.next_page_token.as_deref(), answer["nextPageToken"].as_str());
            let raw = answer["files"].as_array().unwrap();
            let mut understood = 0;
            for (file, raw) in list.files.into_iter().zip(raw) {
                let entry = files::entry(file);
                assert_eq!(entry.id.as_str(), raw["id"].as_str().unwrap());
                assert_eq!(entry.name, raw["name"].as_str().unwrap());
                assert_eq!(entry.modified_at.is_some(), raw.get("modifiedTime").is_some());
                assert_eq!(entry.url.as_deref(), raw["webViewLink"].as_str());
                let parents: Vec<&str> = entry.parents.iter().map(|id| id.as_str()).collect();
                let expected =
                    raw["parents"].as_array().map(|list| list.iter().filter_map(Value::as_str).collect());
                assert_eq!(parents, expected.unwrap_or(Vec::new()));
                understood += 1;
            }
            (understood, rows("files"))
        }
        "/drive/v3/drives" => {
            let list: DriveList = read(path, answer);
            let named =
                list.drives.into_iter().map(files::drive_entry).filter(|drive| !drive.name.is_empty());
            (named.count(), rows("drives"))
        }
        "/drive/v3/changes/startPageToken" => {
            let start: StartPageToken = read(path, answer);
            (usize::from(start.start_page_token.is_some()), 1)
        }
        "/drive/v3/changes" => {
            let list: ChangeList = read(path, answer);
            assert!(list.new_start_page_token.is_some() || list.next_page_token.is_some());
            (list.changes.len(), rows("changes"))
        }
        _ if path.contains("/revisions/") => {
            let revision: DriveRevision = read(path, answer);
            (usize::from(!revision.id.is_empty() && revision.modified_time.is_some()), 1)
        }
        // Folders' metadata, read before their listing.
        _ if answer.get("mimeType").is_some() => {
            let entry = files::entry(read(path, answer));
            (usize::from(!entry.id.as_str().is_empty()), 1)
        }
        // Comments and permissions: nothing here reads them.
        _ => (0, 0),
    }
}

#[test]
fn every_recorded_answer_is_understood() {
    let folder = folder();
    let Ok(files) = std::fs::read_dir(&folder) else {
        eprintln!("skipped: there are no recordings at {}", folder.display());
        return;
    };
    let mut read = 0;
    for file in files {
        let path = file.unwrap().path();
        let recording: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        for (call, answer) in answers(&recording) {
            let (understood, told) = check(&call, &answer);
            assert_eq!(understood, told, "{call} in {}", path.display());
            read += understood;
        }
    }
    assert!(read > 20, "only {read} rows were read");
}
