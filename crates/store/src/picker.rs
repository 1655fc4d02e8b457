//! Picker sessions: one open page each, from which files are chosen once.

use gangway_model::{ConnectionId, PickerSessionId, Timestamp, UserId};
use sqlx::any::AnyRow;

use crate::Store;
use crate::error::{Result, StoreError};
use crate::row::{Columns, read_json};
use crate::sql::Sql;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PickerState {
    Open,
    Picked,
    Cancelled,
}

impl PickerState {
    pub fn as_str(self) -> &'static str {
        match self {
            PickerState::Open => "open",
            PickerState::Picked => "picked",
            PickerState::Cancelled => "cancelled",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Open, Self::Picked, Self::Cancelled].into_iter().find(|state| state.as_str() == text)
    }
}

#[derive(Clone, Debug)]
pub struct NewPickerSession {
    pub user_id: UserId,
    pub connection_id: ConnectionId,
    /// SHA-256 of the page's key, in hex.
    pub key_hash: String,
    /// What may be picked; only the caller reads it.
    pub options: serde_json::Value,
    pub expires_at: Timestamp,
}

/// A session as stored. An open one past `expires_at` has expired; the caller compares.
#[derive(Clone, Debug, PartialEq)]
pub struct PickerSession {
    pub id: PickerSessionId,
    pub user_id: UserId,
    pub connection_id: ConnectionId,
    pub key_hash: String,
    pub options: serde_json::Value,
    /// What was picked; `None` until then.
    pub picked: Option<serde_json::Value>,
    pub state: PickerState,
    pub expires_at: Timestamp,
}

const SESSION: &str = "SELECT id, user_id, connection_id, key_hash, options, picked, state, expires_at FROM picker_sessions WHERE id = ";

fn read_session(row: &AnyRow) -> Result<PickerSession> {
    Ok(PickerSession {
        id: row.id("id")?,
        user_id: row.id("user_id")?,
        connection_id: row.id("connection_id")?,
        key_hash: row.text("key_hash")?,
        options: row.json("options")?,
        picked: row.opt_text("picked")?.map(|text| read_json("picked", &text)).transpose()?,
        state: row.word("state", PickerState::parse)?,
        expires_at: row.time("expires_at")?,
    })
}

impl Store {
    pub async fn create_picker_session(&self, new: &NewPickerSession) -> Result<PickerSession> {
        let id = PickerSessionId::fresh();
        Sql::new("INSERT INTO picker_sessions (id, user_id, connection_id, key_hash, options, state, expires_at) VALUES ")
            .rows(&[new], |new| {
                [
                    (&id).into(),
                    (&new.user_id).into(),
                    (&new.connection_id).into(),
                    (&new.key_hash).into(),
                    new.options.to_string().into(),
                    PickerState::Open.as_str().into(),
                    new.expires_at.into(),
                ]
            })
            .run(&self.write)
            .await?;
        self.find_picker_session(&id).await?.ok_or(StoreError::NotFound)
    }

    /// Any user's session: for the page, which proves itself by its key.
    pub async fn find_picker_session(&self, id: &PickerSessionId) -> Result<Option<PickerSession>> {
        let row = Sql::new(SESSION).arg(id).first(&self.read).await?;
        row.as_ref().map(read_session).transpose()
    }

    /// The user's own session.
    pub async fn get_picker_session(&self, user: &UserId, id: &PickerSessionId) -> Result<PickerSession> {
        let row = Sql::new(SESSION).arg(id).sql(" AND user_id = ").arg(user).first(&self.read).await?;
        read_session(&row.ok_or(StoreError::NotFound)?)
    }

    /// Ends an open session with what was picked, or as cancelled with `None`. False when it was ended before
    /// or has expired.
    pub async fn complete_picker_session(
        &self,
        id: &PickerSessionId,
        picked: Option<&serde_json::Value>,
        now: Timestamp,
    ) -> Result<bool> {
        let state = if picked.is_some() { PickerState::Picked } else { PickerState::Cancelled };
        let changed = Sql::new("UPDATE picker_sessions SET state = ")
            .arg(state.as_str())
            .sql(", picked = ")
            .arg(picked.map(serde_json::Value::to_string))
            .sql(" WHERE state = 'open' AND id = ")
            .arg(id)
            .sql(" AND expires_at > ")
            .arg(now)
            .run(&self.write)
            .await?;
        Ok(changed == 1)
    }

    /// Forgets sessions that ended before `before`; how many there were.
    pub async fn delete_expired_picker_sessions(&self, before: Timestamp) -> Result<u64> {
        Sql::new("DELETE FROM picker_sessions WHERE expires_at < ").arg(before).run(&self.write).await
    }
}
