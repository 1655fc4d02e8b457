//! The demo, and seed folders of one's own.

use gangway_emulators::dropbox::{FileTarget, Seed};
use serde_json::{Value, json};

use super::harness::*;

#[tokio::test]
async fn the_demo_shows_what_is_special_here() {
    let world = demo().await;
    let token = world.ada().await;
    let (entries, _) =
        world.list_all(&token, json!({"path": "", "recursive": true, "include_deleted": true})).await;
    let lines = lines(&entries);
    let has = |part: &str| lines.iter().any(|line| line.contains(part));
    assert!(has("file /marketing/autumn campaign/launch plan.paper") && has("🍵") && has("\"final\""));
    assert!(has("floor plan/rack layout.txt") && has("deleted /projects/price list 2024.txt"));
    assert!(has("file /suppliers/supplier agreement.docx"));
    let grace = world.grace().await;
    let (hers, _) = world.list_all(&grace, json!({"path": "", "recursive": true})).await;
    let shared = entries.iter().find(|entry| entry["name"] == "Supplier agreement.docx").unwrap();
    let same = hers.iter().find(|entry| entry["name"] == "Supplier agreement.docx").unwrap();
    assert_eq!(shared["id"], same["id"], "one file, two people, one id");
    let file = |name: &str| entries.iter().find(|entry| entry["name"] == name).unwrap();
    assert_eq!(file("Checklist.md")["server_modified"], "2026-03-02T07:01:33Z");
}

#[tokio::test]
async fn a_folder_of_ones_own() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    };
    write("linus@example.com/Notes/a.txt", "a");
    write("linus@example.com/Notes/b.paper.md", "# B");
    write("loose.txt", "x");
    let manifest = json!({"accounts": [{"email": "linus@example.com", "name": "Linus Example"}]});
    write("seed.json", &manifest.to_string());
    let world = start(Seed::Folder(folder.path().to_owned())).await;
    assert_eq!(world.control.list_accounts(), [("linus@example.com".to_owned(), "Linus Example".to_owned())]);
    let token = world.sign_in("linus@example.com", READ).await.access;
    let (entries, _) = world.list_all(&token, json!({"path": "", "recursive": true})).await;
    let expected = ["file /loose.txt", "file /notes/a.txt", "file /notes/b.paper", "folder /notes"];
    assert_eq!(sorted(&entries), expected);
}

#[tokio::test]
async fn a_reset_returns_to_the_seed() {
    let world = demo().await;
    let token = world.ada().await;
    world.write("/extra.txt", "x");
    let id = world.control.find_file(&FileTarget::path("/Team/Weekly notes.txt")).unwrap().id;
    world.control.reset(None).unwrap();
    assert!(world.control.find_file(&FileTarget::path("/extra.txt")).is_err());
    assert_eq!(world.control.find_file(&FileTarget::path("/Team/Weekly notes.txt")).unwrap().id, id);
    let answer = world.rpc(&token, "users/get_current_account", Value::Null).await;
    assert_eq!(outcome(answer).await.1, "invalid_access_token");
}
