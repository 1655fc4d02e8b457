//! Makes vectors of texts: asks a model behind an address, patiently for passages and not for questions.

mod http;
mod patient;

pub use http::{HttpEmbedder, HttpEmbedderOptions};
pub use patient::Patient;
