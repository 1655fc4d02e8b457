//! What changed, read from the search: newest edits first, until they are older than what was read before.
//!
//! A cursor is a moment, the watermark: the newest edit that was told. Each reading goes back a while before it, because
//! the index is late and edit times are rounded down to the minute; what is told twice is recognised by its revision.
//! The search never tells that something is gone. What it lists as trashed is only pointed at: it may be back already,
//! and the index not know. What was unshared is not told by anything.

use gangway_connector::{Change, ChangePage, ConnectorError, Disposition};
use gangway_model::{Cursor, FeedKey, ProviderItemId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ancestry::{Memory, Place, is_not_this_kind, place};
use super::api::{Api, LARGEST_PAGE};
use super::entries;
use super::error::{BAD_REQUEST, place_rejected, stuck};
use super::top::{data_source_in, page_in, sorted};
use super::wire::{DataSource, Object, Page, read};

/// The one feed there is.
pub const FEED: &str = "search";
/// How far before the watermark a reading goes: Notion's rounding takes two minutes, its index the others.
const OVERLAP: chrono::Duration = chrono::Duration::minutes(10);

/// A place in the feed.
#[derive(Debug, Default, Serialize, Deserialize)]
struct InFeed {
    /// The newest edit that earlier readings told; none when there was nothing at all.
    mark: Option<Timestamp>,
    /// The newest edit that this reading told so far, live or in the trash, whichever it reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    newest: Option<Timestamp>,
    /// The newest edit in the trash that was pointed at: nothing is looked at for ever because nothing else happens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trashed: Option<Timestamp>,
    /// The newest live edit of this reading, once it has come to the trash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    live: Option<Timestamp>,
    /// Whether this reading has come to what is in the trash.
    #[serde(default)]
    trash: bool,
    /// Notion's own cursor within this reading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    page: Option<String>,
}

impl InFeed {
    fn read(cursor: &Cursor) -> Result<Self, ConnectorError> {
        serde_json::from_str(cursor.as_str()).map_err(|_| place_rejected())
    }

    fn cursor(&self) -> Cursor {
        Cursor::from(serde_json::to_string(self).expect("texts and moments can be written as JSON"))
    }

    /// Edits before this were told.
    fn floor(&self) -> Option<Timestamp> {
        let told = if self.trash { self.mark.max(self.trashed) } else { self.mark };
        told?.checked_sub_signed(OVERLAP)
    }
}

/// The newest edit there is now. Without a clock of ours: Notion's decides what is new.
pub async fn start_cursor(api: &Api, feed: &FeedKey) -> Result<Cursor, ConnectorError> {
    check(feed)?;
    let list = api.search(sorted("descending"), None, 1).await?;
    let newest = list.results.first().and_then(read::<Object>).and_then(|object| object.last_edited_time);
    Ok(InFeed { mark: newest, ..InFeed::default() }.cursor())
}

pub async fn changes(
    api: &Api,
    memory: &Memory,
    feed: &FeedKey,
    cursor: &Cursor,
) -> Result<ChangePage, ConnectorError> {
    check(feed)?;
    let mut at = InFeed::read(cursor)?;
    let mut wish = sorted("descending");
    if at.trash {
        wish.insert("filter".to_owned(), json!({"in_trash": true}));
    }
    let list = match api.search(wish, at.page.as_deref(), LARGEST_PAGE).await {
        // A Notion that cannot list its trash: what went there is found by looking for it.
        Err(error) if at.trash && at.page.is_none() && error.code == BAD_REQUEST => return Ok(caught_up(at)),
        answer => answer?,
    };
    let next = list.next().map(str::to_owned);
    if next.is_some() && next == at.page {
        return Err(stuck());
    }
    let floor = at.floor();
    let edited = |value: &Value| read::<Object>(value).and_then(|object| object.last_edited_time);
    let is_old = |value: &Value| edited(value).zip(floor).is_some_and(|(at, floor)| at < floor);
    let all_old = !list.results.is_empty() && list.results.iter().all(is_old);
    let fresh: Vec<&Value> = list.results.iter().filter(|value| !is_old(value)).collect();
    let newest = fresh.iter().filter_map(|value| edited(value)).chain(at.newest).max();
    let mut changes = Vec::with_capacity(fresh.len());
    match at.trash {
        true => changes.extend(fresh.into_iter().filter_map(look)),
        false => {
            for value in fresh.iter().copied() {
                if let Some(page) = page_in(value).filter(|page| !page.is_trashed()) {
                    memory.remember_page(&page);
                }
            }
            for value in fresh {
                tell(api, memory, value, &mut changes).await?;
            }
        }
    }
    at.newest = newest;
    let rest_is_old = all_old || next.is_none();
    match (rest_is_old, at.trash) {
        (true, true) => return Ok(ChangePage { changes, ..caught_up(at) }),
        // The watermark must not move yet: the trash is read back to where the last reading ended.
        (true, false) => at = InFeed { trash: true, page: None, newest: None, live: at.newest, ..at },
        (false, _) => at.page = next,
    }
    Ok(ChangePage { changes, cursor: at.cursor(), more: true })
}

/// The end of a reading: the watermark moves.
fn caught_up(at: InFeed) -> ChangePage {
    let (mark, trashed) = (at.live.max(at.mark), at.newest.max(at.trashed));
    let cursor = InFeed { mark, trashed, ..InFeed::default() }.cursor();
    ChangePage { changes: Vec::new(), cursor, more: false }
}

fn look(value: &Value) -> Option<Change> {
    let object: Object = read(value)?;
    (!object.id.is_empty()).then(|| Change::Look { id: ProviderItemId::from(object.id) })
}

async fn tell(
    api: &Api,
    memory: &Memory,
    value: &Value,
    changes: &mut Vec<Change>,
) -> Result<(), ConnectorError> {
    let told = match (page_in(value), data_source_in(value)) {
        (Some(page), _) => page_told(api, memory, &page).await,
        (None, Some(source)) => data_source_told(api, memory, &source).await,
        // A page of which only the id is told, or a kind that is not known yet.
        (None, None) => Ok(look(value).into_iter().collect()),
    };
    match told {
        Ok(told) => changes.extend(told),
        Err(error) if matches!(error.disposition, Disposition::SkipItem | Disposition::Fail) => {
            let object: Object = read(value).unwrap_or_default();
            changes.push(Change::Failure { id: ProviderItemId::from(object.id), reason: error.reason() });
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

async fn page_told(api: &Api, memory: &Memory, page: &Page) -> Result<Vec<Change>, ConnectorError> {
    let id = ProviderItemId::from(page.id.as_str());
    if page.is_trashed() {
        return Ok(vec![Change::Look { id }]);
    }
    Ok(match place(api, memory, &page.parent).await? {
        Place::Trash => vec![Change::Look { id }],
        at => vec![Change::Upsert(Box::new(entries::page(page, at.parents())))],
    })
}

/// The search tells of no databases: a data source brings its own along, or a new one would hang in the air.
async fn data_source_told(
    api: &Api,
    memory: &Memory,
    source: &DataSource,
) -> Result<Vec<Change>, ConnectorError> {
    let id = ProviderItemId::from(source.id.as_str());
    let upsert = |entry| Change::Upsert(Box::new(entry));
    if source.is_trashed() {
        return Ok(vec![Change::Look { id }]);
    }
    let database = match source.parent.id() {
        Some(database) => api.database(database).await,
        None => return Ok(vec![upsert(entries::data_source(source, Place::Top.parents()))]),
    };
    match database {
        Ok(database) if database.is_trashed() => Ok(vec![Change::Look { id }]),
        Ok(database) => match place(api, memory, &database.parent).await? {
            Place::Trash => Ok(vec![Change::Look { id }]),
            at => {
                let inside = Place::In(database.id.clone()).parents();
                Ok(vec![
                    upsert(entries::database(&database, at.parents())),
                    upsert(entries::data_source(source, inside)),
                ])
            }
        },
        Err(error) if is_not_this_kind(&error) => {
            Ok(vec![upsert(entries::data_source(source, Place::Top.parents()))])
        }
        Err(error) => Err(error),
    }
}

fn check(feed: &FeedKey) -> Result<(), ConnectorError> {
    match feed.as_str() {
        FEED => Ok(()),
        _ => {
            let message = "there is no change feed of this name";
            Err(ConnectorError::new("unknown_feed", message, Disposition::Fail))
        }
    }
}
