//! The way from items to the scopes they stand in, and from containers to the scopes whose roots they are.

use std::collections::HashMap;

use gangway_model::{CollectionId, ConnectionId, ItemId, ProviderItemId, ScopeId};

use crate::Store;
use crate::error::Result;
use crate::row::{Columns, read_all};
use crate::scopes::{Scope, read_scope, scopes};
use crate::sql::{LIST_MAX, Sql};

/// A scope that an item stands in, and the scope's collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemScope {
    pub scope: ScopeId,
    pub collection: CollectionId,
}

impl Store {
    /// In which scopes each item stands. Scopes that are being taken apart do not count; an item that stands
    /// nowhere has no entry.
    pub async fn item_scopes(&self, items: &[ItemId]) -> Result<HashMap<ItemId, Vec<ItemScope>>> {
        let mut found: HashMap<ItemId, Vec<ItemScope>> = HashMap::new();
        for chunk in items.chunks(LIST_MAX) {
            let rows = Sql::new(
                "SELECT p.item_id, p.scope_id, s.collection_id FROM placements p \
                 JOIN scopes s ON s.id = p.scope_id AND s.removing = 0 WHERE p.item_id IN ",
            )
            .list(chunk)
            .sql(" ORDER BY p.item_id, p.scope_id")
            .all(&self.read)
            .await?;
            for row in rows {
                let at = ItemScope { scope: row.id("scope_id")?, collection: row.id("collection_id")? };
                found.entry(row.id("item_id")?).or_default().push(at);
            }
        }
        Ok(found)
    }

    /// The scopes of a connection whose root is one of these. Those being taken apart do not count.
    pub async fn find_scopes_by_roots(
        &self,
        connection: &ConnectionId,
        roots: &[ProviderItemId],
    ) -> Result<Vec<Scope>> {
        let mut found = Vec::new();
        for chunk in roots.chunks(LIST_MAX) {
            let sql = scopes().sql(" WHERE removing = 0 AND connection_id = ").arg(connection);
            let rows = sql.sql(" AND root_id IN ").list(chunk).sql(" ORDER BY id").all(&self.read).await?;
            found.extend(read_all(rows, read_scope)?);
        }
        Ok(found)
    }
}
