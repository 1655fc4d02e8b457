//! User tokens, of which only a hash is kept.

use gangway_model::{Timestamp, TokenId, User, UserId};
use sqlx::any::AnyRow;

use crate::Store;
use crate::error::{Result, StoreError};
use crate::row::{Columns, read_all};
use crate::sql::Sql;
use crate::users::{USER, read_user};

/// What is known of a token that was given out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserToken {
    pub id: TokenId,
    pub user_id: UserId,
    pub label: Option<String>,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
}

fn read_token(row: &AnyRow) -> Result<UserToken> {
    Ok(UserToken {
        id: row.id("id")?,
        user_id: row.id("user_id")?,
        label: row.opt_text("label")?,
        created_at: row.time("created_at")?,
        expires_at: row.opt_time("expires_at")?,
    })
}

impl Store {
    /// Remembers a token by its SHA-256 in hex.
    ///
    /// # Errors
    /// `Conflict` when there is no such user.
    pub async fn create_token(
        &self,
        user: &UserId,
        hash: &str,
        label: Option<&str>,
        expires_at: Option<Timestamp>,
    ) -> Result<TokenId> {
        let id = TokenId::fresh();
        Sql::new("INSERT INTO user_tokens (id, user_id, hash, label, created_at, expires_at) VALUES ")
            .rows(&[()], |()| {
                [(&id).into(), user.into(), hash.into(), label.into(), self.now().into(), expires_at.into()]
            })
            .run(&self.write)
            .await?;
        Ok(id)
    }

    /// Whose token this is; `None` for an unknown or ended one.
    pub async fn find_user_by_token_hash(&self, hash: &str, now: Timestamp) -> Result<Option<User>> {
        let row = Sql::new(USER)
            .sql(" JOIN user_tokens t ON t.user_id = u.id WHERE t.hash = ")
            .arg(hash)
            .sql(" AND (t.expires_at IS NULL OR t.expires_at > ")
            .arg(now)
            .sql(")")
            .first(&self.read)
            .await?;
        row.as_ref().map(read_user).transpose()
    }

    /// A user's tokens in the order they were made, ended ones too.
    pub async fn list_tokens(&self, user: &UserId) -> Result<Vec<UserToken>> {
        let rows =
            Sql::new("SELECT id, user_id, label, created_at, expires_at FROM user_tokens WHERE user_id = ")
                .arg(user)
                .sql(" ORDER BY id")
                .all(&self.read)
                .await?;
        read_all(rows, read_token)
    }

    /// Forgets a token, and what assistants were allowed by whoever had signed in with it.
    pub async fn delete_token(&self, user: &UserId, id: &TokenId) -> Result<()> {
        let mut tx = self.begin().await?;
        let deleted = Sql::new("DELETE FROM user_tokens WHERE id = ")
            .arg(id)
            .sql(" AND user_id = ")
            .arg(user)
            .sql(" RETURNING hash")
            .first(&mut *tx)
            .await?;
        let hash = deleted.ok_or(StoreError::NotFound)?.text("hash")?;
        for table in ["assistants", "assistant_codes"] {
            let delete = format!("DELETE FROM {table} WHERE signed_in_hash = ");
            Sql::new(&delete).arg(&hash).run(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}
