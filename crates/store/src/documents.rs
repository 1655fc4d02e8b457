//! Extracted documents and the bytes of uploads.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use gangway_model::{ItemId, UserId};

use crate::Store;
use crate::error::{Result, StoreError};
use crate::orphans;
use crate::row::Columns;
use crate::sql::Sql;

/// An item's document as it is stored: a small one in the row itself, a larger one as a blob.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct StoredDocument {
    pub body: Option<Bytes>,
    /// Made by [`crate::fresh_blob_key`]; a key is used for one document only.
    pub blob_key: Option<String>,
    pub text_bytes: u64,
    /// What it was made of; `None` for what is not worth looking up.
    pub reading: Option<Reading>,
}

/// What a document was made of, by which it is found when the same bytes come again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// A hash over the content and all that reading it depends on.
    pub key: String,
    /// Whose document it is.
    pub user: UserId,
    /// How long readers, and text recognition, were busy with it.
    pub read: Duration,
    pub recognized: Duration,
}

/// Whose documents are looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    Own,
    /// Everybody else's.
    Others,
}

impl fmt::Debug for StoredDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredDocument")
            .field("blob_key", &self.blob_key)
            .field("text_bytes", &self.text_bytes)
            .finish_non_exhaustive()
    }
}

/// Where an uploaded file's bytes lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Original {
    pub blob_key: String,
    pub size: u64,
}

impl Store {
    pub async fn document(&self, item: &ItemId) -> Result<Option<StoredDocument>> {
        let row = Sql::new(SELECT).sql("item_id = ").arg(item).first(&self.read).await?;
        row.as_ref().map(read_document).transpose()
    }

    /// A document that was read from the same content in the same way, if there is one: for the engine, which has the
    /// content itself.
    pub async fn find_reading(
        &self,
        key: &str,
        user: &UserId,
        whose: Whose,
    ) -> Result<Option<StoredDocument>> {
        let compared = match whose {
            Whose::Own => " AND read_for = ",
            Whose::Others => " AND read_for <> ",
        };
        let sql = Sql::new(SELECT).sql("reading = ").arg(key).sql(compared).arg(user).sql(" LIMIT 1");
        sql.first(&self.read).await?.as_ref().map(read_document).transpose()
    }

    /// Says where an item's bytes lie. Bytes it had before are handed to the orphans.
    ///
    /// # Errors
    /// `Conflict` when the item is gone.
    pub async fn create_original(&self, item: &ItemId, original: &Original) -> Result<()> {
        let mut tx = self.begin().await?;
        write_original(&mut tx, item, original, self.now()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Any user's upload: for the engine.
    pub async fn original(&self, item: &ItemId) -> Result<Option<Original>> {
        let row = Sql::new("SELECT blob_key, size FROM originals WHERE item_id = ")
            .arg(item)
            .first(&self.read)
            .await?;
        row.map(|row| Ok(Original { blob_key: row.text("blob_key")?, size: row.count("size")? })).transpose()
    }

    /// The bytes of the user's own upload.
    pub async fn get_original(&self, user: &UserId, item: &ItemId) -> Result<Original> {
        self.get_item(user, item).await?;
        self.original(item).await?.ok_or(StoreError::NotFound)
    }
}

const SELECT: &str =
    "SELECT body, blob_key, text_bytes, reading, read_for, read_us, recognized_us FROM documents WHERE ";

fn read_document(row: &sqlx::any::AnyRow) -> Result<StoredDocument> {
    let time = |column| Ok::<_, StoreError>(Duration::from_micros(row.opt_count(column)?.unwrap_or(0)));
    let reading = match (row.opt_text("reading")?, row.opt_id("read_for")?) {
        (Some(key), Some(user)) => {
            Some(Reading { key, user, read: time("read_us")?, recognized: time("recognized_us")? })
        }
        _ => None,
    };
    Ok(StoredDocument {
        body: row.opt_bytes("body")?.map(Bytes::from),
        blob_key: row.opt_text("blob_key")?,
        text_bytes: row.count("text_bytes")?,
        reading,
    })
}

pub(crate) async fn write_original(
    tx: &mut sqlx::Transaction<'static, sqlx::Any>,
    item: &ItemId,
    original: &Original,
    now: gangway_model::Timestamp,
) -> Result<()> {
    let replaced =
        Sql::new("SELECT blob_key FROM originals WHERE item_id = ").arg(item).first(&mut **tx).await?;
    if let Some(row) = replaced {
        let key = row.text("blob_key")?;
        if key != original.blob_key {
            orphans::orphan_keys(tx, &[key], now).await?;
        }
    }
    Sql::new("INSERT INTO originals (item_id, blob_key, size) VALUES ")
        .rows(&[original], |original| [item.into(), (&original.blob_key).into(), original.size.into()])
        .sql(" ON CONFLICT (item_id) DO UPDATE SET blob_key = excluded.blob_key, size = excluded.size")
        .run(&mut **tx)
        .await?;
    orphans::adopt_keys(tx, std::slice::from_ref(&original.blob_key)).await
}
