//! What a complete listing did not show, and items that stand nowhere any more.

use gangway_model::{ConnectionId, Item, ItemId, ScopeId, SyncJobId};

use crate::Store;
use crate::error::Result;
use crate::items::{ITEM_COLUMNS, read_item};
use crate::orphans;
use crate::row::{Columns, read_all};
use crate::sql::{LIST_MAX, Sql};

impl Store {
    /// Up to `limit` items that stand in a scope, by id, after `after`.
    pub async fn list_placements(
        &self,
        scope: &ScopeId,
        after: Option<&ItemId>,
        limit: u32,
    ) -> Result<Vec<ItemId>> {
        let rows = Sql::new("SELECT item_id FROM placements WHERE scope_id = ")
            .arg(scope)
            .arg_if(" AND item_id > ", after)
            .sql(" ORDER BY item_id LIMIT ")
            .arg(limit)
            .all(&self.read)
            .await?;
        read_all(rows, |row| row.id("item_id"))
    }

    /// Up to `limit` items that stand in a scope but were not shown there by the listing `seen_by_not`, in
    /// order of their ids, after `after`. Only after a complete listing does this prove anything.
    pub async fn unseen_placements(
        &self,
        scope: &ScopeId,
        seen_by_not: &SyncJobId,
        after: Option<&ItemId>,
        limit: u32,
    ) -> Result<Vec<Item>> {
        let rows = Sql::new("SELECT ")
            .sql(ITEM_COLUMNS)
            .sql(" FROM placements p JOIN items ON items.id = p.item_id WHERE p.scope_id = ")
            .arg(scope)
            .sql(" AND p.seen_by <> ")
            .arg(seen_by_not)
            .arg_if(" AND p.item_id > ", after)
            .sql(" ORDER BY p.item_id LIMIT ")
            .arg(limit)
            .all(&self.read)
            .await?;
        read_all(rows, read_item)
    }

    pub async fn count_placements(&self, scope: &ScopeId) -> Result<u64> {
        let row = Sql::new("SELECT COUNT(*) AS n FROM placements WHERE scope_id = ").arg(scope);
        row.first(&self.read).await?.map_or(Ok(0), |row| row.count("n"))
    }

    pub async fn count_unseen_placements(&self, scope: &ScopeId, seen_by_not: &SyncJobId) -> Result<u64> {
        let row = Sql::new("SELECT COUNT(*) AS n FROM placements WHERE scope_id = ")
            .arg(scope)
            .sql(" AND seen_by <> ")
            .arg(seen_by_not)
            .first(&self.read)
            .await?;
        row.map_or(Ok(0), |row| row.count("n"))
    }

    /// Takes items out of a scope that is being taken apart; which of them now stand nowhere. If the scope
    /// was chosen again meanwhile, nothing changes and nothing is answered.
    pub async fn remove_placements(&self, scope: &ScopeId, items: &[ItemId]) -> Result<Vec<ItemId>> {
        let mut tx = self.begin().await?;
        let mut alone = Vec::new();
        for chunk in items.chunks(LIST_MAX) {
            Sql::new("DELETE FROM placements WHERE scope_id = ")
                .arg(scope)
                .sql(" AND EXISTS (SELECT 1 FROM scopes WHERE removing = 1 AND id = ")
                .arg(scope)
                .sql(") AND item_id IN ")
                .list(chunk)
                .run(&mut *tx)
                .await?;
            let rows = Sql::new("SELECT id FROM items WHERE id IN ")
                .list(chunk)
                .sql(" AND NOT EXISTS (SELECT 1 FROM placements p WHERE p.item_id = items.id) ORDER BY id")
                .all(&mut *tx)
                .await?;
            alone.extend(read_all(rows, |row| row.id::<ItemId>("id"))?);
        }
        tx.commit().await?;
        Ok(alone)
    }

    /// Up to `limit` items of a connection that stand in no scope, by id, after `after`; tombstones too, and
    /// those of which the last placement is in a scope being taken apart are not among them yet.
    pub async fn items_without_placement(
        &self,
        connection: &ConnectionId,
        after: Option<&ItemId>,
        limit: u32,
    ) -> Result<Vec<ItemId>> {
        let rows = Sql::new("SELECT id FROM items WHERE connection_id = ")
            .arg(connection)
            .arg_if(" AND id > ", after)
            .sql(" AND NOT EXISTS (SELECT 1 FROM placements p WHERE p.item_id = items.id) ORDER BY id LIMIT ")
            .arg(limit)
            .all(&self.read)
            .await?;
        read_all(rows, |row| row.id("id"))
    }

    /// Deletes the rows of these items as far as they stand in no scope; blobs are handed to the orphans. How
    /// many were deleted. To be called after they have left the index.
    pub async fn forget_items(&self, items: &[ItemId]) -> Result<u64> {
        let mut tx = self.begin().await?;
        let mut forgotten = 0;
        for chunk in items.chunks(LIST_MAX) {
            let rows = Sql::new("SELECT id FROM items WHERE id IN ")
                .list(chunk)
                .sql(" AND NOT EXISTS (SELECT 1 FROM placements p WHERE p.item_id = items.id)")
                .all(&mut *tx)
                .await?;
            let alone = read_all(rows, |row| row.id::<ItemId>("id"))?;
            if alone.is_empty() {
                continue;
            }
            orphans::orphan_blobs_of_items(&mut tx, &alone, self.now()).await?;
            forgotten += Sql::new("DELETE FROM items WHERE id IN ").list(&alone).run(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(forgotten)
    }
}
