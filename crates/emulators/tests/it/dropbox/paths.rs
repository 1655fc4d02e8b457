//! The forms of a path, lookups, revisions.

use gangway_emulators::dropbox::{FileEdit, FileTarget};
use serde_json::json;

use super::harness::*;

#[tokio::test]
async fn the_root_is_the_empty_text() {
    let world = empty().await;
    let token = world.ada().await;
    let text = world.malformed(&token, "files/list_folder", json!({"path": "/"})).await;
    assert!(text.contains("Specify the root folder as an empty string"), "{text}");
    for path in ["docs", "../x", "ns:abc/x", "rev:016508b57f2b6f100"] {
        let text = world.malformed(&token, "files/list_folder", json!({"path": path})).await;
        assert!(text.contains("did not match pattern"), "{text}");
    }
    let text = world.malformed(&token, "files/get_metadata", json!({"path": "/"})).await;
    assert!(text.contains("root folder is unsupported"), "{text}");
    world.malformed(&token, "files/get_metadata", json!({"path": ""})).await;
}

#[tokio::test]
async fn every_form_names_the_same_file_in_any_case() {
    let world = empty().await;
    let token = world.ada().await;
    let id = world.write("/Docs/Straße.txt", "one");
    let folder = world.control.find_file(&FileTarget::path("/Docs")).unwrap();
    let first = world.json(&token, "files/get_metadata", json!({"path": id})).await;
    let home = world.json(&token, "users/get_current_account", json!(null)).await;
    let home = home["root_info"]["home_namespace_id"].as_str().unwrap().to_owned();
    for path in [
        "/docs/straße.txt".to_owned(),
        "/DOCS/STRAßE.TXT".to_owned(),
        format!("ns:{home}/docs/straße.txt"),
        format!("{}/straße.txt", folder.id),
        format!("rev:{}", first["rev"].as_str().unwrap()),
    ] {
        let found = world.json(&token, "files/get_metadata", json!({"path": path})).await;
        assert_eq!(found, first, "{path}");
    }
    for (path, tag) in [
        ("/nope", "path/not_found"),
        ("/docs/", "path/malformed_path"),
        ("id:AAAAAAAAAAAAAAAAAAAAAA", "path/not_found"),
        ("ns:12345/x", "path/not_found"),
    ] {
        let (status, summary, _) = world.refused(&token, "files/get_metadata", json!({"path": path})).await;
        assert_eq!((status, summary.as_str()), (409, tag), "{path}");
    }
    let (_, summary, _) = world.refused(&token, "files/list_folder", json!({"path": id})).await;
    assert_eq!(summary, "path/not_folder");
}

#[tokio::test]
async fn nobody_reads_another_persons_file_by_number() {
    let world = empty().await;
    let (ada, grace) = (world.ada().await, world.grace().await);
    let id = world.write("/secret.txt", "s");
    let rev = world.json(&ada, "files/get_metadata", json!({"path": id})).await["rev"].clone();
    for path in [json!(id), json!(format!("rev:{}", rev.as_str().unwrap()))] {
        let (status, ..) = world.refused(&grace, "files/get_metadata", json!({"path": path})).await;
        assert_eq!(status, 409);
    }
}

#[tokio::test]
async fn revisions_are_listed_read_and_restored() {
    let world = empty().await;
    let token = world.ada().await;
    let id = world.write("/a.txt", "one");
    world.write("/a.txt", "two");
    let list = world.json(&token, "files/list_revisions", json!({"path": "/a.txt", "limit": 1})).await;
    assert_eq!((&list["is_deleted"], &list["has_more"]), (&json!(false), &json!(true)));
    let list = world.json(&token, "files/list_revisions", json!({"path": "/a.txt"})).await;
    let revs: Vec<&str> =
        list["entries"].as_array().unwrap().iter().map(|row| row["rev"].as_str().unwrap()).collect();
    assert_eq!(revs.len(), 2);
    assert_eq!(world.download(&token, &format!("rev:{}", revs[1])).await.1, b"one");
    world.control.delete_file(&FileTarget::path("/a.txt")).unwrap();
    let list = world.json(&token, "files/list_revisions", json!({"path": "/a.txt"})).await;
    assert_eq!(list["is_deleted"], true);
    assert!(list["server_deleted"].is_string());
    let gone = world.refused(&token, "files/get_metadata", json!({"path": "/a.txt"})).await;
    assert_eq!(gone.1, "path/not_found");
    let arg = json!({"path": "/a.txt", "include_deleted": true});
    let deleted = world.json(&token, "files/get_metadata", arg).await;
    assert_eq!(
        deleted,
        json!({".tag": "deleted", "name": "a.txt", "path_lower": "/a.txt", "path_display": "/a.txt"})
    );
    let back = world.json(&token, "files/restore", json!({"path": "/a.txt", "rev": revs[1]})).await;
    assert_eq!(back["id"], id.as_str());
    assert!(!revs.contains(&back["rev"].as_str().unwrap()), "restoring makes a new revision");
    assert_eq!(world.download(&token, "/a.txt").await.1, b"one");
    let bad = json!({"path": "/a.txt", "rev": "016500000000000000000000000ffff"});
    assert_eq!(world.refused(&token, "files/restore", bad).await.1, "invalid_revision");
    let early = json!({"path": "/a.txt", "before_rev": revs[0]});
    assert_eq!(world.refused(&token, "files/list_revisions", early).await.1, "before_rev_not_supported");
}

#[tokio::test]
async fn locked_and_young_files_cannot_be_looked_up() {
    let world = empty().await;
    let token = world.ada().await;
    world.control.set_clock("2026-03-01T00:00:00Z").unwrap();
    world.write("/a.txt", "a");
    let lock = FileEdit { path_locked: Some(true), ..FileEdit::default() };
    world.control.update_file(&FileTarget::path("/a.txt"), &lock).unwrap();
    let arg = json!({"path": "/a.txt"});
    assert_eq!(world.refused(&token, "files/get_metadata", arg).await.1, "path/locked");
    world.control.set_switches(|switches| switches.lookup_lag_ms = 500);
    world.write("/b.txt", "b");
    let arg = json!({"path": "/b.txt"});
    assert_eq!(world.refused(&token, "files/get_metadata", arg.clone()).await.1, "path/not_found");
    world.control.advance_clock(std::time::Duration::from_millis(501));
    world.json(&token, "files/get_metadata", arg).await;
}

#[tokio::test]
async fn a_file_is_restored_out_of_a_deleted_folder() {
    let world = empty().await;
    let token = world.ada().await;
    world.write("/docs/deep/a.txt", "a");
    world.write("/docs/deep/b.txt", "b");
    let rev =
        world.json(&token, "files/get_metadata", json!({"path": "/docs/deep/a.txt"})).await["rev"].clone();
    world.control.delete_file(&FileTarget::path("/docs")).unwrap();
    world.json(&token, "files/restore", json!({"path": "/docs/deep/a.txt", "rev": rev})).await;
    let arg = json!({"path": "", "recursive": true, "include_deleted": true});
    let (entries, _) = world.list_all(&token, arg).await;
    let expected = ["deleted /docs/deep/b.txt", "file /docs/deep/a.txt", "folder /docs", "folder /docs/deep"];
    assert_eq!(sorted(&entries), expected);
}
