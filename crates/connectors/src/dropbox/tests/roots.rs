//! Where paths begin: the team's root, and what happens when it becomes another.

use gangway_connector::Disposition;
use gangway_model::{Cursor, FeedKey};
use serde_json::{Value, json};

use super::script::{ROUTE_OF_ACCOUNT, Scripted, file, folder, page};

const LIST: &str = "files/list_folder";
const CONTINUE: &str = "files/list_folder/continue";

fn root_header(namespace: &str) -> Option<Value> {
    Some(json!({".tag": "root", "root": namespace}))
}

fn moved_to(scripted: &Scripted, route: &str, namespace: &str) {
    let root = json!({".tag": "team", "root_namespace_id": namespace, "home_namespace_id": "1"});
    scripted.refuses(route, 422, json!({".tag": "invalid_root", "invalid_root": root}));
}

#[tokio::test]
async fn every_call_names_the_root_which_is_asked_for_once() {
    let scripted = Scripted::start().await;
    scripted.answers(LIST, 200, page(vec![file("id:a", Some("/a.txt"), json!({}))], None));
    scripted.answers("files/get_metadata", 200, file("id:a", Some("/a.txt"), json!({})));
    let source = scripted.source();
    source.list(&"root".into(), None).await.unwrap();
    source.list(&"id:f".into(), None).await.unwrap();
    source.get(&"id:a".into()).await.unwrap();
    assert_eq!(scripted.roots_asked(), 1);
    let asked = scripted.asked();
    assert!(asked.iter().all(|call| call.root == root_header("1")), "{asked:?}");
    let paths: Vec<_> = asked.iter().map(|call| call.argument["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["", "id:f", "id:a"], "the root is the empty path");
}

#[tokio::test]
async fn an_account_with_another_root_is_read_anew_at_once() {
    let scripted = Scripted::start().await;
    let source = scripted.source();
    moved_to(&scripted, LIST, "2");
    scripted.root("2").answers(LIST, 200, page(vec![folder("id:a", Some("/team"))], Some("next")));
    scripted.answers(CONTINUE, 200, page(vec![], None));
    let listed = source.list(&"root".into(), None).await.unwrap();
    assert_eq!(listed.entries[0].name, "team");
    let roots: Vec<_> = scripted.asked().into_iter().map(|call| call.root).collect();
    assert_eq!(roots, [root_header("1"), root_header("2")]);
    // What follows stays with the root that it began under.
    source.list(&"root".into(), listed.next.as_ref()).await.unwrap();
    assert_eq!(scripted.asked()[0].root, root_header("2"));
    assert_eq!(scripted.roots_asked(), 0);
}

#[tokio::test]
async fn a_root_that_keeps_changing_is_waited_for() {
    let scripted = Scripted::start().await;
    moved_to(&scripted, LIST, "2");
    moved_to(&scripted, LIST, "3");
    let error = scripted.source().list(&"root".into(), None).await.unwrap_err();
    assert!(matches!(error.disposition, Disposition::RetryLater { .. }), "{error:?}");
    assert_eq!(scripted.asked().len(), 2);
}

#[tokio::test]
async fn places_in_lists_and_feeds_end_with_their_root() {
    let scripted = Scripted::start().await;
    let source = scripted.source();
    scripted.answers("files/list_folder/get_latest_cursor", 200, json!({"cursor": "c"}));
    scripted.answers(LIST, 200, page(vec![], Some("p")));
    let feed = source.default_feed();
    let cursor = source.start_cursor(&feed).await.unwrap();
    let next = source.list(&"root".into(), None).await.unwrap().next;
    moved_to(&scripted, CONTINUE, "2");
    let error = source.changes(&feed, &cursor).await.unwrap_err();
    assert_eq!(error.disposition, Disposition::RestartFeed);
    let error = source.list(&"root".into(), next.as_ref()).await.unwrap_err();
    assert_eq!(error.disposition, Disposition::RestartFeed);
    // Beginning anew asks for the new root.
    scripted.forget(ROUTE_OF_ACCOUNT).root("2").asked();
    source.start_cursor(&feed).await.unwrap();
    assert_eq!(scripted.asked()[0].root, root_header("2"));
}

#[tokio::test]
async fn a_place_of_another_tree_or_another_hand_is_not_sent() {
    let scripted = Scripted::start().await;
    let source = scripted.source();
    for odd in ["", "nonsense", "ns:1 cursor", "root:1", "round - 0 "] {
        let error = source.changes(&source.default_feed(), &Cursor::from(odd)).await.unwrap_err();
        assert_eq!(error.disposition, Disposition::RestartFeed, "{odd}");
    }
    let error = source.changes(&FeedKey::from("ns:1"), &Cursor::from("root:1 c")).await.unwrap_err();
    assert_eq!(error.disposition, Disposition::RestartFeed);
    let error = source.start_cursor(&FeedKey::from("other")).await.unwrap_err();
    assert_eq!(error.disposition, Disposition::Fail);
    assert!(scripted.asked().is_empty());
}

#[tokio::test]
async fn an_unmounted_folder_is_read_under_a_root_of_its_own_and_mounted_by_nobody() {
    let scripted = Scripted::start().await;
    scripted.answers(LIST, 200, page(vec![folder("id:sub", Some("/sub"))], None));
    let source = scripted.source();
    let listed = source.list(&"ns:77".into(), None).await.unwrap().entries;
    assert_eq!((listed[0].id.as_str(), listed[0].parents[0].as_str()), ("ns:77:id:sub", "ns:77"));
    assert_eq!(listed[0].locator.as_deref(), Some("ns:77/sub"));
    assert_eq!(listed[0].feed, Some("ns:77".into()));
    source.list(&"ns:77:id:sub".into(), None).await.unwrap();
    let asked = scripted.asked();
    let namespace = Some(json!({".tag": "namespace_id", "namespace_id": "77"}));
    assert!(asked.iter().all(|call| call.root == namespace), "{asked:?}");
    assert_eq!(asked[1].argument["path"], "id:sub");
    assert_eq!(scripted.roots_asked(), 0);
}
