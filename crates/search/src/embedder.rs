//! What makes vectors of texts: a model in this process or behind an address.

use std::time::Duration;

use async_trait::async_trait;

/// What a text is, for models that tell the two apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextKind {
    /// What somebody asks.
    Query,
    /// What may answer it.
    Passage,
}

/// Why a text has no vector, and what to do next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmbedError {
    /// Time mends it; after so long, where that was told.
    #[error("{message}")]
    RetryLater { after: Option<Duration>, message: String },
    /// One of these texts is not taken, and never will be; others may be.
    #[error("{message}")]
    Refused { message: String },
    /// The operator has to mend it: an address, a key, a model.
    #[error("{message}")]
    Configuration { message: String },
}

impl EmbedError {
    /// A fault that time mends.
    pub fn for_now(message: impl Into<String>) -> Self {
        Self::RetryLater { after: None, message: message.into() }
    }

    pub fn configuration(message: impl Into<String>) -> Self {
        Self::Configuration { message: message.into() }
    }
}

/// Makes vectors of texts, near to each other where the texts mean the same.
#[async_trait]
pub trait Embedder: Send + Sync {
    /// Names the model and whatever else changes the vectors it makes of passages. Vectors of different models are
    /// never compared.
    fn model(&self) -> &str;

    /// Makes one vector for each text, in order, all of one length, of any norm.
    ///
    /// - No texts make no vectors.
    /// - A text that is too long for the model is cut, not refused.
    /// - Dropping the returned future gives the call up.
    async fn embed(&self, kind: TextKind, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError>;
}
