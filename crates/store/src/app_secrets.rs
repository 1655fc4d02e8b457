//! What pushes for a whole OAuth app are signed with, where the provider offered it in a handshake.

use gangway_model::{ConnectorId, Timestamp};
use sqlx::any::AnyRow;

use crate::Store;
use crate::error::Result;
use crate::row::{Columns, read_all};
use crate::sql::Sql;
use crate::user_keys::{UserKey, read_key};

/// How far an offered secret is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppSecretState {
    /// The provider offered it; nobody has confirmed it to the provider yet. A later offer replaces it.
    Offered,
    /// An operator said that the provider took it. Only now it verifies anything, and no offer replaces it.
    Confirmed,
}

impl AppSecretState {
    pub fn as_str(self) -> &'static str {
        match self {
            AppSecretState::Offered => "offered",
            AppSecretState::Confirmed => "confirmed",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Offered, Self::Confirmed].into_iter().find(|state| state.as_str() == text)
    }
}

/// A sealed secret with the data key it is sealed under, wrapped.
#[derive(Clone, Debug)]
pub struct SealedAppSecret {
    pub connector_id: ConnectorId,
    pub state: AppSecretState,
    pub sealed: Vec<u8>,
    pub key: UserKey,
    pub offered_at: Timestamp,
}

fn read_secret(row: &AnyRow) -> Result<SealedAppSecret> {
    Ok(SealedAppSecret {
        connector_id: row.id("connector_id")?,
        state: row.word("state", AppSecretState::parse)?,
        sealed: row.bytes("secret_sealed")?,
        key: read_key(row)?,
        offered_at: row.time("offered_at")?,
    })
}

const SECRETS: &str = "SELECT connector_id, state, secret_sealed, key_salt, key_iterations, key_wrapped, key_version, \
     offered_at FROM app_secrets";

impl Store {
    pub async fn find_app_secret(&self, connector: &ConnectorId) -> Result<Option<SealedAppSecret>> {
        let row = Sql::new(SECRETS).sql(" WHERE connector_id = ").arg(connector).first(&self.read).await?;
        row.as_ref().map(read_secret).transpose()
    }

    /// Keeps an offered secret, in place of an earlier offer. False when a confirmed one is there: then nothing
    /// changes.
    pub async fn offer_app_secret(
        &self,
        connector: &ConnectorId,
        sealed: &[u8],
        key: &UserKey,
    ) -> Result<bool> {
        let changed = Sql::new(
            "INSERT INTO app_secrets (connector_id, state, secret_sealed, key_salt, key_iterations, key_wrapped, \
             key_version, offered_at) VALUES ",
        )
        .rows(&[()], |()| {
            [
                connector.into(),
                AppSecretState::Offered.as_str().into(),
                (&sealed.to_vec()).into(),
                (&key.salt).into(),
                i64::from(key.iterations).into(),
                (&key.wrapped).into(),
                key.version.into(),
                self.now().into(),
            ]
        })
        .sql(
            " ON CONFLICT (connector_id) DO UPDATE SET secret_sealed = excluded.secret_sealed, \
             key_salt = excluded.key_salt, key_iterations = excluded.key_iterations, \
             key_wrapped = excluded.key_wrapped, key_version = excluded.key_version, \
             offered_at = excluded.offered_at WHERE app_secrets.state = 'offered'",
        )
        .run(&self.write)
        .await?;
        Ok(changed == 1)
    }

    /// Says that the secret is the right one. False when there is none, or another by now.
    pub async fn confirm_app_secret(&self, secret: &SealedAppSecret) -> Result<bool> {
        let changed = Sql::new("UPDATE app_secrets SET state = 'confirmed' WHERE connector_id = ")
            .arg(&secret.connector_id)
            .sql(" AND offered_at = ")
            .arg(secret.offered_at)
            .sql(" AND secret_sealed = ")
            .arg(&secret.sealed)
            .run(&self.write)
            .await?;
        Ok(changed == 1)
    }

    /// Forgets a connector's secret, so that a new handshake can offer another.
    pub async fn delete_app_secret(&self, connector: &ConnectorId) -> Result<bool> {
        let deleted =
            Sql::new("DELETE FROM app_secrets WHERE connector_id = ").arg(connector).run(&self.write).await?;
        Ok(deleted == 1)
    }

    /// Secrets whose key is wrapped by an older master key than `version`.
    pub async fn list_app_secrets_with_key_version_below(
        &self,
        version: i64,
    ) -> Result<Vec<SealedAppSecret>> {
        let rows = Sql::new(SECRETS).sql(" WHERE key_version < ").arg(version).sql(" ORDER BY connector_id");
        read_all(rows.all(&self.read).await?, read_secret)
    }

    /// Puts a key that was wrapped anew in place of the one with `expected_version`.
    pub async fn replace_app_secret_key(
        &self,
        connector: &ConnectorId,
        expected_version: i64,
        key: &UserKey,
    ) -> Result<bool> {
        let changed = Sql::new("UPDATE app_secrets SET key_salt = ")
            .arg(&key.salt)
            .sql(", key_iterations = ")
            .arg(key.iterations)
            .sql(", key_wrapped = ")
            .arg(&key.wrapped)
            .sql(", key_version = ")
            .arg(key.version)
            .sql(" WHERE connector_id = ")
            .arg(connector)
            .sql(" AND key_version = ")
            .arg(expected_version)
            .run(&self.write)
            .await?;
        Ok(changed == 1)
    }
}
