//! Makes vectors of texts: asks a model behind an address, or runs one from a folder; patiently for passages and not for
//! questions. Also knows how such a folder is filled.

mod http;
mod patient;

#[cfg(feature = "local-model")]
mod folder;
#[cfg(feature = "local-model")]
mod local;
#[cfg(not(feature = "local-model"))]
#[path = "local/absent.rs"]
mod local;
mod local_options;

mod fetch;
mod known;
#[cfg(all(test, feature = "local-model"))]
mod tiny;
mod wire;

pub use fetch::{Fetch, FetchError, Fetched, Step, Wanted};
pub use http::{HttpEmbedder, HttpEmbedderOptions};
pub use known::{KNOWN, KnownFile, KnownModel};
pub use local::LocalModel;
pub use local_options::{LocalModelOptions, ModelError};
pub use patient::Patient;
