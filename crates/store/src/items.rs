//! Items, by our ids and by the providers'.

use gangway_model::{CollectionId, ConnectionId, Item, ItemId, ItemKind, ItemState, ProviderItemId, UserId};
use sqlx::any::AnyRow;

use crate::Store;
use crate::error::{Result, StoreError};
use crate::paging::{Listed, Paging};
use crate::row::{Columns, read_all};
use crate::sql::{LIST_MAX, Sql};

pub(crate) const ITEM_COLUMNS: &str = "items.id, items.connection_id, items.provider_id, items.parent_id, \
     items.target_id, items.feed, items.kind, items.name, items.media_type, items.size, items.modified_at, items.url, \
     items.locator, items.revision, items.content_hash, items.state, items.reason_code, items.reason_message, items.observed_at, \
     items.synced_at";

pub(crate) fn read_item(row: &AnyRow) -> Result<Item> {
    Ok(Item {
        id: row.id("id")?,
        connection_id: row.id("connection_id")?,
        provider_id: row.id("provider_id")?,
        parent_id: row.opt_id("parent_id")?,
        target_id: row.opt_id("target_id")?,
        feed: row.opt_id("feed")?,
        kind: row.word("kind", ItemKind::parse)?,
        name: row.text("name")?,
        media_type: row.text("media_type")?,
        size: row.opt_int("size")?.and_then(|size| u64::try_from(size).ok()),
        modified_at: row.opt_time("modified_at")?,
        url: row.opt_text("url")?,
        locator: row.opt_text("locator")?,
        revision: row.opt_id("revision")?,
        content_hash: row.opt_text("content_hash")?,
        state: row.word("state", ItemState::parse)?,
        reason: row.opt_reason("reason")?,
        observed_at: row.time("observed_at")?,
        synced_at: row.opt_time("synced_at")?,
    })
}

/// Which items to list: those of one connection or of one collection, optionally in one state only.
/// Tombstones are listed only when asked for by their state.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemFilter {
    of: Of,
    state: Option<ItemState>,
}

#[derive(Clone, Debug, PartialEq)]
enum Of {
    Connection(ConnectionId),
    Collection(CollectionId),
}

impl ItemFilter {
    pub fn of_connection(id: &ConnectionId) -> Self {
        Self { of: Of::Connection(id.clone()), state: None }
    }

    pub fn of_collection(id: &CollectionId) -> Self {
        Self { of: Of::Collection(id.clone()), state: None }
    }

    #[must_use]
    pub fn in_state(self, state: ItemState) -> Self {
        Self { state: Some(state), ..self }
    }
}

fn items() -> Sql {
    Sql::new("SELECT ").sql(ITEM_COLUMNS).sql(" FROM items")
}

impl Store {
    /// Any user's item: for the engine.
    pub async fn find_item(&self, id: &ItemId) -> Result<Option<Item>> {
        let row = items().sql(" WHERE id = ").arg(id).first(&self.read).await?;
        row.as_ref().map(read_item).transpose()
    }

    /// An item of the user's own connections.
    pub async fn get_item(&self, user: &UserId, id: &ItemId) -> Result<Item> {
        let row = items()
            .sql(" JOIN connections c ON c.id = items.connection_id WHERE items.id = ")
            .arg(id)
            .sql(" AND c.user_id = ")
            .arg(user)
            .first(&self.read)
            .await?;
        read_item(&row.ok_or(StoreError::NotFound)?)
    }

    /// The items that exist of these, in no particular order.
    pub async fn find_items(&self, ids: &[ItemId]) -> Result<Vec<Item>> {
        let mut found = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(LIST_MAX) {
            let rows = items().sql(" WHERE id IN ").list(chunk).all(&self.read).await?;
            found.extend(read_all(rows, read_item)?);
        }
        Ok(found)
    }

    pub async fn find_item_by_provider_id(
        &self,
        connection: &ConnectionId,
        id: &ProviderItemId,
    ) -> Result<Option<Item>> {
        Ok(self.find_items_by_provider_ids(connection, std::slice::from_ref(id)).await?.pop())
    }

    /// The items that exist of these, in no particular order; tombstones too.
    pub async fn find_items_by_provider_ids(
        &self,
        connection: &ConnectionId,
        ids: &[ProviderItemId],
    ) -> Result<Vec<Item>> {
        let mut found = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(LIST_MAX) {
            let sql = items().sql(" WHERE connection_id = ").arg(connection);
            let rows = sql.sql(" AND provider_id IN ").list(chunk).all(&self.read).await?;
            found.extend(read_all(rows, read_item)?);
        }
        Ok(found)
    }

    /// The living items at these addresses, the latest observed last.
    pub async fn find_items_by_locators(
        &self,
        connection: &ConnectionId,
        locators: &[String],
    ) -> Result<Vec<Item>> {
        let mut found = Vec::new();
        for chunk in locators.chunks(LIST_MAX) {
            let sql = items().sql(" WHERE connection_id = ").arg(connection);
            let sql = sql.sql(" AND locator IS NOT NULL AND state <> 'gone' AND locator IN ").list(chunk);
            let rows = sql.sql(" ORDER BY observed_at, id").all(&self.read).await?;
            found.extend(read_all(rows, read_item)?);
        }
        Ok(found)
    }

    /// The links that point at one of these.
    pub async fn find_links_to(
        &self,
        connection: &ConnectionId,
        targets: &[ProviderItemId],
    ) -> Result<Vec<Item>> {
        let mut found = Vec::new();
        for chunk in targets.chunks(LIST_MAX) {
            let sql = items().sql(" WHERE connection_id = ").arg(connection);
            let sql = sql.sql(" AND target_id IS NOT NULL AND state <> 'gone' AND target_id IN ").list(chunk);
            found.extend(read_all(sql.all(&self.read).await?, read_item)?);
        }
        Ok(found)
    }

    /// Up to `limit` living items directly below a container, in order of their ids, after `after`.
    pub async fn children(
        &self,
        connection: &ConnectionId,
        parent: &ProviderItemId,
        after: Option<&ItemId>,
        limit: u32,
    ) -> Result<Vec<Item>> {
        let rows = items()
            .sql(" WHERE connection_id = ")
            .arg(connection)
            .sql(" AND parent_id = ")
            .arg(parent)
            .arg_if(" AND id > ", after)
            .sql(" AND state <> 'gone' ORDER BY id LIMIT ")
            .arg(limit)
            .all(&self.read)
            .await?;
        read_all(rows, read_item)
    }

    /// A page of a connection's or a collection's items, each once, in a fixed order. The caller has made
    /// sure that the connection or collection may be seen.
    pub async fn list_items(&self, filter: &ItemFilter, paging: &Paging) -> Result<Listed<Item>> {
        let after = paging.after.as_deref().unwrap_or_default();
        let (sql, order) = match &filter.of {
            Of::Connection(id) => {
                let sql =
                    items().sql(" WHERE connection_id = ").arg(id).sql(" AND provider_id > ").arg(after);
                (sql, " ORDER BY provider_id LIMIT ")
            }
            Of::Collection(id) => (placed_items(id, after), " ORDER BY p.item_id LIMIT "),
        };
        let rows = sql
            .sql_if(filter.state.is_none(), " AND items.state <> 'gone'")
            .arg_if(" AND items.state = ", filter.state.map(ItemState::as_str))
            .sql(order)
            .arg(paging.rows_to_read())
            .all(&self.read)
            .await?;
        let by_provider = matches!(filter.of, Of::Connection(_));
        Listed::read(rows, paging, read_item, |item| {
            if by_provider { item.provider_id.to_string() } else { item.id.to_string() }
        })
    }
}

/// Items placed in a collection; of several placements of one item only the one in the first scope counts.
fn placed_items(collection: &CollectionId, after: &str) -> Sql {
    Sql::new("SELECT ")
        .sql(ITEM_COLUMNS)
        .sql(" FROM placements p JOIN items ON items.id = p.item_id WHERE p.collection_id = ")
        .arg(collection)
        .sql(" AND p.item_id > ")
        .arg(after)
        .sql(
            " AND NOT EXISTS (SELECT 1 FROM scopes s WHERE s.id = p.scope_id AND s.removing = 1) \
             AND NOT EXISTS (SELECT 1 FROM placements q JOIN scopes s ON s.id = q.scope_id AND s.removing = 0 \
             WHERE q.item_id = p.item_id AND q.collection_id = p.collection_id AND q.scope_id < p.scope_id)",
        )
}
