//! Tombstones for items that are gone at the source.

use std::collections::BTreeMap;

use gangway_model::{ItemId, Timestamp};
use sqlx::{Any, Transaction};

use super::Gone;
use crate::error::Result;
use crate::orphans;
use crate::row::{Columns, read_all};
use crate::sql::{LIST_MAX, Sql};

/// Turns rows into tombstones, unless they were observed later. A tombstone has no revision and no hash, so
/// that an item that comes back is fetched again.
pub(super) async fn bury(tx: &mut Transaction<'static, Any>, gone: &[Gone], now: Timestamp) -> Result<()> {
    let mut by_moment: BTreeMap<Timestamp, Vec<&ItemId>> = BTreeMap::new();
    for one in gone {
        by_moment.entry(one.observed_at).or_default().push(&one.item_id);
    }
    for (observed_at, mut items) in by_moment {
        items.sort_unstable();
        for chunk in items.chunks(LIST_MAX) {
            let rows = Sql::new("UPDATE items SET state = 'gone', observed_at = ")
                .arg(observed_at)
                .sql(
                    ", revision = NULL, content_hash = NULL, synced_at = NULL, reason_code = NULL, \
                     reason_message = NULL WHERE observed_at <= ",
                )
                .arg(observed_at)
                .sql(" AND id IN ")
                .list(chunk.iter().copied())
                .sql(" RETURNING id")
                .all(&mut **tx)
                .await?;
            let buried = read_all(rows, |row| row.id::<ItemId>("id"))?;
            if buried.is_empty() {
                continue;
            }
            orphans::orphan_blobs_of_items(tx, &buried, now).await?;
            for table in ["placements", "documents", "originals", "unread"] {
                let delete = format!("DELETE FROM {table} WHERE item_id IN ");
                Sql::new(&delete).list(&buried).run(&mut **tx).await?;
            }
        }
    }
    Ok(())
}
