//! Secrets of whole OAuth apps that providers offered to sign pushes with, each sealed under a data key of its own.

use gangway_effects::random_bytes;
use gangway_model::{ConnectorId, ExposeSecret, SecretString, UserId};
use gangway_store::SealedAppSecret;
use zeroize::Zeroizing;

use super::{Vault, VaultError, aad, lock};
use crate::seal::{self, CannotOpen, DataKey};

/// Opened keys of app secrets kept in memory.
const MOST_APP_KEYS: usize = 64;

const APP_SECRET: &str = "webhook secret";

impl Vault {
    /// Keeps a secret that a provider offered to sign pushes with, sealed under a data key of its own. False when a
    /// confirmed one is there, which nothing replaces.
    pub async fn offer_app_secret(
        &self,
        connector: &ConnectorId,
        secret: &SecretString,
    ) -> Result<bool, VaultError> {
        let owner = owner_of_app_secret(connector);
        let data_key: DataKey = Zeroizing::new(random_bytes());
        let key = self.inner.wrap(&owner, &data_key).await?;
        let sealed = seal::seal(&data_key, &aad(&owner, APP_SECRET), secret.expose_secret().as_bytes());
        Ok(self.inner.options.store.offer_app_secret(connector, &sealed, &key).await?)
    }

    /// Opens what [`Vault::offer_app_secret`] kept.
    pub async fn open_app_secret(&self, kept: &SealedAppSecret) -> Result<SecretString, VaultError> {
        let owner = owner_of_app_secret(&kept.connector_id);
        // The key is derived once for each row, however many pushes come: deriving is slow on purpose.
        let cached = lock(&self.inner.app_keys).get(&kept.key.wrapped).cloned();
        let data_key = match cached {
            Some(key) => key,
            None => {
                let key = self.inner.unwrap(&owner, &kept.key).await?;
                let mut keys = lock(&self.inner.app_keys);
                if keys.len() >= MOST_APP_KEYS {
                    keys.clear();
                }
                keys.insert(kept.key.wrapped.clone(), key.clone());
                key
            }
        };
        let plain = seal::open(&data_key, &aad(&owner, APP_SECRET), &kept.sealed)?;
        Ok(std::str::from_utf8(&plain).map_err(|_| CannotOpen)?.into())
    }

    /// Wraps the data keys of app secrets anew that are not wrapped by the newest master key.
    pub async fn rewrap_app_secrets(&self) -> Result<usize, VaultError> {
        let store = &self.inner.options.store;
        let newest = self.inner.options.keys.current_version();
        let old = store.list_app_secrets_with_key_version_below(newest).await?;
        for kept in &old {
            let owner = owner_of_app_secret(&kept.connector_id);
            let data_key = self.inner.unwrap(&owner, &kept.key).await?;
            let fresh = self.inner.wrap(&owner, &data_key).await?;
            store.replace_app_secret_key(&kept.connector_id, kept.key.version, &fresh).await?;
        }
        Ok(old.len())
    }
}

/// Whose data key seals a connector's secret: no user has such an id.
fn owner_of_app_secret(connector: &ConnectorId) -> UserId {
    UserId::from(format!("app:{connector}"))
}
