//! A question as a vector, and what it is compared with.

use std::sync::Arc;

use crate::vectors::VectorIndex;

/// What a search by meaning needs.
#[derive(Clone)]
pub(crate) struct Meaning {
    pub question: Vec<f32>,
    pub vectors: Arc<dyn VectorIndex>,
    /// What is less similar is not found.
    pub at_least: f32,
}
