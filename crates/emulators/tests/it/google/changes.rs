//! The change feeds.

use gangway_emulators::google::{FileEdit, FileTarget, Generate, Role, Share};
use serde_json::{Value, json};

use super::harness::{ADA, DRIVE, GRACE, World, demo, empty};

const ALL: [(&str, &str); 2] = [("includeItemsFromAllDrives", "true"), ("supportsAllDrives", "true")];

async fn start(world: &World, token: &str, query: &[(&str, &str)]) -> String {
    let body = world.json(token, "changes/startPageToken", query).await;
    assert_eq!(body["kind"], "drive#startPageToken");
    body["startPageToken"].as_str().unwrap().to_owned()
}

async fn changes(world: &World, token: &str, page: &str, query: &[(&str, &str)]) -> Vec<Value> {
    let mut all = vec![("pageToken", page), ("pageSize", "1000"), ("fields", "*")];
    all.extend_from_slice(query);
    let body = world.json(token, "changes", &all).await;
    assert!(body["newStartPageToken"].is_string());
    body["changes"].as_array().unwrap().clone()
}

fn share(email: &str, role: Role) -> Share {
    Share { email: Some(email.into()), role: Some(role), ..Share::default() }
}

#[tokio::test]
async fn entries_are_the_latest_state_one_per_file() {
    let world = empty().await;
    let token = world.ada().await;
    let from = start(&world, &token, &[]).await;
    from.parse::<u64>().expect("tokens look like numbers");
    let target = FileTarget::path("a.txt");
    world.control.write_text(&target, "one").unwrap();
    world.control.write_text(&target, "two").unwrap();
    world.control.rename(&target, "b.txt").unwrap();
    let rows = changes(&world, &token, &from, &[]).await;
    assert_eq!(rows.len(), 1);
    assert_eq!((&rows[0]["changeType"], &rows[0]["removed"]), (&json!("file"), &json!(false)));
    assert_eq!(rows[0]["file"]["name"], "b.txt");
    assert_eq!(rows[0]["fileId"], rows[0]["file"]["id"]);
}

#[tokio::test]
async fn the_new_start_token_stands_only_on_the_last_page() {
    let world = empty().await;
    let token = world.ada().await;
    let from = start(&world, &token, &[]).await;
    world.control.generate(&Generate { folder: "f".into(), count: 24, ..Generate::default() }).unwrap();
    let (mut page, mut rows, mut pages) = (from, 0, 0);
    let last = loop {
        let body = world.json(&token, "changes", &[("pageToken", &page), ("pageSize", "10")]).await;
        rows += body["changes"].as_array().unwrap().len();
        pages += 1;
        match (body["nextPageToken"].as_str(), body["newStartPageToken"].as_str()) {
            (Some(next), None) => page = next.to_owned(),
            (None, Some(last)) => break last.to_owned(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((rows, pages), (25, 3));
    assert_eq!(changes(&world, &token, &last, &[]).await, Vec::<Value>::new());
}

#[tokio::test]
async fn deleting_and_unsharing_look_alike_and_carry_no_file() {
    let world = empty().await;
    let grace = world.sign_in(GRACE, DRIVE).await.access;
    for name in ["gone.txt", "unshared.txt"] {
        let target = FileTarget::path(name);
        world.control.write_text(&target, "x").unwrap();
        world.control.share(&target, &share(GRACE, Role::Reader)).unwrap();
    }
    let from = start(&world, &grace, &[]).await;
    world.control.delete_file(&FileTarget::path("gone.txt")).unwrap();
    world.control.unshare(&FileTarget::path("unshared.txt"), &share(GRACE, Role::Reader)).unwrap();
    let rows = changes(&world, &grace, &from, &[]).await;
    assert_eq!(rows.len(), 2);
    for row in &rows {
        assert_eq!((&row["removed"], row.get("file")), (&json!(true), None));
        assert!(row["fileId"].is_string());
    }
    assert_eq!(changes(&world, &grace, &from, &[("includeRemoved", "false")]).await.len(), 0);
}

#[tokio::test]
async fn trash_is_a_flag_and_covers_what_lies_below_without_entries() {
    let world = empty().await;
    let token = world.ada().await;
    world.control.write_text(&FileTarget::path("folder/deep/file.txt"), "x").unwrap();
    let from = start(&world, &token, &[]).await;
    world.control.set_trashed(&FileTarget::path("folder"), true).unwrap();
    let rows = changes(&world, &token, &from, &[]).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["removed"], false);
    assert_eq!(
        (&rows[0]["file"]["trashed"], &rows[0]["file"]["explicitlyTrashed"]),
        (&json!(true), &json!(true))
    );
    let query = [("q", "name = 'file.txt'"), ("fields", "files(trashed,explicitlyTrashed)")];
    let body = world.json(&token, "files", &query).await;
    assert_eq!(body["files"][0], json!({"trashed": true, "explicitlyTrashed": false}));
}

#[tokio::test]
async fn moving_or_renaming_a_folder_gives_one_entry() {
    let world = empty().await;
    let token = world.ada().await;
    world
        .control
        .generate(&Generate { folder: "from/inner".into(), count: 20, ..Generate::default() })
        .unwrap();
    world.control.create_folder(&FileTarget::path("to")).unwrap();
    let from = start(&world, &token, &[]).await;
    world.control.move_file(&FileTarget::path("from/inner"), &FileTarget::path("to")).unwrap();
    world.control.rename(&FileTarget::path("to/inner"), "renamed").unwrap();
    let rows = changes(&world, &token, &from, &[]).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["file"]["name"], "renamed");
    let to = world.control.find_file(&FileTarget::path("to")).unwrap().id;
    assert_eq!(rows[0]["file"]["parents"], json!([to]));
}

#[tokio::test]
async fn moving_out_of_a_shared_folder_removes_for_those_who_lose_sight() {
    let world = empty().await;
    let grace = world.sign_in(GRACE, DRIVE).await.access;
    world.control.write_text(&FileTarget::path("shared/a.txt"), "x").unwrap();
    world.control.share(&FileTarget::path("shared"), &share(GRACE, Role::Reader)).unwrap();
    let from = start(&world, &grace, &[]).await;
    world.control.move_file(&FileTarget::path("shared/a.txt"), &FileTarget::path("")).unwrap();
    let rows = changes(&world, &grace, &from, &[]).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["removed"], true);
}

#[tokio::test]
async fn each_shared_drive_has_a_feed_of_its_own() {
    let world = demo().await;
    let grace = world.sign_in(GRACE, DRIVE).await.access;
    let (id, _) = world.control.list_drives().remove(0);
    let drive_query = [("driveId", id.as_str()), ALL[0], ALL[1]];
    let own = start(&world, &grace, &[]).await;
    let shared =
        start(&world, &grace, &drive_query[..1].iter().copied().chain([ALL[1]]).collect::<Vec<_>>()).await;
    world.control.write_text(&FileTarget::in_drive("Operations", "new.txt"), "x").unwrap();
    assert_eq!(changes(&world, &grace, &own, &[]).await.len(), 0);
    let rows = changes(&world, &grace, &shared, &drive_query).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["driveId"], id);
    assert_eq!(rows[0]["file"]["name"], "new.txt");
    let (status, reason, body) =
        world.refused(&grace, "changes", &[("pageToken", &own), drive_query[0], ALL[0], ALL[1]]).await;
    assert_eq!((status, reason.as_str()), (400, "invalid"), "tokens of other feeds are refused");
    assert_eq!(body["error"]["errors"][0]["location"], "pageToken");
    assert_eq!(world.refused(&grace, "changes", &[("pageToken", &shared), ("driveId", &id)]).await.0, 404);
}

#[tokio::test]
async fn losing_a_shared_drive_is_a_drive_entry() {
    let world = demo().await;
    let grace = world.sign_in(GRACE, DRIVE).await.access;
    let (id, _) = world.control.list_drives().remove(0);
    let from = start(&world, &grace, &[]).await;
    world.control.rename_drive(&id, "Renamed").unwrap();
    let rows = changes(&world, &grace, &from, &ALL).await;
    assert_eq!(rows[0]["changeType"], "drive");
    assert_eq!(rows[0]["drive"]["name"], "Renamed");
    world.control.remove_member(&id, GRACE).unwrap();
    let rows = changes(&world, &grace, &from, &ALL).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (&rows[0]["changeType"], &rows[0]["removed"], &rows[0]["driveId"]),
        (&json!("drive"), &json!(true), &json!(id))
    );
    assert!(rows[0].get("drive").is_none());
    assert_eq!(changes(&world, &grace, &from, &[]).await.len(), 0, "without the flags drives are hidden");
    let query = [("driveId", id.as_str()), ALL[1]];
    assert_eq!(world.refused(&grace, "changes/startPageToken", &query).await.0, 404);
}

#[tokio::test]
async fn garbage_and_expired_tokens_are_refused() {
    let world = empty().await;
    let token = world.ada().await;
    for page in ["garbage", "99999999999", "-1", "0"] {
        let (status, reason, body) = world.refused(&token, "changes", &[("pageToken", page)]).await;
        assert_eq!((status, reason.as_str()), (400, "invalid"), "{page}");
        assert_eq!(body["error"]["errors"][0]["location"], "pageToken");
    }
    assert_eq!(world.refused(&token, "changes", &[]).await.1, "required");
    let from = start(&world, &token, &[]).await;
    world
        .control
        .add_fault_json(
            json!({"operation": "drive.changes.list", "times": 1, "effect": {"hint": "expired_cursor"}}),
        )
        .unwrap();
    assert_eq!(world.refused(&token, "changes", &[("pageToken", &from)]).await.0, 400);
    assert_eq!(changes(&world, &token, &from, &[]).await.len(), 0, "the token itself never expires");
}

#[tokio::test]
async fn my_drive_can_be_asked_for_alone() {
    let world = empty().await;
    let ada = world.ada().await;
    let from = start(&world, &ada, &[]).await;
    let target = FileTarget::in_account(GRACE, "from grace.txt");
    world.control.write_text(&target, "x").unwrap();
    world.control.share(&target, &share(ADA, Role::Reader)).unwrap();
    world.control.write_text(&FileTarget::path("mine.txt"), "x").unwrap();
    assert_eq!(changes(&world, &ada, &from, &[]).await.len(), 2);
    let rows = changes(&world, &ada, &from, &[("restrictToMyDrive", "true")]).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["file"]["name"], "mine.txt");
}

#[tokio::test]
async fn starring_surfaces_a_file_without_changing_its_content() {
    let world = empty().await;
    let token = world.ada().await;
    let target = FileTarget::path("a.txt");
    world.control.write_text(&target, "x").unwrap();
    let from = start(&world, &token, &[]).await;
    let before = world.control.find_file(&target).unwrap();
    world.control.update_file(&target, &FileEdit { starred: Some(true), ..FileEdit::default() }).unwrap();
    let rows = changes(&world, &token, &from, &[]).await;
    assert_eq!(rows[0]["file"]["starred"], true);
    assert_eq!(world.control.find_file(&target).unwrap().modified_ms, before.modified_ms);
}
