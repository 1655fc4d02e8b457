//! What a source tells the engine: entries, pages of them, changes, content.

use std::fmt;
use std::pin::Pin;

use bytes::Bytes;
use futures::Stream;
use gangway_model::{
    Cursor, FeedKey, Fetchable, ItemKind, PageToken, ProviderItemId, Reason, Revision, Timestamp,
};

use crate::error::ConnectorError;

/// One thing at the provider, as its metadata describes it now.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub id: ProviderItemId,
    /// Containers that hold it and that this connection may see; usually one, none for the top level
    /// and for what was shared without its container.
    pub parents: Vec<ProviderItemId>,
    /// Which change feed reports on it.
    pub feed: Option<FeedKey>,
    pub kind: ItemKind,
    /// For a link, what it points at.
    pub target: Option<ProviderItemId>,
    /// As the provider spells it: may hold slashes, may not be unique.
    pub name: String,
    pub media_type: String,
    /// Bytes of its content, where the provider knows before fetching.
    pub size: Option<u64>,
    pub created_at: Option<Timestamp>,
    pub modified_at: Option<Timestamp>,
    /// Where a person opens it.
    pub url: Option<String>,
    pub thumbnail_url: Option<String>,
    /// Changes whenever the content changes; unchanged means the bytes need not be fetched again.
    pub revision: Revision,
    /// Whether `fetch` can succeed, as far as metadata tells.
    pub fetchable: Fetchable,
    /// The content, where the provider sends it along with the metadata: then `fetch` is not called. Small; not
    /// compared and not stored.
    pub inline: Option<Inline>,
    /// The provider's address of the entry (a path), where its feed names what is gone by address instead of id. An
    /// address holds one entry: when a feed tells of it, what else was known there has given way, and the engine looks
    /// it up by id.
    pub locator: Option<String>,
    /// The address of the container that holds it, where the provider does not tell the container's id: the engine
    /// finds the container by its locator. Only looked at when `parents` is empty.
    pub parent_locator: Option<String>,
}

impl Entry {
    /// An entry that says no more than what it is: of no known type, size or time, with no address, fetchable when
    /// it has content.
    pub fn new(id: impl Into<ProviderItemId>, kind: ItemKind, name: impl Into<String>) -> Self {
        let no_content = || Reason::new("no_content", "it holds other items and has no content of its own");
        Self {
            id: id.into(),
            parents: Vec::new(),
            feed: None,
            kind,
            target: None,
            name: name.into(),
            media_type: gangway_model::media::OCTET_STREAM.to_owned(),
            size: None,
            created_at: None,
            modified_at: None,
            url: None,
            thumbnail_url: None,
            revision: Revision::from(""),
            fetchable: if kind.has_content() { Fetchable::Yes } else { Fetchable::No(no_content()) },
            inline: None,
            locator: None,
            parent_locator: None,
        }
    }
}

/// Content that came along with an entry.
#[derive(Clone, PartialEq)]
pub struct Inline {
    pub media_type: &'static str,
    pub bytes: Bytes,
}

impl fmt::Debug for Inline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes of {}", self.bytes.len(), self.media_type)
    }
}

/// One bounded answer of a listing.
#[derive(Clone, Debug, Default)]
pub struct EntryPage {
    /// May be empty although `next` is set: only the absence of `next` ends a listing.
    pub entries: Vec<Entry>,
    /// Entries that could not be read, each with its reason.
    pub failures: Vec<(ProviderItemId, Reason)>,
    pub next: Option<PageToken>,
    /// The provider admits that rows may be missing: absence from such a listing proves nothing.
    pub incomplete: bool,
}

/// What people ask when they look around.
#[derive(Clone, Debug, Default)]
pub struct BrowseRequest {
    /// `None` is the top: what the connection reaches without opening anything.
    pub container: Option<ProviderItemId>,
    /// Words to search for at the source, below `container` where the provider can, else everywhere.
    pub search: Option<String>,
    /// Only these media types (containers always come).
    pub media_types: Vec<String>,
    /// 1–100.
    pub limit: u32,
    pub page: Option<PageToken>,
}

/// One entry of a change feed.
#[derive(Clone, Debug)]
pub enum Change {
    /// It exists and looks like this now (created, changed, moved, or merely touched).
    Upsert(Box<Entry>),
    /// The provider says it is gone for this connection: deleted, trashed or unshared. What is below a container goes
    /// along where [`crate::Source::falls_with`] says so; else each item is looked up.
    Tombstone { id: ProviderItemId },
    /// The provider says that nothing is at this address any more, without an id: what stood there was deleted,
    /// unshared or moved. The engine finds the item by its locator, after the page's upserts, and looks it up by id.
    TombstoneAt { locator: String },
    /// Something happened to this item, or it is missing where it should be: look it up by id. Proves nothing.
    Look { id: ProviderItemId },
    /// The container's subtree must be listed again; the feed cannot say what changed in it.
    Relist { container: ProviderItemId },
    /// A whole feed ended (a shared drive was deleted or membership was lost).
    FeedGone { feed: FeedKey },
    /// The provider told of an item that cannot be read.
    Failure { id: ProviderItemId, reason: Reason },
}

/// One bounded answer of a change feed.
#[derive(Clone, Debug)]
pub struct ChangePage {
    pub changes: Vec<Change>,
    /// Legal place to resume, to be stored once this page's effects are durable.
    pub cursor: Cursor,
    /// False when the feed is caught up.
    pub more: bool,
}

/// Bounds on what `fetch` may bring.
#[derive(Clone, Copy, Debug)]
pub struct FetchLimits {
    /// Bytes; a source never yields more than this and fails with `Disposition::SkipItem` instead.
    pub max_bytes: u64,
}

/// An item's bytes on their way.
pub struct Content {
    /// The type of these bytes; differs from the item's when they were exported.
    pub media_type: String,
    /// The revision these bytes belong to, when the answer tells.
    pub revision: Option<Revision>,
    /// The total, when the answer tells.
    pub size: Option<u64>,
    pub bytes: ByteStream,
}

pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, ConnectorError>> + Send>>;

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content")
            .field("media_type", &self.media_type)
            .field("revision", &self.revision)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// One earlier (or the present) state of an item.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    pub id: String,
    pub modified_at: Option<Timestamp>,
    pub size: Option<u64>,
    pub media_type: Option<String>,
    /// Who made it, as the provider names them.
    pub author: Option<String>,
    pub current: bool,
}

#[derive(Clone, Debug, Default)]
pub struct VersionPage {
    /// Oldest first, as far as the provider keeps them.
    pub versions: Vec<Version>,
    pub next: Option<PageToken>,
}
