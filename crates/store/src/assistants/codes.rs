//! Authorization codes: each is good once, and showing it again ends what was made of it.

use gangway_model::{AssistantClientId, AssistantId, AssistantScope, Timestamp, UserId};
use sqlx::any::AnyRow;

use super::tokens::insert_tokens;
use super::{NewAssistantTokens, read_scopes, write_scopes};
use crate::Store;
use crate::error::{Result, StoreError};
use crate::open::Backend;
use crate::row::Columns;
use crate::sql::Sql;

/// What a person allowed, not yet fetched by the program.
#[derive(Clone, Debug, PartialEq)]
pub struct NewAssistantCode {
    /// SHA-256 of the code, in hex.
    pub hash: String,
    pub user_id: UserId,
    pub client_id: AssistantClientId,
    pub redirect_uri: String,
    pub scopes: Vec<AssistantScope>,
    pub resource: String,
    /// SHA-256 of the user token that the person is signed in with, in hex.
    pub signed_in_hash: String,
    pub challenge: String,
    pub expires_at: Timestamp,
}

/// What became of showing a code.
#[derive(Clone, Debug, PartialEq)]
pub enum TakenCode {
    Taken(Box<NewAssistantCode>),
    /// Unknown, another client's, or past its end.
    NotFound,
    /// It was shown before. What was made of it has ended, if anything was; of this user.
    ShownAgain {
        user_id: UserId,
        ended: Option<AssistantId>,
    },
}

fn read_code(row: &AnyRow) -> Result<NewAssistantCode> {
    Ok(NewAssistantCode {
        hash: row.text("hash")?,
        user_id: row.id("user_id")?,
        client_id: row.id("client_id")?,
        redirect_uri: row.text("redirect_uri")?,
        scopes: read_scopes(row)?,
        resource: row.text("resource")?,
        signed_in_hash: row.text("signed_in_hash")?,
        challenge: row.text("challenge")?,
        expires_at: row.time("expires_at")?,
    })
}

impl Store {
    /// # Errors
    /// `Conflict` when user or client is gone.
    pub async fn create_assistant_code(&self, code: &NewAssistantCode) -> Result<()> {
        Sql::new(
            "INSERT INTO assistant_codes (hash, user_id, client_id, redirect_uri, scopes, resource, signed_in_hash, \
             challenge, expires_at, shown) VALUES ",
        )
        .rows(&[code], |code| {
            [
                (&code.hash).into(),
                (&code.user_id).into(),
                (&code.client_id).into(),
                (&code.redirect_uri).into(),
                write_scopes(&code.scopes).into(),
                (&code.resource).into(),
                (&code.signed_in_hash).into(),
                (&code.challenge).into(),
                code.expires_at.into(),
                false.into(),
            ]
        })
        .run(&self.write)
        .await?;
        Ok(())
    }

    /// Takes a code, once. A client that shows another's changes nothing, nor does one whose user is disabled.
    pub async fn take_assistant_code(
        &self,
        hash: &str,
        client: &AssistantClientId,
        now: Timestamp,
    ) -> Result<TakenCode> {
        let mut tx = self.begin().await?;
        let taken = Sql::new("UPDATE assistant_codes SET shown = 1 WHERE hash = ")
            .arg(hash)
            .sql(" AND client_id = ")
            .arg(client)
            .sql(" AND shown = 0 AND expires_at > ")
            .arg(now)
            .sql(
                " AND NOT EXISTS (SELECT 1 FROM users d WHERE d.id = assistant_codes.user_id \
                 AND d.disabled_at IS NOT NULL) RETURNING hash, user_id, client_id, redirect_uri, scopes, resource, signed_in_hash, challenge, \
                 expires_at",
            )
            .first(&mut *tx)
            .await?;
        let answer = match taken {
            Some(row) => TakenCode::Taken(Box::new(read_code(&row)?)),
            None => {
                let again = Sql::new("UPDATE assistant_codes SET shown = 2 WHERE hash = ")
                    .arg(hash)
                    .sql(" AND client_id = ")
                    .arg(client)
                    .sql(" AND shown > 0 RETURNING user_id, assistant_id")
                    .first(&mut *tx)
                    .await?;
                match again {
                    None => TakenCode::NotFound,
                    Some(row) => {
                        let made: Option<AssistantId> = row.opt_id("assistant_id")?;
                        let ended =
                            Sql::new("DELETE FROM assistants WHERE id = ").arg(&made).run(&mut *tx).await?;
                        let ended = made.filter(|_| ended > 0);
                        TakenCode::ShownAgain { user_id: row.id("user_id")?, ended }
                    }
                }
            }
        };
        tx.commit().await?;
        Ok(answer)
    }

    /// Makes of a taken code what the person allowed, with its first tokens. What the same person allowed the same
    /// client before ends.
    ///
    /// # Errors
    /// `Conflict` when the code was shown again meanwhile, or the user or what they had signed in with is gone.
    pub async fn create_assistant(
        &self,
        code: &NewAssistantCode,
        tokens: &NewAssistantTokens,
        client_expires_at: Timestamp,
    ) -> Result<AssistantId> {
        let id = AssistantId::fresh();
        let mut tx = self.begin().await?;
        let still = Sql::new("UPDATE assistant_codes SET assistant_id = ")
            .arg(&id)
            .sql(" WHERE hash = ")
            .arg(&code.hash)
            .sql(" AND shown = 1 AND assistant_id IS NULL")
            .run(&mut *tx)
            .await?;
        if still == 0 {
            return Err(StoreError::conflict("the code was shown again or withdrawn"));
        }
        let before = match self.backend() {
            // SQLite would rather go through all that anybody allowed the program.
            Backend::Sqlite => "DELETE FROM assistants INDEXED BY assistants_by_user WHERE user_id = ",
            Backend::Postgres => "DELETE FROM assistants WHERE user_id = ",
        };
        Sql::new(before)
            .arg(&code.user_id)
            .sql(" AND client_id = ")
            .arg(&code.client_id)
            .run(&mut *tx)
            .await?;
        Sql::new(
            "INSERT INTO assistants (id, user_id, client_id, redirect_uri, scopes, resource, signed_in_hash, \
             created_at, used_at, expires_at) VALUES ",
        )
        .rows(&[code], |code| {
            [
                (&id).into(),
                (&code.user_id).into(),
                (&code.client_id).into(),
                (&code.redirect_uri).into(),
                write_scopes(&code.scopes).into(),
                (&code.resource).into(),
                (&code.signed_in_hash).into(),
                self.now().into(),
                self.now().into(),
                tokens.refresh_expires_at.into(),
            ]
        })
        .run(&mut *tx)
        .await?;
        insert_tokens(&mut tx, &id, &code.scopes, &code.scopes, tokens).await?;
        Sql::new("UPDATE assistant_clients SET allowed = 1, expires_at = ")
            .arg(client_expires_at)
            .sql(" WHERE id = ")
            .arg(&code.client_id)
            .run(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(id)
    }
}
