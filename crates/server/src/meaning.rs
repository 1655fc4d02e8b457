//! Search by meaning, put together: the embedder, the folder of vectors, and the list of what is to be embedded.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use gangway_effects::{Network, SharedClock};
use gangway_embeddings::{HttpEmbedder, Patient};
use gangway_search::{Embedder, FolderVectors, HybridIndex, HybridOptions, TantivyIndex};
use gangway_store::Store;
use gangway_sync::Embeddings;

use crate::config::{Config, EmbeddingsConfig};
use crate::failure::{Exit, Failure};

/// What search by meaning consists of.
pub struct Meaning {
    embedder: Arc<dyn Embedder>,
    vectors: Arc<FolderVectors>,
    batch: usize,
    options: HybridOptions,
}

impl Meaning {
    /// Opens the vectors, and lists every document where they are new or were left alone; `None` where it is off.
    pub async fn open(
        config: &Config,
        network: &Network,
        clock: &SharedClock,
        store: &Store,
    ) -> Result<Option<Self>, Failure> {
        let folder = folder(config);
        let Some(set) = &config.embeddings else {
            // Switched on again, it must know that documents changed meanwhile.
            FolderVectors::leave_alone(&folder)
                .with_context(|| format!("cannot leave the vectors in {} alone", folder.display()))?;
            return Ok(None);
        };
        let embedder = embedder(set, network, clock)?;
        let vectors = FolderVectors::open_or_recreate(&folder, embedder.model())
            .with_context(|| format!("cannot open the vectors in {}", folder.display()))?;
        if vectors.is_behind() {
            let count = store.ask_to_embed_all().await.context("cannot list what is to be embedded")?;
            vectors.is_looked_after().context("cannot take over the vectors")?;
            tracing::info!(documents = count, "all documents are looked at for search by meaning");
        }
        Ok(Some(Self {
            embedder,
            vectors: Arc::new(vectors),
            batch: set.batch,
            options: HybridOptions { at_least: set.at_least },
        }))
    }

    /// What the engine keeps true.
    pub fn embeddings(&self) -> Embeddings {
        Embeddings { embedder: self.embedder.clone(), vectors: self.vectors.clone(), batch: self.batch }
    }

    /// The index that people search.
    pub fn beside(self, words: TantivyIndex) -> HybridIndex {
        HybridIndex::new(words, self.vectors, self.embedder, self.options)
    }
}

/// The embedder as it is set.
pub fn embedder(
    set: &EmbeddingsConfig,
    network: &Network,
    clock: &SharedClock,
) -> Result<Arc<dyn Embedder>, Failure> {
    let http = HttpEmbedder::new(network.clone(), set.embedder.clone())
        .map_err(|error| Failure::new(Exit::Usage, "cannot set up search by meaning").why(error))?;
    Ok(Patient::new(http, clock.clone(), set.deadline).shared())
}

/// Where vectors lie.
pub fn folder(config: &Config) -> PathBuf {
    config.data_dir.join("vectors")
}
