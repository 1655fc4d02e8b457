//! The change feeds: the account's own tree, one for each unmounted shared folder, and the list of single files.
//!
//! A cursor is Dropbox's, begun for a whole tree, with the root that it is bound to. Deletions come without id, as
//! paths; moves as a deletion of the old path and an entry with the same id at the new one, in any order. What gave way
//! to a new entry of the same name is not told at all: its address being taken is all there is to see.

use gangway_connector::{Change, ChangePage, ConnectorError, Disposition, Entry};
use gangway_model::{Cursor, FeedKey, ProviderItemId};
use serde_json::json;

use super::api::Api;
use super::error::NAMESPACE_REFUSED;
use super::files::{self, Told, told};
use super::listing::{LARGEST_PAGE, arguments, go_on, no_cursor, proven};
use super::place::{Area, SHARED_WITH_ME};
use super::received;
use super::root::Spot;
use super::wire::{LatestCursor, Metadata};

pub async fn start_cursor(api: &Api, feed: &FeedKey) -> Result<Cursor, ConnectorError> {
    if feed.as_str() == SHARED_WITH_ME {
        return Ok(received::start_cursor());
    }
    let area = area_of(feed)?;
    let mut argument = arguments("", LARGEST_PAGE);
    argument["recursive"] = json!(true);
    // There is no first listing here for old deletions to appear in; later ones are told for certain.
    argument["include_deleted"] = json!(true);
    let asked = api.ask_within(&area, "files/list_folder/get_latest_cursor", &argument).await;
    let (root, latest): (_, LatestCursor) = match asked {
        Err(error) => return Err(proven(api, &area, error).await),
        Ok(answer) => answer,
    };
    let cursor = latest.cursor.filter(|cursor| !cursor.is_empty()).ok_or_else(no_cursor)?;
    Ok(Cursor::from(Spot { root, cursor }.to_string()))
}

pub async fn changes(api: &Api, feed: &FeedKey, cursor: &Cursor) -> Result<ChangePage, ConnectorError> {
    if feed.as_str() == SHARED_WITH_ME {
        return received::changes(api, cursor).await;
    }
    let area = area_of(feed)?;
    let spot = Spot::read(cursor.as_str(), &area)?;
    let (root, page) = match go_on(api, spot.clone()).await {
        Err(error) if error.is_gone() || error.code == NAMESPACE_REFUSED => {
            return feed_is_gone(api, feed, &area, cursor, error).await;
        }
        answer => answer?,
    };
    let next = page.cursor.filter(|cursor| !cursor.is_empty()).ok_or_else(no_cursor)?;
    if page.has_more && next == spot.cursor {
        let message = "Dropbox's change feed does not move on";
        return Err(ConnectorError::new("feed_stuck", message, Disposition::RetryLater { after: None }));
    }
    let mut changes: Vec<Change> = Vec::with_capacity(page.entries.len());
    let mut must_list = false;
    for row in &page.entries {
        match change(api, &area, row) {
            Some(change) => changes.push(change),
            None => must_list = true,
        }
    }
    if must_list {
        changes.push(Change::Relist { container: area.top() });
    }
    let cursor = Cursor::from(Spot { root, cursor: next }.to_string());
    Ok(ChangePage { changes, cursor, more: page.has_more })
}

/// A feed whose folder is not found is over only if the folder itself is gone.
async fn feed_is_gone(
    api: &Api,
    feed: &FeedKey,
    area: &Area,
    cursor: &Cursor,
    error: ConnectorError,
) -> Result<ChangePage, ConnectorError> {
    match proven(api, area, error).await {
        gone if gone.is_gone() => {
            let changes = vec![Change::FeedGone { feed: feed.clone() }];
            Ok(ChangePage { changes, cursor: cursor.clone(), more: false })
        }
        error => Err(error),
    }
}

/// Reads one row; `None` when it says that something happened, and not to what.
fn change(api: &Api, area: &Area, row: &Metadata) -> Option<Change> {
    match (told(row), row.path_lower.as_deref()) {
        (Told::Deleted(path), _) => Some(Change::TombstoneAt { locator: area.locator(path) }),
        (Told::Item(_), Some(path)) => {
            let mut entry: Entry = files::entry(api, area, row);
            match files::parent_path(path) {
                "" => entry.parents = vec![area.top()],
                parent => entry.parent_locator = Some(area.locator(parent)),
            }
            Some(Change::Upsert(Box::new(entry)))
        }
        // Without a path its place is known only to the call that asks for it.
        (Told::Item(id), None) => Some(Change::Look { id: area.item(id) }),
        (Told::OddId(id), _) => {
            Some(Change::Failure { id: ProviderItemId::from(id), reason: files::odd_id() })
        }
        (Told::Unreadable, _) => None,
    }
}

fn area_of(feed: &FeedKey) -> Result<Area, ConnectorError> {
    Area::of_feed(feed).ok_or_else(|| {
        let message = "there is no change feed of this name";
        ConnectorError::new("unknown_feed", message, Disposition::Fail)
    })
}
