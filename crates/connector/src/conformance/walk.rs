//! Reading to the end, the way the engine does.

use std::collections::BTreeMap;

use futures::TryStreamExt;
use gangway_model::{Cursor, FeedKey, ProviderItemId};

use super::{Stage, StandIn};
use crate::contract::Source;
use crate::entry::{BrowseRequest, Change, Entry, FetchLimits};
use crate::error::{ConnectorError, Disposition};

/// More pages than any case makes.
const MOST_PAGES: usize = 1_000;

/// Lists a container to its end, each page by a source of its own.
pub async fn list_all<S: StandIn>(stage: &Stage<S>, container: &ProviderItemId) -> Vec<Entry> {
    let (mut entries, mut next) = (Vec::new(), None);
    for _ in 0..MOST_PAGES {
        let page = stage.source().list(container, next.as_ref()).await.unwrap();
        assert!(page.failures.is_empty(), "{:?}", page.failures);
        entries.extend(page.entries);
        next = page.next;
        if next.is_none() {
            return entries;
        }
    }
    panic!("the listing does not end");
}

/// Browses to the end, each page by a source of its own, and checks every page's size.
pub async fn browse_all<S: StandIn>(stage: &Stage<S>, request: &BrowseRequest) -> Vec<Entry> {
    let mut request = request.clone();
    let mut entries = Vec::new();
    for _ in 0..MOST_PAGES {
        let page = stage.source().browse(&request).await.unwrap();
        assert!(page.entries.len() <= request.limit as usize, "{} entries", page.entries.len());
        entries.extend(page.entries);
        request.page = page.next;
        if request.page.is_none() {
            return entries;
        }
    }
    panic!("browsing does not end");
}

/// The feed that reports on an entry.
pub fn feed_of(source: &dyn Source, entry: &Entry) -> FeedKey {
    entry.feed.clone().unwrap_or_else(|| source.default_feed())
}

/// The feed's place now.
pub async fn now<S: StandIn>(stage: &Stage<S>, feed: &FeedKey) -> Cursor {
    stage.source().start_cursor(feed).await.unwrap()
}

/// The latest word on each item: what it looks like, or that it is gone.
pub type Told = BTreeMap<ProviderItemId, Option<Entry>>;

/// Reads a feed until it is caught up: the latest word on each item, and the place reached.
pub async fn catch_up<S: StandIn>(stage: &Stage<S>, feed: &FeedKey, cursor: &Cursor) -> (Told, Cursor) {
    catch_up_knowing(stage, feed, cursor, &[]).await
}

/// Reads a feed as one who knows these entries from before, as the engine does.
pub async fn catch_up_knowing<S: StandIn>(
    stage: &Stage<S>,
    feed: &FeedKey,
    cursor: &Cursor,
    known: &[Entry],
) -> (Told, Cursor) {
    let (mut told, mut cursor) = (BTreeMap::new(), cursor.clone());
    for _ in 0..MOST_PAGES {
        let page = stage.source().changes(feed, &cursor).await.unwrap();
        for change in page.changes {
            match change {
                Change::Upsert(entry) => {
                    let gave_way = |known: &&Entry| {
                        known.id != entry.id && known.locator.is_some() && known.locator == entry.locator
                    };
                    for known in known.iter().filter(gave_way) {
                        looked_up(stage, &known.id, &mut told).await;
                    }
                    told.insert(entry.id.clone(), Some(*entry))
                }
                Change::Tombstone { id } => told.insert(id, None),
                Change::TombstoneAt { locator } => {
                    // What stood there, and what lay in it.
                    let at = Some(&locator);
                    let is_there =
                        |entry: &&Entry| entry.locator.as_ref() == at || entry.parent_locator.as_ref() == at;
                    for entry in known.iter().filter(is_there) {
                        looked_up(stage, &entry.id, &mut told).await;
                    }
                    None
                }
                Change::Look { id } => {
                    looked_up(stage, &id, &mut told).await;
                    None
                }
                Change::Relist { .. } => None,
                Change::FeedGone { .. } | Change::Failure { .. } => panic!("unexpected {change:?}"),
            };
        }
        cursor = page.cursor;
        if !page.more {
            return (told, cursor);
        }
    }
    panic!("the feed does not catch up");
}

/// Asks for an item that the feed only points at.
async fn looked_up<S: StandIn>(stage: &Stage<S>, id: &ProviderItemId, told: &mut Told) {
    match stage.source().get(id).await {
        Ok(entry) => told.insert(id.clone(), Some(entry)),
        Err(error) if error.is_gone() => told.insert(id.clone(), None),
        Err(error) => panic!("{id} cannot be looked up: {error:?}"),
    };
}

/// Whether content is what was written, as exactly as the provider keeps it.
pub fn is_written<S: StandIn>(stage: &Stage<S>, content: &[u8], written: &str) -> bool {
    match stage.habits().exact_content {
        true => content == written.as_bytes(),
        false => String::from_utf8_lossy(content).contains(written.trim()),
    }
}

/// Fetches an entry's content whole.
pub async fn fetch_all<S: StandIn>(stage: &Stage<S>, entry: &Entry) -> Result<Vec<u8>, ConnectorError> {
    fetch_up_to(stage, entry, 1 << 30).await
}

pub async fn fetch_up_to<S: StandIn>(
    stage: &Stage<S>,
    entry: &Entry,
    max_bytes: u64,
) -> Result<Vec<u8>, ConnectorError> {
    let content = stage.source().fetch(entry, &FetchLimits { max_bytes }).await?;
    let told = content.size;
    let chunks: Vec<_> = content.bytes.try_collect().await?;
    let whole = chunks.concat();
    assert!(told.is_none_or(|told| told == whole.len() as u64), "{told:?} were told");
    Ok(whole)
}

pub fn is_later(error: &ConnectorError) -> bool {
    matches!(error.disposition, Disposition::RetryLater { .. })
}

pub fn names(entries: &[Entry]) -> Vec<&str> {
    let mut names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    names.sort_unstable();
    names
}

/// The error of something that must not succeed.
pub fn refusal<T>(result: Result<T, ConnectorError>) -> ConnectorError {
    match result {
        Ok(_) => panic!("this should have been refused"),
        Err(error) => error,
    }
}
