//! Extracted documents and the bytes of uploads.

use std::fmt;

use gangway_model::{ItemId, UserId};

use crate::Store;
use crate::error::{Result, StoreError};
use crate::orphans;
use crate::row::Columns;
use crate::sql::Sql;

/// An item's document as it is stored: a small one in the row itself, a larger one as a blob.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct StoredDocument {
    pub body: Option<Vec<u8>>,
    /// Made by [`crate::fresh_blob_key`]; a key is used for one document only.
    pub blob_key: Option<String>,
    pub text_bytes: u64,
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
        let row = Sql::new("SELECT body, blob_key, text_bytes FROM documents WHERE item_id = ").arg(item);
        let Some(row) = row.first(&self.read).await? else { return Ok(None) };
        Ok(Some(StoredDocument {
            body: row.opt_bytes("body")?,
            blob_key: row.opt_text("blob_key")?,
            text_bytes: row.count("text_bytes")?,
        }))
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
