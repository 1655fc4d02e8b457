//! What other clients write: uploads, folders, moves, copies, deletions.

use reqwest::Response;
use serde_json::{Value, json};

use super::harness::*;

async fn upload(world: &World, token: &str, arg: Value, bytes: &'static str) -> Response {
    let kind = [("Content-Type", "application/octet-stream")];
    let url = format!("{}/2/files/upload", world.emulator.content_url());
    let request = world.http.post(url).bearer_auth(token).header("Dropbox-API-Arg", ascii(&arg));
    request.header(kind[0].0, kind[0].1).body(bytes).send().await.unwrap()
}

#[tokio::test]
async fn uploads_follow_their_mode() {
    let world = empty().await;
    let token = world.ada().await;
    let made = upload(&world, &token, json!({"path": "/Docs/a.txt"}), "one").await;
    let made: Value = made.json().await.unwrap();
    assert_eq!(made["path_display"], "/Docs/a.txt");
    let conflict = upload(&world, &token, json!({"path": "/docs/A.txt"}), "two").await;
    assert_eq!(outcome(conflict).await.1, "path/conflict/file");
    let renamed = upload(&world, &token, json!({"path": "/docs/a.txt", "autorename": true}), "two").await;
    assert_eq!(renamed.json::<Value>().await.unwrap()["name"], "a (1).txt");
    let over = upload(&world, &token, json!({"path": "/docs/a.txt", "mode": "overwrite"}), "three").await;
    let over: Value = over.json().await.unwrap();
    assert_eq!(over["id"], made["id"]);
    let stale = json!({"path": "/docs/a.txt", "mode": {".tag": "update", "update": made["rev"]}});
    assert_eq!(upload(&world, &token, stale, "four").await.status(), 409);
    let fresh = json!({"path": "/docs/a.txt", "mode": {".tag": "update", "update": over["rev"]}});
    assert_eq!(upload(&world, &token, fresh, "four").await.status(), 200);
    let wrong = json!({"path": "/x.txt", "content_hash": "0".repeat(64)});
    assert_eq!(outcome(upload(&world, &token, wrong, "x").await).await.1, "content_hash_mismatch");
    let ignored = upload(&world, &token, json!({"path": "/.DS_Store"}), "x").await;
    assert_eq!(outcome(ignored).await.1, "path/disallowed_name");
}

#[tokio::test]
async fn folders_are_made_moved_copied_and_deleted() {
    let world = empty().await;
    let token = world.ada().await;
    let made = world.json(&token, "files/create_folder_v2", json!({"path": "/a/b"})).await;
    let id = made["metadata"]["id"].as_str().unwrap();
    let again = world.refused(&token, "files/create_folder_v2", json!({"path": "/A/B"})).await;
    assert_eq!(again.1, "path/conflict/folder");
    world.write("/a/b/c.txt", "c");
    let moved = json!({"from_path": id, "to_path": "/z"});
    assert_eq!(world.json(&token, "files/move_v2", moved).await["metadata"]["path_lower"], "/z");
    let copied = json!({"from_path": "/z", "to_path": "/y"});
    let copy = world.json(&token, "files/copy_v2", copied).await;
    assert_ne!(copy["metadata"]["id"], id, "a copy is something new");
    assert_eq!(world.download(&token, "/y/c.txt").await.1, b"c");
    let inside = json!({"from_path": "/z", "to_path": "/z/inner"});
    assert_eq!(world.refused(&token, "files/move_v2", inside).await.1, "cant_move_folder_into_itself");
    let gone = world.json(&token, "files/delete_v2", json!({"path": "/z"})).await;
    assert_eq!(gone["metadata"]["name"], "z");
    let (entries, _) = world.list_all(&token, json!({"path": "", "recursive": true})).await;
    assert_eq!(sorted(&entries), ["file /y/c.txt", "folder /a", "folder /y"]);
}

#[tokio::test]
async fn viewers_cannot_write() {
    let world = demo().await;
    let token = world.ada().await;
    let mountable = world.json(&token, "sharing/list_mountable_folders", json!({})).await;
    let id = mountable["entries"][0]["shared_folder_id"].clone();
    world.json(&token, "sharing/mount_folder", json!({"shared_folder_id": id})).await;
    let refused = upload(&world, &token, json!({"path": "/Tasting panel/x.txt"}), "x").await;
    assert_eq!(outcome(refused).await.1, "path/no_write_permission");
    let delete = world.refused(&token, "files/delete_v2", json!({"path": "/tasting panel/rules.txt"})).await;
    assert_eq!(delete.1, "path_write/no_write_permission");
    let scope = world.sign_in(ADA, READ).await.access;
    let answer = upload(&world, &scope, json!({"path": "/x.txt"}), "x").await;
    assert_eq!(outcome(answer).await.1, "missing_scope");
}

#[tokio::test]
async fn a_batch_deletes_what_it_can() {
    let world = empty().await;
    let token = world.ada().await;
    world.write("/a.txt", "a");
    let arg = json!({"entries": [{"path": "/a.txt"}, {"path": "/nope.txt"}]});
    let job = world.json(&token, "files/delete_batch", arg).await;
    let arg = json!({"async_job_id": job["async_job_id"]});
    let done = world.json(&token, "files/delete_batch/check", arg).await;
    assert_eq!(
        (&done["entries"][0][".tag"], &done["entries"][1][".tag"]),
        (&json!("success"), &json!("failure"))
    );
    assert_eq!(world.list_all(&token, json!({"path": ""})).await.0.len(), 0);
}
