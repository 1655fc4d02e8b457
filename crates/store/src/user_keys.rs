//! The wrapped data keys of users, which the vault opens.

use std::fmt;

use gangway_model::UserId;
use sqlx::any::AnyRow;

use crate::Store;
use crate::error::{Result, StoreError};
use crate::row::{Columns, read_all};
use crate::sql::Sql;

/// A user's data key as it lies in the rows: wrapped by a key derived from the master key.
#[derive(Clone, PartialEq, Eq)]
pub struct UserKey {
    pub salt: Vec<u8>,
    pub iterations: u32,
    pub wrapped: Vec<u8>,
    /// Which master key wraps it.
    pub version: i64,
}

impl fmt::Debug for UserKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserKey").field("version", &self.version).finish_non_exhaustive()
    }
}

pub(crate) fn read_key(row: &AnyRow) -> Result<UserKey> {
    let iterations = u32::try_from(row.int("key_iterations")?);
    Ok(UserKey {
        salt: row.bytes("key_salt")?,
        iterations: iterations.map_err(|_| StoreError::Corrupt("column key_iterations".to_owned()))?,
        wrapped: row.bytes("key_wrapped")?,
        version: row.int("key_version")?,
    })
}

impl Store {
    pub async fn user_key(&self, user: &UserId) -> Result<UserKey> {
        let row =
            Sql::new("SELECT key_salt, key_iterations, key_wrapped, key_version FROM users WHERE id = ")
                .arg(user);
        read_key(&row.first(&self.read).await?.ok_or(StoreError::NotFound)?)
    }

    /// Puts a key that was wrapped anew in place of the one with `expected_version`; false when another
    /// version is there by now (or no such user).
    pub async fn replace_user_key(
        &self,
        user: &UserId,
        expected_version: i64,
        key: &UserKey,
    ) -> Result<bool> {
        let changed = Sql::new("UPDATE users SET key_salt = ")
            .arg(&key.salt)
            .sql(", key_iterations = ")
            .arg(key.iterations)
            .sql(", key_wrapped = ")
            .arg(&key.wrapped)
            .sql(", key_version = ")
            .arg(key.version)
            .sql(" WHERE id = ")
            .arg(user)
            .sql(" AND key_version = ")
            .arg(expected_version)
            .run(&self.write)
            .await?;
        Ok(changed == 1)
    }

    /// Users whose key is wrapped by an older master key than `version`, in the order they were made.
    pub async fn list_users_with_key_version_below(&self, version: i64, limit: u32) -> Result<Vec<UserId>> {
        let rows = Sql::new("SELECT id FROM users WHERE key_version < ")
            .arg(version)
            .sql(" ORDER BY id LIMIT ")
            .arg(limit)
            .all(&self.read)
            .await?;
        read_all(rows, |row| row.id("id"))
    }
}
