//! What the change feed tells, and what it cannot.

use gangway_connector::{Change, ChangePage, Disposition, Source};
use gangway_model::{Cursor, FeedKey};
use serde_json::{Value, json};

use super::script::{Scripted, file, folder, page};

const LATEST: &str = "files/list_folder/get_latest_cursor";
const CONTINUE: &str = "files/list_folder/continue";

fn deleted(path: Value) -> Value {
    json!({".tag": "deleted", "name": "x", "path_lower": path, "path_display": path})
}

async fn told(source: &dyn Source) -> ChangePage {
    source.changes(&source.default_feed(), &Cursor::from("root:1 c0")).await.unwrap()
}

#[tokio::test]
async fn a_feed_covers_the_whole_tree_with_all_that_is_in_it() {
    let scripted = Scripted::start().await;
    scripted.answers(LATEST, 200, json!({"cursor": "c0"}));
    let source = scripted.source();
    assert_eq!(source.start_cursor(&source.default_feed()).await.unwrap().as_str(), "root:1 c0");
    let argument = &scripted.asked()[0].argument;
    assert_eq!((argument["path"].as_str(), &argument["recursive"]), (Some(""), &json!(true)));
    assert_eq!(argument["include_non_downloadable_files"], true, "or Paper would be missing");
    assert_eq!(argument["include_mounted_folders"], true);
    scripted.answers(LATEST, 200, json!({}));
    source.start_cursor(&source.default_feed()).await.unwrap();
    assert_eq!(source.start_cursor(&source.default_feed()).await.unwrap_err().code, "malformed_answer");
}

#[tokio::test]
async fn a_move_is_told_by_both_its_ends_in_whatever_order() {
    let scripted = Scripted::start().await;
    let rows = vec![
        file("id:a", Some("/new/a.txt"), json!({})),
        deleted(json!("/old/a.txt")),
        folder("id:f", Some("/top")),
    ];
    scripted.answers(CONTINUE, 200, page(rows, None));
    let page = told(&*scripted.source()).await;
    let [Change::Upsert(moved), Change::TombstoneAt { locator }, Change::Upsert(top)] = &page.changes[..]
    else {
        panic!("{:?}", page.changes)
    };
    assert_eq!((moved.id.as_str(), moved.parent_locator.as_deref()), ("id:a", Some("/new")));
    assert!(moved.parents.is_empty());
    assert_eq!(locator, "/old/a.txt");
    assert_eq!((&top.parents[..], &top.parent_locator), (&["root".into()][..], &None));
    assert_eq!((page.cursor.as_str(), page.more), ("root:1 end", false));
}

#[tokio::test]
async fn what_has_no_path_is_looked_up_and_what_has_nothing_is_listed_again_once() {
    let scripted = Scripted::start().await;
    let rows = vec![
        file("id:a", None, json!({})),
        deleted(Value::Null),
        json!({".tag": "hologram"}),
        file("id:b/c", Some("/b"), json!({})),
    ];
    scripted.answers(CONTINUE, 200, page(rows, None));
    let page = told(&*scripted.source()).await;
    assert!(
        matches!(&page.changes[..], [Change::Look { id }, Change::Failure { .. }, Change::Relist { container }]
            if id.as_str() == "id:a" && container.as_str() == "root"),
        "{:?}",
        page.changes
    );
}

#[tokio::test]
async fn an_empty_page_moves_the_feed_on() {
    let scripted = Scripted::start().await;
    scripted.answers(CONTINUE, 200, page(vec![], Some("c1")));
    let page = told(&*scripted.source()).await;
    assert!(page.changes.is_empty() && page.more);
    assert_eq!(page.cursor.as_str(), "root:1 c1");
}

#[tokio::test]
async fn a_feed_that_does_not_move_on_is_left_for_later() {
    let scripted = Scripted::start().await;
    scripted.answers(CONTINUE, 200, page(vec![], Some("c0")));
    let source = scripted.source();
    let error = source.changes(&source.default_feed(), &Cursor::from("root:1 c0")).await.unwrap_err();
    assert_eq!(error.code, "feed_stuck");
}

#[tokio::test]
async fn a_cursor_that_is_reset_restarts_the_feed_and_deletes_nothing() {
    let scripted = Scripted::start().await;
    scripted.refuses(CONTINUE, 409, json!({".tag": "reset"}));
    scripted.says(CONTINUE, 400, "Error in call to API function");
    let source = scripted.source();
    for _ in 0..2 {
        let error = source.changes(&source.default_feed(), &Cursor::from("root:1 c0")).await.unwrap_err();
        assert_eq!(error.disposition, Disposition::RestartFeed);
    }
}

#[tokio::test]
async fn the_accounts_own_feed_is_never_over() {
    let scripted = Scripted::start().await;
    scripted.finds_nothing(CONTINUE);
    let source = scripted.source();
    let error = source.changes(&source.default_feed(), &Cursor::from("root:1 c0")).await.unwrap_err();
    assert!(matches!(error.disposition, Disposition::RetryLater { .. }), "{error:?}");
}

#[tokio::test]
async fn the_feed_of_an_unmounted_folder_is_over_only_if_the_folder_is_gone() {
    let feed = FeedKey::from("ns:7");
    let cursor = Cursor::from("ns:7 c0");
    let metadata = "sharing/get_folder_metadata";
    for refusal in [
        (409, json!({".tag": "path", "path": {".tag": "not_found"}})),
        (422, json!({".tag": "no_permission"})),
    ] {
        let scripted = Scripted::start().await;
        scripted.refuses(CONTINUE, refusal.0, refusal.1);
        scripted.answers(metadata, 200, json!({"name": "Ours", "shared_folder_id": "7"}));
        scripted.refuses(metadata, 409, json!({".tag": "not_a_member"}));
        let source = scripted.source();
        let error = source.changes(&feed, &cursor).await.unwrap_err();
        assert!(matches!(error.disposition, Disposition::RetryLater { .. }), "{error:?}");
        let page = source.changes(&feed, &cursor).await.unwrap();
        assert!(matches!(&page.changes[..], [Change::FeedGone { feed: over }] if *over == feed));
        assert!(source.get(&"ns:7".into()).await.unwrap_err().is_gone());
        assert!(source.start_cursor(&feed).await.is_err());
    }
}

#[tokio::test]
async fn what_an_unmounted_folder_tells_has_its_own_ids_and_addresses() {
    let scripted = Scripted::start().await;
    let rows = vec![
        file("id:a", Some("/a.txt"), json!({})),
        file("id:b", Some("/sub/b.txt"), json!({})),
        deleted(json!("/c.txt")),
    ];
    scripted.answers(CONTINUE, 200, page(rows, None));
    let page = scripted.source().changes(&FeedKey::from("ns:7"), &Cursor::from("ns:7 c0")).await.unwrap();
    let [Change::Upsert(a), Change::Upsert(b), Change::TombstoneAt { locator }] = &page.changes[..] else {
        panic!("{:?}", page.changes)
    };
    assert_eq!((a.id.as_str(), a.parents[0].as_str()), ("ns:7:id:a", "ns:7"));
    assert_eq!(b.parent_locator.as_deref(), Some("ns:7/sub"));
    assert_eq!(locator, "ns:7/c.txt");
    assert_eq!(scripted.asked()[0].root.as_ref().unwrap()["namespace_id"], "7");
}
