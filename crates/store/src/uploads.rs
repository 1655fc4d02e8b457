//! Resumable uploads: how far each is, and the parts its bytes lie in until they are a file.
//!
//! The number of bytes received moves in the transaction that adds the parts, and only from where the caller
//! saw it: of two that append at the same place one finds a conflict, whatever process it is in.

use gangway_model::{CollectionId, ConnectionId, Timestamp, UploadId, UserId};
use serde_json::Value;
use sqlx::any::AnyRow;
use sqlx::{Any, Transaction};

use crate::error::{Result, StoreError};
use crate::queue::{NewTask, enqueue_in};
use crate::row::{Columns, read_all, read_json};
use crate::sql::{Sql, row_chunks};
use crate::{Store, orphans};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadState {
    Receiving,
    /// Every byte is here; it is not a file yet.
    Received,
    Done,
    /// It can never become a file.
    Failed,
    /// Taken back by its sender, or left alone for too long.
    Ended,
}

impl UploadState {
    pub fn as_str(self) -> &'static str {
        match self {
            UploadState::Receiving => "receiving",
            UploadState::Received => "received",
            UploadState::Done => "done",
            UploadState::Failed => "failed",
            UploadState::Ended => "ended",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Receiving, Self::Received, Self::Done, Self::Failed, Self::Ended]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

#[derive(Clone, Debug)]
pub struct NewUpload {
    /// At least 128 random bits, made by the caller.
    pub id: UploadId,
    pub user_id: UserId,
    pub connection_id: ConnectionId,
    pub collection_id: CollectionId,
    /// `None` while the sender does not say.
    pub length: Option<u64>,
    /// What the sender says of the file; only the caller reads it.
    pub about: Value,
    pub expires_at: Timestamp,
}

/// An upload as stored. One that is receiving past `expires_at` has expired; the caller compares.
#[derive(Clone, Debug, PartialEq)]
pub struct Upload {
    pub id: UploadId,
    pub user_id: UserId,
    pub connection_id: ConnectionId,
    pub collection_id: CollectionId,
    pub length: Option<u64>,
    pub received: u64,
    pub about: Value,
    pub state: UploadState,
    pub outcome: Option<Value>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// Bytes that are in the blob store and follow what is there already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewUploadPart {
    pub blob_key: String,
    pub size: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadPart {
    pub start: u64,
    pub size: u64,
    pub blob_key: String,
}

/// How an upload that is whole ends.
#[derive(Clone, Debug, PartialEq)]
pub struct UploadEnd {
    pub id: UploadId,
    /// `Done` or `Failed`.
    pub state: UploadState,
    pub outcome: Value,
    /// When it is forgotten.
    pub expires_at: Timestamp,
}

const COLUMNS: &str = "id, user_id, connection_id, collection_id, length, received, about, state, outcome, \
     created_at, expires_at";

fn read_upload(row: &AnyRow) -> Result<Upload> {
    let length = row.opt_int("length")?.map(|length| u64::try_from(length).unwrap_or(0));
    Ok(Upload {
        id: row.id("id")?,
        user_id: row.id("user_id")?,
        connection_id: row.id("connection_id")?,
        collection_id: row.id("collection_id")?,
        length,
        received: row.count("received")?,
        about: row.json("about")?,
        state: row.word("state", UploadState::parse)?,
        outcome: row.opt_text("outcome")?.map(|text| read_json("outcome", &text)).transpose()?,
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
    })
}

impl Store {
    /// Begins an upload, unless its user has `most` unfinished ones: then `None`. An empty one is whole at once,
    /// and `finish` is queued with it.
    ///
    /// # Errors
    /// `Conflict` when user, connection or collection are gone.
    pub async fn create_upload(
        &self,
        new: &NewUpload,
        most: u64,
        finish: &NewTask,
    ) -> Result<Option<Upload>> {
        let now = self.now();
        let mut tx = self.begin().await?;
        // Whoever begins another at the same moment waits here, so that both are counted.
        Sql::new("UPDATE users SET id = id WHERE id = ").arg(&new.user_id).run(&mut *tx).await?;
        let row = Sql::new("SELECT COUNT(*) AS unfinished FROM uploads WHERE user_id = ")
            .arg(&new.user_id)
            .sql(" AND state IN ('receiving', 'received')")
            .first(&mut *tx)
            .await?;
        if row.ok_or(StoreError::NotFound)?.count("unfinished")? >= most {
            return Ok(None);
        }
        let state = if new.length == Some(0) { UploadState::Received } else { UploadState::Receiving };
        let row = Sql::new("INSERT INTO uploads (")
            .sql(COLUMNS)
            .sql(") VALUES ")
            .rows(&[new], |new| {
                [
                    (&new.id).into(),
                    (&new.user_id).into(),
                    (&new.connection_id).into(),
                    (&new.collection_id).into(),
                    new.length.into(),
                    0_i64.into(),
                    new.about.to_string().into(),
                    state.as_str().into(),
                    None::<String>.into(),
                    now.into(),
                    new.expires_at.into(),
                ]
            })
            .sql(" RETURNING ")
            .sql(COLUMNS)
            .first(&mut *tx)
            .await?;
        if state == UploadState::Received {
            enqueue_in(&mut tx, finish, now).await?;
        }
        tx.commit().await?;
        read_upload(&row.ok_or(StoreError::NotFound)?).map(Some)
    }

    /// Any user's upload: for the engine.
    pub async fn find_upload(&self, id: &UploadId) -> Result<Option<Upload>> {
        let row = upload(id).first(&self.read).await?;
        row.as_ref().map(read_upload).transpose()
    }

    /// The user's own upload.
    pub async fn get_upload(&self, user: &UserId, id: &UploadId) -> Result<Upload> {
        let row = upload(id).sql(" AND user_id = ").arg(user).first(&self.read).await?;
        read_upload(&row.ok_or(StoreError::NotFound)?)
    }

    /// Adds parts after what `seen` has, says how long the upload is when it was not known, and keeps it until
    /// `expires_at`. The part that makes it whole queues `finish`. The upload as it is then.
    ///
    /// # Errors
    /// `Conflict` when the upload is not as it was seen any more; nothing is changed then.
    pub async fn append_to_upload(
        &self,
        seen: &Upload,
        parts: &[NewUploadPart],
        length: Option<u64>,
        expires_at: Timestamp,
        finish: &NewTask,
    ) -> Result<Upload> {
        let now = self.now();
        let length = seen.length.or(length);
        let received = seen.received + parts.iter().map(|part| part.size).sum::<u64>();
        let state = if length == Some(received) { UploadState::Received } else { UploadState::Receiving };
        let mut tx = self.begin().await?;
        let row = Sql::new("UPDATE uploads SET received = ")
            .arg(received)
            .sql(", length = ")
            .arg(length)
            .sql(", state = ")
            .arg(state.as_str())
            .sql(", expires_at = ")
            .arg(expires_at)
            .sql(" WHERE state = 'receiving' AND id = ")
            .arg(&seen.id)
            .sql(" AND received = ")
            .arg(seen.received)
            .sql(" AND COALESCE(length, -1) = ")
            .arg(seen.length.map_or(-1, |length| i64::try_from(length).unwrap_or(i64::MAX)))
            .sql(" RETURNING ")
            .sql(COLUMNS)
            .first(&mut *tx)
            .await?;
        let row = row.ok_or(StoreError::conflict("the upload stands elsewhere"))?;
        write_parts(&mut tx, seen, parts).await?;
        if state == UploadState::Received {
            enqueue_in(&mut tx, finish, now).await?;
        }
        tx.commit().await?;
        read_upload(&row)
    }

    /// The parts of an upload in their order.
    pub async fn list_upload_parts(&self, id: &UploadId) -> Result<Vec<UploadPart>> {
        let rows = Sql::new("SELECT start, size, blob_key FROM upload_parts WHERE upload_id = ")
            .arg(id)
            .sql(" ORDER BY start")
            .all(&self.read)
            .await?;
        read_all(rows, |row| {
            Ok(UploadPart {
                start: row.count("start")?,
                size: row.count("size")?,
                blob_key: row.text("blob_key")?,
            })
        })
    }

    /// Ends a whole upload of which no new file is made; its parts are handed to the orphans.
    ///
    /// # Errors
    /// `Conflict` when it does not wait for that any more.
    pub async fn end_upload(&self, end: &UploadEnd) -> Result<()> {
        let mut tx = self.begin().await?;
        end_upload_in(&mut tx, end, self.now()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Takes the user's own upload back, however far it is; its parts are handed to the orphans. It is remembered
    /// until `forget_at`. False when it was over already.
    pub async fn take_back_upload(&self, user: &UserId, id: &UploadId, forget_at: Timestamp) -> Result<bool> {
        let which = |sql: Sql| sql.sql(" AND state <> 'ended' AND user_id = ").arg(user);
        self.close_upload(id, forget_at, which).await
    }

    /// Ends up to `limit` unfinished uploads that nobody went on with in time; how many there were. Whole ones
    /// stay: it is not their sender who is late.
    pub async fn expire_uploads(&self, now: Timestamp, forget_at: Timestamp, limit: u32) -> Result<u64> {
        let rows = Sql::new("SELECT id FROM uploads WHERE state = 'receiving' AND expires_at <= ")
            .arg(now)
            .sql(" ORDER BY expires_at LIMIT ")
            .arg(limit)
            .all(&self.read)
            .await?;
        let mut ended = 0;
        for id in read_all(rows, |row| row.id::<UploadId>("id"))? {
            let which = |sql: Sql| sql.sql(" AND state = 'receiving' AND expires_at <= ").arg(now);
            ended += u64::from(self.close_upload(&id, forget_at, which).await?);
        }
        Ok(ended)
    }

    /// Forgets uploads that are over and were kept long enough; how many there were.
    pub async fn delete_old_uploads(&self, now: Timestamp) -> Result<u64> {
        Sql::new("DELETE FROM uploads WHERE state IN ('done', 'failed', 'ended') AND expires_at <= ")
            .arg(now)
            .run(&self.write)
            .await
    }

    pub(crate) async fn delete_uploads_of_connection(&self, connection: &ConnectionId) -> Result<()> {
        let mut tx = self.begin().await?;
        orphans::orphan_parts_of_connection(&mut tx, connection, self.now()).await?;
        Sql::new("DELETE FROM uploads WHERE connection_id = ").arg(connection).run(&mut *tx).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn close_upload(
        &self,
        id: &UploadId,
        forget_at: Timestamp,
        which: impl FnOnce(Sql) -> Sql,
    ) -> Result<bool> {
        let mut tx = self.begin().await?;
        let close = Sql::new("UPDATE uploads SET state = 'ended', expires_at = ")
            .arg(forget_at)
            .sql(" WHERE id = ")
            .arg(id);
        let closed = which(close).run(&mut *tx).await?;
        if closed == 0 {
            return Ok(false);
        }
        let_go_of_parts(&mut tx, id, self.now()).await?;
        tx.commit().await?;
        Ok(true)
    }
}

fn upload(id: &UploadId) -> Sql {
    Sql::new("SELECT ").sql(COLUMNS).sql(" FROM uploads WHERE id = ").arg(id)
}

async fn write_parts(
    tx: &mut Transaction<'static, Any>,
    seen: &Upload,
    parts: &[NewUploadPart],
) -> Result<()> {
    let mut start = seen.received;
    let mut rows = Vec::with_capacity(parts.len());
    for part in parts {
        rows.push((start, part));
        start += part.size;
    }
    for chunk in row_chunks(&rows) {
        Sql::new("INSERT INTO upload_parts (upload_id, start, size, blob_key) VALUES ")
            .rows(chunk, |(start, part)| {
                [(&seen.id).into(), (*start).into(), part.size.into(), (&part.blob_key).into()]
            })
            .run(&mut **tx)
            .await?;
    }
    let keys: Vec<String> = parts.iter().map(|part| part.blob_key.clone()).collect();
    orphans::adopt_keys(tx, &keys).await
}

/// Ends an upload in the transaction that makes a file of it: it is done exactly if the file is there.
pub(crate) async fn end_upload_in(
    tx: &mut Transaction<'static, Any>,
    end: &UploadEnd,
    now: Timestamp,
) -> Result<()> {
    let ended = Sql::new("UPDATE uploads SET state = ")
        .arg(end.state.as_str())
        .sql(", outcome = ")
        .arg(end.outcome.to_string())
        .sql(", expires_at = ")
        .arg(end.expires_at)
        .sql(" WHERE state = 'received' AND id = ")
        .arg(&end.id)
        .run(&mut **tx)
        .await?;
    if ended == 0 {
        return Err(StoreError::conflict("the upload does not wait to become a file"));
    }
    let_go_of_parts(tx, &end.id, now).await
}

async fn let_go_of_parts(tx: &mut Transaction<'static, Any>, id: &UploadId, now: Timestamp) -> Result<()> {
    orphans::orphan_blobs_of_upload(tx, id, now).await?;
    Sql::new("DELETE FROM upload_parts WHERE upload_id = ").arg(id).run(&mut **tx).await?;
    Ok(())
}
