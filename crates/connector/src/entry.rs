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
    /// The provider says it is gone for this connection: deleted, trashed or unshared. If it was a
    /// container, everything below it is gone as well.
    Tombstone { id: ProviderItemId },
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
