//! Blobs that no row needs: written down in the transaction that lets go of them, deleted later by a task.
//!
//! A blob is announced here before it is written and taken out when a row comes to point at it. So a process
//! that dies between the two leaves no blob that nobody knows of.

use gangway_model::{CollectionId, ConnectionId, ItemId, Timestamp, UploadId, UserId};
use sqlx::{Any, Transaction};

use crate::Store;
use crate::error::Result;
use crate::row::{Columns, read_all};
use crate::sql::{LIST_MAX, Sql, row_chunks};

impl Store {
    /// Announces blobs that are about to be written. Those that no row points at in the end become garbage by
    /// themselves.
    pub async fn announce_blobs(&self, keys: &[String]) -> Result<()> {
        let mut tx = self.begin().await?;
        orphan_keys(&mut tx, keys, self.now()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Up to `limit` blobs that were orphaned (or announced) before `before` and that no row points at.
    /// `before` must leave the writers time to commit: an hour is plenty.
    pub async fn list_orphaned_blobs(&self, before: Timestamp, limit: u32) -> Result<Vec<String>> {
        let rows = Sql::new("SELECT blob_key FROM orphaned_blobs o WHERE orphaned_at < ")
            .arg(before)
            .sql(
                " AND NOT EXISTS (SELECT 1 FROM documents d WHERE d.blob_key = o.blob_key) \
                 AND NOT EXISTS (SELECT 1 FROM originals g WHERE g.blob_key = o.blob_key) \
                 AND NOT EXISTS (SELECT 1 FROM upload_parts p WHERE p.blob_key = o.blob_key) \
                 ORDER BY orphaned_at, blob_key LIMIT ",
            )
            .arg(limit)
            .all(&self.read)
            .await?;
        read_all(rows, |row| row.text("blob_key"))
    }

    /// To be called once the blob itself is deleted.
    pub async fn forget_orphaned_blob(&self, key: &str) -> Result<()> {
        Sql::new("DELETE FROM orphaned_blobs WHERE blob_key = ").arg(key).run(&self.write).await?;
        Ok(())
    }
}

pub(crate) async fn orphan_keys(
    tx: &mut Transaction<'static, Any>,
    keys: &[String],
    now: Timestamp,
) -> Result<()> {
    let mut keys: Vec<&String> = keys.iter().collect();
    keys.sort_unstable();
    keys.dedup();
    for chunk in row_chunks(&keys) {
        Sql::new("INSERT INTO orphaned_blobs (blob_key, orphaned_at) VALUES ")
            .rows(chunk, |key| [(*key).into(), now.into()])
            .sql(" ON CONFLICT (blob_key) DO UPDATE SET orphaned_at = excluded.orphaned_at")
            .run(&mut **tx)
            .await?;
    }
    Ok(())
}

/// Takes blobs out of the orphans, because a row points at them now.
pub(crate) async fn adopt_keys(tx: &mut Transaction<'static, Any>, keys: &[String]) -> Result<()> {
    for chunk in keys.chunks(LIST_MAX) {
        Sql::new("DELETE FROM orphaned_blobs WHERE blob_key IN ").list(chunk).run(&mut **tx).await?;
    }
    Ok(())
}

pub(crate) async fn orphan_blobs_of_items(
    tx: &mut Transaction<'static, Any>,
    items: &[ItemId],
    now: Timestamp,
) -> Result<()> {
    for chunk in items.chunks(LIST_MAX) {
        for table in ["documents", "originals"] {
            orphan_from(tx, table, now, |sql| sql.sql("t.item_id IN ").list(chunk)).await?;
        }
    }
    Ok(())
}

pub(crate) async fn orphan_blobs_of_connection(
    tx: &mut Transaction<'static, Any>,
    connection: &ConnectionId,
    now: Timestamp,
) -> Result<()> {
    for table in ["documents", "originals"] {
        orphan_from(tx, table, now, |sql| {
            sql.sql("t.item_id IN (SELECT id FROM items WHERE connection_id = ").arg(connection).sql(")")
        })
        .await?;
    }
    orphan_parts_of_connection(tx, connection, now).await
}

pub(crate) async fn orphan_parts_of_connection(
    tx: &mut Transaction<'static, Any>,
    connection: &ConnectionId,
    now: Timestamp,
) -> Result<()> {
    orphan_parts(tx, now, |sql| sql.sql("connection_id = ").arg(connection)).await
}

pub(crate) async fn orphan_blobs_of_user(
    tx: &mut Transaction<'static, Any>,
    user: &UserId,
    now: Timestamp,
) -> Result<()> {
    for table in ["documents", "originals"] {
        orphan_from(tx, table, now, |sql| {
            sql.sql("t.item_id IN (SELECT i.id FROM items i JOIN connections c ON c.id = i.connection_id WHERE c.user_id = ")
                .arg(user)
                .sql(")")
        })
        .await?;
    }
    orphan_parts(tx, now, |sql| sql.sql("user_id = ").arg(user)).await
}

pub(crate) async fn orphan_blobs_of_collection(
    tx: &mut Transaction<'static, Any>,
    collection: &CollectionId,
    now: Timestamp,
) -> Result<()> {
    orphan_parts(tx, now, |sql| sql.sql("collection_id = ").arg(collection)).await
}

pub(crate) async fn orphan_blobs_of_upload(
    tx: &mut Transaction<'static, Any>,
    upload: &UploadId,
    now: Timestamp,
) -> Result<()> {
    orphan_parts(tx, now, |sql| sql.sql("id = ").arg(upload)).await
}

/// The parts of the uploads that `which` picks out.
async fn orphan_parts(
    tx: &mut Transaction<'static, Any>,
    now: Timestamp,
    which: impl FnOnce(Sql) -> Sql,
) -> Result<()> {
    orphan_from(tx, "upload_parts", now, |sql| {
        which(sql.sql("t.upload_id IN (SELECT id FROM uploads WHERE ")).sql(")")
    })
    .await
}

async fn orphan_from(
    tx: &mut Transaction<'static, Any>,
    table: &str,
    now: Timestamp,
    which: impl FnOnce(Sql) -> Sql,
) -> Result<()> {
    let sql = Sql::new("INSERT INTO orphaned_blobs (blob_key, orphaned_at) SELECT DISTINCT t.blob_key, ")
        .arg(now)
        .sql(" FROM ")
        .sql(table)
        .sql(" t WHERE t.blob_key IS NOT NULL AND ");
    which(sql)
        .sql(" ON CONFLICT (blob_key) DO UPDATE SET orphaned_at = excluded.orphaned_at")
        .run(&mut **tx)
        .await?;
    Ok(())
}
