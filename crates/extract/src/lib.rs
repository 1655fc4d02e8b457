//! Bytes to text and structure to chunks. Hostile input is the normal case here.
//!
//! Text formats are decoded in this process by our own code, within limits. Everything that needs a real
//! parser (PDF, office files, HTML) goes to a worker: a child process with memory, time and files taken
//! away, which may crash or be killed at any moment and costs one file when it does.

mod effort;
mod encoding;
mod error;
mod extractor;
mod limits;
mod media_type;
mod read_text;
mod text;
mod turns;

mod content_lines;
mod hyphens;
mod json;
mod letters;
mod ligatures;
mod markdown;
mod notebook;
mod table;

mod chunk;

mod pool;
mod protocol;
mod tools;
mod worker;

#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
#[cfg(test)]
mod hostile;

pub use chunk::{ChunkOptions, chunk};
pub use effort::Effort;
pub use error::ExtractError;
pub use extractor::{Asker, Content, Extractor, ExtractorOptions, Input};
pub use limits::Limits;
pub use media_type::{detect_media_type, may_be_scan};
pub use pool::WorkerCommand;
pub use protocol::Confinement;
pub use tools::{Recognition, RecognitionCheck, Tools};
pub use worker::worker_main;
