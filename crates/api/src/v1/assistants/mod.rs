//! What a user has allowed assistants: seen and ended.

pub mod delete;
pub mod list;
