//! The state of the emulated Drive: accounts, files, shared drives, change feeds, and their indexes.

pub mod access;
pub mod content;
pub mod feed;
pub mod model;
pub mod shared_drives;
pub mod sharing;
pub mod store;

pub use content::{Content, NativeKind, NativeSource};
pub use feed::{Feed, FeedEntry, FeedTarget};
pub use model::*;
pub use store::{Drive, Event, NewFile};
