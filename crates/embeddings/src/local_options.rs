//! Which folder is to be a model, and what can be wrong with it.

use std::path::PathBuf;

/// The weights; the file that makes a folder large.
pub(crate) const WEIGHTS: &str = "model.safetensors";
pub(crate) const CONFIG: &str = "config.json";
pub(crate) const TOKENIZER: &str = "tokenizer.json";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalModelOptions {
    /// Holds `config.json`, `model.safetensors` and `tokenizer.json` of a sentence encoder of BERT's family.
    pub folder: PathBuf,
    /// Cores that may make vectors of passages at the same time. Questions have one of their own.
    pub threads: usize,
    /// Put before questions and before passages, for models that were trained so.
    pub query_prefix: String,
    pub passage_prefix: String,
}

/// Why a folder is no model that can be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("{} is not a folder", .0.display())]
    NoFolder(PathBuf),
    #[error("{} has no {file}; a model's folder holds {CONFIG}, {WEIGHTS} and {TOKENIZER}", folder.display())]
    Missing { folder: PathBuf, file: &'static str },
    #[error("cannot read {}: {source}", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{}: {message}", path.display())]
    Content { path: PathBuf, message: String },
    #[error("the model in {} cannot be run: {message}", folder.display())]
    Run { folder: PathBuf, message: String },
    #[error(
        "this program was built without local models (cargo feature local-model); name an address in \
         search.embeddings.url instead"
    )]
    NotBuilt,
}
