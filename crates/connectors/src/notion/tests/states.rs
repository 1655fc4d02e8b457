//! Against the emulated Notion: grants and their ends, an index that is late, pages that are missing, times that end.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::TryStreamExt;
use gangway_connector::conformance::{ALWAYS, Stage, StandIn};
use gangway_connector::{BrowseRequest, Change, Disposition, Entry, FetchLimits, Source};
use gangway_model::{ExposeSecret, Fetchable, ItemKind, ProviderItemId};
use gangway_oauth::Revoked;
use gangway_standins::NotionStandIn;
use serde_json::json;

use super::script::content;
use crate::notion::Notion;

type NotionStage = Stage<NotionStandIn>;

async fn start() -> NotionStage {
    Stage::start(&Notion).await
}

async fn all(source: &dyn Source, container: &ProviderItemId) -> Vec<Entry> {
    let (mut entries, mut next) = (Vec::new(), None);
    loop {
        let page = source.list(container, next.as_ref()).await.unwrap();
        assert!(page.failures.is_empty() && !page.incomplete, "{page:?}");
        entries.extend(page.entries);
        next = page.next;
        if next.is_none() {
            return entries;
        }
    }
}

/// Everything below the top, as the engine walks it.
async fn walk(source: &dyn Source) -> Vec<Entry> {
    let mut open = vec![ProviderItemId::from("workspace")];
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    while let Some(container) = open.pop() {
        for entry in all(source, &container).await {
            if seen.insert(entry.id.clone()) {
                if entry.kind.holds_items() {
                    open.push(entry.id.clone());
                }
                found.push(entry);
            }
        }
    }
    found
}

#[tokio::test]
async fn each_refresh_replaces_both_tokens() {
    let stage = start().await;
    let before = stage.tokens.grant();
    assert_eq!((before.expires_at, before.scopes.len()), (None, 0), "Notion tells neither");
    for generation in 2..5 {
        stage.control.expire_access_tokens();
        stage.source().account().await.unwrap();
        assert_eq!(stage.tokens.generation(), generation, "one refresh for one refused token");
    }
    let after = stage.tokens.grant();
    let secret =
        |token: &Option<gangway_model::SecretString>| token.as_ref().unwrap().expose_secret().to_owned();
    assert_ne!(secret(&before.refresh_token), secret(&after.refresh_token));
}

#[tokio::test]
async fn an_old_grant_without_a_refresh_token_lives_until_it_is_refused() {
    let stand_in = NotionStandIn::start().await;
    stand_in
        .switch(&json!({"null_refresh_tokens": true, "null_workspace": true, "owner_shape": "partial_user"}));
    let stage = Stage::on(stand_in, &Notion, &[]).await;
    assert!(stage.tokens.grant().refresh_token.is_none());
    stage.source().account().await.unwrap();
    stage.control.expire_access_tokens();
    let error = stage.source().account().await.unwrap_err();
    assert_eq!(error.disposition, Disposition::Reconnect, "{error:?}");
}

#[tokio::test]
async fn both_shapes_of_oauth_refusals_end_a_grant_at_once() {
    for shape in ["rfc6749", "notion"] {
        let stage = start().await;
        stage.switch(&json!({"oauth_error_shape": shape}));
        stage.disconnect();
        let before = stage.control.call_count("oauth.token");
        let error = stage.source().get(&stage.home()).await.unwrap_err();
        assert_eq!(error.disposition, Disposition::Reconnect, "{shape}: {error:?}");
        assert_eq!(
            stage.control.call_count("oauth.token"),
            before + 1,
            "{shape}: nobody tries again and again"
        );
    }
}

#[tokio::test]
async fn disconnecting_revokes_the_grant_and_twice_is_no_error() {
    let stage = start().await;
    assert_eq!(stage.tokens.revoke().await.unwrap(), Revoked::Done);
    let error = stage.source().account().await.unwrap_err();
    assert_eq!(error.disposition, Disposition::Reconnect, "{error:?}");
}

#[tokio::test]
async fn connecting_again_is_the_same_account() {
    let stage = start().await;
    let first = stage.source().account().await.unwrap();
    let again = Stage::on(NotionStandIn::start().await, &Notion, &[]).await;
    let second = again.source().account().await.unwrap();
    assert_eq!((first.id.clone(), first.workspace), (second.id, second.workspace));
    assert!(first.email.is_some() && first.name.is_some());
}

#[tokio::test]
async fn without_user_information_the_account_is_the_same_and_says_less() {
    let stage = start().await;
    let whole = stage.source().account().await.unwrap();
    for (capability, has_name) in [("without_email", true), ("none", false)] {
        stage.switch(&json!({"capabilities": {"user_info": capability}}));
        let account = stage.source().account().await.unwrap();
        assert_eq!((account.id, account.email), (whole.id.clone(), None), "{capability}");
        assert!(account.name.is_some(), "{capability}");
        assert_eq!(account.name == whole.name, has_name, "{capability}: {:?}", account.name);
    }
}

#[tokio::test]
async fn without_the_capability_to_read_nothing_is_concluded() {
    let stage = start().await;
    stage.switch(&json!({"capabilities": {"read_content": false}}));
    let source = stage.source();
    let answers = [
        source.get(&stage.home()).await.err(),
        source.list(&stage.home(), None).await.err(),
        source.list(&"workspace".into(), None).await.err(),
    ];
    for error in answers {
        let error = error.unwrap();
        assert_eq!((error.code, error.disposition), ("missing_capability", Disposition::SkipItem));
    }
}

#[tokio::test]
async fn a_late_and_leaky_index_hides_nothing_from_a_listing() {
    let stage = start().await;
    stage.switch(&json!({"search_lag_ms": 600_000, "search_missing_percent": 100, "short_pages": true}));
    let home = stage.home();
    let error = stage.source().list(&"workspace".into(), None).await.unwrap_err();
    assert_eq!(error.code, "waiting_for_index", "right after consent");
    stage.control.advance_clock(Duration::from_secs(660));
    let folder = stage.create_container(&home, "folder").await;
    stage.create_file(&folder, "deep.txt", "words").await;
    let names: Vec<String> = walk(&*stage.source()).await.into_iter().map(|entry| entry.name).collect();
    assert!(names.contains(&"folder".to_owned()) && names.contains(&"deep.txt".to_owned()), "{names:?}");
}

#[tokio::test]
async fn an_edit_within_the_same_minute_is_told_again() {
    let stage = start().await;
    stage.set_clock("2026-12-01T10:00:05Z".parse().unwrap());
    let file = stage.create_file(&stage.home(), "a.txt", "one").await;
    let source = stage.source();
    let feed = source.default_feed();
    let before = source.get(&file).await.unwrap();
    let start = source.start_cursor(&feed).await.unwrap();
    stage.set_clock("2026-12-01T10:00:55Z".parse().unwrap());
    stage.change_content(&file, "two").await;
    let told = source.changes(&feed, &start).await.unwrap().changes;
    let entry = told.iter().find_map(|change| match change {
        Change::Upsert(entry) if entry.id == file => Some(entry),
        _ => None,
    });
    let entry = entry.unwrap_or_else(|| panic!("{told:?}"));
    assert_eq!(entry.revision, before.revision, "nobody can tell them apart: the engine's grain has to");
    assert!(content(&*source, entry).await.unwrap().contains("two"));
}

#[tokio::test]
async fn a_table_beyond_the_row_limit_is_listed_whole() {
    let stage = start().await;
    stage.switch(&json!({"query_row_limit": 40, "shuffle_unsorted": true}));
    let target = NotionStandIn::target(&stage.home());
    let mut expected = 0;
    let wish = json!({"title": "Tasks", "properties": {"Name": {"title": {}}}, "rows": []});
    let database = stage.control.create_database(Some(&target), &wish).unwrap();
    let source = stage.source();
    let table = all(&*source, &database.id.as_str().into()).await.remove(0);
    for minute in 0..6 {
        stage.set_clock(format!("2026-12-01T10:{minute:02}:00Z").parse().unwrap());
        let rows: Vec<_> = (0..25).map(|n| json!({"title": format!("Row {minute} {n}")})).collect();
        expected += stage.control.add_rows(&NotionStandIn::target(&table.id), &rows).unwrap().len();
    }
    let rows = all(&*source, &table.id).await;
    let ids: BTreeSet<_> = rows.iter().map(|row| &row.id).collect();
    assert_eq!(ids.len(), expected);
    assert!(
        rows.iter().all(|row| row.parents == [table.id.clone()] && row.kind == ItemKind::FileAndContainer)
    );
}

#[tokio::test]
async fn a_wait_that_notion_asks_for_is_kept() {
    let stage = start().await;
    stage.fault("pages.get", 2, json!({"status": 429, "reason": "rate_limited", "retry_after": 17}));
    stage.source().get(&stage.home()).await.unwrap();
    assert_eq!(stage.clock.seconds_slept(), [17, 17]);
    stage.fault("pages.get", 1, json!({"status": 529, "reason": "service_overload", "retry_after": 5}));
    stage.source().get(&stage.home()).await.unwrap();
    assert_eq!(stage.clock.seconds_slept(), [17, 17, 5]);
    stage.fault("pages.get", ALWAYS, json!({"status": 429, "reason": "rate_limited", "retry_after": 3_600}));
    let error = stage.source().get(&stage.home()).await.unwrap_err();
    assert_eq!(error.disposition, Disposition::RetryLater { after: Some(Duration::from_secs(3_600)) });
}

#[tokio::test]
async fn files_are_fetched_by_links_of_the_moment() {
    let stage = start().await;
    stage.set_clock("2026-12-01T10:00:00Z".parse().unwrap());
    let upload = json!({"upload": {"name": "notes.txt", "content": "the bytes"}});
    let page = stage.create(&stage.home(), &json!({"title": "With a file", "blocks": [{"file": upload}]}));
    let source = stage.source();
    let entry = all(&*source, &page.id.as_str().into()).await.remove(0);
    assert_eq!((entry.name.as_str(), entry.kind), ("notes.txt", ItemKind::File));
    assert_eq!(source.get(&entry.id).await.unwrap(), entry);
    // The link of the listing is long dead by now; its signature is no part of anything that was kept.
    stage.set_clock("2026-12-01T13:00:00Z".parse().unwrap());
    assert_eq!(source.get(&entry.id).await.unwrap().revision, entry.revision);
    let content = source.fetch(&entry, &FetchLimits { max_bytes: 100 }).await.unwrap();
    let chunks: Vec<_> = content.bytes.try_collect().await.unwrap();
    assert_eq!(chunks.concat(), b"the bytes");
}

#[tokio::test]
async fn the_demo_is_read_whole() {
    let stage = Stage::on(NotionStandIn::with_demo().await, &Notion, &[]).await;
    let source = stage.source();
    let found = walk(&*source).await;
    assert!(found.len() > 20, "{} items", found.len());
    let mut text = String::new();
    for entry in found.iter().filter(|entry| entry.kind.has_content() && entry.fetchable == Fetchable::Yes) {
        match entry.kind {
            ItemKind::FileAndContainer => text.push_str(&content(&*source, entry).await.unwrap()),
            _ => drop(source.fetch(entry, &FetchLimits { max_bytes: 1 << 24 }).await),
        }
    }
    for entry in &found {
        let mut alone = source.get(&entry.id).await.unwrap();
        alone.thumbnail_url.clone_from(&entry.thumbnail_url);
        assert_eq!(alone, *entry);
    }
    for mark in ["\n# ", "\n- [x] ", "\n> ", "\n```", "\n| --- |", "$$", "](https://www.notion.so/"] {
        assert!(text.contains(mark), "{mark:?} is nowhere in the demo");
    }
    assert!(!text.contains("X-Amz") && !text.contains("signature="), "no signed link comes into a text");
    let top = source.browse(&BrowseRequest { limit: 100, ..BrowseRequest::default() }).await.unwrap();
    let listed = all(&*source, &"workspace".into()).await;
    assert_eq!(top.entries.len(), listed.len());
}

#[tokio::test]
async fn a_search_that_is_cut_short_is_no_complete_list_of_the_top() {
    let stage = start().await;
    stage.switch(&json!({"search_row_limit": 1}));
    for name in ["One", "Two", "Three"] {
        stage.create_file(&stage.home(), name, "words").await;
    }
    let page = stage.source().list(&"workspace".into(), None).await.unwrap();
    assert!(page.incomplete && page.next.is_none(), "{page:?}");
}
