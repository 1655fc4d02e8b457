//! Sign-in and tokens: the consent pages and the `oauth.v2.*` and OpenID Connect methods.

pub mod access;
pub mod authorize;
mod scopes;
