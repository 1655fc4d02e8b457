//! Every answer recorded from the real Notion is read by the same types that read it at work.

use std::path::PathBuf;

use serde_json::Value;

use crate::notion::blocks::render;
use crate::notion::entries;
use crate::notion::ids::uuid;
use crate::notion::properties::Titles;
use crate::notion::top::{data_source_in, page_in};
use crate::notion::walk::Node;
use crate::notion::wire::{Block, DataSource, Database, List, Me, Page, Parent, read};

/// Where the recordings lie: beside the workspace, or where the environment says.
fn folder() -> PathBuf {
    let beside = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared"));
    let shared = std::env::var_os("GANGWAY_SHARED").map_or_else(beside, PathBuf::from);
    shared.join("recorded/notion")
}

/// Every successful answer of a recording, with the path that was asked.
fn answers(recording: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for interaction in recording["interactions"].as_array().into_iter().flatten() {
        let uri = interaction["request"]["uri"].as_str().unwrap();
        let status = interaction["response"]["status"].as_u64().unwrap();
        if status < 300 {
            let path = uri.split('?').next().unwrap().trim_start_matches("https://api.notion.com");
            found.push((path.to_owned(), interaction["response"]["body"].clone()));
        }
    }
    for paths in recording["api"].as_object().into_iter().flat_map(|methods| methods.values()) {
        for (path, answer) in paths.as_object().unwrap() {
            let list = match answer {
                Value::Array(list) => list.clone(),
                one => vec![one.clone()],
            };
            found.extend(list.into_iter().map(|it| (path.clone(), it["response"].clone())));
        }
    }
    found
}

/// Reads one object and says whether nothing of it was lost.
fn check(path: &str, value: &Value) -> bool {
    let told_id = || value["id"].as_str().and_then(uuid).unwrap();
    let is_edited = |entry: &gangway_connector::Entry| {
        assert_eq!(entry.id.as_str(), told_id());
        assert!(entry.modified_at.is_some() && entry.created_at.is_some(), "{path}: {value}");
        assert!(!entry.name.is_empty());
    };
    match value["object"].as_str().unwrap_or_default() {
        "page" => {
            let page: Page = page_in(value).unwrap_or_else(|| panic!("{path}: {value}"));
            is_edited(&entries::page(&page, Vec::new()));
            assert_ne!(page.parent, Parent::Unknown, "{path}: {value}");
            assert_eq!(page.properties.len(), value["properties"].as_object().unwrap().len());
            assert_eq!(page.is_trashed(), value["in_trash"].as_bool().unwrap());
            true
        }
        "data_source" => {
            let source: DataSource = data_source_in(value).unwrap_or_else(|| panic!("{path}: {value}"));
            is_edited(&entries::data_source(&source, Vec::new()));
            assert!(matches!(source.parent, Parent::Database(_)), "{path}: {value}");
            assert_ne!(source.database_parent, Parent::Unknown, "{path}: {value}");
            true
        }
        // Tables of the oldest versions answer as databases with properties.
        "database" => {
            let database: Database = read(value).unwrap();
            is_edited(&entries::database(&database, Vec::new()));
            assert_ne!(database.parent, Parent::Unknown, "{path}: {value}");
            let told = value["data_sources"].as_array().map_or(0, Vec::len);
            assert_eq!(database.data_sources.iter().filter(|source| !source.id.is_empty()).count(), told);
            true
        }
        "block" => {
            let block = Block::read(value.clone()).unwrap();
            assert_eq!(
                (block.id.as_str(), block.kind.as_str()),
                (&*told_id(), value["type"].as_str().unwrap())
            );
            assert!(block.last_edited_time.is_some() && block.parent != Parent::Unknown, "{path}: {value}");
            assert_eq!(block.is_trashed, value["in_trash"].as_bool().unwrap());
            let node = Node { depth: 0, is_foreign: false, block };
            let (_, unshown) = render(&told_id(), &[node], &Titles::new());
            assert!(unshown.is_empty(), "{path}: {unshown:?}");
            true
        }
        "user" if value["type"] == "bot" && path == "/v1/users/me" => {
            let me: Me = read(value).unwrap();
            assert!(!me.id.is_empty());
            let owner = &value["bot"]["owner"]["user"];
            assert_eq!(
                me.bot.owner.user.as_ref().and_then(|user| user.name.as_deref()),
                owner["name"].as_str()
            );
            assert_eq!(me.bot.workspace_id.as_deref(), value["bot"]["workspace_id"].as_str());
            true
        }
        "list" => {
            let list: List = read(value).unwrap();
            assert_eq!(list.next().is_some(), value["has_more"].as_bool().unwrap(), "{path}");
            let rows = value["results"].as_array().unwrap();
            assert_eq!(list.results.len(), rows.len());
            let is_ours = path.contains("/search") || path.contains("/children");
            is_ours && rows.iter().all(|row| check(path, row))
        }
        // Comments, views, uploads, users, tasks: nothing here reads them.
        _ => false,
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
        read += answers(&recording).into_iter().filter(|(call, answer)| check(call, answer)).count();
    }
    assert!(read > 100, "only {read} answers were read");
}
