//! What others share without its being in the account's tree.

use futures::TryStreamExt;
use gangway_connector::{BrowseRequest, Change, ChangePage, Disposition, Entry, FetchLimits, Source, Told};
use gangway_model::{Cursor, FeedKey, Fetchable};
use serde_json::{Value, json};

use super::script::{Scripted, file, folder, page};

const RECEIVED: &str = "sharing/list_received_files";
const METADATA: &str = "files/get_metadata";
const FILE: &str = "sharing/get_file_metadata";
const FOLDER: &str = "sharing/get_folder_metadata";
const LINK: &str = "sharing/get_shared_link_metadata";
const LINK_FILE: &str = "sharing/get_shared_link_file";

fn shared(id: &str) -> Value {
    json!({"id": id, "name": format!("{id}.txt"), "preview_url": format!("https://www.dropbox.com/scl/fi/{id}"),
        "time_invited": "2026-01-20T00:00:00Z", "policy": {}})
}

fn link() -> Value {
    // The path is the owner's.
    json!({".tag": "file", "id": "id:a", "name": "a.txt", "rev": "0123456789abc", "size": 5, "path_lower": "/hers/a.txt",
        "server_modified": "2026-05-01T10:00:00Z", "url": "https://www.dropbox.com/scl/fi/id:a"})
}

async fn listed(source: &dyn Source) -> Vec<Entry> {
    source.list(&"shared-with-me".into(), None).await.unwrap().entries
}

#[tokio::test]
async fn single_files_lie_in_shared_with_me_whichever_call_knows_them() {
    let scripted = Scripted::start().await;
    let mounted = json!({"id": "id:m", "name": "m", "preview_url": "x", "path_lower": "/m"});
    scripted.answers(
        RECEIVED,
        200,
        json!({"entries": [shared("id:a"), mounted, shared("id:b")], "cursor": null}),
    );
    // The first is known by its link only, the second to the ordinary call.
    scripted.finds_nothing(METADATA);
    scripted.answers(METADATA, 200, file("id:b", None, json!({"content_hash": "ab"})));
    scripted.answers(LINK, 200, link());
    let source = scripted.source();
    let entries = listed(&*source).await;
    let found: Vec<_> = entries.iter().map(|it| (it.id.as_str(), it.revision.as_str())).collect();
    assert_eq!(found, [("id:a", "rev:0123456789abc"), ("id:b", "hash:ab")]);
    for entry in &entries {
        assert_eq!((entry.parents[0].as_str(), &entry.locator), ("shared-with-me", &None));
        assert_eq!(entry.feed, Some("shared-with-me".into()));
        assert!(entry.url.as_deref().unwrap().contains("/scl/fi/"));
    }
    // Alone it looks the same.
    scripted.answers(FILE, 200, shared("id:b"));
    assert_eq!(source.get(&"id:b".into()).await.unwrap(), entries[1]);
    scripted.finds_nothing(METADATA).answers(FILE, 200, shared("id:a"));
    source.get(&"id:b".into()).await.unwrap();
    assert_eq!(source.get(&"id:a".into()).await.unwrap(), entries[0]);
}

#[tokio::test]
async fn a_single_file_is_downloaded_by_id_or_else_by_its_link() {
    let scripted = Scripted::start().await;
    scripted.answers(RECEIVED, 200, json!({"entries": [shared("id:a")]}));
    scripted.finds_nothing(METADATA).answers(LINK, 200, link());
    let source = scripted.source();
    let entry = listed(&*source).await.remove(0);
    scripted.finds_nothing("files/download");
    scripted.serves(LINK_FILE, &link().to_string(), "words");
    let content = source.fetch(&entry, &FetchLimits { max_bytes: 10 }).await.unwrap();
    let chunks: Vec<_> = content.bytes.try_collect().await.unwrap();
    assert_eq!(chunks.concat(), b"words");
    assert_eq!(content.revision, Some(entry.revision.clone()));
    assert_eq!(scripted.asked().last().unwrap().argument, json!({"url": entry.url}));
    // Gone is gone by either way; and a file of one's own is not looked for elsewhere.
    scripted.refuses(LINK_FILE, 409, json!({".tag": "shared_link_not_found"}));
    source.fetch(&entry, &FetchLimits { max_bytes: 10 }).await.unwrap();
    let error = source.fetch(&entry, &FetchLimits { max_bytes: 10 }).await.unwrap_err();
    assert!(error.is_gone());
    scripted.asked();
    let own = Entry { parents: vec!["root".into()], ..entry };
    assert!(source.fetch(&own, &FetchLimits { max_bytes: 10 }).await.unwrap_err().is_gone());
    assert_eq!(scripted.asked().len(), 1);
}

#[tokio::test]
async fn what_neither_call_knows_is_gone_and_an_outage_of_one_is_not() {
    let scripted = Scripted::start().await;
    scripted.finds_nothing(METADATA);
    scripted.refuses(FILE, 409, json!({".tag": "access_error", "access_error": {".tag": "invalid_file"}}));
    scripted.refuses(FILE, 401, json!({".tag": "missing_scope", "required_scope": "sharing.read"}));
    scripted.says(FILE, 503, "busy");
    let source = scripted.source();
    assert!(source.get(&"id:a".into()).await.unwrap_err().is_gone());
    assert!(source.get(&"id:a".into()).await.unwrap_err().is_gone(), "such a grant never saw one");
    let error = source.get(&"id:a".into()).await.unwrap_err();
    assert!(matches!(error.disposition, Disposition::RetryLater { .. }), "{error:?}");
}

#[tokio::test]
async fn a_file_whose_link_is_closed_is_told_with_the_reason() {
    let scripted = Scripted::start().await;
    let no_link = json!({"id": "id:n", "name": "n"});
    scripted.answers(RECEIVED, 200, json!({"entries": [shared("id:a"), no_link, {"name": "nameless"}]}));
    scripted.finds_nothing(METADATA).refuses(LINK, 409, json!({".tag": "shared_link_access_denied"}));
    let page = scripted.source().list(&"shared-with-me".into(), None).await.unwrap();
    assert!(matches!(&page.entries[0].fetchable, Fetchable::No(reason) if reason.code == "forbidden"));
    assert_eq!((page.failures[0].0.as_str(), page.failures[0].1.code.as_str()), ("id:n", "no_preview_link"));
    assert!(page.incomplete, "a row without an id");
}

#[tokio::test]
async fn an_unmounted_folder_has_left_the_accounts_tree() {
    let scripted = Scripted::start().await;
    let inside = json!({"sharing_info": {"read_only": false, "parent_shared_folder_id": "7"}});
    scripted.answers(METADATA, 200, folder("id:f", None));
    scripted.answers(METADATA, 200, file("id:a", None, inside.clone()));
    scripted.answers(METADATA, 200, file("id:b", None, inside));
    scripted.answers(FOLDER, 200, json!({"shared_folder_id": "7", "name": "Ours"}));
    scripted.refuses(FOLDER, 409, json!({".tag": "not_a_member"}));
    scripted.answers(FILE, 200, shared("id:b"));
    let source = scripted.source();
    assert!(source.get(&"id:f".into()).await.unwrap_err().is_gone());
    assert!(source.get(&"id:a".into()).await.unwrap_err().is_gone(), "it is there as ns:7:id:a");
    // Out of a folder that only its owner is in, one file was shared.
    assert_eq!(source.get(&"id:b".into()).await.unwrap().parents, ["shared-with-me".into()]);
}

#[tokio::test]
async fn a_folder_that_is_listed_though_it_is_not_mounted_is_gone_from_the_tree() {
    let scripted = Scripted::start().await;
    scripted.answers("files/list_folder", 200, page(vec![file("id:a", None, json!({}))], None));
    scripted.answers(METADATA, 200, folder("id:f", None));
    scripted.answers(METADATA, 200, folder("id:f", Some("/f")));
    let source = scripted.source();
    assert!(source.list(&"id:f".into(), None).await.unwrap_err().is_gone());
    // One row without a path proves nothing about the others.
    assert_eq!(source.list(&"id:f".into(), None).await.unwrap().entries.len(), 1);
    let request = BrowseRequest { container: Some("ns:7".into()), limit: 5, ..BrowseRequest::default() };
    assert_eq!(source.browse(&request).await.unwrap().entries.len(), 1, "another tree");
}

fn sharing(id: &str, path: Option<&str>) -> Value {
    json!({"shared_folder_id": id, "name": format!("Folder {id}"), "path_lower": path, "is_team_folder": false})
}

#[tokio::test]
async fn the_top_shows_what_is_not_mounted_before_the_account_itself() {
    let scripted = Scripted::start().await;
    scripted.answers(
        "sharing/list_folders",
        200,
        json!({"entries": [sharing("1", Some("/a")), sharing("2", None)], "cursor": "c"}),
    );
    scripted.answers(
        "sharing/list_folders/continue",
        200,
        json!({"entries": [sharing("3", None), sharing("4", None)]}),
    );
    scripted.answers(
        "files/list_folder",
        200,
        page(vec![folder("id:a", Some("/a")), file("id:b", Some("/b"), json!({}))], None),
    );
    for limit in [1, 2, 3, 100] {
        let source = scripted.source();
        let mut request = BrowseRequest { limit, ..BrowseRequest::default() };
        let mut shown = Vec::new();
        for _ in 0..20 {
            let page = source.browse(&request).await.unwrap();
            assert!(page.entries.len() <= limit as usize);
            shown.extend(page.entries.into_iter().map(|entry| entry.id.into_string()));
            request.page = page.next;
            if request.page.is_none() {
                break;
            }
        }
        assert_eq!(shown, ["ns:2", "ns:3", "ns:4", "shared-with-me", "id:a", "id:b"], "by {limit}");
    }
}

#[tokio::test]
async fn without_the_permission_the_rest_of_the_top_is_shown() {
    let scripted = Scripted::start().await;
    scripted.refuses(
        "sharing/list_folders",
        401,
        json!({".tag": "missing_scope", "required_scope": "sharing.read"}),
    );
    scripted.answers("files/list_folder", 200, page(vec![file("id:b", Some("/b"), json!({}))], None));
    let source = scripted.source();
    let page = source.browse(&BrowseRequest { limit: 10, ..BrowseRequest::default() }).await.unwrap();
    assert_eq!(page.entries.len(), 1);
    scripted.refuses(RECEIVED, 401, json!({".tag": "missing_scope", "required_scope": "sharing.read"}));
    let error = source.list(&"shared-with-me".into(), None).await.unwrap_err();
    assert_eq!(error.disposition, Disposition::SkipItem);
    assert!(error.message.contains("sharing.read"));
}

async fn round(source: &dyn Source, cursor: &Cursor) -> (Vec<Change>, Cursor) {
    let (feed, mut cursor, mut changes) = (FeedKey::from("shared-with-me"), cursor.clone(), Vec::new());
    loop {
        let ChangePage { changes: told, cursor: next, more } = source.changes(&feed, &cursor).await.unwrap();
        changes.extend(told);
        cursor = next;
        if !more {
            return (changes, cursor);
        }
    }
}

#[tokio::test]
async fn the_feed_of_single_files_tells_of_a_page_at_a_time_and_notices_one_that_is_missing() {
    let scripted = Scripted::start().await;
    let list = |ids: &[&str], cursor| json!({"entries": ids.iter().map(|id| shared(id)).collect::<Vec<_>>(), "cursor": cursor});
    scripted.answers(RECEIVED, 200, list(&["id:a"], Some("c")));
    scripted.answers("sharing/list_received_files/continue", 200, list(&["id:b"], None));
    scripted.answers(METADATA, 200, file("id:x", None, json!({})));
    let source = scripted.source();
    let start = source.start_cursor(&"shared-with-me".into()).await.unwrap();
    let is_relist = |change: &Change| matches!(change, Change::Relist { .. });
    let told = |changes: &[Change]| -> Vec<String> {
        let ids = changes.iter().filter_map(|change| match change {
            Change::Upsert(entry) => Some(entry.id.to_string()),
            _ => None,
        });
        ids.collect()
    };
    // The pages take turns: looking at each file costs a call.
    let (changes, first) = round(&*source, &start).await;
    assert_eq!((told(&changes), changes.iter().any(is_relist)), (vec!["id:a".to_owned()], false));
    let (changes, second) = round(&*source, &first).await;
    assert_eq!((told(&changes), changes.iter().any(is_relist)), (vec!["id:b".to_owned()], false));
    let (changes, third) = round(&*source, &second).await;
    assert_eq!((told(&changes), changes.iter().any(is_relist)), (vec!["id:a".to_owned()], false));
    assert_eq!(first, third);
    // One is missing: seen at once, whoever's turn it is.
    scripted.answers(RECEIVED, 200, list(&["id:b"], None));
    scripted.source().list(&"shared-with-me".into(), None).await.unwrap();
    for before in [&first, &second] {
        let (changes, after) = round(&*source, before).await;
        assert!(changes.iter().any(is_relist), "{changes:?}");
        let (changes, _) = round(&*source, &after).await;
        assert_eq!((told(&changes), changes.iter().any(is_relist)), (vec!["id:b".to_owned()], false));
    }
    for odd in [
        "",
        "round",
        "round x 0 0 0 ",
        "round - y 0 0 ",
        "round - 0 0 y ",
        "round - 0 0",
        "round - 0 ",
        "root:1 c",
    ] {
        let error = source.changes(&"shared-with-me".into(), &Cursor::from(odd)).await.unwrap_err();
        assert_eq!(error.disposition, Disposition::RestartFeed, "{odd}");
    }
}

#[tokio::test]
async fn nothing_is_ever_mounted_or_linked() {
    let source = include_str!("../api.rs").to_owned()
        + include_str!("../received.rs")
        + include_str!("../browsing.rs")
        + include_str!("../listing.rs")
        + include_str!("../content.rs")
        + include_str!("../changes.rs");
    for write in
        ["mount_folder", "create_shared_link", "modify_shared", "relinquish", "files/upload", "files/delete"]
    {
        assert!(!source.contains(write), "{write}");
    }
}

/// The cursor given on counts pages and so never repeats itself: only here can it be seen that Dropbox's does.
#[tokio::test]
async fn a_list_of_shared_files_that_does_not_move_on_is_left_for_later() {
    let scripted = Scripted::start().await;
    let entries = json!({"entries": [shared("id:a")], "cursor": "c1"});
    scripted.answers(RECEIVED, 200, entries.clone());
    scripted.answers("sharing/list_received_files/continue", 200, entries);
    scripted.answers(METADATA, 200, file("id:a", None, json!({"content_hash": "ab"})));
    let (source, feed) = (scripted.source(), FeedKey::from("shared-with-me"));
    let start = source.start_cursor(&feed).await.unwrap();
    let first = source.changes(&feed, &start).await.unwrap();
    assert!(first.more);
    let error = source.changes(&feed, &first.cursor).await.unwrap_err();
    assert_eq!((error.code, error.disposition), ("feed_stuck", Disposition::RetryLater { after: None }));
}

/// Of what was deleted with a large folder, each costs one call; only what others share singly is looked for as such.
#[tokio::test]
async fn what_is_known_to_lie_in_the_tree_is_not_looked_for_elsewhere() {
    let scripted = Scripted::start().await;
    scripted.finds_nothing(METADATA).finds_nothing(FILE);
    let source = scripted.source();
    for (feed, routes) in [
        (Some(source.default_feed()), vec![METADATA]),
        (Some(FeedKey::from("shared-with-me")), vec![METADATA, FILE]),
        (None, vec![METADATA, FILE]),
    ] {
        let told = Told { feed: feed.as_ref(), ..Told::default() };
        assert!(source.get_again(&"id:a".into(), &told).await.unwrap_err().is_gone());
        let asked: Vec<String> = scripted.asked().into_iter().map(|call| call.route).collect();
        assert_eq!(asked, routes, "{feed:?}");
    }
}
