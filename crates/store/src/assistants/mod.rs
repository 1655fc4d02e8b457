//! Assistants: programs that registered themselves, what people allowed them, and the tokens they hold for it. Of
//! every secret only a hash is kept.

mod clients;
mod codes;
mod tokens;

use gangway_model::{AssistantClientId, AssistantId, AssistantScope, Timestamp, UserId};
use sqlx::any::AnyRow;

pub use clients::{AssistantClient, ClientAuth};
pub use codes::{NewAssistantCode, TakenCode};
pub use tokens::{AssistantCaller, NewAssistantTokens, Presented, RevokedAssistantToken, Rotated};

use crate::Store;
use crate::error::{Result, StoreError};
use crate::paging::{Listed, Paging};
use crate::row::{Columns, write_json};
use crate::sql::Sql;

/// What one person allowed one program.
#[derive(Clone, Debug, PartialEq)]
pub struct Assistant {
    pub id: AssistantId,
    pub user_id: UserId,
    pub client_id: AssistantClientId,
    /// What the program calls itself.
    pub name: String,
    pub redirect_uri: String,
    pub scopes: Vec<AssistantScope>,
    pub created_at: Timestamp,
    /// When it last fetched a token.
    pub used_at: Timestamp,
    pub expires_at: Timestamp,
}

/// The same, with whom it is of: for the operator.
#[derive(Clone, Debug, PartialEq)]
pub struct UsersAssistant {
    pub assistant: Assistant,
    pub user_name: Option<String>,
    pub user_email: Option<String>,
    pub user_external_id: Option<String>,
}

const USERS_ASSISTANT: &str = "SELECT a.id, a.user_id, a.client_id, c.name, a.redirect_uri, a.scopes, a.created_at, \
     a.used_at, a.expires_at, u.name AS user_name, u.email AS user_email, u.external_id AS user_external_id \
     FROM assistants a JOIN assistant_clients c ON c.id = a.client_id JOIN users u ON u.id = a.user_id \
     WHERE a.expires_at > ";

const ASSISTANT: &str = "SELECT a.id, a.user_id, a.client_id, c.name, a.redirect_uri, a.scopes, a.created_at, \
     a.used_at, a.expires_at FROM assistants a JOIN assistant_clients c ON c.id = a.client_id WHERE ";

fn read_assistant(row: &AnyRow) -> Result<Assistant> {
    Ok(Assistant {
        id: row.id("id")?,
        user_id: row.id("user_id")?,
        client_id: row.id("client_id")?,
        name: row.text("name")?,
        redirect_uri: row.text("redirect_uri")?,
        scopes: read_scopes(row)?,
        created_at: row.time("created_at")?,
        used_at: row.time("used_at")?,
        expires_at: row.time("expires_at")?,
    })
}

/// Words of another version are passed over: whoever holds them may do less, not more.
fn read_scopes(row: &AnyRow) -> Result<Vec<AssistantScope>> {
    let words: Vec<String> = row.json("scopes")?;
    Ok(words.iter().filter_map(|word| AssistantScope::parse(word)).collect())
}

fn write_scopes(scopes: &[AssistantScope]) -> String {
    write_json(&scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>())
}

impl Store {
    /// What a user allowed, the newest first; what has ended is left out.
    pub async fn list_assistants(
        &self,
        user: &UserId,
        now: Timestamp,
        paging: &Paging,
    ) -> Result<Listed<Assistant>> {
        let rows = Sql::new(ASSISTANT)
            .sql("a.user_id = ")
            .arg(user)
            .sql(" AND a.expires_at > ")
            .arg(now)
            .arg_if(" AND a.id < ", paging.after.as_deref())
            .sql(" ORDER BY a.id DESC LIMIT ")
            .arg(paging.rows_to_read())
            .all(&self.read)
            .await?;
        Listed::read(rows, paging, read_assistant, |row| row.id.to_string())
    }

    /// What all users, or one of them, allowed, the newest first; what has ended is left out.
    pub async fn list_users_assistants(
        &self,
        user: Option<&UserId>,
        now: Timestamp,
        paging: &Paging,
    ) -> Result<Listed<UsersAssistant>> {
        let rows = Sql::new(USERS_ASSISTANT)
            .arg(now)
            .arg_if(" AND a.user_id = ", user)
            .arg_if(" AND a.id < ", paging.after.as_deref())
            .sql(" ORDER BY a.id DESC LIMIT ")
            .arg(paging.rows_to_read())
            .all(&self.read)
            .await?;
        let read = |row: &AnyRow| {
            Ok(UsersAssistant {
                assistant: read_assistant(row)?,
                user_name: row.opt_text("user_name")?,
                user_email: row.opt_text("user_email")?,
                user_external_id: row.opt_text("user_external_id")?,
            })
        };
        Listed::read(rows, paging, read, |row| row.assistant.id.to_string())
    }

    /// Ends what a user allowed, with every token of it; whose it was, and which client's. Without a `user`, anybody's.
    ///
    /// # Errors
    /// `NotFound` when there is no such thing of this user.
    pub async fn delete_assistant(
        &self,
        user: Option<&UserId>,
        id: &AssistantId,
    ) -> Result<(UserId, AssistantClientId)> {
        let row = Sql::new("DELETE FROM assistants WHERE id = ")
            .arg(id)
            .arg_if(" AND user_id = ", user)
            .sql(" RETURNING user_id, client_id")
            .first(&self.write)
            .await?;
        let row = row.ok_or(StoreError::NotFound)?;
        Ok((row.id("user_id")?, row.id("client_id")?))
    }

    /// Forgets what has ended before `now`, and codes an hour later, so that one shown twice is still known as such.
    pub async fn delete_expired_assistants(&self, now: Timestamp) -> Result<u64> {
        let mut gone = 0;
        for (table, before) in [
            ("assistant_codes", now - chrono::Duration::hours(1)),
            ("assistant_tokens", now),
            ("assistants", now),
            ("assistant_clients", now),
        ] {
            let delete = format!("DELETE FROM {table} WHERE expires_at < ");
            gone += Sql::new(&delete).arg(before).run(&self.write).await?;
        }
        Ok(gone)
    }
}
