//! The search index behind a contract, and the embedded adapter that keeps it in a folder.
//!
//! [`SearchIndex`] is the specification; [`conformance`] proves it for an adapter; [`TantivyIndex`] is the
//! adapter of the embedded shape.

mod analysis;
mod contract;
mod error;
mod fingerprint;
mod query;
mod request;
mod snippet;

mod tantivy_index;

#[cfg(feature = "conformance")]
pub mod conformance;

pub use contract::{IndexStats, IndexedDocument, SearchIndex};
pub use error::SearchError;
pub use query::folders_asked;
pub use request::{
    Filters, Hit, MAX_LIMIT, MAX_OFFSET, MAX_PASSAGES, Names, Passage, Respelled, SearchPage, SearchRequest,
    Snippet, Understood, UnderstoodFilter, Visibility,
};
pub use tantivy_index::{TantivyIndex, TantivyOptions};
