//! The authorization server: consent with a page picker, tokens, revocation, introspection.

pub mod authorize;
pub mod token;
