//! Programs that registered themselves.

use std::time::Duration;

use gangway_model::{AssistantClientId, Timestamp};

use crate::Store;
use crate::error::{Result, StoreError};
use crate::row::{Columns, write_json};
use crate::sql::Sql;

/// How a client proves at the token endpoint that it is itself, in the words of RFC 7591.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuth {
    None,
    Post,
    Basic,
}

impl ClientAuth {
    pub const ALL: [Self; 3] = [Self::None, Self::Post, Self::Basic];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Post => "client_secret_post",
            Self::Basic => "client_secret_basic",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == text)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct AssistantClient {
    pub id: AssistantClientId,
    pub name: String,
    pub redirect_uris: Vec<String>,
    pub auth: ClientAuth,
    pub secret_hash: Option<String>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

impl Store {
    /// Remembers a client, unless `most_at_once` have come within `within` already: then `None`. Of those that nobody
    /// has allowed anything the oldest give way, so that never more than `most_unused` are kept.
    pub async fn create_assistant_client(
        &self,
        client: &AssistantClient,
        (most_at_once, within): (u32, Duration),
        most_unused: u32,
    ) -> Result<Option<()>> {
        let mut tx = self.begin().await?;
        let recent =
            Sql::new("SELECT COUNT(*) AS n FROM assistant_clients WHERE allowed = 0 AND created_at > ")
                .arg(client.created_at - within)
                .first(&mut *tx)
                .await?
                .ok_or(StoreError::NotFound)?;
        if recent.count("n")? >= u64::from(most_at_once) {
            return Ok(None);
        }
        Sql::new(
            "INSERT INTO assistant_clients (id, name, redirect_uris, auth_method, secret_hash, created_at, \
             allowed, expires_at) VALUES ",
        )
        .rows(&[client], |client| {
            [
                (&client.id).into(),
                (&client.name).into(),
                write_json(&client.redirect_uris).into(),
                client.auth.as_str().into(),
                (&client.secret_hash).into(),
                client.created_at.into(),
                false.into(),
                client.expires_at.into(),
            ]
        })
        .run(&mut *tx)
        .await?;
        Sql::new(
            "DELETE FROM assistant_clients WHERE allowed = 0 AND created_at <= (SELECT created_at FROM \
             assistant_clients WHERE allowed = 0 ORDER BY created_at DESC LIMIT 1 OFFSET ",
        )
        .arg(most_unused)
        .sql(")")
        .run(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(Some(()))
    }

    pub async fn find_assistant_client(
        &self,
        id: &AssistantClientId,
        now: Timestamp,
    ) -> Result<Option<AssistantClient>> {
        let row = Sql::new(
            "SELECT id, name, redirect_uris, auth_method, secret_hash, created_at, expires_at \
             FROM assistant_clients WHERE id = ",
        )
        .arg(id)
        .sql(" AND expires_at > ")
        .arg(now)
        .first(&self.read)
        .await?;
        row.map(|row| {
            Ok(AssistantClient {
                id: row.id("id")?,
                name: row.text("name")?,
                redirect_uris: row.json("redirect_uris")?,
                auth: row.word("auth_method", ClientAuth::parse)?,
                secret_hash: row.opt_text("secret_hash")?,
                created_at: row.time("created_at")?,
                expires_at: row.time("expires_at")?,
            })
        })
        .transpose()
    }
}
