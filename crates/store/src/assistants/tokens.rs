//! Tokens of assistants: short-lived ones to call with, and long-lived ones that are exchanged, each once.

use gangway_model::{AssistantClientId, AssistantId, AssistantScope, Timestamp, User, UserId};
use sqlx::{Any, Transaction};

use super::{ASSISTANT, Assistant, read_assistant, read_scopes, write_scopes};
use crate::Store;
use crate::error::{Result, StoreError};
use crate::row::Columns;
use crate::sql::Sql;
use crate::users::read_user;

/// A pair of tokens just made, by their SHA-256 in hex.
#[derive(Clone, Debug)]
pub struct NewAssistantTokens {
    pub access_hash: String,
    pub access_expires_at: Timestamp,
    pub refresh_hash: String,
    pub refresh_expires_at: Timestamp,
}

/// Whom a token acts for, and what it may do.
#[derive(Clone, Debug, PartialEq)]
pub struct AssistantCaller {
    pub user: User,
    pub assistant_id: AssistantId,
    pub scopes: Vec<AssistantScope>,
    /// What the token is good for.
    pub resource: String,
}

/// A refresh token that a client shows.
#[derive(Clone, Copy, Debug)]
pub struct Presented<'a> {
    pub hash: &'a str,
    pub client: &'a AssistantClientId,
    pub resource: &'a str,
    pub now: Timestamp,
}

/// What became of showing a refresh token.
#[derive(Clone, Debug, PartialEq)]
pub enum Rotated {
    /// Exchanged; these are the scopes of the new access token.
    Exchanged(Vec<AssistantScope>),
    /// Unknown, another client's, another resource's, or past its end.
    NotFound,
    /// A scope was asked for that was never allowed; nothing was changed.
    TooMuch,
    /// Its user is disabled; nothing was changed.
    UserDisabled,
    /// It was exchanged before, so one of the two who showed it has stolen it. All of it has ended.
    Reused(Box<Assistant>),
}

/// What ended because a client gave a token back.
#[derive(Clone, Debug, PartialEq)]
pub enum RevokedAssistantToken {
    /// One access token.
    Access,
    /// All of it.
    Assistant { user_id: UserId, id: AssistantId },
}

const CALLER: &str = "SELECT u.id, u.organization_id, u.external_id, u.name, u.email, u.plan, u.created_at, \
     u.disabled_at, o.plan AS organization_plan, a.id AS assistant_id, a.resource, t.scopes FROM assistant_tokens t \
     JOIN assistants a ON a.id = t.assistant_id JOIN users u ON u.id = a.user_id \
     LEFT JOIN organizations o ON o.id = u.organization_id WHERE t.kind = 'access' AND t.hash = ";

pub(super) async fn insert_tokens(
    tx: &mut Transaction<'static, Any>,
    assistant: &AssistantId,
    may: &[AssistantScope],
    allowed: &[AssistantScope],
    new: &NewAssistantTokens,
) -> Result<()> {
    let rows = [
        (&new.access_hash, "access", may, new.access_expires_at),
        (&new.refresh_hash, "refresh", allowed, new.refresh_expires_at),
    ];
    Sql::new("INSERT INTO assistant_tokens (hash, assistant_id, kind, scopes, expires_at, replaced) VALUES ")
        .rows(&rows, |(hash, kind, scopes, ends)| {
            [
                (*hash).into(),
                assistant.into(),
                (*kind).into(),
                write_scopes(scopes).into(),
                (*ends).into(),
                false.into(),
            ]
        })
        .run(&mut **tx)
        .await?;
    Ok(())
}

impl Store {
    /// Whom an access token acts for; `None` for an unknown or ended one.
    pub async fn find_assistant_caller(&self, hash: &str, now: Timestamp) -> Result<Option<AssistantCaller>> {
        let row = Sql::new(CALLER).arg(hash).sql(" AND t.expires_at > ").arg(now).first(&self.read).await?;
        row.map(|row| {
            Ok(AssistantCaller {
                user: read_user(&row)?,
                assistant_id: row.id("assistant_id")?,
                scopes: read_scopes(&row)?,
                resource: row.text("resource")?,
            })
        })
        .transpose()
    }

    /// Exchanges a refresh token for a new pair, once. The access token gets `wanted`, or all that was allowed.
    pub async fn rotate_assistant_tokens(
        &self,
        shown: Presented<'_>,
        wanted: Option<&[AssistantScope]>,
        new: &NewAssistantTokens,
        client_expires_at: Timestamp,
    ) -> Result<Rotated> {
        let mut tx = self.begin().await?;
        let row = Sql::new("UPDATE assistant_tokens SET replaced = 1 WHERE kind = 'refresh' AND hash = ")
            .arg(shown.hash)
            .sql(" AND replaced = 0 AND expires_at > ")
            .arg(shown.now)
            .sql(
                " AND EXISTS (SELECT 1 FROM assistants a WHERE a.id = assistant_tokens.assistant_id \
                 AND a.client_id = ",
            )
            .arg(shown.client)
            .sql(" AND a.resource = ")
            .arg(shown.resource)
            .sql(") RETURNING assistant_id, scopes")
            .first(&mut *tx)
            .await?;
        let Some(row) = row else {
            let reused = Self::end_reused(&mut tx, &shown).await?;
            tx.commit().await?;
            return Ok(reused);
        };
        let id: AssistantId = row.id("assistant_id")?;
        let disabled = Sql::new(
            "SELECT u.id FROM assistants a JOIN users u ON u.id = a.user_id \
             WHERE u.disabled_at IS NOT NULL AND a.id = ",
        );
        // Undone with the rest: the token waits for its user.
        if disabled.arg(&id).first(&mut *tx).await?.is_some() {
            return Ok(Rotated::UserDisabled);
        }
        let allowed = read_scopes(&row)?;
        let may = wanted.map_or(allowed.clone(), <[AssistantScope]>::to_vec);
        if may.iter().any(|scope| !allowed.contains(scope)) {
            return Ok(Rotated::TooMuch);
        }
        insert_tokens(&mut tx, &id, &may, &allowed, new).await?;
        Sql::new("UPDATE assistants SET used_at = ")
            .arg(shown.now)
            .sql(", expires_at = ")
            .arg(new.refresh_expires_at)
            .sql(" WHERE id = ")
            .arg(&id)
            .run(&mut *tx)
            .await?;
        Sql::new("UPDATE assistant_clients SET expires_at = ")
            .arg(client_expires_at)
            .sql(" WHERE id = ")
            .arg(shown.client)
            .run(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(Rotated::Exchanged(may))
    }

    async fn end_reused(tx: &mut Transaction<'static, Any>, shown: &Presented<'_>) -> Result<Rotated> {
        let row = Sql::new(ASSISTANT)
            .sql("a.client_id = ")
            .arg(shown.client)
            .sql(" AND a.id = (SELECT assistant_id FROM assistant_tokens WHERE replaced = 1 AND hash = ")
            .arg(shown.hash)
            .sql(")")
            .first(&mut **tx)
            .await?;
        let Some(row) = row else { return Ok(Rotated::NotFound) };
        let assistant = read_assistant(&row)?;
        Sql::new("DELETE FROM assistants WHERE id = ").arg(&assistant.id).run(&mut **tx).await?;
        Ok(Rotated::Reused(Box::new(assistant)))
    }

    /// Takes a token back that its client no longer wants (RFC 7009): with a refresh token all of it ends, with an
    /// access token that one. `None` for a token that is not this client's.
    pub async fn revoke_assistant_token(
        &self,
        hash: &str,
        client: &AssistantClientId,
    ) -> Result<Option<RevokedAssistantToken>> {
        let mut tx = self.begin().await?;
        let row = Sql::new(
            "SELECT t.kind, a.id, a.user_id FROM assistant_tokens t JOIN assistants a ON a.id = t.assistant_id \
             WHERE t.hash = ",
        )
        .arg(hash)
        .sql(" AND a.client_id = ")
        .arg(client)
        .first(&mut *tx)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let revoked = match row.text("kind")?.as_str() {
            "access" => {
                Sql::new("DELETE FROM assistant_tokens WHERE hash = ").arg(hash).run(&mut *tx).await?;
                RevokedAssistantToken::Access
            }
            "refresh" => {
                let id: AssistantId = row.id("id")?;
                Sql::new("DELETE FROM assistants WHERE id = ").arg(&id).run(&mut *tx).await?;
                RevokedAssistantToken::Assistant { user_id: row.id("user_id")?, id }
            }
            _ => return Err(StoreError::Corrupt("column kind holds an unknown word".to_owned())),
        };
        tx.commit().await?;
        Ok(Some(revoked))
    }
}
