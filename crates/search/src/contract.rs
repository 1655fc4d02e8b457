//! The contract of an index. Its doc comments are the specification that every adapter is held to.

use async_trait::async_trait;
use gangway_model::{Chunk, CollectionId, ConnectionId, ConnectorId, ItemId, Timestamp, UserId};

use crate::error::SearchError;
use crate::request::{SearchPage, SearchRequest};

/// An item as the index takes it in: what it is found by, whom it belongs to, and its passages.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexedDocument {
    pub item_id: ItemId,
    /// The owner.
    pub user_id: UserId,
    pub connection_id: ConnectionId,
    pub connector_id: ConnectorId,
    /// The collections the item is in.
    pub collections: Vec<CollectionId>,
    /// The item's name at the source.
    pub name: String,
    /// Where the item lies at the source: the names of its containers and its own, joined by `/`.
    pub path: Option<String>,
    pub media_type: String,
    pub modified_at: Option<Timestamp>,
    /// Where the item opens at the source.
    pub url: Option<String>,
    /// The title the document gives itself.
    pub title: Option<String>,
    /// May be empty: then the item is found by its name, title and path.
    pub chunks: Vec<Chunk>,
}

/// How large an index is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IndexStats {
    /// Entries that can be found: passages, and one for each item without text.
    pub chunks: u64,
    pub items: u64,
    /// Bytes at rest.
    pub bytes: u64,
}

/// Where passages are put and found.
///
/// Changes (`put`, `remove_*`, `clear`) take effect in the order of the calls as each call returns, but become visible
/// to `search` and `stats`, and survive a crash, only with the next `flush`. Before that they may or may not be
/// visible, an item is never half visible, and a crash loses all of them or a later part of them. So the order for
/// a caller who keeps progress elsewhere is: change, flush, save progress; repeating changes after a crash is harmless.
///
/// All methods may be called from any number of tasks at once. Dropping a returned future leaves its change either
/// made or not made.
#[async_trait]
pub trait SearchIndex: Send + Sync {
    /// Puts documents in, each replacing everything known of its item.
    ///
    /// - Putting the same documents again changes nothing.
    /// - An item that comes twice in one call ends as its later form.
    /// - The owner and the collections are those given here; earlier ones are forgotten.
    /// - An empty list is fine.
    async fn put(&self, documents: Vec<IndexedDocument>) -> Result<(), SearchError>;

    /// Removes items with all their passages. Unknown ids are fine.
    async fn remove_items(&self, items: &[ItemId]) -> Result<(), SearchError>;

    /// Removes everything that came through a connection. Unknown ids are fine.
    async fn remove_connection(&self, connection: &ConnectionId) -> Result<(), SearchError>;

    /// Removes everything a user owns. Unknown ids are fine.
    async fn remove_user(&self, user: &UserId) -> Result<(), SearchError>;

    /// Makes every change whose call returned before this one durable and visible.
    ///
    /// Concurrent calls share the work. Without changes it is cheap. When it fails, nothing is lost that was
    /// visible before; unflushed changes may be lost and are to be made again.
    async fn flush(&self) -> Result<(), SearchError>;

    /// Finds items.
    ///
    /// - Never returns what `visible` does not allow: the item's owner is `visible.owner`, or one of its collections
    ///   is in `visible.collections`.
    /// - Filters narrow, and do not change the order of what is left by words; where vectors have a say, places count, and
    ///   fewer items may stand in another order.
    /// - No query text is an error. A blank query, or one of exclusions and filters only, lists the latest modified
    ///   items first.
    /// - One hit for each item, with its best passages. `limit` and `offset` count hits.
    /// - Matches in name and title weigh more than matches in the text; of equal matches the later modified is first.
    /// - A word finds its other forms in a text by the rules of that text's language; what is spelled as asked weighs
    ///   more.
    /// - A word of four letters or more that hardly occurs in what may be seen is also looked for with a letter or two
    ///   wrong, below every exact match. What is looked for, and told, occurs in what may be seen.
    /// - Items whose texts are nearly the same, with the same numbers in them, are one hit when that is asked for.
    async fn search(&self, request: &SearchRequest) -> Result<SearchPage, SearchError>;

    /// Counts what is visible.
    async fn stats(&self) -> Result<IndexStats, SearchError>;

    /// Removes everything.
    async fn clear(&self) -> Result<(), SearchError>;
}
