//! Shared folders, members, received files and links.

use gangway_emulators::dropbox::{Access, FileTarget, Share};
use serde_json::{Value, json};

use super::harness::*;

#[tokio::test]
async fn shared_folders_page_by_cursor_alone() {
    let world = empty().await;
    let token = world.ada().await;
    for name in ["/a", "/b", "/c"] {
        world.control.create_folder(&FileTarget::path(name)).unwrap();
        let share = Share { email: GRACE.into(), access: Access::Viewer, mount: false };
        world.control.share(&FileTarget::path(name), &share).unwrap();
    }
    let first = world.json(&token, "sharing/list_folders", json!({"limit": 2})).await;
    assert_eq!(first["entries"].as_array().unwrap().len(), 2);
    assert!(first.get("has_more").is_none());
    assert_eq!(first["entries"][0]["path_lower"], "/a");
    let arg = json!({"cursor": first["cursor"]});
    let last = world.json(&token, "sharing/list_folders/continue", arg.clone()).await;
    assert_eq!(last["entries"][0]["name"], "c");
    assert!(last.get("cursor").is_none(), "the end has no cursor");
    let grace = world.grace().await;
    assert_eq!(world.refused(&grace, "sharing/list_folders/continue", arg).await.1, "invalid_cursor");
    let all = world.json(&grace, "sharing/list_folders", json!({})).await;
    let mountable = world.json(&grace, "sharing/list_mountable_folders", json!({})).await;
    assert_eq!(all["entries"], mountable["entries"], "nothing is mounted yet");
    let id = all["entries"][1]["shared_folder_id"].clone();
    let mounted = world.json(&grace, "sharing/mount_folder", json!({"shared_folder_id": id})).await;
    assert_eq!(mounted["path_lower"], "/b");
    let mountable = world.json(&grace, "sharing/list_mountable_folders", json!({})).await;
    assert_eq!(mountable["entries"].as_array().unwrap().len(), 2);
    let again = world.refused(&grace, "sharing/mount_folder", json!({"shared_folder_id": id})).await;
    assert_eq!(again.1, "already_mounted");
}

#[tokio::test]
async fn members_are_listed_with_access_invitees_and_inheritance() {
    let world = demo().await;
    let token = world.ada().await;
    let folder = world.control.find_file(&FileTarget::path("/Suppliers")).unwrap();
    let arg = json!({"shared_folder_id": folder.namespace_id});
    let members = world.json(&token, "sharing/list_folder_members", arg.clone()).await;
    let users: Vec<(&str, &str)> = members["users"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["user"]["email"].as_str().unwrap(), row["access_type"][".tag"].as_str().unwrap()))
        .collect();
    assert_eq!(users, [(ADA, "owner"), (GRACE, "editor")]);
    assert_eq!(members["users"][1]["user"]["same_team"], true);
    assert_eq!(
        members["invitees"][0]["invitee"],
        json!({".tag": "email", "email": "broker@partner.example"})
    );
    let file = "/suppliers/north leaf contacts.csv";
    let of_file = world.json(&token, "sharing/list_file_members", json!({"file": file})).await;
    assert_eq!(of_file["users"][0]["is_inherited"], true);
    let direct = json!({"file": file, "include_inherited": false});
    assert_eq!(world.json(&token, "sharing/list_file_members", direct).await["users"], json!([]));
    let private =
        world.refused(&token, "sharing/list_file_members", json!({"file": "/team/weekly notes.txt"}));
    assert_eq!(private.await.1, "access_error/invalid_file", "nothing to say about private files");
    let batch = json!({"files": [file, "/team/weekly notes.txt"]});
    let batch = world.json(&token, "sharing/list_file_members/batch", batch).await;
    assert_eq!(batch[0]["result"]["member_count"], 0, "direct members only");
    assert_eq!(batch[1]["result"][".tag"], "access_error");
    let linus = "linus@example.com";
    world.control.add_account(linus, "Linus Example").unwrap();
    let outsider = world.sign_in(linus, ALL).await.access;
    assert_eq!(world.refused(&outsider, "sharing/list_folder_members", arg).await.1, "not_a_member");
}

#[tokio::test]
async fn received_files_are_outside_the_tree_and_read_by_link_or_id() {
    let world = demo().await;
    let token = world.ada().await;
    let received = world.json(&token, "sharing/list_received_files", json!({})).await;
    let file = &received["entries"][0];
    assert_eq!(file["name"], "Brewing experiments.md");
    assert!(
        file["time_invited"].is_string() && file.get("size").is_none() && file.get("path_lower").is_none()
    );
    let (tree, _) = world.list_all(&token, json!({"path": "", "recursive": true})).await;
    assert!(!lines(&tree).iter().any(|line| line.contains("brewing experiments")));
    let arg = ascii(&json!({"url": file["preview_url"]}));
    let answer = world.content(&token, "sharing/get_shared_link_file", &arg, &[]).await;
    let result: Value = serde_json::from_slice(answer.headers()["dropbox-api-result"].as_bytes()).unwrap();
    assert_eq!((&result[".tag"], &result["id"]), (&json!("file"), &file["id"]));
    assert!(answer.bytes().await.unwrap().starts_with(b"# Brewing experiments"));
    let (by_id, _) = world.download(&token, file["id"].as_str().unwrap()).await;
    assert_eq!(by_id["name"], "Brewing experiments.md");
    world.control.unshare(&FileTarget::of(GRACE, "/Research/Brewing experiments.md"), ADA).unwrap();
    let none = world.json(&token, "sharing/list_received_files", json!({})).await;
    assert_eq!(none, json!({"entries": []}));
    let refused = world.content(&token, "sharing/get_shared_link_file", &arg, &[]).await;
    assert_eq!(outcome(refused).await.1, "shared_link_access_denied");
}

#[tokio::test]
async fn links_are_made_once_listed_guarded_and_revoked() {
    let world = empty().await;
    let (ada, grace) = (world.ada().await, world.grace().await);
    world.write("/docs/a.txt", "a");
    let make = "sharing/create_shared_link_with_settings";
    let arg = json!({"path": "/docs", "settings": {"link_password": "tea", "require_password": true}});
    let link = world.json(&ada, make, arg.clone()).await;
    assert_eq!(link["link_permissions"]["require_password"], true);
    assert_eq!(world.refused(&ada, make, arg).await.1, "shared_link_already_exists/metadata");
    let url = &link["url"];
    let metadata = "sharing/get_shared_link_metadata";
    assert_eq!(world.refused(&grace, metadata, json!({"url": url})).await.1, "shared_link_access_denied");
    let opened = json!({"url": url, "link_password": "tea", "path": "/a.txt"});
    assert_eq!(world.json(&grace, metadata, opened).await["name"], "a.txt");
    let list = json!({"path": "", "shared_link": {"url": url, "password": "tea"}});
    let (entries, _) = world.list_all(&grace, list).await;
    assert_eq!(entries[0]["name"], "a.txt");
    let arg = ascii(&json!({"url": url, "link_password": "tea"}));
    let directory = world.content(&ada, "sharing/get_shared_link_file", &arg, &[]);
    assert_eq!(outcome(directory.await).await.1, "shared_link_is_directory");
    let links = world.json(&ada, "sharing/list_shared_links", json!({})).await;
    assert_eq!(links["links"].as_array().unwrap().len(), 1);
    assert_eq!(world.refused(&grace, "sharing/revoke_shared_link", json!({"url": url})).await.0, 409);
    world.json(&ada, "sharing/revoke_shared_link", json!({"url": url})).await;
    assert_eq!(world.refused(&ada, metadata, json!({"url": url})).await.1, "shared_link_not_found");
}

#[tokio::test]
async fn a_shared_folder_is_found_by_its_id_mounted_or_not() {
    let world = empty().await;
    let (ada, grace) = (world.ada().await, world.grace().await);
    world.write("/Plans/a.txt", "a");
    let share = Share { email: GRACE.into(), access: Access::Viewer, mount: false };
    let folder = world.control.share(&FileTarget::path("/Plans"), &share).unwrap();
    let arg = json!({"path": folder.id});
    let hers = world.json(&grace, "files/get_metadata", arg.clone()).await;
    assert!(hers.get("path_lower").is_none(), "unmounted things have no path");
    assert_eq!(hers["sharing_info"], json!({"read_only": true, "shared_folder_id": folder.namespace_id}));
    assert_eq!(world.json(&ada, "files/get_metadata", arg).await["path_lower"], "/plans");
    let by_id = FileTarget { id: Some(folder.id.clone()), ..FileTarget::default() };
    world.control.rename(&by_id, "Plans 2026").unwrap();
    assert_eq!(
        world.json(&ada, "files/get_metadata", json!({"path": folder.id})).await["name"],
        "Plans 2026"
    );
}

#[tokio::test]
async fn a_link_can_be_given_a_password_and_an_end() {
    let world = empty().await;
    world.control.set_clock("2026-03-01T00:00:00Z").unwrap();
    let (ada, grace) = (world.ada().await, world.grace().await);
    world.write("/a.txt", "a");
    let link = world.json(&ada, "sharing/create_shared_link_with_settings", json!({"path": "/a.txt"})).await;
    let open = json!({"url": link["url"]});
    assert_eq!(world.json(&grace, "sharing/get_shared_link_metadata", open.clone()).await["name"], "a.txt");
    let settings = json!({"url": link["url"], "settings": {"expires": "2026-03-01T01:00:00Z"}});
    let changed = world.json(&ada, "sharing/modify_shared_link_settings", settings).await;
    assert_eq!(changed["expires"], "2026-03-01T01:00:00Z");
    world.control.advance_clock(std::time::Duration::from_secs(3600));
    let gone = world.refused(&grace, "sharing/get_shared_link_metadata", open).await;
    assert_eq!(gone.1, "shared_link_not_found");
}
