//! Where a page's items stand, and where they stand no more.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use gangway_model::{CollectionId, ItemId, ScopeId, SyncJobId};
use sqlx::{Any, Transaction};

use super::PageEffects;
use super::items::Written;
use crate::error::Result;
use crate::row::Columns;
use crate::sql::{LIST_MAX, Sql, row_chunks};

/// Places what stands in scopes that count; the others' rows.
pub(super) async fn write_placements(
    tx: &mut Transaction<'static, Any>,
    page: &PageEffects,
    written: &Written,
) -> Result<Vec<ItemId>> {
    let collections = collections_of(tx, page).await?;
    let mut placed: BTreeMap<(&ScopeId, &ItemId), (&CollectionId, &SyncJobId)> = BTreeMap::new();
    let mut nowhere = BTreeSet::new();
    for placement in &page.placements {
        let item = written.row_id(&placement.item_id);
        let Some(collection) = collections.get(&placement.scope_id) else {
            nowhere.insert(item.clone());
            continue;
        };
        if written.is_buried(&placement.item_id) {
            continue;
        }
        placed.insert((&placement.scope_id, item), (collection, &placement.seen_by));
    }
    let rows: Vec<_> = placed.into_iter().collect();
    for chunk in row_chunks(&rows) {
        Sql::new("INSERT INTO placements (scope_id, item_id, collection_id, seen_by) VALUES ")
            .rows(chunk, |((scope, item), (collection, seen_by))| {
                [(*scope).into(), (*item).into(), (*collection).into(), (*seen_by).into()]
            })
            .sql(" ON CONFLICT (scope_id, item_id) DO UPDATE SET seen_by = excluded.seen_by")
            .run(&mut **tx)
            .await?;
    }
    let mut unplaced: BTreeMap<&ScopeId, BTreeSet<&ItemId>> = BTreeMap::new();
    for (scope, item) in &page.unplaced {
        unplaced.entry(scope).or_default().insert(written.row_id(item));
    }
    for (scope, items) in unplaced {
        let items: Vec<&ItemId> = items.into_iter().collect();
        for chunk in items.chunks(LIST_MAX) {
            Sql::new("DELETE FROM placements WHERE scope_id = ")
                .arg(scope)
                .sql(" AND item_id IN ")
                .list(chunk.iter().copied())
                .run(&mut **tx)
                .await?;
        }
    }
    Ok(nowhere.into_iter().collect())
}

/// The collections of the page's scopes, as far as these still count.
async fn collections_of(
    tx: &mut Transaction<'static, Any>,
    page: &PageEffects,
) -> Result<HashMap<ScopeId, CollectionId>> {
    let scopes: BTreeSet<&ScopeId> = page.placements.iter().map(|placement| &placement.scope_id).collect();
    let scopes: Vec<&ScopeId> = scopes.into_iter().collect();
    let mut collections = HashMap::with_capacity(scopes.len());
    for chunk in scopes.chunks(LIST_MAX) {
        let rows = Sql::new("SELECT id, collection_id FROM scopes WHERE removing = 0 AND id IN ")
            .list(chunk.iter().copied())
            .all(&mut **tx)
            .await?;
        for row in rows {
            collections.insert(row.id("id")?, row.id("collection_id")?);
        }
    }
    Ok(collections)
}
