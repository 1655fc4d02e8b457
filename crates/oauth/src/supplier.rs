//! Who hands out access tokens. Declared here, implemented by the vault, called by the HTTP handle:
//! so no connector ever sees a token, and a 401 costs exactly one refresh, in one place.

use async_trait::async_trait;
use secrecy::SecretString;

/// An access token and the generation of the grant it belongs to.
#[derive(Clone, Debug)]
pub struct AccessToken {
    pub secret: SecretString,
    pub generation: i64,
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum SupplyError {
    /// The grant is dead and the connection is marked so; only the user can mend it.
    #[error("the connection needs to be connected again: {0}")]
    NeedsReauth(String),
    /// The client registration is wrong: the operator's fault, not the user's.
    #[error("the provider does not accept this server's OAuth app: {0}")]
    AppRejected(String),
    /// Nothing is known to be wrong with the grant; try again later.
    #[error("cannot refresh the access token right now: {0}")]
    Unavailable(String),
}

/// Hands out a valid access token for one connection.
#[async_trait]
pub trait TokenSupplier: Send + Sync {
    /// A token that is good for at least the next five minutes, refreshing first when it is not.
    async fn access_token(&self) -> Result<AccessToken, SupplyError>;

    /// The token that replaces one which the provider refused with 401. Refreshes at most once for
    /// `refused` however many callers ask; returns the newer token when one exists already.
    async fn replace(&self, refused: &AccessToken) -> Result<AccessToken, SupplyError>;
}
