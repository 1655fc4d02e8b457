//! What has to be done for an entry, by what is known of it.

use gangway_connector::Entry;
use gangway_model::{FeedKey, Fetchable, Item, ItemKind, ItemState, Outcome, Reason, Timestamp};

use super::Placed;
use crate::content::is_expected;

/// What has to be done for one file.
pub(super) enum Plan {
    /// Nothing changed but, perhaps, which listing saw it last.
    Leave(Item),
    /// The content is the same; name, place or collections are not.
    Reindex(Item),
    Fetch,
    /// There is no content to fetch.
    NameOnly(Reason),
}

pub(super) fn plan_for(
    placed: &Placed,
    known: Option<&Item>,
    joined_a_collection: bool,
    is_read_by_now: bool,
    revision_grain: chrono::Duration,
) -> Plan {
    let entry = &placed.entry;
    let refused = match &entry.fetchable {
        Fetchable::No(reason) => Some(reason),
        Fetchable::Yes => None,
    };
    if let Some(known) = known
        && known.revision.as_ref() == Some(&entry.revision)
        && !is_read_by_now
        && content_is_settled(known, refused.is_some())
        && revision_is_settled(known, entry, revision_grain)
    {
        let same = known.parent_id == placed.parent && Described::item(known) == Described::entry(entry);
        let known = known.clone();
        return if same && !joined_a_collection { Plan::Leave(known) } else { Plan::Reindex(known) };
    }
    match refused {
        Some(reason) => Plan::NameOnly(reason.clone()),
        None => Plan::Fetch,
    }
}

/// Whether the revision says all: what was fetched soon after it last changed may have changed once more under the
/// same revision.
fn revision_is_settled(known: &Item, entry: &Entry, grain: chrono::Duration) -> bool {
    let fetched_at = known.synced_at.unwrap_or(known.observed_at);
    grain.is_zero() || entry.modified_at.is_none_or(|changed| fetched_at > changed + grain)
}

/// Whether fetching the same revision again would end the same way.
fn content_is_settled(known: &Item, refused_now: bool) -> bool {
    match known.state {
        ItemState::Synced => !refused_now,
        // With a hash the bytes were read and held no text; without one the source had nothing to give.
        ItemState::NameOnly => known.content_hash.is_none() == refused_now,
        ItemState::Failed | ItemState::Gone | ItemState::Structure => false,
    }
}

pub(super) fn outcome_of_known(known: &Item) -> Outcome {
    match (&known.state, &known.reason) {
        (ItemState::NameOnly, Some(reason)) if known.content_hash.is_none() || is_expected(reason) => {
            Outcome::Skipped
        }
        (ItemState::NameOnly, _) => Outcome::Failed,
        _ => Outcome::Unchanged,
    }
}

pub(super) fn same_metadata(known: &Item, now: &Item) -> bool {
    known.state == now.state
        && known.parent_id == now.parent_id
        && known.target_id == now.target_id
        && Described::item(known) == Described::item(now)
}

/// What a provider says of an item beside its content and its place.
#[derive(PartialEq)]
struct Described<'a> {
    name: &'a str,
    kind: ItemKind,
    media_type: &'a str,
    url: Option<&'a str>,
    locator: Option<&'a str>,
    modified_at: Option<Timestamp>,
    feed: Option<&'a FeedKey>,
}

impl<'a> Described<'a> {
    fn entry(entry: &'a Entry) -> Self {
        Self {
            name: &entry.name,
            kind: entry.kind,
            media_type: &entry.media_type,
            url: entry.url.as_deref(),
            locator: entry.locator.as_deref(),
            modified_at: entry.modified_at,
            feed: entry.feed.as_ref(),
        }
    }

    fn item(item: &'a Item) -> Self {
        Self {
            name: &item.name,
            kind: item.kind,
            media_type: &item.media_type,
            url: item.url.as_deref(),
            locator: item.locator.as_deref(),
            modified_at: item.modified_at,
            feed: item.feed.as_ref(),
        }
    }
}
