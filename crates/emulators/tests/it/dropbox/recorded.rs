//! Our answers beside recorded answers of the real service: the same keys and the same types.

use std::collections::BTreeMap;

use gangway_emulators::dropbox::FileTarget;
use serde_json::{Value, json};

use super::harness::*;
use crate::shared::{kind, shared_folder};

fn recorded(name: &str, path: &str) -> Option<Value> {
    let file = shared_folder()?.join("recorded/dropbox").join(name);
    let exchanges: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let found = &exchanges["api"]["post"][path];
    Some(if found.is_array() { found[0].clone() } else { found.clone() })
}

/// Collects every key path with its type; lists count as their elements.
fn shape(value: &Value, path: &str, found: &mut BTreeMap<String, &'static str>) {
    match value {
        Value::Object(object) => {
            for (key, inner) in object {
                let path = format!("{path}/{key}");
                found.insert(path.clone(), kind(inner));
                shape(inner, &path, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| shape(item, path, found)),
        _ => {}
    }
}

fn shapes(value: &Value) -> BTreeMap<String, &'static str> {
    let mut found = BTreeMap::new();
    shape(value, "", &mut found);
    found
}

#[tokio::test]
async fn revisions_restore_and_links_have_the_recorded_keys() {
    let Some(revisions) = recorded("nango_dropbox__list-file-revisions.json", "/2/files/list_revisions")
    else {
        return;
    };
    let world = empty().await;
    let token = world.ada().await;
    world.write("/test-upload.txt", "hello");
    let request = revisions["request"]["data"].clone();
    let ours = world.json(&token, "files/list_revisions", request).await;
    assert_eq!(shapes(&ours), shapes(&revisions["response"]));
    let length = |body: &Value, key: &str| body["entries"][0][key].as_str().unwrap().len();
    for key in ["id", "rev", "content_hash", "server_modified"] {
        assert_eq!(length(&ours, key), length(&revisions["response"], key), "{key}");
    }
    let restore = recorded("nango_dropbox__restore-file-revision.json", "/2/files/restore").unwrap();
    let arg = json!({"path": "/test-upload.txt", "rev": ours["entries"][0]["rev"]});
    assert_eq!(shapes(&world.json(&token, "files/restore", arg).await), shapes(&restore["response"]));
    let link =
        recorded("nango_dropbox__get-file-temporary-link.json", "/2/files/get_temporary_link").unwrap();
    let arg = json!({"path": "/test-upload.txt"});
    assert_eq!(shapes(&world.json(&token, "files/get_temporary_link", arg).await), shapes(&link["response"]));
}

#[tokio::test]
async fn folders_and_lists_have_the_recorded_keys() {
    let Some(folders) = recorded("nango_dropbox__list-shared-folders.json", "/2/sharing/list_folders") else {
        return;
    };
    let world = empty().await;
    let token = world.ada().await;
    let ours = world.json(&token, "sharing/list_folders", folders["request"]["data"].clone()).await;
    assert_eq!(ours, folders["response"], "no cursor at the end, no has_more");
    let moved =
        recorded("nango_dropbox__check-batch-move-files-or-folders.json", "/2/files/move_batch/check_v2");
    let moved = moved.unwrap()["response"]["entries"][0]["metadata"].clone();
    world.control.create_folder(&FileTarget::path("/nango-move-test")).unwrap();
    let arg = json!({"from_path": "/nango-move-test", "to_path": "/nango-move-test-moved"});
    let ours = world.json(&token, "files/move_v2", arg).await;
    assert_eq!(shapes(&ours["metadata"]), shapes(&moved));
}

#[tokio::test]
async fn shared_links_and_headers_look_like_the_recorded_ones() {
    let Some(link) =
        recorded("nango_dropbox__modify-shared-link-settings.json", "/2/sharing/modify_shared_link_settings")
    else {
        return;
    };
    let world = empty().await;
    let token = world.ada().await;
    world.control.create_folder(&FileTarget::path("/folder")).unwrap();
    let ours =
        world.json(&token, "sharing/create_shared_link_with_settings", json!({"path": "/folder"})).await;
    let (left, right) = (shapes(&ours), shapes(&link["response"]));
    for (path, kind) in &left {
        assert_eq!(right.get(path), Some(kind), "{path}");
    }
    world.write("/a.txt", "a");
    let answer = world.rpc(&token, "files/list_revisions", json!({"path": "/a.txt"})).await;
    let recorded = recorded("nango_dropbox__list-file-revisions.json", "/2/files/list_revisions").unwrap();
    for name in ["content-type", "cache-control", "x-content-type-options", "server", "vary"] {
        assert_eq!(answer.headers()[name].to_str().unwrap(), recorded["headers"][name], "{name}");
    }
    let id = answer.headers()["x-dropbox-request-id"].to_str().unwrap();
    assert_eq!(id.len(), recorded["headers"]["x-dropbox-request-id"].as_str().unwrap().len());
}

#[tokio::test]
async fn batches_and_archives_look_like_the_recorded_ones() {
    let name = "nango_dropbox__batch-delete-files-or-folders.json";
    let Some(check) = recorded(name, "/2/files/delete_batch/check") else { return };
    let world = empty().await;
    let token = world.ada().await;
    let start = recorded(name, "/2/files/delete_batch").unwrap();
    let job = world.json(&token, "files/delete_batch", start["request"]["data"].clone()).await;
    assert_eq!(shapes(&job), shapes(&start["response"]));
    let arg = json!({"async_job_id": job["async_job_id"]});
    assert_eq!(world.json(&token, "files/delete_batch/check", arg).await, check["response"]);
    world.control.create_folder(&FileTarget::path("/test-zip-folder")).unwrap();
    let zip = recorded("nango_dropbox__download-folder-as-zip.json", "/2/files/download_zip").unwrap();
    let arg = zip["request"]["headers"]["Dropbox-API-Arg"].as_str().unwrap();
    let ours = world.content(&token, "files/download_zip", arg, &[]).await;
    for name in ["content-type", "vary", "cache-control"] {
        assert_eq!(ours.headers()[name].to_str().unwrap(), zip["headers"][name], "{name}");
    }
    let result: Value = serde_json::from_slice(ours.headers()["dropbox-api-result"].as_bytes()).unwrap();
    let theirs: Value = serde_json::from_str(zip["headers"]["dropbox-api-result"].as_str().unwrap()).unwrap();
    assert_eq!(shapes(&result), shapes(&theirs));
    assert!(ours.bytes().await.unwrap().starts_with(b"PK\x03\x04"));
}
