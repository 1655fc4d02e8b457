//! Search by meaning, put together: the embedder, the folder of vectors, and the list of what is to be embedded.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use gangway_effects::{Network, SharedClock};
use gangway_embeddings::{HttpEmbedder, LocalModel, LocalModelOptions, ModelError, Patient};
use gangway_search::{Embedder, FolderVectors, HybridIndex, HybridOptions, TantivyIndex};
use gangway_store::Store;
use gangway_sync::Embeddings;

use crate::config::{Config, EmbedderConfig, EmbeddingsConfig};
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
        let embedder = embedder(set, network, clock).await?;
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

/// The embedder as it is set. A model from a folder is read here, so that a folder that is none is an error at the start.
pub async fn embedder(
    set: &EmbeddingsConfig,
    network: &Network,
    clock: &SharedClock,
) -> Result<Arc<dyn Embedder>, Failure> {
    const WHAT: &str = "cannot set up search by meaning";
    match &set.embedder {
        EmbedderConfig::Endpoint(options) => {
            let http = HttpEmbedder::new(network.clone(), options.clone())
                .map_err(|error| Failure::new(Exit::Usage, WHAT).why(error))?;
            Ok(Patient::new(http, clock.clone(), set.deadline).shared())
        }
        EmbedderConfig::Folder(options) => {
            let model = open_model(options.clone()).await.map_err(|error| {
                Failure::new(Exit::Usage, WHAT).why(error).remedy(
                    "check search.embeddings.model_folder; `gangway model fetch` makes such a folder, and \
                     `gangway model check` looks at one",
                )
            })?;
            Ok(Patient::new(model, clock.clone(), set.deadline).shared())
        }
    }
}

/// Reads a model where nobody waits for this thread.
pub async fn open_model(options: LocalModelOptions) -> Result<LocalModel, ModelError> {
    let folder = options.folder.clone();
    let opened = tokio::task::spawn_blocking(move || LocalModel::open(&options)).await;
    opened.unwrap_or_else(|_| Err(ModelError::Run { folder, message: "it broke off".to_owned() }))
}

/// Where vectors lie.
pub fn folder(config: &Config) -> PathBuf {
    config.data_dir.join("vectors")
}
