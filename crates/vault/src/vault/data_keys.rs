//! Data keys: one for each user, wrapped by a key that is derived from the master key, and opened when needed.

use gangway_effects::random_bytes;
use gangway_model::UserId;
use gangway_store::UserKey;
use zeroize::Zeroizing;

use super::{CACHE_ENTRIES, Inner, Vault, VaultError, lock};
use crate::seal::{self, CannotOpen, DataKey};

impl Vault {
    /// Wraps the data keys of up to `limit` users anew that are not wrapped by the newest master key.
    /// Returns how many were done; nought means that all are.
    pub async fn rewrap_users(&self, limit: u32) -> Result<usize, VaultError> {
        let store = &self.inner.options.store;
        let newest = self.inner.options.keys.current_version();
        let users = store.list_users_with_key_version_below(newest, limit).await?;
        let found = users.len();
        for user in users {
            let old = store.user_key(&user).await?;
            let data_key = self.inner.unwrap(&user, &old).await?;
            let fresh = self.inner.wrap(&user, &data_key).await?;
            // Somebody else may have done this user already; then there is nothing left to do.
            store.replace_user_key(&user, old.version, &fresh).await?;
        }
        Ok(found)
    }
}

impl Inner {
    pub(super) async fn data_key(&self, user: &UserId) -> Result<DataKey, VaultError> {
        if let Some(key) = lock(&self.data_keys).get(user) {
            return Ok(key.clone());
        }
        let wrapped = self.options.store.user_key(user).await?;
        let key = self.unwrap(user, &wrapped).await?;
        let mut keys = lock(&self.data_keys);
        if keys.len() >= CACHE_ENTRIES {
            keys.clear();
        }
        keys.insert(user.clone(), key.clone());
        Ok(key)
    }

    pub(super) async fn wrap(&self, user: &UserId, data_key: &DataKey) -> Result<UserKey, VaultError> {
        let version = self.options.keys.current_version();
        let salt: [u8; seal::SALT_BYTES] = random_bytes();
        let wrapping = self.wrapping_key(version, salt.to_vec(), seal::ITERATIONS).await?;
        Ok(UserKey {
            salt: salt.to_vec(),
            iterations: seal::ITERATIONS,
            wrapped: seal::seal(&wrapping, &user_key_aad(user, version), data_key.as_slice()),
            version,
        })
    }

    pub(super) async fn unwrap(&self, user: &UserId, key: &UserKey) -> Result<DataKey, VaultError> {
        let wrapping = self.wrapping_key(key.version, key.salt.clone(), key.iterations).await?;
        let plain = seal::open(&wrapping, &user_key_aad(user, key.version), &key.wrapped)?;
        let bytes: [u8; crate::keyring::KEY_BYTES] = plain.as_slice().try_into().map_err(|_| CannotOpen)?;
        Ok(Zeroizing::new(bytes))
    }

    pub(super) async fn wrapping_key(
        &self,
        version: i64,
        salt: Vec<u8>,
        iterations: u32,
    ) -> Result<DataKey, VaultError> {
        let master = self.options.keys.key(version)?;
        tokio::task::spawn_blocking(move || seal::wrapping_key(&master, &salt, iterations))
            .await
            .map_err(|error| VaultError::Interrupted(error.to_string()))
    }
}

fn user_key_aad(user: &UserId, version: i64) -> String {
    format!("gangway|user-key|{user}|{version}")
}
