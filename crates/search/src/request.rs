//! What is asked of an index, and what it answers.

use std::time::Duration;

use gangway_model::{CollectionId, ConnectionId, ConnectorId, ItemId, Place, Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// Hits on a page at most.
pub const MAX_LIMIT: usize = 100;
/// Passages of an item that a hit shows at most.
pub const MAX_PASSAGES: usize = 3;
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

/// What names in a query can mean to the asker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Ids and the names people know, for `from:`.
    pub connectors: Vec<(ConnectorId, String)>,
    /// Collections the asker may see, for `in:`. Only those that [`folders_asked`](crate::folders_asked) tells of are
    /// needed.
    pub collections: Vec<(CollectionId, String)>,
}

/// A question and who asks it.
///
/// The query is free text: words (more of them found is better, all of them best), `"phrases"`, `begin*` and `-words`
/// that must not occur. The last word also matches as the beginning of a word. `type: from: in: after: before:` narrow
/// as [`Filters`] do, `title:` and `name:` ask for words there, and each may be excluded with `-`. No syntax is ever
/// an error: a field or value that means nothing is plain words.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchRequest {
    /// An empty query (or one without anything to rank by) lists the latest modified items.
    pub query: String,
    pub visible: Visibility,
    pub filters: Filters,
    pub names: Names,
    /// The moment that `today` and the age of documents are told by. The pages of one search share it.
    pub now: Timestamp,
    /// Whether items with nearly the same text are told as one.
    pub fold_duplicates: bool,
    /// Hits wanted; brought into 1–[`MAX_LIMIT`].
    pub limit: usize,
    /// Hits to pass over; at most [`MAX_OFFSET`], beyond it the page is empty.
    pub offset: usize,
}

/// Hits in order of relevance, one for each item.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SearchPage {
    pub hits: Vec<Hit>,
    /// Hits there are on all pages, or at least so many.
    pub total: u64,
    /// Whether there are exactly so many. Else more match than are counted, or than are compared to be told as one.
    pub total_is_exact: bool,
    pub took: Duration,
    pub understood: Understood,
    pub by_meaning: ByMeaning,
}

/// Whether a search also looked for passages that mean what was asked, in whatever words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ByMeaning {
    /// The server has no model for it.
    #[default]
    Off,
    /// There was nothing to understand: no words beside phrases and fields.
    NotAsked,
    Used,
    /// The model did not answer in time; what was found was found by its words alone.
    Unavailable,
}

impl ByMeaning {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::NotAsked => "not_asked",
            Self::Used => "used",
            Self::Unavailable => "unavailable",
        }
    }
}

/// How a query was read, so that people can be shown it. Texts are as typed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Understood {
    pub words: Vec<String>,
    pub phrases: Vec<String>,
    pub excluded: Vec<String>,
    pub filters: Vec<UnderstoodFilter>,
    /// Words that hardly occur in what the asker may see, and what was looked for besides.
    pub respelled: Vec<Respelled>,
}

/// A `field:value` of the query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnderstoodFilter {
    /// `type`, `from`, `in`, `after`, `before`, `title` or `name`.
    pub field: &'static str,
    pub value: String,
    /// Whether what matches is left out.
    pub excluded: bool,
    /// The kind of file, the connectors, the collections or the moment it stands for; empty for words and folders.
    pub means: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Respelled {
    pub word: String,
    /// Similar words, folded, the nearest first. Each occurs in something the asker may see.
    pub tried: Vec<String>,
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
    /// Further passages that match, the best first; at most [`MAX_PASSAGES`] with the one above.
    pub more_passages: Vec<Passage>,
    /// Items with nearly the same text that match as well and are told as this one; those among the first hits.
    pub duplicates: Vec<ItemId>,
}

/// A piece of an item that matches.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    /// The number of the passage in the document.
    pub chunk: u32,
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
