//! `files.list`: masks, pages, queries, corpora.

use gangway_emulators::google::{FileEdit, FileTarget, Generate, NewFile};
use serde_json::{Value, json};

use super::harness::{ADA, GRACE, World, demo, empty};

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

async fn with_files(count: u64) -> (World, String) {
    let world = empty().await;
    let wish = Generate { folder: "bulk".into(), count, size: 10, ..Generate::default() };
    world.control.generate(&wish).unwrap();
    let token = world.ada().await;
    (world, token)
}

#[tokio::test]
async fn default_fields_are_few_and_masks_are_exact() {
    let (world, token) = with_files(2).await;
    let body = world.json(&token, "files", &[]).await;
    assert_eq!(keys(&body), ["files", "incompleteSearch", "kind"]);
    assert_eq!(keys(&body["files"][0]), ["id", "kind", "mimeType", "name"]);
    let query = [("fields", "files(id,owners(emailAddress),capabilities/canDownload)")];
    let body = world.json(&token, "files", &query).await;
    assert_eq!(keys(&body), ["files"]);
    let file = &body["files"][0];
    assert_eq!(keys(file), ["capabilities", "id", "owners"]);
    assert_eq!(file["owners"], json!([{"emailAddress": ADA}]));
    assert_eq!(file["capabilities"], json!({"canDownload": true}));
    let all = world.json(&token, "files", &[("fields", "*")]).await;
    assert!(keys(&all["files"][0]).len() > 30);
    assert_eq!(all["files"][0]["kind"], "drive#file");
    let (status, reason, body) = world.refused(&token, "files", &[("fields", "files(nope)")]).await;
    assert_eq!((status, reason.as_str()), (400, "invalidParameter"));
    assert_eq!(body["error"]["errors"][0]["location"], "fields");
}

#[tokio::test]
async fn the_page_token_comes_only_when_the_mask_names_it() {
    let (world, token) = with_files(5).await;
    let without = world.json(&token, "files", &[("pageSize", "2"), ("fields", "files(id)")]).await;
    assert_eq!(keys(&without), ["files"]);
    let with = [("pageSize", "2"), ("fields", "nextPageToken,files(id)")];
    assert_eq!(keys(&world.json(&token, "files", &with).await), ["files", "nextPageToken"]);
}

#[tokio::test]
async fn page_sizes_default_to_100_and_are_cut_to_1000() {
    let (world, token) = with_files(1200).await;
    let rows = async |size: &str| {
        let body = world.json(&token, "files", &[("pageSize", size)]).await;
        body["files"].as_array().unwrap().len()
    };
    assert_eq!(rows("").await, 100);
    assert_eq!(rows("5000").await, 1000);
    for size in ["0", "-1", "many"] {
        let (status, _, body) = world.refused(&token, "files", &[("pageSize", size)]).await;
        assert_eq!(status, 400);
        assert_eq!(body["error"]["errors"][0]["location"], "pageSize");
    }
}

async fn walk(world: &World, token: &str, query: &[(&str, &str)]) -> Vec<String> {
    let mut names = Vec::new();
    let mut page = String::new();
    loop {
        let mut all = query.to_vec();
        all.push(("fields", "nextPageToken,files(name)"));
        if !page.is_empty() {
            all.push(("pageToken", &page));
        }
        let body = world.json(token, "files", &all).await;
        let rows = body["files"].as_array().unwrap();
        names.extend(rows.iter().map(|file| file["name"].as_str().unwrap().to_owned()));
        match body["nextPageToken"].as_str() {
            Some(next) => page = next.to_owned(),
            None => return names,
        }
    }
}

#[tokio::test]
async fn pages_cover_everything_once_in_both_orders() {
    let (world, token) = with_files(250).await;
    for query in [
        vec![("pageSize", "99"), ("q", "name contains 'file'")],
        vec![("pageSize", "99"), ("q", "name contains 'file'"), ("orderBy", "name desc")],
    ] {
        let names = walk(&world, &token, &query).await;
        let unique: std::collections::BTreeSet<&String> = names.iter().collect();
        assert_eq!((names.len(), unique.len()), (250, 250));
    }
    let ordered = walk(&world, &token, &[("orderBy", "name"), ("pageSize", "100")]).await;
    assert!(ordered.windows(2).all(|pair| pair[0] <= pair[1]));
}

#[tokio::test]
async fn page_tokens_are_bound_to_their_listing_and_end_after_hours() {
    let (world, token) = with_files(10).await;
    let body = world.json(&token, "files", &[("pageSize", "2")]).await;
    let next = body["nextPageToken"].as_str().unwrap();
    assert!(next.starts_with("~!!~"));
    let bad = [vec![("pageToken", "garbage")], vec![("pageToken", next), ("q", "trashed = true")]];
    for query in bad {
        let (status, reason, body) = world.refused(&token, "files", &query).await;
        assert_eq!((status, reason.as_str()), (400, "invalid"));
        assert_eq!(body["error"]["errors"][0]["location"], "pageToken");
    }
    world.json(&token, "files", &[("pageToken", next), ("pageSize", "5")]).await;
    world.control.advance_clock(std::time::Duration::from_secs(7 * 3600));
    let token = world.ada().await;
    assert_eq!(world.refused(&token, "files", &[("pageToken", next)]).await.0, 400);
}

#[tokio::test]
async fn an_empty_page_can_have_a_token_and_a_token_can_repeat() {
    let (world, token) = with_files(10).await;
    let fault = |hint: &str| json!({"operation": "drive.files.list", "times": 1, "effect": {"hint": hint}});
    world.control.add_fault_json(fault("empty_page")).unwrap();
    let body = world.json(&token, "files", &[("pageSize", "4")]).await;
    assert_eq!(body["files"], json!([]));
    let next = body["nextPageToken"].as_str().unwrap();
    let body = world.json(&token, "files", &[("pageSize", "4"), ("pageToken", next)]).await;
    assert_eq!(body["files"].as_array().unwrap().len(), 4, "nothing was lost");
    let next = body["nextPageToken"].as_str().unwrap();
    world.control.add_fault_json(fault("repeat_page_token")).unwrap();
    let body = world.json(&token, "files", &[("pageSize", "4"), ("pageToken", next)]).await;
    assert_eq!(body["nextPageToken"], next);
    world.control.add_fault_json(fault("expired_cursor")).unwrap();
    assert_eq!(world.refused(&token, "files", &[("pageToken", next)]).await.0, 400);
}

#[tokio::test]
async fn bad_queries_are_refused_at_q() {
    let (world, token) = with_files(1).await;
    for q in
        ["name =", "name like 'x'", "trashed = maybe", "'x' in nowhere", "name = 'x' or", "(trashed=true"]
    {
        let (status, reason, body) = world.refused(&token, "files", &[("q", q)]).await;
        assert_eq!((status, reason.as_str()), (400, "invalid"), "{q}");
        let error = &body["error"]["errors"][0];
        assert_eq!((&error["location"], &error["message"]), (&json!("q"), &json!("Invalid Value")));
    }
    let query = [("q", "fullText contains 'x'"), ("orderBy", "name")];
    assert_eq!(world.refused(&token, "files", &query).await.1, "badRequest");
}

#[tokio::test]
async fn queries_find_what_they_say() {
    let world = demo().await;
    let token = world.ada().await;
    let find = async |q: &str| world.names(&token, &[("q", q)]).await;
    assert_eq!(find("name = 'Refund policy'").await, ["Refund policy"]);
    assert_eq!(
        find("name contains 'refund' and trashed = false").await,
        ["Refund policy", "Refund policy (shortcut)"]
    );
    assert_eq!(find("trashed = true").await, ["Old price list.txt"]);
    assert_eq!(find("starred = true").await, ["Meeting notes.txt"]);
    assert_eq!(find("sharedWithMe").await, ["Research", "Shared recipe.txt"]);
    assert_eq!(find("mimeType = 'application/vnd.google-apps.form'").await, ["Staff survey"]);
    assert_eq!(find("fullText contains 'handling'").await, ["Refund policy"]);
    assert_eq!(find("fullText contains '\"cooling service\"'").await, Vec::<String>::new());
    assert_eq!(
        find("'grace@example.com' in writers and sharedWithMe").await,
        ["Research", "Shared recipe.txt"]
    );
    assert_eq!(find("'root' in parents").await, ["Finance", "Policies", "Product", "Team"]);
    assert_eq!(
        find("not 'me' in owners and mimeType contains 'text/'").await,
        ["Shared recipe.txt", "tasting-scores.csv"]
    );
    let policy = world.control.find_file(&FileTarget::path("Policies/Refund policy")).unwrap();
    let q = format!("shortcutDetails.targetId = '{}'", policy.id);
    assert_eq!(find(&q).await, ["Refund policy (shortcut)"]);
    assert_eq!(
        find("modifiedTime < '2026-01-20' and name contains 'handbook'").await,
        ["Employee handbook.pdf"]
    );
}

#[tokio::test]
async fn trashed_files_are_listed_by_default() {
    let world = demo().await;
    let token = world.ada().await;
    assert!(world.names(&token, &[]).await.contains(&"Old price list.txt".to_owned()));
}

#[tokio::test]
async fn shared_drives_need_all_their_flags() {
    let world = demo().await;
    let token = world.ada().await;
    let (id, _) = world.control.list_drives().remove(0);
    let full = [
        ("corpora", "drive"),
        ("driveId", id.as_str()),
        ("includeItemsFromAllDrives", "true"),
        ("supportsAllDrives", "true"),
    ];
    assert_eq!(world.names(&token, &full).await.len(), 5);
    for missing in 0..4 {
        let mut query = full.to_vec();
        query.remove(missing);
        let answer = world.get(&token, "files", &query).await;
        assert!(answer.status().is_client_error(), "without {}", full[missing].0);
    }
    assert!(!world.names(&token, &[]).await.contains(&"Runbooks".to_owned()));
    let all = [full[2], full[3], ("corpora", "allDrives")];
    assert!(world.names(&token, &all).await.contains(&"Runbooks".to_owned()));
    world.control.set_switches(|switches| switches.incomplete_search = true);
    assert_eq!(world.json(&token, "files", &all).await["incompleteSearch"], true);
    assert_eq!(world.json(&token, "files", &full).await["incompleteSearch"], false);
    let q = format!("'{id}' in parents");
    let query = [("q", q.as_str()), full[2], full[3]];
    assert_eq!(
        world.names(&token, &query).await,
        ["Contracts", "Runbooks"],
        "a drive's id is its root folder's"
    );
}

#[tokio::test]
async fn items_of_shared_drives_are_not_found_without_the_flag() {
    let world = demo().await;
    let token = world.ada().await;
    let target = FileTarget::in_drive("Operations", "Contracts/Lease harbour warehouse.txt");
    let path = format!("files/{}", world.control.find_file(&target).unwrap().id);
    let (status, reason, body) = world.refused(&token, &path, &[]).await;
    assert_eq!((status, reason.as_str()), (404, "notFound"));
    assert!(body["error"]["message"].as_str().unwrap().starts_with("File not found: 1"));
    assert_eq!(world.refused(&token, &path, &[("alt", "media")]).await.0, 404);
    let query = [("supportsAllDrives", "true"), ("fields", "driveId,owners,shared,parents")];
    assert_eq!(keys(&world.json(&token, &path, &query).await), ["driveId", "parents"]);
}

#[tokio::test]
async fn shared_with_me_and_orphans_have_no_parents() {
    let world = demo().await;
    let token = world.ada().await;
    for name in ["Research", "Shared recipe.txt", "Loose scan.txt"] {
        let q = format!("name = '{name}'");
        let query = [("q", q.as_str()), ("fields", "files(id,parents)")];
        let body = world.json(&token, "files", &query).await;
        assert_eq!(keys(&body["files"][0]), ["id"], "{name}");
    }
    let query = [("q", "name = 'tasting-scores.csv'"), ("fields", "files(parents)")];
    let body = world.json(&token, "files", &query).await;
    assert_eq!(keys(&body["files"][0]), ["parents"], "below a shared folder the parent shows");
}

#[tokio::test]
async fn numbers_and_times_are_texts() {
    let world = demo().await;
    let token = world.ada().await;
    let query = [
        ("q", "name = 'Employee handbook.pdf'"),
        ("fields", "files(size,version,modifiedTime,quotaBytesUsed)"),
    ];
    let body = world.json(&token, "files", &query).await;
    let file = &body["files"][0];
    assert!(file["size"].as_str().unwrap().parse::<u64>().unwrap() > 500);
    assert!(file["version"].is_string() && file["quotaBytesUsed"].is_string());
    assert_eq!(file["modifiedTime"], "2026-01-15T14:05:09.220Z");
    let query = [("q", "mimeType = 'application/vnd.google-apps.folder'"), ("fields", "files(id,size)")];
    let body = world.json(&token, "files", &query).await;
    assert_eq!(keys(&body["files"][0]), ["id"], "folders have no size");
}

#[tokio::test]
async fn unknown_parameters_are_refused_but_the_ignored_one_is_not() {
    let (world, token) = with_files(1).await;
    let (status, _, body) = world.refused(&token, "files", &[("pagesize", "5")]).await;
    assert_eq!(status, 400);
    assert_eq!(body["error"]["status"], "INVALID_ARGUMENT");
    world.json(&token, "files", &[("maxSize", "100"), ("prettyPrint", "false"), ("$.xgafv", "1")]).await;
    assert_eq!(world.refused(&token, "files", &[("supportsAllDrives", "perhaps")]).await.0, 400);
}

#[tokio::test]
async fn duplicate_names_slashes_and_other_alphabets_are_fine() {
    let world = demo().await;
    let token = world.ada().await;
    let names = world.names(&token, &[]).await;
    assert_eq!(names.iter().filter(|name| *name == "Meeting notes.txt").count(), 3);
    assert!(names.contains(&"Notes of 3/4 March 🍵.txt".to_owned()));
    assert!(names.contains(&"Überblick – résumé 🍵.txt".to_owned()));
    assert_eq!(world.names(&token, &[("q", "name = 'Notes of 3/4 March 🍵.txt'")]).await.len(), 1);
}

#[tokio::test]
async fn others_files_stay_private_and_drive_file_sees_only_picks() {
    let world = demo().await;
    let ada = world.ada().await;
    let diary = FileTarget::in_account(GRACE, "Private diary.txt");
    let id = world.control.find_file(&diary).unwrap().id;
    assert_eq!(world.refused(&ada, &format!("files/{id}"), &[]).await.0, 404);
    let narrow = "https://www.googleapis.com/auth/drive.file";
    world.control.revoke_grants(ADA);
    let token = world.sign_in(ADA, narrow).await.access;
    assert_eq!(world.names(&token, &[]).await, Vec::<String>::new());
    let policy = FileTarget::path("Policies/Refund policy");
    let id = world.control.find_file(&policy).unwrap().id;
    assert_eq!(world.refused(&token, &format!("files/{id}"), &[]).await.0, 404);
    world.control.pick(&policy, gangway_emulators::google::DEFAULT_CLIENT_ID).unwrap();
    assert_eq!(world.names(&token, &[]).await, ["Refund policy"]);
    world.json(&token, &format!("files/{id}"), &[]).await;
}

#[tokio::test]
async fn switches_for_the_listing_bugs_of_the_real_service() {
    let (world, token) = with_files(3).await;
    let folder = world.control.find_file(&FileTarget::path("bulk")).unwrap().id;
    let q = format!("'{folder}' in parents or 'root' in parents");
    assert_eq!(world.names(&token, &[("q", &q)]).await.len(), 4);
    world.control.set_switches(|switches| switches.multi_parent_bug = true);
    assert_eq!(world.names(&token, &[("q", &q)]).await.len(), 0);
    world.control.set_switches(|switches| switches.listing_lag_ms = 60_000);
    assert_eq!(world.names(&token, &[]).await.len(), 0);
    world.control.advance_clock(std::time::Duration::from_secs(61));
    assert_eq!(world.names(&token, &[]).await.len(), 4);
}

#[tokio::test]
async fn a_hundred_thousand_files_are_listed_in_pages_of_a_thousand() {
    let (world, token) = with_files(100_000).await;
    let folder = world.control.find_file(&FileTarget::path("bulk")).unwrap().id;
    let q = format!("'{folder}' in parents and trashed = false");
    let names = walk(&world, &token, &[("q", &q), ("pageSize", "1000")]).await;
    assert_eq!(names.len(), 100_000);
    assert_eq!(world.control.call_count("drive.files.list"), 100);
}

#[tokio::test]
async fn edits_through_the_handle_show_in_listings() {
    let (world, token) = with_files(0).await;
    let new = NewFile {
        target: FileTarget::path("a/b/c.txt"),
        edit: FileEdit { content: Some("hello".into()), ..FileEdit::default() },
        ..NewFile::default()
    };
    world.control.create_file(&new).unwrap();
    assert_eq!(world.names(&token, &[]).await, ["a", "b", "bulk", "c.txt"]);
    world.control.move_file(&FileTarget::path("a/b/c.txt"), &FileTarget::path("a")).unwrap();
    world.control.rename(&FileTarget::path("a/c.txt"), "d.txt").unwrap();
    world.control.delete_file(&FileTarget::path("a/b")).unwrap();
    assert_eq!(world.names(&token, &[]).await, ["a", "bulk", "d.txt"]);
}
