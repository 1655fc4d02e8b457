//! Every answer recorded from the real Dropbox, and every official example, is read by the types that work with them.

use std::path::PathBuf;

use http::HeaderValue;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::dropbox::files::{Told, told};
use crate::dropbox::header_json;
use crate::dropbox::wire::{
    ExportInfo, ExportResult, FolderPage, FullAccount, LatestCursor, Metadata, RevisionList, SearchPage,
    SharedFile, SharedFilePage, SharedFolder, SharedFolderPage,
};

/// Where recordings and descriptions lie: beside the workspace, or where the environment says.
fn shared(folder: &str) -> Option<PathBuf> {
    let beside = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared"));
    let path = std::env::var_os("GANGWAY_SHARED").map_or_else(beside, PathBuf::from).join(folder);
    if !path.exists() {
        eprintln!("skipped: there is nothing at {}", path.display());
        return None;
    }
    Some(path)
}

fn read<T: DeserializeOwned>(place: &str, answer: &Value) -> T {
    serde_json::from_str(&answer.to_string()).unwrap_or_else(|error| panic!("{place}: {error}"))
}

/// Reads a file's metadata, and sees that nothing of it was lost.
fn check_file(place: &str, raw: &Value) {
    let row: Metadata = read(place, raw);
    assert_eq!(told(&row), Told::Item(raw["id"].as_str().unwrap()), "{place}");
    assert_eq!(row.name.as_deref(), raw["name"].as_str(), "{place}");
    assert_eq!(row.path_lower.as_deref(), raw["path_lower"].as_str(), "{place}");
    assert_eq!(row.content_hash.as_deref(), raw["content_hash"].as_str(), "{place}");
    assert_eq!(row.size, raw["size"].as_i64(), "{place}");
    assert_eq!(row.server_modified.is_some(), raw["server_modified"].is_string(), "{place}");
    assert_eq!(row.rev.as_deref(), raw["rev"].as_str(), "{place}");
}

#[test]
fn every_recorded_answer_is_understood() {
    let Some(folder) = shared("recorded/dropbox") else { return };
    let mut understood = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let recording: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        for (route, recorded) in recording["api"]["post"].as_object().unwrap() {
            let list = match recorded {
                Value::Array(list) => list.clone(),
                one => vec![one.clone()],
            };
            for one in list {
                understood += check(route, &one);
            }
        }
    }
    assert!(understood >= 5, "only {understood} answers were read");
}

/// Reads an answer as the call that brings it does. Calls that are never made here are left out.
fn check(route: &str, recorded: &Value) -> usize {
    let answer = &recorded["response"];
    match route {
        "/2/files/list_revisions" => {
            let list: RevisionList = read(route, answer);
            assert_eq!(list.entries.len(), answer["entries"].as_array().unwrap().len());
            answer["entries"].as_array().unwrap().iter().for_each(|raw| check_file(route, raw));
        }
        "/2/sharing/list_folders" => {
            let page: SharedFolderPage = read(route, answer);
            assert_eq!(page.entries.len(), answer["entries"].as_array().unwrap().len());
            assert!(page.cursor.is_none());
        }
        // Not asked for here; but it is the very metadata that listings are made of.
        "/2/files/get_temporary_link" => check_file(route, &answer["metadata"]),
        "/2/files/restore" => check_file(route, answer),
        "/2/files/download_zip" => {
            let text = recorded["headers"]["dropbox-api-result"].as_str().unwrap();
            let value = HeaderValue::from_str(text).unwrap();
            let result: Value = header_json::read(Some(&value)).unwrap();
            let row: Metadata = read(route, &result["metadata"]);
            assert_eq!(row.name.as_deref(), Some("test-zip-folder"));
        }
        _ => return 0,
    }
    1
}

#[test]
fn every_official_example_is_understood() {
    let Some(file) = shared("specs/dropbox/examples.json") else { return };
    let examples: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let mut understood = 0;
    for (name, list) in examples["examples"].as_object().unwrap() {
        for raw in list.as_object().unwrap().values() {
            let is_read = match name.as_str() {
                "files.FileMetadata" => {
                    check_file(name, raw);
                    true
                }
                "files.FolderMetadata" => {
                    let row: Metadata = read(name, raw);
                    matches!(told(&row), Told::Item(_))
                }
                "files.DeletedMetadata" => {
                    let mut row: Metadata = read(name, raw);
                    row.tag = Some("deleted".to_owned());
                    matches!(told(&row), Told::Deleted(_))
                }
                "files.ListFolderResult" => {
                    let page: FolderPage = read(name, raw);
                    page.entries.len() == raw["entries"].as_array().unwrap().len() && page.cursor.is_some()
                }
                "files.ListFolderGetLatestCursorResult" => read::<LatestCursor>(name, raw).cursor.is_some(),
                "files.SearchV2Result" => {
                    let page: SearchPage = read(name, raw);
                    page.matches.iter().all(|found| found.metadata.metadata.is_some())
                }
                "files.ListRevisionsResult" => !read::<RevisionList>(name, raw).entries.is_empty(),
                "files.ExportInfo" => read::<ExportInfo>(name, raw).export_as.is_some(),
                "files.ExportResult" => {
                    let result: ExportResult = read(name, raw);
                    result.export_metadata.size.is_some() && result.file_metadata.rev.is_some()
                }
                "sharing.SharedFileMetadata" => read::<SharedFile>(name, raw).id.is_some(),
                "sharing.ListFilesResult" => !read::<SharedFilePage>(name, raw).entries.is_empty(),
                "sharing.SharedFolderMetadata" => read::<SharedFolder>(name, raw).shared_folder_id.is_some(),
                "sharing.ListFoldersResult" => !read::<SharedFolderPage>(name, raw).entries.is_empty(),
                "sharing.FileLinkMetadata" => read::<Metadata>(name, raw).rev.is_some(),
                "users.FullAccount" => {
                    let account: FullAccount = read(name, raw);
                    account.account_id.is_some() && account.root_info.root_namespace_id.is_some()
                }
                _ => continue,
            };
            assert!(is_read, "{name}: {raw}");
            understood += 1;
        }
    }
    assert!(understood > 15, "only {understood} examples were read");
}

#[test]
fn odd_fields_spoil_themselves_and_not_the_page() {
    let page: FolderPage = serde_json::from_str(
        r#"{"entries":[
            {".tag":"file","id":"id:a","name":null,"size":"12","server_modified":"yesterday","rev":null,"path_lower":null,
             "sharing_info":null,"export_info":{"export_as":null,"export_options":null},"new":{"field":[1]}},
            {".tag":"hologram","name":"x"},
            {"id":"id:b","size":-1}
        ],"cursor":null,"has_more":null,"more":1}"#,
    )
    .unwrap();
    assert_eq!((page.entries.len(), page.has_more), (3, false));
    assert_eq!(page.entries[0].size, Some(12));
    assert_eq!(told(&page.entries[1]), Told::Unreadable);
}

#[test]
fn an_answer_without_rows_is_no_empty_list() {
    for answer in
        ["{}", "[]", "null", r#"{"entries":null}"#, r#"{"error_summary":"x/","error":{".tag":"x"}}"#]
    {
        assert!(serde_json::from_str::<FolderPage>(answer).is_err(), "{answer}");
        assert!(serde_json::from_str::<SharedFilePage>(answer).is_err(), "{answer}");
        assert!(serde_json::from_str::<SharedFolderPage>(answer).is_err(), "{answer}");
    }
}
