//! First listings: arguments, pages, order, what is left out.

use gangway_emulators::dropbox::{AccountEdit, FileEdit, FileTarget, Generate};
use serde_json::{Value, json};

use super::harness::*;
use crate::shared::keys;

#[tokio::test]
async fn a_folder_lists_its_children_and_a_tree_everything() {
    let world = empty().await;
    let token = world.ada().await;
    world.write("/a.txt", "a");
    world.write("/Docs/b.txt", "b");
    world.write("/Docs/Deep/c.txt", "c");
    let (top, _) = world.list_all(&token, json!({"path": ""})).await;
    assert_eq!(sorted(&top), ["file /a.txt", "folder /docs"]);
    let (docs, _) = world.list_all(&token, json!({"path": "/dOCS"})).await;
    assert_eq!(sorted(&docs), ["file /docs/b.txt", "folder /docs/deep"]);
    let (tree, _) = world.list_all(&token, json!({"path": "", "recursive": true})).await;
    let all =
        ["file /a.txt", "file /docs/b.txt", "file /docs/deep/c.txt", "folder /docs", "folder /docs/deep"];
    assert_eq!(sorted(&tree), all);
    let (below, _) = world.list_all(&token, json!({"path": "/docs", "recursive": true})).await;
    assert_eq!(sorted(&below), [all[1], all[2], all[4]]);
    world.control.set_switches(|switches| switches.recursive_lists_itself = true);
    let (with_itself, _) = world.list_all(&token, json!({"path": "/docs", "recursive": true})).await;
    assert_eq!(sorted(&with_itself), [all[1], all[2], all[3], all[4]]);
}

#[tokio::test]
async fn limits_are_approximate_and_pages_complete() {
    let world = empty().await;
    let token = world.ada().await;
    let wish = Generate { count: 25, folder: "/many".into(), ..Generate::default() };
    world.control.generate(&wish).unwrap();
    for recursive in [false, true] {
        let arg = json!({"path": "/many", "limit": 10, "recursive": recursive});
        let first = world.json(&token, "files/list_folder", arg.clone()).await;
        assert_eq!(first["entries"].as_array().unwrap().len(), 11, "slightly more than asked for");
        assert_eq!(first["has_more"], true);
        let (all, _) = world.list_all(&token, arg.clone()).await;
        let mut lines = sorted(&all);
        lines.dedup();
        assert_eq!(lines.len(), 25);
        world.control.set_switches(|switches| switches.approximate_limit = false);
        let exact = world.json(&token, "files/list_folder", arg).await;
        assert_eq!(exact["entries"].as_array().unwrap().len(), 10);
        world.control.set_switches(|switches| switches.approximate_limit = true);
    }
    for limit in [0, 2001] {
        let text = world.malformed(&token, "files/list_folder", json!({"path": "", "limit": limit})).await;
        assert!(text.contains("limit"), "{text}");
    }
}

#[tokio::test]
async fn what_happens_between_pages_comes_after_the_first_listing() {
    let world = empty().await;
    let token = world.ada().await;
    world.control.set_switches(|switches| switches.approximate_limit = false);
    for name in ["a", "b", "c", "d"] {
        world.write(&format!("/{name}.txt"), name);
    }
    for recursive in [false, true] {
        let arg = json!({"path": "", "limit": 2, "recursive": recursive});
        let first = world.json(&token, "files/list_folder", arg).await;
        world.write("/a.txt", "changed");
        world.control.delete_file(&FileTarget::path("/b.txt")).unwrap();
        let (rest, cursor) = world.follow(&token, first["cursor"].as_str().unwrap()).await;
        let (changes, _) = world.follow(&token, &cursor).await;
        let mut late = lines(&rest);
        late.extend(lines(&changes));
        assert_eq!(late, ["file /c.txt", "file /d.txt", "file /a.txt", "deleted /b.txt"]);
        world.control.restore_file(&FileTarget::path("/b.txt")).unwrap();
    }
}

#[tokio::test]
async fn deleted_mounted_and_undownloadable_entries_come_only_when_wanted() {
    let world = demo().await;
    let token = world.ada().await;
    let tree = |extra: Value| {
        let mut arg = json!({"path": "", "recursive": true});
        arg.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        arg
    };
    let (usual, _) = world.list_all(&token, tree(json!({}))).await;
    let paper = "file /marketing/autumn campaign/launch plan.paper".to_owned();
    assert!(lines(&usual).contains(&paper));
    assert!(lines(&usual).contains(&"folder /suppliers".to_owned()));
    assert!(lines(&usual).contains(&"file /suppliers/supplier agreement.docx".to_owned()));
    assert!(!lines(&usual).iter().any(|line| line.starts_with("deleted")));
    assert!(!lines(&usual).iter().any(|line| line.contains("handbook")), "team folders are not at home");
    let (deleted, _) = world.list_all(&token, tree(json!({"include_deleted": true}))).await;
    assert!(lines(&deleted).contains(&"deleted /projects/price list 2024.txt".to_owned()));
    let gone = deleted.iter().find(|entry| entry[".tag"] == "deleted").unwrap();
    assert_eq!(keys(gone), [".tag", "name", "path_display", "path_lower"]);
    let (no_mounts, _) = world.list_all(&token, tree(json!({"include_mounted_folders": false}))).await;
    assert!(!lines(&no_mounts).iter().any(|line| line.contains("/suppliers")));
    let (no_paper, _) = world.list_all(&token, tree(json!({"include_non_downloadable_files": false}))).await;
    assert!(!lines(&no_paper).contains(&paper));
    let as_documents = AccountEdit { paper_as_files: Some(false), ..AccountEdit::default() };
    world.control.edit_account(ADA, &as_documents).unwrap();
    let (outside, _) = world.list_all(&token, tree(json!({}))).await;
    assert!(!lines(&outside).contains(&paper), "some accounts keep Paper outside the tree");
    let arg = json!({"path": "/projects", "include_deleted": true});
    let (folder, _) = world.list_all(&token, arg).await;
    assert_eq!(lines(&folder), ["folder /projects/warehouse move", "deleted /projects/price list 2024.txt"]);
}

#[tokio::test]
async fn children_may_come_before_their_folder() {
    let world = empty().await;
    let token = world.ada().await;
    world.write("/docs/a.txt", "a");
    world.control.set_switches(|switches| switches.children_first = true);
    let (all, _) = world.list_all(&token, json!({"path": "", "recursive": true, "limit": 1})).await;
    assert_eq!(lines(&all), ["file /docs/a.txt", "folder /docs"]);
}

#[tokio::test]
async fn entries_carry_the_documented_fields() {
    let world = empty().await;
    let token = world.ada().await;
    world.control.set_clock("2026-03-12T07:32:16.700Z").unwrap();
    let edit = FileEdit {
        content: Some(String::new()),
        client_modified: Some("2020-01-02T03:04:05Z".into()),
        locked_by: Some(GRACE.into()),
        ..FileEdit::default()
    };
    world.control.create_file(&FileTarget::path("/Docs/Änderung 🎉.TXT"), &edit).unwrap();
    let arg = json!({"path": "/docs", "include_has_explicit_shared_members": true});
    let (entries, _) = world.list_all(&token, arg).await;
    let file = &entries[0];
    assert_eq!(
        (&file["name"], &file["path_lower"]),
        (&json!("Änderung 🎉.TXT"), &json!("/docs/änderung 🎉.txt"))
    );
    assert_eq!(file["path_display"], "/Docs/Änderung 🎉.TXT");
    assert_eq!(file["client_modified"], "2020-01-02T03:04:05Z");
    assert_eq!(file["server_modified"], "2026-03-12T07:32:16Z", "whole seconds");
    assert_eq!(file["content_hash"], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_eq!((&file["size"], &file["is_downloadable"]), (&json!(0), &json!(true)));
    assert_eq!(file["has_explicit_shared_members"], false);
    assert_eq!(file["file_lock_info"]["lockholder_name"], "Grace Example");
    assert!(file["rev"].as_str().unwrap().len() >= 9 && file["id"].as_str().unwrap().starts_with("id:"));
    assert!(file.get("sharing_info").is_none() && file.get("preview_url").is_none());
    let (top, _) = world.list_all(&token, json!({"path": ""})).await;
    assert_eq!(
        keys(&top[0]),
        [".tag", "id", "name", "path_display", "path_lower"],
        "a folder has neither size nor time"
    );
}

#[tokio::test]
async fn search_finds_names_and_text_in_pages() {
    let world = demo().await;
    let token = world.ada().await;
    let names = |body: &Value| -> Vec<String> {
        let rows = body["matches"].as_array().unwrap().iter();
        rows.map(|row| row["metadata"]["metadata"]["name"].as_str().unwrap().to_owned()).collect()
    };
    let search = |query: &str, options: Value| json!({"query": query, "options": options});
    let found = world.json(&token, "files/search_v2", search("checklist", json!({}))).await;
    assert_eq!(names(&found), ["Checklist.md"]);
    assert_eq!(found["matches"][0]["match_type"][".tag"], "filename");
    let by_text = world.json(&token, "files/search_v2", search("okafor", json!({}))).await;
    assert_eq!(names(&by_text), ["Checklist.md"]);
    let only_names = search("okafor", json!({"filename_only": true}));
    assert!(names(&world.json(&token, "files/search_v2", only_names).await).is_empty());
    let csv = search("e", json!({"file_extensions": ["csv"], "path": "/projects"}));
    assert_eq!(names(&world.json(&token, "files/search_v2", csv).await), ["Costs.csv"]);
    let paper = search("launch", json!({"file_categories": ["paper"]}));
    assert_eq!(names(&world.json(&token, "files/search_v2", paper).await), ["Launch plan.paper"]);
    let first = world.json(&token, "files/search_v2", search("e", json!({"max_results": 2}))).await;
    assert_eq!((names(&first).len(), &first["has_more"]), (2, &json!(true)));
    let more = world.json(&token, "files/search/continue_v2", json!({"cursor": first["cursor"]})).await;
    assert!(!names(&more).is_empty() && names(&more)[0] != names(&first)[0]);
    let deleted = search("price", json!({"file_status": "deleted"}));
    assert_eq!(names(&world.json(&token, "files/search_v2", deleted).await), ["Price list 2024.txt"]);
}

#[tokio::test]
async fn many_generated_files_are_all_listed() {
    let world = empty().await;
    let token = world.ada().await;
    let wish = Generate { count: 20_000, size: 64, ..Generate::default() };
    assert_eq!(world.control.generate(&wish).unwrap().len(), 20_000);
    let arg = json!({"path": "", "recursive": true, "limit": 2000});
    let (all, _) = world.list_all(&token, arg).await;
    assert_eq!(all.len(), 20_001);
}
