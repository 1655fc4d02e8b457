//! One connection's supply of access tokens.

use async_trait::async_trait;
use gangway_model::ConnectionId;
use gangway_oauth::{AccessToken, SupplyError, TokenSupplier};

use crate::vault::Vault;

pub(crate) struct GrantSupplier {
    pub vault: Vault,
    pub connection: ConnectionId,
}

#[async_trait]
impl TokenSupplier for GrantSupplier {
    async fn access_token(&self) -> Result<AccessToken, SupplyError> {
        self.vault.inner.current(&self.connection).await
    }

    async fn replace(&self, refused: &AccessToken) -> Result<AccessToken, SupplyError> {
        self.vault.inner.newer_than(&self.connection, refused.generation).await
    }
}
