//! What the server is at, for the operator.

use gangway_sync::EmbeddingState;

use crate::app::App;
use crate::error::AppResult;

#[derive(Clone, Debug)]
pub struct Status {
    /// `None` while search by meaning is off.
    pub embeddings: Option<EmbeddingState>,
}

impl App {
    pub async fn status(&self) -> AppResult<Status> {
        Ok(Status { embeddings: self.engine.embedding_state().await? })
    }
}
