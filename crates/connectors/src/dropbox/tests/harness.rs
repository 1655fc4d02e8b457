//! Dropbox on the emulated Dropbox.

use gangway_connector::conformance::Stage;
use gangway_connector::{Change, ConnectorError, Entry, FetchLimits};
use gangway_emulators::dropbox::FileTarget;
use gangway_model::{Cursor, FeedKey, ProviderItemId};
use gangway_standins::DropboxStandIn;

use futures::TryStreamExt;

use crate::dropbox::Dropbox;

pub const ME: &str = DropboxStandIn::ME;
pub const FRIEND: &str = DropboxStandIn::FRIEND;

pub type DropboxStage = Stage<DropboxStandIn>;

pub async fn start() -> DropboxStage {
    Stage::start(&Dropbox).await
}

pub async fn with_scopes(scopes: &[&str]) -> DropboxStage {
    Stage::with_scopes(&Dropbox, scopes).await
}

pub fn mine(path: &str) -> FileTarget {
    FileTarget::of(ME, path)
}

pub fn hers(path: &str) -> FileTarget {
    FileTarget::of(FRIEND, path)
}

/// Fetches content whole, as text, with its type.
pub async fn text(stage: &DropboxStage, entry: &Entry) -> Result<(String, String), ConnectorError> {
    let content = stage.source().fetch(entry, &FetchLimits { max_bytes: 1 << 30 }).await?;
    let media_type = content.media_type;
    let chunks: Vec<_> = content.bytes.try_collect().await?;
    Ok((String::from_utf8_lossy(&chunks.concat()).into_owned(), media_type))
}

pub async fn list(stage: &DropboxStage, container: &str) -> Vec<Entry> {
    let container = ProviderItemId::from(container);
    let (mut entries, mut next) = (Vec::new(), None);
    loop {
        let page = stage.source().list(&container, next.as_ref()).await.unwrap();
        assert!(page.failures.is_empty() && !page.incomplete, "{page:?}");
        entries.extend(page.entries);
        next = page.next;
        if next.is_none() {
            return entries;
        }
    }
}

/// Reads a feed until it is caught up.
pub async fn catch_up(stage: &DropboxStage, feed: &FeedKey, cursor: &Cursor) -> (Vec<Change>, Cursor) {
    let (mut changes, mut cursor) = (Vec::new(), cursor.clone());
    loop {
        let page = stage.source().changes(feed, &cursor).await.unwrap();
        changes.extend(page.changes);
        cursor = page.cursor;
        if !page.more {
            return (changes, cursor);
        }
    }
}

/// What changes are about, in a word each.
pub fn words(changes: &[Change]) -> Vec<String> {
    let word = |change: &Change| match change {
        Change::Upsert(entry) => format!("{} at {}", entry.name, entry.locator.as_deref().unwrap_or("?")),
        Change::TombstoneAt { locator } => format!("nothing at {locator}"),
        Change::Look { id } => format!("look at {id}"),
        Change::FeedGone { feed } => format!("{feed} is over"),
        other => format!("{other:?}"),
    };
    changes.iter().map(word).collect()
}
