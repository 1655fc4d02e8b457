//! Programs that registered themselves, and programs known by the address of a document about them.

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
    /// Until when the document at the client's address need not be read again; `None` for one that registered itself.
    pub fresh_until: Option<Timestamp>,
}

const FORGET_UNUSED: &str = "DELETE FROM assistant_clients WHERE allowed = 0 AND created_at <= (SELECT created_at FROM \
     assistant_clients WHERE allowed = 0 ORDER BY created_at DESC LIMIT 1 OFFSET ";

fn insert(client: &AssistantClient) -> Sql {
    Sql::new(
        "INSERT INTO assistant_clients (id, name, redirect_uris, auth_method, secret_hash, created_at, allowed, \
         expires_at, fresh_until) VALUES ",
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
            client.fresh_until.into(),
        ]
    })
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
            // Those known by documents have a pace of their own.
            Sql::new("SELECT COUNT(*) AS n FROM assistant_clients WHERE allowed = 0 AND fresh_until IS NULL AND created_at > ")
                .arg(client.created_at - within)
                .first(&mut *tx)
                .await?
                .ok_or(StoreError::NotFound)?;
        if recent.count("n")? >= u64::from(most_at_once) {
            return Ok(None);
        }
        insert(client).run(&mut *tx).await?;
        Sql::new(FORGET_UNUSED).arg(most_unused).sql(")").run(&mut *tx).await?;
        tx.commit().await?;
        Ok(Some(()))
    }

    /// Remembers what the document at a client's address says, in place of what it said before. What people allowed
    /// it stays. Of clients that nobody has allowed anything never more than `most_unused` are kept.
    pub async fn put_assistant_client_document(
        &self,
        client: &AssistantClient,
        most_unused: u32,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        insert(client)
            .sql(
                " ON CONFLICT (id) DO UPDATE SET name = excluded.name, redirect_uris = excluded.redirect_uris, \
                 auth_method = excluded.auth_method, secret_hash = excluded.secret_hash, fresh_until = \
                 excluded.fresh_until, created_at = CASE WHEN assistant_clients.allowed = 0 THEN \
                 excluded.created_at ELSE assistant_clients.created_at END, expires_at = CASE WHEN excluded.expires_at > assistant_clients.expires_at \
                 THEN excluded.expires_at ELSE assistant_clients.expires_at END",
            )
            .run(&mut *tx)
            .await?;
        Sql::new(FORGET_UNUSED).arg(most_unused).sql(")").run(&mut *tx).await?;
        tx.commit().await?;
        Ok(())
    }

    pub async fn find_assistant_client(
        &self,
        id: &AssistantClientId,
        now: Timestamp,
    ) -> Result<Option<AssistantClient>> {
        let row = Sql::new(
            "SELECT id, name, redirect_uris, auth_method, secret_hash, created_at, expires_at, fresh_until \
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
                fresh_until: row.opt_time("fresh_until")?,
            })
        })
        .transpose()
    }
}
