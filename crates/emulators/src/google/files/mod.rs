//! The `files` collection and what hangs below a file.

pub mod content;
pub mod get;
pub mod list;
pub mod matching;
pub mod order;
pub mod permissions;
pub mod query;
pub mod render;
pub mod revisions;
