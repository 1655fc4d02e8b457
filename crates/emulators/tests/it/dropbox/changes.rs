//! The change feed: what each happening looks like on a cursor.

use gangway_emulators::dropbox::{Access, FileTarget, Share};
use serde_json::{Value, json};

use super::harness::*;

fn at(path: &str) -> FileTarget {
    FileTarget::path(path)
}

/// Starts from now on.
async fn from_now(world: &World, token: &str) -> String {
    let arg = json!({"path": "", "recursive": true});
    let body = world.json(token, "files/list_folder/get_latest_cursor", arg).await;
    body["cursor"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn creation_and_new_versions_keep_the_id() {
    let world = empty().await;
    let token = world.ada().await;
    let cursor = from_now(&world, &token).await;
    let id = world.write("/docs/a.txt", "one");
    let (first, cursor) = world.follow(&token, &cursor).await;
    assert_eq!(lines(&first), ["folder /docs", "file /docs/a.txt"]);
    world.write("/docs/a.txt", "two");
    world.write("/docs/a.txt", "three");
    let (second, _) = world.follow(&token, &cursor).await;
    assert_eq!(lines(&second), ["file /docs/a.txt"], "bursts are seen as the last state");
    assert_eq!(second[0]["id"], id.as_str());
    assert_ne!(second[0]["rev"], first[1]["rev"]);
}

#[tokio::test]
async fn a_move_is_a_deletion_without_id_and_the_same_id_elsewhere() {
    let world = empty().await;
    let token = world.ada().await;
    let id = world.write("/a.txt", "a");
    let cursor = from_now(&world, &token).await;
    world.control.move_file(&at("/a.txt"), "/inbox").unwrap();
    let (entries, cursor) = world.follow(&token, &cursor).await;
    assert_eq!(lines(&entries), ["folder /inbox", "deleted /a.txt", "file /inbox/a.txt"]);
    assert!(entries[1].get("id").is_none());
    assert_eq!(entries[2]["id"], id.as_str());
    world.control.rename(&at("/inbox/a.txt"), "b.txt").unwrap();
    world.control.set_switches(|switches| switches.moves_put_first = true);
    let (entries, cursor) = world.follow(&token, &cursor).await;
    assert_eq!(lines(&entries), ["deleted /inbox/a.txt", "file /inbox/b.txt"]);
    world.control.rename(&at("/inbox/b.txt"), "c.txt").unwrap();
    let (entries, _) = world.follow(&token, &cursor).await;
    assert_eq!(lines(&entries), ["file /inbox/c.txt", "deleted /inbox/b.txt"], "the order is not promised");
}

#[tokio::test]
async fn a_moved_folder_brings_every_descendant_and_one_deletion() {
    let world = empty().await;
    let token = world.ada().await;
    world.write("/old/a.txt", "a");
    world.write("/old/deep/b.txt", "b");
    let cursor = from_now(&world, &token).await;
    world.control.rename(&at("/old"), "new").unwrap();
    let (entries, _) = world.follow(&token, &cursor).await;
    assert_eq!(lines(&entries)[0], "deleted /old");
    let expected = ["file /new/a.txt", "file /new/deep/b.txt", "folder /new", "folder /new/deep"];
    assert_eq!(sorted(&entries[1..]), expected);
}

#[tokio::test]
async fn what_is_in_a_moved_folder_may_be_told_before_it() {
    let world = empty().await;
    let token = world.ada().await;
    world.write("/old/deep/b.txt", "b");
    let cursor = from_now(&world, &token).await;
    world.control.set_switches(|switches| {
        switches.children_first = true;
        switches.moves_put_first = true;
        switches.largest_page = 1;
        switches.approximate_limit = false;
    });
    world.control.rename(&at("/old"), "new").unwrap();
    let page = world.json(&token, "files/list_folder/continue", json!({"cursor": cursor})).await;
    assert_eq!((lines(page["entries"].as_array().unwrap()).len(), &page["has_more"]), (1, &json!(true)));
    let (entries, _) = world.follow(&token, &cursor).await;
    assert_eq!(lines(&entries), ["file /new/deep/b.txt", "folder /new/deep", "folder /new", "deleted /old"]);
}

#[tokio::test]
async fn the_halves_of_a_move_can_lie_on_different_pages() {
    let world = empty().await;
    let token = world.ada().await;
    world.write("/a.txt", "a");
    let cursor = from_now(&world, &token).await;
    world.control.set_switches(|switches| switches.split_moves = true);
    world.control.rename(&at("/a.txt"), "b.txt").unwrap();
    let page = world.json(&token, "files/list_folder/continue", json!({"cursor": cursor})).await;
    assert_eq!(lines(page["entries"].as_array().unwrap()), ["deleted /a.txt"]);
    assert_eq!(page["has_more"], true);
    let (rest, _) = world.follow(&token, page["cursor"].as_str().unwrap()).await;
    assert_eq!(lines(&rest), ["file /b.txt"]);
}

#[tokio::test]
async fn a_change_of_case_is_silent() {
    let world = empty().await;
    let token = world.ada().await;
    let id = world.write("/docs/a.txt", "a");
    let cursor = from_now(&world, &token).await;
    world.control.rename(&at("/docs/a.txt"), "A.TXT").unwrap();
    world.control.rename(&at("/docs"), "DOCS").unwrap();
    let (entries, _) = world.follow(&token, &cursor).await;
    assert!(entries.is_empty());
    let now = world.json(&token, "files/get_metadata", json!({"path": id})).await;
    assert_eq!((&now["path_display"], &now["path_lower"]), (&json!("/DOCS/A.TXT"), &json!("/docs/a.txt")));
}

#[tokio::test]
async fn deletion_of_a_folder_is_one_entry_and_restoring_keeps_ids() {
    let world = empty().await;
    let token = world.ada().await;
    let id = world.write("/docs/a.txt", "a");
    let cursor = from_now(&world, &token).await;
    world.control.delete_file(&at("/docs")).unwrap();
    let (entries, cursor) = world.follow(&token, &cursor).await;
    assert_eq!(lines(&entries), ["deleted /docs"]);
    world.control.restore_file(&at("/docs")).unwrap();
    let (entries, cursor) = world.follow(&token, &cursor).await;
    assert_eq!(lines(&entries), ["folder /docs", "file /docs/a.txt"]);
    assert_eq!(entries[1]["id"], id.as_str());
    world.control.erase_file(&at("/docs/a.txt")).unwrap();
    let (entries, _) = world.follow(&token, &cursor).await;
    assert_eq!(lines(&entries), ["deleted /docs/a.txt"], "no word about how");
    assert!(world.control.restore_file(&at("/docs/a.txt")).is_err());
}

#[tokio::test]
async fn a_cursor_sees_only_below_its_folder_and_by_its_arguments() {
    let world = empty().await;
    let token = world.ada().await;
    world.control.create_folder(&at("/in")).unwrap();
    let (_, flat) = world.list_all(&token, json!({"path": "/in"})).await;
    let (_, deep) = world.list_all(&token, json!({"path": "/in", "recursive": true})).await;
    world.write("/out.txt", "x");
    world.write("/in/a.txt", "a");
    world.write("/in/sub/b.txt", "b");
    let (entries, flat) = world.follow(&token, &flat).await;
    assert_eq!(lines(&entries), ["file /in/a.txt", "folder /in/sub"]);
    let (entries, _) = world.follow(&token, &deep).await;
    assert_eq!(lines(&entries), ["file /in/a.txt", "folder /in/sub", "file /in/sub/b.txt"]);
    world.control.move_file(&at("/in/a.txt"), "").unwrap();
    world.control.delete_file(&at("/in/sub/b.txt")).unwrap();
    let (entries, flat) = world.follow(&token, &flat).await;
    assert_eq!(lines(&entries), ["deleted /in/a.txt"]);
    world.control.delete_file(&at("/in")).unwrap();
    let (status, summary, _) =
        world.refused(&token, "files/list_folder/continue", json!({"cursor": flat})).await;
    assert_eq!((status, summary.as_str()), (409, "path/not_found"), "the listed folder is gone");
}

#[tokio::test]
async fn deletions_arrive_on_a_cursor_made_without_them() {
    let world = empty().await;
    let token = world.ada().await;
    world.write("/a.txt", "a");
    let (_, cursor) = world.list_all(&token, json!({"path": "", "include_deleted": false})).await;
    world.control.delete_file(&at("/a.txt")).unwrap();
    let (entries, _) = world.follow(&token, &cursor).await;
    assert_eq!(lines(&entries), ["deleted /a.txt"]);
}

#[tokio::test]
async fn cursors_are_reset_on_demand_and_bound_to_caller_and_root() {
    let world = demo().await;
    let (ada, grace) = (world.ada().await, world.grace().await);
    let cursor = from_now(&world, &ada).await;
    let arg = json!({"cursor": cursor});
    let route = "files/list_folder/continue";
    assert_eq!(world.refused(&grace, route, arg.clone()).await.1, "reset");
    let root = world.json(&ada, "users/get_current_account", Value::Null).await["root_info"].clone();
    let header = json!({".tag": "root", "root": root["root_namespace_id"]}).to_string();
    let other = world.refused_with(&ada, route, arg.clone(), &[("Dropbox-API-Path-Root", &header)]).await;
    assert_eq!((other.0, other.1.as_str()), (409, "reset"));
    world.json(&ada, route, arg.clone()).await;
    world.control.reset_cursors(Some(GRACE)).unwrap();
    world.json(&ada, route, arg.clone()).await;
    world.control.reset_cursors(Some(ADA)).unwrap();
    let (status, summary, body) = world.refused(&ada, route, arg).await;
    assert_eq!((status, summary.as_str(), &body["error"]), (409, "reset", &json!({".tag": "reset"})));
    let text = world.malformed(&ada, route, json!({"cursor": "AAgarbage"})).await;
    assert!(text.contains("Invalid \"cursor\" parameter"), "{text}");
}

#[tokio::test]
async fn faults_play_empty_repeated_and_expired_pages() {
    let world = empty().await;
    let token = world.ada().await;
    world.write("/a.txt", "a");
    let cursor = from_now(&world, &token).await;
    world.write("/b.txt", "b");
    let route = "files/list_folder/continue";
    let arm = |hint: &str| json!({"operation": route, "times": 1, "effect": {"hint": hint}});
    world.control.add_fault_json(arm("empty_page")).unwrap();
    let page = world.json(&token, route, json!({"cursor": cursor})).await;
    assert_eq!((&page["entries"], &page["has_more"]), (&json!([]), &json!(true)));
    let (rest, _) = world.follow(&token, page["cursor"].as_str().unwrap()).await;
    assert_eq!(lines(&rest), ["file /b.txt"]);
    world.control.add_fault_json(arm("repeat_page_token")).unwrap();
    let page = world.json(&token, route, json!({"cursor": cursor})).await;
    assert_eq!((&page["cursor"], &page["has_more"]), (&json!(cursor), &json!(true)));
    world.control.add_fault_json(arm("expired_cursor")).unwrap();
    assert_eq!(world.refused(&token, route, json!({"cursor": cursor})).await.1, "reset");
}

#[tokio::test]
async fn sharing_mounting_and_roles_show_in_the_feed() {
    let world = empty().await;
    let (ada, grace) = (world.ada().await, world.grace().await);
    world.write("/Plans/a.txt", "a");
    let folder = world.control.find_file(&at("/Plans")).unwrap();
    let (ada_cursor, grace_cursor) = (from_now(&world, &ada).await, from_now(&world, &grace).await);
    let share = Share { email: GRACE.into(), access: Access::Viewer, mount: true };
    let shared = world.control.share(&at("/Plans"), &share).unwrap();
    assert_eq!(shared.id, folder.id, "a shared folder keeps its id");
    let (entries, _) = world.follow(&ada, &ada_cursor).await;
    assert_eq!(lines(&entries), ["folder /plans"]);
    assert_eq!(entries[0]["sharing_info"]["shared_folder_id"], shared.namespace_id.as_str());
    let (entries, cursor) = world.follow(&grace, &grace_cursor).await;
    assert_eq!(lines(&entries), ["folder /plans", "file /plans/a.txt"]);
    assert_eq!(entries[0]["sharing_info"]["read_only"], true);
    assert_eq!(entries[1]["sharing_info"]["parent_shared_folder_id"], shared.namespace_id.as_str());
    world.control.set_member(&shared.namespace_id, GRACE, Access::Editor).unwrap();
    let (entries, cursor) = world.follow(&grace, &cursor).await;
    assert_eq!(lines(&entries), ["folder /plans"]);
    assert_eq!(entries[0]["sharing_info"]["read_only"], false);
    world.write("/Plans/b.txt", "b");
    let (entries, cursor) = world.follow(&grace, &cursor).await;
    assert_eq!(lines(&entries), ["file /plans/b.txt"]);
    world.control.unmount(&shared.namespace_id, GRACE).unwrap();
    let (entries, cursor) = world.follow(&grace, &cursor).await;
    assert_eq!(lines(&entries), ["deleted /plans"]);
    world.control.mount(&shared.namespace_id, GRACE).unwrap();
    let (entries, cursor) = world.follow(&grace, &cursor).await;
    assert_eq!(lines(&entries), ["folder /plans", "file /plans/a.txt", "file /plans/b.txt"]);
    world.control.unshare(&at("/Plans"), GRACE).unwrap();
    let (entries, _) = world.follow(&grace, &cursor).await;
    assert_eq!(lines(&entries), ["deleted /plans"]);
}
