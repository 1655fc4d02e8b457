//! What stands in for local models in a build without them.

use async_trait::async_trait;
use gangway_search::{EmbedError, Embedder, TextKind};

use crate::local_options::{LocalModelOptions, ModelError};

/// A model that runs in this process; in this build there is none.
pub enum LocalModel {}

impl LocalModel {
    pub const IS_BUILT: bool = false;

    pub fn open(_: &LocalModelOptions) -> Result<Self, ModelError> {
        Err(ModelError::NotBuilt)
    }

    pub fn dimensions(&self) -> usize {
        match *self {}
    }

    pub fn max_tokens(&self) -> usize {
        match *self {}
    }
}

#[async_trait]
impl Embedder for LocalModel {
    fn model(&self) -> &str {
        match *self {}
    }

    async fn embed(&self, _: TextKind, _: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        match *self {}
    }
}
