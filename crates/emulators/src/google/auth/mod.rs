//! Google's authorization server: consent, tokens, revocation, identity.

pub mod authorize;
pub mod identity;
pub mod scopes;
pub mod token;
