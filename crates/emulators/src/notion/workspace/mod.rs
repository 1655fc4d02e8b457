//! The content of the one emulated workspace and the ways to change it.

mod access;
mod comments;
mod content;
mod making;
mod model;
mod paths;
mod store;
mod telling;
mod tree;

pub use self::access::{Bot, Capabilities, UserInfo};
pub use self::making::Hand;
pub use self::model::*;
pub use self::paths::Target;
pub use self::store::Workspace;
