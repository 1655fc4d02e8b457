//! A thing at the provider as we know it: file, folder, page, channel.

use serde::{Deserialize, Serialize};

use crate::{ConnectionId, FeedKey, ItemId, ProviderItemId, Revision, Timestamp};

/// What an item is to the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// Has content to fetch.
    File,
    /// Holds other items.
    Container,
    /// Both at once (a page with pages below it).
    FileAndContainer,
    /// Points at another item by id (a shortcut).
    Link,
}

impl ItemKind {
    pub fn as_str(self) -> &'static str {
        match self {
            ItemKind::File => "file",
            ItemKind::Container => "container",
            ItemKind::FileAndContainer => "file_and_container",
            ItemKind::Link => "link",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::File, Self::Container, Self::FileAndContainer, Self::Link]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }

    pub fn holds_items(self) -> bool {
        matches!(self, ItemKind::Container | ItemKind::FileAndContainer)
    }

    pub fn has_content(self) -> bool {
        matches!(self, ItemKind::File | ItemKind::FileAndContainer)
    }
}

/// Whether an item's content can be had at all, as far as its metadata tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fetchable {
    Yes,
    No(Reason),
}

/// Why something is not as one would expect: a stable code and a sentence a person can act on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    pub code: String,
    pub message: String,
}

impl Reason {
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }
}

/// How far we are with an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemState {
    /// Its text is in the index.
    Synced,
    /// Searchable by name and metadata only; `reason` says why its text is missing.
    NameOnly,
    /// Could not be brought in; `reason` says why.
    Failed,
    /// Known, with no content of its own (containers and links).
    Structure,
    /// Gone at the source: our tombstone.
    Gone,
}

impl ItemState {
    pub fn as_str(self) -> &'static str {
        match self {
            ItemState::Synced => "synced",
            ItemState::NameOnly => "name_only",
            ItemState::Failed => "failed",
            ItemState::Structure => "structure",
            ItemState::Gone => "gone",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Synced, Self::NameOnly, Self::Failed, Self::Structure, Self::Gone]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// An item as our rows hold it. Unique by connection and provider id.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub id: ItemId,
    pub connection_id: ConnectionId,
    pub provider_id: ProviderItemId,
    pub parent_id: Option<ProviderItemId>,
    /// For a link: what it points at.
    pub target_id: Option<ProviderItemId>,
    /// The change feed that reports on this item, when the connector has several.
    pub feed: Option<FeedKey>,
    pub kind: ItemKind,
    pub name: String,
    pub media_type: String,
    /// Bytes at the source; `None` where the provider cannot say before fetching.
    pub size: Option<u64>,
    pub modified_at: Option<Timestamp>,
    pub url: Option<String>,
    /// The provider's address of the item, where its feed names what is gone by address.
    pub locator: Option<String>,
    pub revision: Option<Revision>,
    /// SHA-256 of the content as fetched, in hex.
    pub content_hash: Option<String>,
    pub state: ItemState,
    pub reason: Option<Reason>,
    /// When the provider's answer behind this row arrived. An older answer never overwrites a newer one.
    pub observed_at: Timestamp,
    /// When its text last entered the index.
    pub synced_at: Option<Timestamp>,
}
