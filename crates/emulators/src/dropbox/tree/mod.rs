//! What an emulated Dropbox holds: accounts, namespaces, files and folders, and the journal of their changes.

mod content;
mod deletion;
mod journal;
mod model;
mod namespaces;
mod store;
mod teams;
mod view;

pub use self::content::{Content, block_hash};
pub use self::journal::EntryKind;
pub use self::model::*;
pub use self::store::{NewFile, Tree};
pub use self::view::View;
