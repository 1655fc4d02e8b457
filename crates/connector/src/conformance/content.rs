//! Content: the very bytes, or an error.

use gangway_model::Fetchable;

use super::walk::{fetch_all, fetch_up_to, is_later, refusal};
use super::{ALWAYS, Harness, Trouble};
use crate::entry::Entry;
use crate::error::Disposition;

async fn file<H: Harness>(harness: &H, text: &str) -> Entry {
    let id = harness.create_file(&harness.home().await, "a.txt", text).await;
    harness.source().get(&id).await.unwrap()
}

/// Text of which no two parts are alike.
fn long_text() -> String {
    (0..40_000).map(|number| format!("{number} ")).collect()
}

pub async fn the_bytes_are_those_at_the_source<H: Harness>(harness: &H) {
    let entry = file(harness, "words, with ünïcödé\r\n").await;
    assert_eq!(entry.fetchable, Fetchable::Yes);
    assert_eq!(fetch_all(harness, &entry).await.unwrap(), "words, with ünïcödé\r\n".as_bytes());
}

pub async fn an_empty_file_is_empty<H: Harness>(harness: &H) {
    let entry = file(harness, "").await;
    assert!(fetch_all(harness, &entry).await.unwrap().is_empty());
}

pub async fn the_limit_is_kept<H: Harness>(harness: &H) {
    let mut entry = file(harness, "0123456789").await;
    assert_eq!(fetch_up_to(harness, &entry, 10).await.unwrap(), b"0123456789");
    let error = fetch_up_to(harness, &entry, 9).await.unwrap_err();
    assert_eq!((error.code, error.disposition), ("too_large", Disposition::SkipItem));
    // Also when nobody could tell before.
    entry.size = None;
    assert_eq!(fetch_up_to(harness, &entry, 9).await.unwrap_err().code, "too_large");
}

pub async fn a_cut_download_is_whole_or_an_error<H: Harness>(harness: &H) {
    let text = long_text();
    let entry = file(harness, &text).await;
    for times in [1, 3, ALWAYS] {
        harness.cause(Trouble::CutDownload { after: 50_000, times }).await;
        match fetch_all(harness, &entry).await {
            Ok(bytes) => assert_eq!(bytes.len(), text.len()),
            Err(error) => assert!(is_later(&error), "{error:?}"),
        }
    }
}

pub async fn content_that_changed_since_is_whole_or_an_error<H: Harness>(harness: &H) {
    let entry = file(harness, "as it was listed").await;
    harness.change_content(&entry.id, "as it is now, longer").await;
    match fetch_all(harness, &entry).await {
        Ok(bytes) => assert_eq!(bytes, b"as it is now, longer"),
        Err(error) => assert!(is_later(&error), "{error:?}"),
    }
}

pub async fn what_is_gone_cannot_be_fetched<H: Harness>(harness: &H) {
    let entry = file(harness, "words").await;
    harness.delete(&entry.id).await;
    assert!(fetch_all(harness, &entry).await.unwrap_err().is_gone());
}

pub async fn containers_have_no_content<H: Harness>(harness: &H) {
    let folder = harness.create_container(&harness.home().await, "folder").await;
    let entry = harness.source().get(&folder).await.unwrap();
    assert!(matches!(entry.fetchable, Fetchable::No(_)));
    let calls = harness.calls();
    let error = refusal(fetch_all(harness, &entry).await);
    assert_eq!(error.disposition, Disposition::SkipItem);
    assert_eq!(harness.calls(), calls, "nobody needs to be asked");
}
