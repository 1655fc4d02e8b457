//! What is asked of an index, and what it answers.

use std::time::Duration;

use gangway_model::{CollectionId, ConnectionId, ConnectorId, ItemId, Place, Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// Hits on a page at most.
pub const MAX_LIMIT: usize = 100;
/// How far into the hits a page may start; deeper paging helps nobody and costs memory.
pub const MAX_OFFSET: usize = 1000;

/// What may be seen at all. Always applied; there is no way to search without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visibility {
    /// Items of this user.
    pub owner: UserId,
    /// Items of other users are visible when they are in one of these collections (shared with the organisation).
    pub collections: Vec<CollectionId>,
}

/// What the asker narrows the search to. All given filters must hold; within a list, one match is enough;
/// an empty list or `None` does not filter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filters {
    pub connectors: Vec<ConnectorId>,
    /// An item is found through a collection only when the asker may see that collection or owns the item.
    pub collections: Vec<CollectionId>,
    /// Exact types (`application/pdf`) or whole families (`image/*`).
    pub media_types: Vec<String>,
    /// This moment and later. Items without a time never match a time filter.
    pub modified_after: Option<Timestamp>,
    /// Before this moment.
    pub modified_before: Option<Timestamp>,
    /// The path itself and everything below: `Reports` matches `Reports` and `Reports/2026/a.pdf`, not `Reports2`.
    /// Upper and lower case count. A slash at either end does not matter.
    pub path_prefix: Option<String>,
    pub item_ids: Vec<ItemId>,
}

/// A question and who asks it.
///
/// The query is free text: words (more of them found is better, all of them best), `"phrases"` and `-words` that
/// must not occur. The last word also matches as the beginning of a word. No syntax is ever an error.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchRequest {
    /// An empty query (or one without anything searchable) lists the latest modified items.
    pub query: String,
    pub visible: Visibility,
    pub filters: Filters,
    /// Hits wanted; brought into 1–[`MAX_LIMIT`].
    pub limit: usize,
    /// Hits to pass over; at most [`MAX_OFFSET`], beyond it the page is empty.
    pub offset: usize,
}

/// Hits in order of relevance, one for each item.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SearchPage {
    pub hits: Vec<Hit>,
    /// Items that match. Exact up to some thousand matching passages; beyond that at least this many match.
    pub total: u64,
    pub took: Duration,
}

/// An item that matches, with its best passage.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    pub item_id: ItemId,
    pub connection_id: ConnectionId,
    pub connector_id: ConnectorId,
    /// Comparable within one answer only.
    pub score: f32,
    /// The item's name at the source.
    pub name: String,
    /// The title the document gives itself.
    pub title: Option<String>,
    pub path: Option<String>,
    pub url: Option<String>,
    pub media_type: String,
    pub modified_at: Option<Timestamp>,
    /// The number of the passage in the document; `None` when the item has no text.
    pub chunk: Option<u32>,
    pub place: Place,
    pub snippet: Snippet,
}

/// A piece of the passage that shows why it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snippet {
    /// Plain text on one line, cut at sentence or word ends; `…` where something was left out.
    pub text: String,
    /// Byte ranges of `text` that match, in order, not overlapping.
    pub highlights: Vec<(usize, usize)>,
    /// The text with HTML escaped and the matches in `<mark>`.
    pub html: String,
}
