//! The change feeds: the user's own, and one for each shared drive.
//!
//! Entries tell the present state, not events. A cursor is Drive's page token; a feed's tokens mean nothing
//! to another feed.

use gangway_connector::{Change, ChangePage, ConnectorError, Disposition};
use gangway_model::{Cursor, FeedKey, ProviderItemId};

use super::api::{ALL_DRIVES, Api, INCLUDE_ALL_DRIVES};
use super::files::{self, USER_FEED, drive_feed, drive_of_feed};
use super::wire::{ChangeList, DriveChange, FILE_FIELDS, StartPageToken};

const LARGEST_PAGE: &str = "1000";

pub async fn start_cursor(api: &Api, feed: &FeedKey) -> Result<Cursor, ConnectorError> {
    let mut query = vec![ALL_DRIVES];
    query.extend(drive_parameter(feed)?);
    let request = api.get("changes.getStartPageToken", &["changes", "startPageToken"]).query(&query);
    let answer: StartPageToken = request.send_json().await?;
    answer.start_page_token.filter(|token| !token.is_empty()).map(Cursor::from).ok_or_else(no_token)
}

pub async fn changes(api: &Api, feed: &FeedKey, cursor: &Cursor) -> Result<ChangePage, ConnectorError> {
    let fields = format!(
        "nextPageToken,newStartPageToken,\
         changes(changeType,removed,fileId,driveId,file({FILE_FIELDS}),drive(id,name,createdTime))"
    );
    let mut query = vec![
        ("pageToken", cursor.as_str()),
        ("pageSize", LARGEST_PAGE),
        ("includeRemoved", "true"),
        // Tells an item that only left this feed (moved to another drive) from one that is gone.
        ("includeCorpusRemovals", "true"),
        ("fields", &fields),
        ALL_DRIVES,
        INCLUDE_ALL_DRIVES,
    ];
    query.extend(drive_parameter(feed)?);
    let request = api.get("changes.list", &["changes"]).query(&query);
    let list: ChangeList = match request.send_json().await {
        Err(error) if error.is_gone() => return feed_is_gone(api, feed, cursor, error).await,
        answer => answer?,
    };
    let (next, more) = match (list.next_page_token, list.new_start_page_token) {
        (Some(next), _) if !next.is_empty() => (next, true),
        (_, Some(start)) if !start.is_empty() => (start, false),
        _ => return Err(no_token()),
    };
    if more && next == cursor.as_str() {
        let message = "Google's change feed does not move on";
        return Err(ConnectorError::new("feed_stuck", message, Disposition::RetryLater { after: None }));
    }
    let changes = list.changes.into_iter().filter_map(change).collect();
    Ok(ChangePage { changes, cursor: Cursor::from(next), more })
}

/// A feed that is not found is over only if its drive is not found either.
async fn feed_is_gone(
    api: &Api,
    feed: &FeedKey,
    cursor: &Cursor,
    error: ConnectorError,
) -> Result<ChangePage, ConnectorError> {
    let Some(drive) = drive_of_feed(feed) else { return Err(not_proven(error)) };
    match api.shared_drive(drive).await {
        Err(drive_error) if drive_error.is_gone() => {
            let changes = vec![Change::FeedGone { feed: feed.clone() }];
            Ok(ChangePage { changes, cursor: cursor.clone(), more: false })
        }
        Err(drive_error) => Err(drive_error),
        Ok(_) => Err(not_proven(error)),
    }
}

fn not_proven(error: ConnectorError) -> ConnectorError {
    let message = "Google does not find a change feed that should be there";
    ConnectorError::new("feed_not_found", message, Disposition::RetryLater { after: None }).because(error)
}

/// Reads one entry; `None` for kinds of changes that concern nothing we keep.
fn change(change: DriveChange) -> Option<Change> {
    if change.change_type.as_deref() == Some("drive") {
        let id = change.drive_id.or_else(|| change.drive.as_ref().map(|drive| drive.id.clone()))?;
        if change.removed {
            return Some(Change::FeedGone { feed: drive_feed(&id) });
        }
        let mut drive = change.drive?;
        drive.id = id;
        return Some(Change::Upsert(Box::new(files::drive_entry(drive))));
    }
    let id = change.file_id.or_else(|| change.file.as_ref().map(|file| file.id.clone()))?;
    match change.file {
        // With `removed` it left this feed and can still be seen: its entry names the feed it is in now.
        Some(mut file) if !file.trashed => {
            file.id = id;
            Some(Change::Upsert(Box::new(files::entry(file))))
        }
        Some(_) => Some(Change::Tombstone { id: ProviderItemId::from(id) }),
        None if change.removed => Some(Change::Tombstone { id: ProviderItemId::from(id) }),
        None => Some(Change::Failure {
            id: ProviderItemId::from(id),
            reason: gangway_model::Reason::new(
                "malformed_answer",
                "Google says that it changed, but not how it looks now",
            ),
        }),
    }
}

fn drive_parameter(feed: &FeedKey) -> Result<Option<(&'static str, &str)>, ConnectorError> {
    match drive_of_feed(feed) {
        Some(drive) => Ok(Some(("driveId", drive))),
        None if feed.as_str() == USER_FEED => Ok(None),
        None => {
            let message = "there is no change feed of this name";
            Err(ConnectorError::new("unknown_feed", message, Disposition::Fail))
        }
    }
}

fn no_token() -> ConnectorError {
    let message = "Google's answer does not say where the change feed goes on";
    ConnectorError::new("malformed_answer", message, Disposition::RetryLater { after: None })
}
