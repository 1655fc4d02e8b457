//! The search index behind a contract, and the embedded adapter that keeps it in a folder.
//!
//! [`SearchIndex`] is the specification; [`conformance`] proves it for an adapter; [`TantivyIndex`] is the
//! adapter of the embedded shape, and [`HybridIndex`] is the same with a [`VectorIndex`] beside it.

mod analysis;
mod contract;
mod embedder;
mod error;
mod fingerprint;
mod folder;
mod hybrid;
mod keys;
mod meaning;
mod query;
mod request;
mod snippet;

mod tantivy_index;
mod vectors;

#[cfg(feature = "conformance")]
pub mod conformance;

pub use contract::{IndexStats, IndexedDocument, SearchIndex};
pub use embedder::{EmbedError, Embedder, TextKind};
pub use error::SearchError;
pub use hybrid::{HybridIndex, HybridOptions};
pub use keys::ItemKeys;
pub use query::{begin_of, folders_asked};
pub use request::{
    ByMeaning, Filters, Hit, MAX_LIMIT, MAX_OFFSET, MAX_PASSAGES, Names, Passage, Respelled, SearchPage,
    SearchRequest, Snippet, Understood, UnderstoodFilter, Visibility,
};
pub use tantivy_index::{TantivyIndex, TantivyOptions};
pub use vectors::{
    EmbeddedItem, EmbeddedPassage, FolderVectors, Near, VectorIndex, VectorStats, digest_of, item_key,
    text_key, text_to_embed,
};
