//! Path roots, team spaces, app folders.

use gangway_emulators::dropbox::{Access, FileTarget};
use serde_json::{Value, json};

use super::harness::*;

const TEAM: &str = "Lantern Tea Company";

async fn root_info(world: &World, token: &str) -> Value {
    world.json(token, "users/get_current_account", Value::Null).await["root_info"].clone()
}

fn root(id: &Value) -> String {
    json!({".tag": "root", "root": id}).to_string()
}

#[tokio::test]
async fn team_folders_show_only_from_the_root() {
    let world = demo().await;
    let token = world.ada().await;
    let info = root_info(&world, &token).await;
    assert_eq!((&info[".tag"], &info["home_path"]), (&json!("team"), &json!("/Ada Example")));
    assert_ne!(info["root_namespace_id"], info["home_namespace_id"]);
    let list = json!({"path": "", "recursive": true});
    let (home, _) = world.list_all(&token, list.clone()).await;
    assert!(!lines(&home).iter().any(|line| line.contains("company handbook")));
    let header = root(&info["root_namespace_id"]);
    let headers = [("Dropbox-API-Path-Root", header.as_str())];
    let (all, _) = world.list_all_with(&token, list.clone(), &headers).await;
    let all = lines(&all);
    assert!(all.contains(&"folder /company handbook".to_owned()));
    assert!(all.contains(&"file /company handbook/employee handbook.pdf".to_owned()));
    assert!(all.contains(&"file /ada example/projects/warehouse move/costs.csv".to_owned()));
    assert!(all.contains(&"file /ada example/suppliers/supplier agreement.docx".to_owned()));
    assert!(!all.iter().any(|line| line.contains("grace example")), "other homes stay hidden");
    let (same, _) =
        world.list_all_with(&token, list, &[("Dropbox-API-Path-Root", r#"{".tag":"home"}"#)]).await;
    assert_eq!(same.len(), home.len());
}

#[tokio::test]
async fn a_root_that_is_no_longer_the_root_is_refused_with_the_new_one() {
    let world = empty().await;
    let token = world.ada().await;
    let before = root_info(&world, &token).await;
    assert_eq!(before[".tag"], "user");
    assert_eq!(before["root_namespace_id"], before["home_namespace_id"]);
    let header = root(&before["root_namespace_id"]);
    let headers = [("Dropbox-API-Path-Root", header.as_str())];
    let arg = json!({"path": ""});
    let (_, cursor) = world.list_all_with(&token, arg.clone(), &headers).await;
    world.control.join_team(ADA, TEAM).unwrap();
    let (status, summary, body) =
        world.refused_with(&token, "files/list_folder", arg.clone(), &headers).await;
    assert_eq!((status, summary.as_str()), (422, "invalid_root"));
    let after = root_info(&world, &token).await;
    assert_eq!(body["error"]["invalid_root"], after);
    let (status, summary, _) =
        world.refused(&token, "files/list_folder/continue", json!({"cursor": cursor})).await;
    assert_eq!((status, summary.as_str()), (409, "reset"), "cursors do not survive a new root");
    world.control.leave_team(ADA).unwrap();
    world.list_all_with(&token, arg, &headers).await;
    assert_eq!(root_info(&world, &token).await, before);
}

#[tokio::test]
async fn a_namespace_can_be_the_root_if_one_is_a_member() {
    let world = demo().await;
    let (ada, grace) = (world.ada().await, world.grace().await);
    let mountable = world.json(&ada, "sharing/list_mountable_folders", json!({})).await;
    let id = mountable["entries"][0]["shared_folder_id"].as_str().unwrap();
    let header = json!({".tag": "namespace_id", "namespace_id": id}).to_string();
    let (inside, _) =
        world.list_all_with(&ada, json!({"path": ""}), &[("Dropbox-API-Path-Root", &header)]).await;
    assert_eq!(lines(&inside), ["file /rules.txt"], "paths count from the namespace");
    let home = root_info(&world, &ada).await["home_namespace_id"].clone();
    for id in [home, json!("12345")] {
        let header = json!({".tag": "namespace_id", "namespace_id": id}).to_string();
        let headers = [("Dropbox-API-Path-Root", header.as_str())];
        let (status, summary, _) =
            world.refused_with(&grace, "files/list_folder", json!({"path": ""}), &headers).await;
        assert_eq!((status, summary.as_str()), (422, "no_permission"));
    }
    let bad = [("Dropbox-API-Path-Root", "not json")];
    assert_eq!(world.rpc_with(&ada, "files/list_folder", json!({"path": ""}), &bad).await.status(), 400);
}

#[tokio::test]
async fn an_unmounted_folder_is_read_by_its_namespace_without_paths() {
    let world = demo().await;
    let ada = world.ada().await;
    let mountable = world.json(&ada, "sharing/list_mountable_folders", json!({})).await;
    let id = mountable["entries"][0]["shared_folder_id"].as_str().unwrap();
    assert!(mountable["entries"][0].get("path_lower").is_none());
    let (entries, cursor) =
        world.list_all(&ada, json!({"path": format!("ns:{id}"), "recursive": true})).await;
    assert_eq!(entries[0]["name"], "Rules.txt");
    assert!(entries[0].get("path_lower").is_none());
    let path = format!("ns:{id}/rules.txt");
    assert!(world.download(&ada, &path).await.1.starts_with(b"Ten tasters"));
    world.control.write_text(&FileTarget::of(GRACE, "/Tasting panel/New.txt"), "x").unwrap();
    let (entries, _) = world.follow(&ada, &cursor).await;
    assert_eq!(entries[0]["name"], "New.txt");
}

#[tokio::test]
async fn membership_in_a_team_folder_comes_and_goes() {
    let world = empty().await;
    world.control.join_team(ADA, TEAM).unwrap();
    world.control.join_team(GRACE, TEAM).unwrap();
    let id = world.control.create_team_folder(TEAM, "Plans", &[(ADA, Access::Owner)]).unwrap();
    world.control.write_text(&FileTarget::team(ADA, "/Plans/a.txt"), "a").unwrap();
    let grace = world.grace().await;
    let header = root(&root_info(&world, &grace).await["root_namespace_id"]);
    let headers = [("Dropbox-API-Path-Root", header.as_str())];
    let list = json!({"path": "", "recursive": true});
    let (none, cursor) = world.list_all_with(&grace, list, &headers).await;
    assert_eq!(lines(&none), ["folder /grace example"]);
    world.control.set_member(&id, GRACE, Access::Viewer).unwrap();
    let (entries, cursor) = world.follow_with(&grace, &cursor, &headers).await;
    assert_eq!(lines(&entries), ["folder /plans", "file /plans/a.txt"]);
    for (headers, path) in [(&headers[..], json!("/plans")), (&[], json!(null))] {
        let listed = world.json_with(&grace, "sharing/list_folders", json!({}), headers).await;
        assert_eq!(listed["entries"][0]["path_lower"], path, "a path where the root shows the folder");
    }
    world.control.remove_member(&id, GRACE).unwrap();
    let (entries, _) = world.follow_with(&grace, &cursor, &headers).await;
    assert_eq!(lines(&entries), ["deleted /plans"]);
}

#[tokio::test]
async fn an_app_with_a_folder_of_its_own_sees_nothing_else() {
    let world = empty().await;
    world.control.change_app(CLIENT, |app| app.folder = Some("Gangway".into()));
    world.write("/private.txt", "x");
    world.write("/Apps/Gangway/mine.txt", "x");
    let token = world.ada().await;
    let (entries, _) = world.list_all(&token, json!({"path": "", "recursive": true})).await;
    assert_eq!(lines(&entries), ["file /mine.txt"]);
    let private = world.control.find_file(&FileTarget::path("/private.txt")).unwrap().id;
    assert_eq!(world.refused(&token, "files/get_metadata", json!({"path": private})).await.0, 409);
    world.malformed(&token, "sharing/list_folders", json!({})).await;
}
