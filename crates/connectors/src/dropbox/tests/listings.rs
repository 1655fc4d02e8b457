//! What can go wrong between pages, and where an entry stands.

use std::collections::BTreeSet;

use gangway_connector::{BrowseRequest, Disposition, EntryPage, Source};
use gangway_model::{Fetchable, ItemKind};
use serde_json::json;

use super::script::{Scripted, file, folder, page};

const LIST: &str = "files/list_folder";
const CONTINUE: &str = "files/list_folder/continue";
const METADATA: &str = "files/get_metadata";

async fn first(source: &dyn Source) -> EntryPage {
    source.list(&"id:f".into(), None).await.unwrap()
}

#[tokio::test]
async fn only_has_more_says_whether_there_is_more() {
    let scripted = Scripted::start().await;
    scripted.answers(LIST, 200, page(vec![], Some("c1")));
    scripted.answers(CONTINUE, 200, page(vec![file("id:a", Some("/f/a"), json!({}))], None));
    let source = scripted.source();
    let empty = first(&*source).await;
    assert!(empty.entries.is_empty() && !empty.incomplete);
    let rest = source.list(&"id:f".into(), empty.next.as_ref()).await.unwrap();
    assert_eq!((rest.entries.len(), rest.next), (1, None), "a cursor comes with the last page as well");
    assert_eq!(scripted.asked()[1].argument, json!({"cursor": "c1"}), "nothing but the cursor");
}

#[tokio::test]
async fn rows_that_cannot_be_told_make_a_listing_prove_nothing() {
    let scripted = Scripted::start().await;
    let rows = vec![
        json!({".tag": "hologram", "name": "x"}),
        file("id:with space", Some("/f/odd"), json!({})),
        file("id:good", Some("/f/good"), json!({"size": null, "rev": null, "path_display": null})),
        json!({".tag": "deleted", "name": "old", "path_lower": "/f/old"}),
    ];
    scripted.answers(LIST, 200, page(rows, None));
    let page = first(&*scripted.source()).await;
    assert_eq!(page.entries.len(), 1);
    assert!(page.incomplete);
    assert_eq!((page.failures[0].0.as_str(), page.failures[0].1.code.as_str()), ("id:with space", "odd_id"));
}

#[tokio::test]
async fn a_page_that_promises_more_without_saying_where_is_no_end() {
    let scripted = Scripted::start().await;
    scripted.answers(LIST, 200, json!({"entries": [], "cursor": "", "has_more": true}));
    let error = scripted.source().list(&"id:f".into(), None).await.unwrap_err();
    assert!(matches!(error.disposition, Disposition::RetryLater { .. }));
    let scripted = Scripted::start().await;
    scripted.answers(LIST, 200, json!({}));
    let error = scripted.source().list(&"id:f".into(), None).await.unwrap_err();
    assert!(matches!(error.disposition, Disposition::RetryLater { .. }), "no empty folder");
}

#[tokio::test]
async fn a_place_that_dropbox_cannot_use_begins_the_listing_anew() {
    let scripted = Scripted::start().await;
    scripted.answers(LIST, 200, page(vec![], Some("c1")));
    let source = scripted.source();
    let next = first(&*source).await.next;
    scripted.refuses(CONTINUE, 409, json!({".tag": "reset"}));
    scripted.says(
        CONTINUE,
        400,
        "Error in call to API function \"files/list_folder/continue\": Invalid cursor",
    );
    for _ in 0..2 {
        let error = source.list(&"id:f".into(), next.as_ref()).await.unwrap_err();
        assert_eq!(error.disposition, Disposition::RestartFeed);
    }
    scripted.finds_nothing(CONTINUE);
    source.list(&"id:f".into(), next.as_ref()).await.unwrap_err();
    let gone = source.list(&"id:f".into(), next.as_ref()).await.unwrap_err();
    assert!(gone.is_gone(), "the folder was deleted while it was listed");
}

#[tokio::test]
async fn the_top_of_the_account_is_never_gone() {
    let scripted = Scripted::start().await;
    scripted.finds_nothing(LIST);
    let source = scripted.source();
    let error = source.list(&"root".into(), None).await.unwrap_err();
    assert!(matches!(error.disposition, Disposition::RetryLater { .. }), "{error:?}");
    let request = BrowseRequest { container: Some("root".into()), limit: 10, ..BrowseRequest::default() };
    assert!(!source.browse(&request).await.unwrap_err().is_gone());
    assert!(source.list(&"id:f".into(), None).await.unwrap_err().is_gone());
}

#[tokio::test]
async fn a_folder_that_may_not_be_opened_is_skipped_and_not_gone() {
    let scripted = Scripted::start().await;
    scripted.refuses(LIST, 409, json!({".tag": "path", "path": {".tag": "something_new"}}));
    scripted.refuses(LIST, 409, json!({".tag": "path", "path": {".tag": "not_folder"}}));
    let source = scripted.source();
    for code in ["refused", "not_a_container"] {
        let error = source.list(&"id:f".into(), None).await.unwrap_err();
        assert_eq!((error.code, error.disposition), (code, Disposition::SkipItem));
    }
}

#[tokio::test]
async fn parents_are_found_by_their_paths() {
    let scripted = Scripted::start().await;
    scripted.answers(
        METADATA,
        200,
        file("id:a", Some("/one/two/ä.txt"), json!({"path_display": "/One/two/Ä.txt"})),
    );
    scripted.answers(METADATA, 200, folder("id:two", Some("/one/two")));
    let source = scripted.source();
    let entry = source.get(&"id:a".into()).await.unwrap();
    assert_eq!(entry.parents, ["id:two".into()]);
    assert_eq!((entry.locator.as_deref(), entry.parent_locator), (Some("/one/two/ä.txt"), None));
    assert_eq!(entry.url.as_deref(), Some("https://www.dropbox.com/home/One/two/%C3%84.txt"));
    let asked = scripted.asked();
    assert_eq!(asked[1].argument["path"], "/one/two");
    // The folder is gone by the time that it is asked for: the address is left.
    scripted.forget(METADATA).answers(METADATA, 200, file("id:a", Some("/one/two/a.txt"), json!({})));
    scripted.finds_nothing(METADATA);
    let entry = source.get(&"id:a".into()).await.unwrap();
    assert_eq!((entry.parents.len(), entry.parent_locator.as_deref()), (0, Some("/one/two")));
}

#[tokio::test]
async fn what_is_at_the_top_lies_in_the_root() {
    let scripted = Scripted::start().await;
    scripted.answers(METADATA, 200, folder("id:f", Some("/f")));
    let source = scripted.source();
    let entry = source.get(&"id:f".into()).await.unwrap();
    assert_eq!((entry.kind, entry.parents), (ItemKind::Container, vec!["root".into()]));
    assert!(matches!(entry.fetchable, Fetchable::No(_)));
    assert_eq!(scripted.asked().len(), 1);
    let root = source.get(&"root".into()).await.unwrap();
    assert_eq!((root.kind, root.parents.len()), (ItemKind::Container, 0));
}

#[tokio::test]
async fn an_answer_about_nothing_proves_nothing() {
    for answer in [json!({}), json!({"error": "x"}), json!({".tag": "file", "name": "x"})] {
        let scripted = Scripted::start().await;
        scripted.answers(METADATA, 200, answer);
        let error = scripted.source().get(&"id:a".into()).await.unwrap_err();
        assert!(matches!(error.disposition, Disposition::RetryLater { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn what_comes_beyond_the_limit_is_shown_on_the_next_page() {
    let rows = |from: u32, to: u32| {
        (from..to).map(|n| file(&format!("id:{n}"), Some(&format!("/f/{n}.txt")), json!({}))).collect()
    };
    let scripted = Scripted::start().await;
    scripted.answers(LIST, 200, page(rows(0, 5), Some("c1")));
    scripted.answers(CONTINUE, 200, page(rows(5, 9), None));
    let source = scripted.source();
    let mut request = BrowseRequest { container: Some("id:f".into()), limit: 2, ..BrowseRequest::default() };
    let mut seen = BTreeSet::new();
    for _ in 0..10 {
        let page = source.browse(&request).await.unwrap();
        assert!(page.entries.len() <= 2);
        for entry in page.entries {
            assert!(seen.insert(entry.id), "shown twice");
        }
        request.page = page.next;
        if request.page.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 9);
}

#[tokio::test]
async fn a_match_that_comes_twice_is_shown_once_and_deleted_ones_not_at_all() {
    let found =
        |row| json!({"metadata": {".tag": "metadata", "metadata": row}, "match_type": {".tag": "filename"}});
    let scripted = Scripted::start().await;
    let a = || found(file("id:a", Some("/f/a.txt"), json!({})));
    let matches = vec![
        a(),
        a(),
        json!({"metadata": {".tag": "other"}}),
        found(json!({".tag": "deleted", "name": "b", "path_lower": "/b"})),
        found(folder("id:f", Some("/f"))),
    ];
    scripted.answers("files/search_v2", 200, json!({"matches": matches, "has_more": false}));
    let search = Some("x".repeat(2000));
    let request =
        BrowseRequest { search, container: Some("id:f".into()), limit: 9, ..BrowseRequest::default() };
    let page = scripted.source().browse(&request).await.unwrap();
    assert_eq!(page.entries.len(), 2);
    assert_eq!(page.entries[0].parent_locator.as_deref(), Some("/f"));
    let argument = &scripted.asked()[0].argument;
    assert_eq!(
        (argument["options"]["path"].as_str(), argument["query"].as_str().unwrap().len()),
        (Some("id:f"), 1000)
    );
}

#[tokio::test]
async fn types_come_from_names_and_paper_is_paper() {
    let scripted = Scripted::start().await;
    let native = json!({"is_downloadable": false, "export_info": {"export_as": "markdown"}, "size": 77});
    let hopeless = json!({"is_downloadable": false});
    let rows = vec![
        file("id:1", Some("/f/a.md"), json!({"content_hash": "ab"})),
        file("id:2", Some("/f/b.paper"), native),
        file("id:3", Some("/f/c.paper"), hopeless),
    ];
    scripted.answers(LIST, 200, page(rows, None));
    let entries = first(&*scripted.source()).await.entries;
    assert_eq!((entries[0].media_type.as_str(), entries[0].revision.as_str()), ("text/markdown", "hash:ab"));
    assert_eq!((entries[1].media_type.as_str(), entries[1].size), ("application/vnd.dropbox.paper", None));
    assert_eq!((entries[1].revision.as_str(), &entries[1].fetchable), ("rev:0123456789abc", &Fetchable::Yes));
    assert!(matches!(&entries[2].fetchable, Fetchable::No(reason) if reason.code == "no_export"));
}
