//! An index of words with an index of vectors beside it: one question, two lists, one answer.

use std::sync::Arc;

use async_trait::async_trait;
use gangway_model::{ConnectionId, ItemId, UserId};

use crate::contract::{IndexStats, IndexedDocument, SearchIndex};
use crate::embedder::{Embedder, TextKind};
use crate::error::SearchError;
use crate::meaning::Meaning;
use crate::query::parse;
use crate::request::{ByMeaning, SearchPage, SearchRequest};
use crate::tantivy_index::TantivyIndex;
use crate::vectors::VectorIndex;

#[derive(Clone, Debug)]
pub struct HybridOptions {
    /// Passages less similar than this are not found by meaning. What is too little depends on the model. Default 0.3.
    pub at_least: f32,
}

impl Default for HybridOptions {
    fn default() -> Self {
        Self { at_least: 0.3 }
    }
}

/// A [`SearchIndex`] that also finds passages which mean what was asked. The documents put into it are found by words at
/// once, by meaning when somebody has put their vectors into the [`VectorIndex`]. What is removed here is removed from
/// both. Where the embedder fails, the answer is that of the words, and says so. How long a question may wait for its vector
/// is the embedder's to decide.
pub struct HybridIndex {
    words: TantivyIndex,
    vectors: Arc<dyn VectorIndex>,
    embedder: Arc<dyn Embedder>,
    options: HybridOptions,
}

impl HybridIndex {
    pub fn new(
        words: TantivyIndex,
        vectors: Arc<dyn VectorIndex>,
        embedder: Arc<dyn Embedder>,
        options: HybridOptions,
    ) -> Self {
        Self { words, vectors, embedder, options }
    }

    /// What a question is understood by: its words and phrases as typed; `None` when it has no words of its own.
    fn text_of(request: &SearchRequest) -> Option<String> {
        let parsed = parse(&request.query, &request.names, request.now);
        let told = parsed.understood;
        if parsed.wanted.is_empty() || told.words.is_empty() {
            return None;
        }
        let words = told.words.iter().map(|word| word.trim_end_matches('*'));
        Some(words.chain(told.phrases.iter().map(String::as_str)).collect::<Vec<_>>().join(" "))
    }

    async fn question(&self, text: String) -> Option<Vec<f32>> {
        match self.embedder.embed(TextKind::Query, &[text]).await {
            Ok(vectors) => vectors.into_iter().next(),
            Err(error) => {
                tracing::debug!(%error, "searched by words alone");
                None
            }
        }
    }
}

#[async_trait]
impl SearchIndex for HybridIndex {
    async fn put(&self, documents: Vec<IndexedDocument>) -> Result<(), SearchError> {
        self.words.put(documents).await
    }

    async fn remove_items(&self, items: &[ItemId]) -> Result<(), SearchError> {
        self.vectors.remove_items(items).await?;
        self.words.remove_items(items).await
    }

    async fn remove_connection(&self, connection: &ConnectionId) -> Result<(), SearchError> {
        self.vectors.remove_connection(connection).await?;
        self.words.remove_connection(connection).await
    }

    async fn remove_user(&self, user: &UserId) -> Result<(), SearchError> {
        self.vectors.remove_user(user).await?;
        self.words.remove_user(user).await
    }

    async fn flush(&self) -> Result<(), SearchError> {
        self.words.flush().await?;
        self.vectors.flush().await
    }

    #[allow(clippy::disallowed_methods, reason = "measures how long a search took; nothing is decided by it")]
    async fn search(&self, request: &SearchRequest) -> Result<SearchPage, SearchError> {
        let started = std::time::Instant::now();
        let Some(text) = Self::text_of(request) else {
            let page = self.words.search(request).await?;
            return Ok(SearchPage { by_meaning: ByMeaning::NotAsked, ..page });
        };
        let question = self.question(text).await;
        let waited = started.elapsed();
        let meaning = question.map(|question| Meaning {
            question,
            vectors: Arc::clone(&self.vectors),
            at_least: self.options.at_least,
        });
        let is_available = meaning.is_some();
        let mut page = self.words.search_by(request, meaning).await?;
        page.took += waited;
        if !is_available {
            page.by_meaning = ByMeaning::Unavailable;
        }
        Ok(page)
    }

    async fn stats(&self) -> Result<IndexStats, SearchError> {
        self.words.stats().await
    }

    async fn clear(&self) -> Result<(), SearchError> {
        self.vectors.clear().await?;
        self.words.clear().await
    }
}
