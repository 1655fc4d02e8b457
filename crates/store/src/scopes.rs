//! Scopes: the roots that collections follow through connections.

use std::time::Duration;

use gangway_model::{
    CollectionId, ConnectionId, FeedKey, ItemKind, ProviderItemId, ScopeId, SyncMode, Timestamp,
};
use sqlx::any::AnyRow;

use crate::error::{Result, StoreError};
use crate::row::{Columns, read_all};
use crate::sql::Sql;
use crate::{NewTask, Store};

#[derive(Clone, Debug)]
pub struct NewScope {
    pub connection_id: ConnectionId,
    pub collection_id: CollectionId,
    pub root_id: ProviderItemId,
    pub root_kind: ItemKind,
    pub feed: Option<FeedKey>,
    pub mode: SyncMode,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Scope {
    pub id: ScopeId,
    pub connection_id: ConnectionId,
    pub collection_id: CollectionId,
    pub root_id: ProviderItemId,
    pub root_kind: ItemKind,
    pub feed: Option<FeedKey>,
    pub mode: SyncMode,
    /// True once its first listing is complete.
    pub listed: bool,
    /// True while it is being taken apart.
    pub removing: bool,
    pub created_at: Timestamp,
    /// When listing it was last tried, whole or not, and how long that took.
    pub last_listing: Option<(Timestamp, Duration)>,
}

const COLUMNS: &str = "id, connection_id, collection_id, root_id, root_kind, feed, mode, listed, removing, created_at, listed_at, listing_ms";

pub(crate) fn read_scope(row: &AnyRow) -> Result<Scope> {
    Ok(Scope {
        id: row.id("id")?,
        connection_id: row.id("connection_id")?,
        collection_id: row.id("collection_id")?,
        root_id: row.id("root_id")?,
        root_kind: row.word("root_kind", ItemKind::parse)?,
        feed: row.opt_id("feed")?,
        mode: row.word("mode", SyncMode::parse)?,
        listed: row.flag("listed")?,
        removing: row.flag("removing")?,
        created_at: row.time("created_at")?,
        last_listing: match (row.opt_time("listed_at")?, row.opt_int("listing_ms")?) {
            (Some(at), Some(took)) => Some((at, Duration::from_millis(took.unsigned_abs()))),
            _ => None,
        },
    })
}

pub(crate) fn scopes() -> Sql {
    Sql::new("SELECT ").sql(COLUMNS).sql(" FROM scopes")
}

impl Store {
    /// Makes a scope, or gives the one of the same connection, collection and root the new mode. One that was
    /// being taken apart counts again; what is left of its placements stays.
    ///
    /// # Errors
    /// `Conflict` when the connection or the collection is gone or being taken apart.
    pub async fn upsert_scope(&self, new: &NewScope) -> Result<Scope> {
        let row = Sql::new("INSERT INTO scopes (")
            .sql(COLUMNS)
            .sql(") SELECT ")
            .arg(&ScopeId::fresh())
            .sql(", c.id, l.id, ")
            .arg(&new.root_id)
            .sql(", ")
            .arg(new.root_kind.as_str())
            .sql(", ")
            .arg(&new.feed)
            .sql(", ")
            .arg(new.mode.as_str())
            .sql(", 0, 0, ")
            .arg(self.now())
            .sql(", NULL, NULL")
            .sql(" FROM connections c, collections l WHERE c.state <> 'disconnecting' AND l.deleting = 0 AND c.id = ")
            .arg(&new.connection_id)
            .sql(" AND l.id = ")
            .arg(&new.collection_id)
            .sql(
                " ON CONFLICT (connection_id, collection_id, root_id) DO UPDATE SET mode = excluded.mode, \
                 root_kind = excluded.root_kind, feed = excluded.feed, removing = 0, \
                 listed = CASE WHEN scopes.removing = 1 THEN 0 ELSE scopes.listed END RETURNING ",
            )
            .sql(COLUMNS)
            .first(&self.write)
            .await?;
        read_scope(&row.ok_or(StoreError::conflict("the connection or the collection is being taken apart"))?)
    }

    pub async fn find_scope(&self, id: &ScopeId) -> Result<Option<Scope>> {
        let row = scopes().sql(" WHERE id = ").arg(id).first(&self.read).await?;
        row.as_ref().map(read_scope).transpose()
    }

    /// A connection's or a collection's scopes (of both, when both are given), in the order they were made.
    /// Those that are being taken apart are among them only when asked for.
    pub async fn list_scopes(
        &self,
        connection: Option<&ConnectionId>,
        collection: Option<&CollectionId>,
        with_removing: bool,
    ) -> Result<Vec<Scope>> {
        let rows = scopes()
            .sql(" WHERE 1 = 1")
            .arg_if(" AND connection_id = ", connection)
            .arg_if(" AND collection_id = ", collection)
            .sql_if(!with_removing, " AND removing = 0")
            .sql(" ORDER BY id")
            .all(&self.read)
            .await?;
        read_all(rows, read_scope)
    }

    /// What a connection follows: scope and root.
    pub async fn scope_roots(&self, connection: &ConnectionId) -> Result<Vec<(ScopeId, ProviderItemId)>> {
        let rows = Sql::new("SELECT id, root_id FROM scopes WHERE removing = 0 AND connection_id = ")
            .arg(connection)
            .sql(" ORDER BY id")
            .all(&self.read)
            .await?;
        read_all(rows, |row| Ok((row.id("id")?, row.id("root_id")?)))
    }

    pub async fn set_scope_listed(&self, id: &ScopeId, listed: bool) -> Result<()> {
        Sql::new("UPDATE scopes SET listed = ")
            .arg(listed)
            .sql(" WHERE id = ")
            .arg(id)
            .run(&self.write)
            .await?;
        Ok(())
    }

    /// Notes when listing a scope was last tried, whole or not, and how long that took.
    pub async fn note_listing(&self, id: &ScopeId, at: Timestamp, took: Duration) -> Result<()> {
        Sql::new("UPDATE scopes SET listed_at = ")
            .arg(at)
            .sql(", listing_ms = ")
            .arg(i64::try_from(took.as_millis()).unwrap_or(i64::MAX))
            .sql(" WHERE id = ")
            .arg(id)
            .run(&self.write)
            .await?;
        Ok(())
    }

    /// Starts taking a scope apart: it counts no more at once, and `task` does the rest. Taking apart goes
    /// `list_placements` → index → `remove_placements`, page by page, then `delete_scope`; each step may be
    /// repeated after a crash.
    pub async fn start_scope_removal(&self, id: &ScopeId, task: Option<&NewTask>) -> Result<()> {
        let mut tx = self.begin().await?;
        let marked = Sql::new("UPDATE scopes SET removing = 1 WHERE id = ").arg(id).run(&mut *tx).await?;
        if marked == 0 {
            return Err(StoreError::NotFound);
        }
        if let Some(task) = task {
            crate::queue::enqueue_in(&mut tx, task, self.now()).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Deletes a scope that is being taken apart, with whatever placements are left in it. False when there
    /// is no such scope or it was chosen again meanwhile.
    pub async fn delete_scope(&self, id: &ScopeId) -> Result<bool> {
        let deleted =
            Sql::new("DELETE FROM scopes WHERE removing = 1 AND id = ").arg(id).run(&self.write).await?;
        Ok(deleted == 1)
    }
}
