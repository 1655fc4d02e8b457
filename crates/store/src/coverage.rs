//! What came from where and what became of it: the figures behind "why is this not here" and "what would go".

use gangway_model::{CollectionId, ConnectionId, ConnectionState, ConnectorId, ItemState, Reason, Timestamp};

use crate::Store;
use crate::error::Result;
use crate::row::{Columns, read_all};
use crate::sql::Sql;

/// How many of a collection's files are in the same state for the same reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateCount {
    pub state: ItemState,
    /// Its sentence is that of one of them.
    pub reason: Option<Reason>,
    pub items: u64,
    pub bytes: u64,
}

/// A connection that brings files into a collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectionSource {
    pub connection_id: ConnectionId,
    pub connector_id: ConnectorId,
    pub account_email: Option<String>,
    pub state: ConnectionState,
    pub last_sync_at: Option<Timestamp>,
    /// Files and folders that were chosen.
    pub roots: u64,
    /// Of these, those whose changes are followed.
    pub followed: u64,
    /// Of these, those whose first listing is not complete yet.
    pub unlisted: u64,
    /// Files that stand in the collection because of it.
    pub items: u64,
}

/// What of a connection stands in one collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionShare {
    pub collection_id: CollectionId,
    pub collection_name: String,
    pub items: u64,
    pub bytes: u64,
}

impl Store {
    /// Counts a collection's files by state and reason, the most first. Reads every placement of it.
    pub async fn collection_coverage(&self, id: &CollectionId) -> Result<Vec<StateCount>> {
        let rows = Sql::new(
            "SELECT items.state, items.reason_code, MIN(items.reason_message) AS reason_message, \
             COUNT(*) AS items, CAST(COALESCE(SUM(items.size), 0) AS BIGINT) AS bytes \
             FROM (SELECT DISTINCT p.item_id FROM placements p \
             JOIN scopes s ON s.id = p.scope_id AND s.removing = 0 WHERE p.collection_id = ",
        )
        .arg(id)
        .sql(
            ") placed JOIN items ON items.id = placed.item_id \
             WHERE items.state <> 'gone' AND items.kind IN ('file', 'file_and_container') \
             GROUP BY items.state, items.reason_code ORDER BY COUNT(*) DESC, items.state, items.reason_code",
        )
        .all(&self.read)
        .await?;
        read_all(rows, |row| {
            Ok(StateCount {
                state: row.word("state", ItemState::parse)?,
                reason: row.opt_reason("reason")?,
                items: row.count("items")?,
                bytes: row.count("bytes")?,
            })
        })
    }

    /// The connections that bring files into a collection, the oldest first.
    pub async fn collection_sources(&self, id: &CollectionId) -> Result<Vec<CollectionSource>> {
        let rows = Sql::new(
            "SELECT c.id, c.connector_id, c.account_email, c.state, c.last_sync_at, chosen.roots, chosen.followed, \
             chosen.unlisted, (SELECT COUNT(DISTINCT p.item_id) FROM placements p \
             JOIN scopes s ON s.id = p.scope_id AND s.removing = 0 JOIN items ON items.id = p.item_id \
             WHERE p.collection_id = ",
        )
        .arg(id)
        .sql(
            " AND items.connection_id = c.id AND items.state <> 'gone' \
             AND items.kind IN ('file', 'file_and_container')) AS items FROM \
             (SELECT connection_id, COUNT(*) AS roots, \
             CAST(SUM(CASE WHEN mode = 'auto' THEN 1 ELSE 0 END) AS BIGINT) AS followed, \
             CAST(SUM(1 - listed) AS BIGINT) AS unlisted \
             FROM scopes WHERE removing = 0 AND collection_id = ",
        )
        .arg(id)
        .sql(
            " GROUP BY connection_id) chosen JOIN connections c ON c.id = chosen.connection_id \
             ORDER BY c.connected_at, c.id",
        )
        .all(&self.read)
        .await?;
        read_all(rows, |row| {
            Ok(CollectionSource {
                connection_id: row.id("id")?,
                connector_id: row.id("connector_id")?,
                account_email: row.opt_text("account_email")?,
                state: row.word("state", ConnectionState::parse)?,
                last_sync_at: row.opt_time("last_sync_at")?,
                roots: row.count("roots")?,
                followed: row.count("followed")?,
                unlisted: row.count("unlisted")?,
                items: row.count("items")?,
            })
        })
    }

    /// What of a connection's files stands in which collection; a file in two counts in both.
    pub async fn connection_shares(&self, id: &ConnectionId) -> Result<Vec<ConnectionShare>> {
        let rows = Sql::new(
            "SELECT placed.collection_id, c.name, COUNT(*) AS items, \
             CAST(COALESCE(SUM(items.size), 0) AS BIGINT) AS bytes FROM \
             (SELECT DISTINCT p.collection_id, p.item_id FROM scopes s JOIN placements p ON p.scope_id = s.id \
             WHERE s.removing = 0 AND s.connection_id = ",
        )
        .arg(id)
        .sql(
            ") placed JOIN items ON items.id = placed.item_id JOIN collections c ON c.id = placed.collection_id \
             WHERE c.deleting = 0 AND items.state <> 'gone' AND items.kind IN ('file', 'file_and_container') \
             GROUP BY placed.collection_id, c.name ORDER BY COUNT(*) DESC, placed.collection_id",
        )
        .all(&self.read)
        .await?;
        read_all(rows, |row| {
            Ok(ConnectionShare {
                collection_id: row.id("collection_id")?,
                collection_name: row.text("name")?,
                items: row.count("items")?,
                bytes: row.count("bytes")?,
            })
        })
    }

    /// How many of a connection's files stand in any collection, each counted once.
    pub async fn connection_files(&self, id: &ConnectionId) -> Result<u64> {
        let row = Sql::new("SELECT COUNT(*) AS items FROM items WHERE connection_id = ")
            .arg(id)
            .sql(
                " AND state <> 'gone' AND kind IN ('file', 'file_and_container') AND EXISTS (SELECT 1 \
                 FROM placements p JOIN scopes s ON s.id = p.scope_id AND s.removing = 0 \
                 WHERE p.item_id = items.id)",
            )
            .first(&self.read)
            .await?;
        row.map_or(Ok(0), |row| row.count("items"))
    }
}
