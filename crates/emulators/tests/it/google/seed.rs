//! The demo folder, and any other folder, as a Drive.

use gangway_emulators::google::{FileTarget, Seed};
use serde_json::json;

use super::harness::{GRACE, READONLY, demo, start};

#[tokio::test]
async fn the_demo_has_every_awkward_thing() {
    let world = demo().await;
    let token = world.ada().await;
    let find = async |q: &str, fields: &str| {
        let body = world.json(&token, "files", &[("q", q), ("fields", fields)]).await;
        body["files"].as_array().unwrap().clone()
    };
    let shortcuts =
        find("mimeType = 'application/vnd.google-apps.shortcut'", "files(name,shortcutDetails)").await;
    assert_eq!(shortcuts.len(), 3);
    let loops = shortcuts.iter().find(|s| s["name"] == "Back to Team").unwrap();
    let team = world.control.find_file(&FileTarget::path("Team")).unwrap().id;
    assert_eq!(loops["shortcutDetails"]["targetId"], team);
    assert_eq!(loops["shortcutDetails"]["targetMimeType"], "application/vnd.google-apps.folder");
    let dangling = shortcuts.iter().find(|s| s["name"] == "Lost plan").unwrap();
    let target = dangling["shortcutDetails"]["targetId"].as_str().unwrap();
    assert_eq!(world.refused(&token, &format!("files/{target}"), &[]).await.0, 404);
    let empty = find("name = 'Empty draft.txt'", "files(size)").await;
    assert_eq!(empty[0]["size"], "0");
    let sheet = find("name = 'Budget 2026'", "files(mimeType,size,webViewLink)").await;
    assert_eq!(sheet[0]["mimeType"], "application/vnd.google-apps.spreadsheet");
    assert_eq!(sheet[0]["size"], "1024");
    assert!(sheet[0]["webViewLink"].as_str().unwrap().starts_with("https://docs.google.com/spreadsheets/d/"));
    let policy = find("fullText contains 'refund annual plans'", "files(name)").await;
    assert_eq!(policy, [json!({"name": "Refund policy"})]);
}

#[tokio::test]
async fn ids_are_the_same_in_every_start() {
    let (one, two) = (demo().await, demo().await);
    let target = FileTarget::path("Policies/Refund policy");
    let id = one.control.find_file(&target).unwrap().id;
    assert_eq!(id.len(), 44);
    assert_eq!(id, two.control.find_file(&target).unwrap().id);
}

#[tokio::test]
async fn a_plain_folder_becomes_the_first_accounts_drive() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("sub")).unwrap();
    std::fs::write(folder.path().join("a.txt"), "hello").unwrap();
    std::fs::write(folder.path().join("sub/Report.gdoc.md"), "# Report").unwrap();
    std::fs::write(folder.path().join(".hidden"), "x").unwrap();
    let world = start(Seed::Folder(folder.path().into())).await;
    let token = world.ada().await;
    assert_eq!(world.names(&token, &[]).await, ["Report", "a.txt", "sub"]);
}

#[tokio::test]
async fn a_mistake_in_the_manifest_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("seed.json"), r#"{"items": [{"path": "a.txt", "colour": "red"}]}"#)
        .unwrap();
    let options = gangway_emulators::google::GoogleOptions {
        seed: Seed::Folder(folder.path().into()),
        ..Default::default()
    };
    let error = gangway_emulators::google::start(options).await.err().unwrap();
    assert!(format!("{error:#}").contains("colour"), "{error:#}");
}

#[tokio::test]
async fn a_reset_returns_to_the_seed() {
    let world = demo().await;
    world.control.delete_file(&FileTarget::path("Policies")).unwrap();
    world.sign_in(GRACE, READONLY).await;
    world.control.reset(None).unwrap();
    assert!(world.control.list_grants().is_empty());
    world.control.find_file(&FileTarget::path("Policies/Refund policy")).unwrap();
    world.control.reset(Some(&Seed::Empty)).unwrap();
    let token = world.ada().await;
    assert_eq!(world.names(&token, &[]).await, Vec::<String>::new());
}
