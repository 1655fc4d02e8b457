//! What can go wrong with an index, and what to do next.

use std::path::PathBuf;

/// Why the index did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// Written by another version, or damaged. Its content can be made again from the stored documents.
    #[error("the search index at {} cannot be used ({cause}); rebuild it", path.display())]
    RebuildNeeded { path: PathBuf, cause: String },
    /// Another process holds the folder.
    #[error("the search index at {} is in use by another process; stop it first", path.display())]
    InUse { path: PathBuf },
    /// The disk or the service behind the index failed; trying again later makes sense.
    #[error("the search index could not {doing}: {cause}")]
    Unavailable { doing: &'static str, cause: String },
    /// A vector is of another length than those held.
    #[error("these vectors are of another length than those held: another model made them")]
    OtherDimensions,
    /// The index has been shut down.
    #[error("the search index is closed")]
    Closed,
}

impl SearchError {
    /// The stable code, as API answers carry it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::RebuildNeeded { .. } => "index_rebuild_needed",
            Self::InUse { .. } => "index_in_use",
            Self::Unavailable { .. } => "index_unavailable",
            Self::OtherDimensions => "other_dimensions",
            Self::Closed => "index_closed",
        }
    }
}
