//! What stands in a collection: its figures, and the way from items to collections and back.

use std::collections::HashMap;

use gangway_model::{CollectionId, ConnectionId, Item, ItemId};

use crate::Store;
use crate::collections::CollectionStats;
use crate::error::Result;
use crate::items::{ITEM_COLUMNS, read_item};
use crate::row::Columns;
use crate::sql::{LIST_MAX, Sql};

impl Store {
    /// Counts what a collection holds. Reads every placement of it, so not for every request.
    pub async fn collection_stats(&self, id: &CollectionId) -> Result<CollectionStats> {
        let row = Sql::new(
            "SELECT COUNT(*) AS items, CAST(COALESCE(SUM(size), 0) AS BIGINT) AS bytes, \
             CAST(COALESCE(SUM(CASE WHEN state = 'failed' THEN 1 ELSE 0 END), 0) AS BIGINT) AS failed, \
             MAX(synced_at) AS last_synced_at FROM (SELECT DISTINCT p.item_id FROM placements p \
             JOIN scopes s ON s.id = p.scope_id AND s.removing = 0 WHERE p.collection_id = ",
        )
        .arg(id)
        .sql(
            ") placed JOIN items ON items.id = placed.item_id \
             WHERE items.state <> 'gone' AND items.kind IN ('file', 'file_and_container')",
        )
        .first(&self.read)
        .await?;
        let Some(row) = row else { return Ok(CollectionStats::default()) };
        Ok(CollectionStats {
            items: row.count("items")?,
            bytes: row.count("bytes")?,
            failed: row.count("failed")?,
            last_synced_at: row.opt_time("last_synced_at")?,
        })
    }

    /// In which collections each item stands. Scopes that are being taken apart do not count; an item that
    /// stands nowhere has no entry.
    pub async fn item_collections(&self, items: &[ItemId]) -> Result<HashMap<ItemId, Vec<CollectionId>>> {
        let mut found: HashMap<ItemId, Vec<CollectionId>> = HashMap::new();
        for chunk in items.chunks(LIST_MAX) {
            let rows = Sql::new(
                "SELECT DISTINCT p.item_id, p.collection_id FROM placements p \
                 JOIN scopes s ON s.id = p.scope_id AND s.removing = 0 WHERE p.item_id IN ",
            )
            .list(chunk)
            .sql(" ORDER BY p.item_id, p.collection_id")
            .all(&self.read)
            .await?;
            for row in rows {
                found.entry(row.id("item_id")?).or_default().push(row.id("collection_id")?);
            }
        }
        Ok(found)
    }

    /// A living item of this connection with this content in this collection: the duplicate of an upload.
    pub async fn find_item_by_hash_in_collection(
        &self,
        connection: &ConnectionId,
        collection: &CollectionId,
        content_hash: &str,
    ) -> Result<Option<Item>> {
        let row = Sql::new("SELECT ")
            .sql(ITEM_COLUMNS)
            .sql(" FROM items WHERE connection_id = ")
            .arg(connection)
            .sql(" AND content_hash = ")
            .arg(content_hash)
            .sql(
                " AND state <> 'gone' AND EXISTS (SELECT 1 FROM placements p JOIN scopes s ON s.id = p.scope_id \
                 AND s.removing = 0 WHERE p.item_id = items.id AND p.collection_id = ",
            )
            .arg(collection)
            .sql(") ORDER BY id LIMIT 1")
            .first(&self.read)
            .await?;
        row.as_ref().map(read_item).transpose()
    }
}
