//! Makes vectors of texts: asks a model behind an address, or runs one from a folder; patiently for passages and not for
//! questions. Also knows how such a folder is filled.

mod http;
mod patient;

mod folder;
#[cfg(feature = "local-model")]
mod local;
#[cfg(not(feature = "local-model"))]
#[path = "local/absent.rs"]
mod local;

mod fetch;
mod known;
#[cfg(all(test, feature = "local-model"))]
mod tiny;
mod wire;

pub use fetch::{Fetch, FetchError, Fetched, Step, Wanted};
pub use folder::{LocalModelOptions, ModelError};
pub use http::{HttpEmbedder, HttpEmbedderOptions};
pub use known::{KNOWN, KnownFile, KnownModel};
pub use local::LocalModel;
pub use patient::Patient;
