//! Dropbox's authorization server.

pub mod authorize;
pub mod revoke;
mod scopes;
pub mod token;
