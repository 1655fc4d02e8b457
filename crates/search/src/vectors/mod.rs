//! The contract of an index of vectors, and the embedded adapter that keeps them in a folder.

mod index;
mod nearest;
mod packed;

use async_trait::async_trait;
use gangway_model::{Chunk, ConnectionId, ItemId, UserId};

use crate::error::SearchError;
use crate::fingerprint::hash;
use crate::keys::ItemKeys;
pub use index::FolderVectors;

/// The vectors of an item's passages.
#[derive(Clone, Debug, PartialEq)]
pub struct EmbeddedItem {
    pub item_id: ItemId,
    /// The owner.
    pub user_id: UserId,
    pub connection_id: ConnectionId,
    /// Tells what the vectors were made of, to see later whether they still stand for it.
    pub digest: u64,
    /// An item without any is not kept.
    pub passages: Vec<EmbeddedPassage>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct EmbeddedPassage {
    /// The number of the passage in the document.
    pub chunk: u32,
    /// What [`text_key`] says of its text: a vector speaks for this text and for no other.
    pub text: u64,
    pub vector: Vec<f32>,
}

/// The passage of an item that is nearest to a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Near {
    pub item_id: ItemId,
    pub chunk: u32,
    pub text: u64,
    /// The cosine, from -1 to 1.
    pub similarity: f32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VectorStats {
    pub passages: u64,
    /// Bytes at rest.
    pub bytes: u64,
}

/// Where vectors are put and the nearest are found.
///
/// It holds vectors and ids, no text, and knows nothing of who may see what: that is asked of the index of words, which
/// names the items that may be found. Changes take effect in the order of the calls, and become visible and durable with
/// the next `flush`; a crash before it loses all of them or a later part of them. An item is never half visible. All
/// methods may be called from any number of tasks at once.
#[async_trait]
pub trait VectorIndex: Send + Sync {
    /// Puts vectors in, each item's replacing all that were known of it.
    ///
    /// - Putting the same again changes nothing.
    /// - An item that comes twice in one call ends as its later form.
    /// - An item without passages is removed.
    /// - A vector of another length than those held is an error, and nothing of the call is put: vectors of two lengths
    ///   come of two models. [`VectorIndex::clear`] and `flush` make room for them.
    async fn put(&self, items: Vec<EmbeddedItem>) -> Result<(), SearchError>;

    /// The digests that visible items were put with, in the order asked; `None` for items without vectors.
    async fn digests(&self, items: &[ItemId]) -> Result<Vec<Option<u64>>, SearchError>;

    /// Removes items. Unknown ids are fine.
    async fn remove_items(&self, items: &[ItemId]) -> Result<(), SearchError>;

    /// Removes everything that came through a connection. Unknown ids are fine.
    async fn remove_connection(&self, connection: &ConnectionId) -> Result<(), SearchError>;

    /// Removes everything a user owns. Unknown ids are fine.
    async fn remove_user(&self, user: &UserId) -> Result<(), SearchError>;

    /// Makes every change whose call returned before this one durable and visible. Without changes it is cheap.
    async fn flush(&self) -> Result<(), SearchError>;

    /// Finds the nearest passage of each of the `limit` nearest items, the nearest first. Blocks.
    ///
    /// - Looks at every vector of the items in `among` (by [`item_key`]) and at no other: nothing is missed, and what
    ///   the others hold makes no difference.
    /// - Leaves out what is less similar than `at_least`.
    /// - A question of another length than the vectors held, or one that points nowhere, is near to nothing.
    /// - Memory does not grow with the number of vectors.
    fn nearest(
        &self,
        question: &[f32],
        among: &ItemKeys,
        at_least: f32,
        limit: usize,
    ) -> Result<Vec<Near>, SearchError>;

    /// Counts what is visible.
    async fn stats(&self) -> Result<VectorStats, SearchError>;

    /// Removes everything.
    async fn clear(&self) -> Result<(), SearchError>;

    /// Gives memory back that is held for further changes.
    async fn rest(&self);
}

/// An item's id as a number, for sets of many.
pub fn item_key(item: &ItemId) -> u64 {
    hash(item.as_str().as_bytes())
}

/// Tells a passage's text apart from others.
pub fn text_key(text: &str) -> u64 {
    hash(text.as_bytes())
}

/// What a passage's vector is made of: the document's title says what a passage from its middle is about.
pub fn text_to_embed(title: Option<&str>, chunk: &Chunk) -> String {
    match title.map(str::trim).filter(|title| !title.is_empty()) {
        Some(title) => format!("{title}\n{}", chunk.text),
        None => chunk.text.clone(),
    }
}

/// Tells which model made vectors of which texts.
pub fn digest_of<'a>(model: &str, texts: impl IntoIterator<Item = &'a str>) -> u64 {
    let mut keys = vec![hash(model.as_bytes())];
    keys.extend(texts.into_iter().map(|text| hash(text.as_bytes())));
    hash(&keys.iter().flat_map(|key| key.to_le_bytes()).collect::<Vec<_>>())
}
