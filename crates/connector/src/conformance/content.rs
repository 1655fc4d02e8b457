//! Content: the very bytes, or an error.

use gangway_model::Fetchable;

use super::walk::{fetch_all, fetch_up_to, is_later, is_written, refusal};
use super::{ALWAYS, Stage, StandIn, Trouble};
use crate::entry::Entry;
use crate::error::Disposition;

async fn file<S: StandIn>(stage: &Stage<S>, text: &str) -> Entry {
    let id = stage.create_file(&stage.home(), "a.txt", text).await;
    stage.source().get(&id).await.unwrap()
}

/// Text of which no two parts are alike.
fn long_text() -> String {
    (0..40_000).map(|number| format!("{number} ")).collect()
}

pub async fn the_bytes_are_those_at_the_source<S: StandIn>(stage: &Stage<S>) {
    let entry = file(stage, "words, with ünïcödé\r\n").await;
    assert_eq!(entry.fetchable, Fetchable::Yes);
    let content = fetch_all(stage, &entry).await.unwrap();
    assert!(is_written(stage, &content, "words, with ünïcödé\r\n"), "{content:?}");
    if let Some(inline) = entry.inline {
        assert_eq!(inline.bytes, content, "what comes along is what would be fetched");
    }
}

pub async fn an_empty_file_is_empty<S: StandIn>(stage: &Stage<S>) {
    if !stage.habits().exact_content {
        return;
    }
    let entry = file(stage, "").await;
    assert!(fetch_all(stage, &entry).await.unwrap().is_empty());
}

pub async fn the_limit_is_kept<S: StandIn>(stage: &Stage<S>) {
    let mut entry = file(stage, "0123456789").await;
    let whole = fetch_all(stage, &entry).await.unwrap();
    let most = whole.len() as u64;
    assert_eq!(fetch_up_to(stage, &entry, most).await.unwrap(), whole);
    let error = fetch_up_to(stage, &entry, most - 1).await.unwrap_err();
    assert_eq!((error.code, error.disposition), ("too_large", Disposition::SkipItem));
    // Also when nobody could tell before.
    entry.size = None;
    assert_eq!(fetch_up_to(stage, &entry, most - 1).await.unwrap_err().code, "too_large");
}

pub async fn a_cut_download_is_whole_or_an_error<S: StandIn>(stage: &Stage<S>) {
    let text = long_text();
    let entry = file(stage, &text).await;
    for times in [1, 3, ALWAYS] {
        stage.cause(Trouble::CutDownload { after: 50_000, times }).await;
        match fetch_all(stage, &entry).await {
            Ok(bytes) => assert!(is_written(stage, &bytes, &text), "{} bytes", bytes.len()),
            Err(error) => assert!(is_later(&error), "{error:?}"),
        }
    }
}

pub async fn content_that_changed_since_is_whole_or_an_error<S: StandIn>(stage: &Stage<S>) {
    let entry = file(stage, "as it was listed").await;
    stage.change_content(&entry.id, "as it is now, longer").await;
    match fetch_all(stage, &entry).await {
        Ok(bytes) => assert!(is_written(stage, &bytes, "as it is now, longer"), "{bytes:?}"),
        Err(error) => assert!(is_later(&error), "{error:?}"),
    }
}

pub async fn what_is_gone_cannot_be_fetched<S: StandIn>(stage: &Stage<S>) {
    let entry = file(stage, "words").await;
    stage.delete(&entry.id).await;
    assert!(fetch_all(stage, &entry).await.unwrap_err().is_gone());
}

pub async fn containers_have_no_content<S: StandIn>(stage: &Stage<S>) {
    let entry = stage.source().get(&stage.home()).await.unwrap();
    if entry.kind.has_content() {
        return;
    }
    assert!(matches!(entry.fetchable, Fetchable::No(_)));
    let calls = stage.calls();
    let error = refusal(fetch_all(stage, &entry).await);
    assert_eq!(error.disposition, Disposition::SkipItem);
    assert_eq!(stage.calls(), calls, "nobody needs to be asked");
}
