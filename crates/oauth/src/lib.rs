//! The OAuth protocol: authorization URL, PKCE, exchange, refresh, revocation; and the shape of provider facts.

pub mod facts;
pub mod supplier;

pub mod authorize;
pub mod pkce;
pub mod scopes;

pub mod answer;
pub mod client;
pub mod client_document;
pub mod error;
mod refusal;

pub use answer::{ExtraFields, TokenAnswer};
pub use authorize::{AuthorizationRequest, authorization_url};
pub use client::{OAuthClient, Revoked};
pub use client_document::{ClientDocument, DocumentError, check_client_address, place};
pub use error::OAuthError;
pub use facts::{
    ClientAuthentication, OAuthApp, OAuthEndpoints, OAuthFacts, PkceMethod, RevocationStyle, ScopeFact,
    TokenCallBody,
};
pub use pkce::Pkce;
pub use scopes::{UnknownScope, missing_scopes, resolve_scopes};
pub use supplier::{AccessToken, SupplyError, TokenSupplier};

#[cfg(test)]
mod tests;
