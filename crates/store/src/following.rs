//! What the engine's scheduler and its end of a connection ask of the rows.

use std::collections::BTreeSet;
use std::time::Duration;

use gangway_model::{
    Connection, ConnectionId, ConnectorId, ItemId, ProviderItemId, ScopeId, SyncJobId, Timestamp,
};

use crate::Store;
use crate::disabled::WORKS;
use crate::error::Result;
use crate::row::{Columns, read_all};
use crate::sql::{LIST_MAX, Sql};

/// Rows deleted in one transaction when a connection is emptied.
const AT_ONCE: u32 = 1000;
/// The shortest and the longest wait of a failed item until it is tried again.
const DAY: Duration = Duration::from_secs(86_400);
const WEEK: Duration = Duration::from_secs(7 * 86_400);
/// How exactly the time of the last push is kept.
const PUSH_GRAIN: Duration = Duration::from_secs(60);

impl Store {
    /// Active connections of users who are not disabled, that follow something and whose feeds are due for a look, the most overdue first. A
    /// connection all of whose followed feeds have a working subscription, or about which a push for the whole
    /// OAuth app came after `heard_since`, is due when it was last polled at or before `pushed_before`; any other
    /// at or before `polled_before`.
    pub async fn list_follow_due(
        &self,
        polled_before: Timestamp,
        pushed_before: Timestamp,
        heard_since: Timestamp,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<ConnectionId>> {
        let rows = Sql::new(
            "SELECT c.id FROM connections c WHERE c.state = 'active' AND EXISTS (SELECT 1 FROM scopes s \
             WHERE s.connection_id = c.id AND s.mode = 'auto' AND s.removing = 0) AND",
        )
        .sql(WORKS)
        .sql(" AND (c.last_polled_at IS NULL OR c.last_polled_at <= ")
        .arg(pushed_before)
        .sql(" OR (c.last_polled_at <= ")
        .arg(polled_before)
        .sql(" AND COALESCE(c.last_push_at, 0) <= ")
        .arg(heard_since)
        .sql(
            " AND EXISTS (SELECT 1 FROM scopes s WHERE s.connection_id = c.id AND s.mode = 'auto' \
             AND s.removing = 0 AND NOT EXISTS (SELECT 1 FROM subscriptions u WHERE u.connection_id = c.id \
             AND u.state = 'active' AND u.resource_id IS NOT NULL AND u.feed = COALESCE(s.feed, u.feed) \
             AND (u.expires_at IS NULL OR u.expires_at > ",
        )
        .arg(now)
        .sql("))))) ORDER BY COALESCE(c.last_polled_at, 0), c.id LIMIT ")
        .arg(limit)
        .all(&self.read)
        .await?;
        read_all(rows, |row| row.id("id"))
    }

    /// Whether a job listed everything below a scope's root: it listed the scope at all, and no container of
    /// it is open, failed or incomplete. Only then does absence prove anything.
    pub async fn scope_was_listed_by(&self, job: &SyncJobId, scope: &ScopeId) -> Result<bool> {
        let row = Sql::new(
            "SELECT COUNT(*) AS met, CAST(COALESCE(SUM(CASE WHEN state = 'done' THEN 0 ELSE 1 END), 0) AS BIGINT) \
             AS unfinished FROM frontier WHERE job_id = ",
        )
        .arg(job)
        .sql(" AND scope_id = ")
        .arg(scope)
        .first(&self.read)
        .await?;
        let Some(row) = row else { return Ok(false) };
        Ok(row.count("met")? > 0 && row.count("unfinished")? == 0)
    }

    /// Whether the same account is connected by somebody else as well, through the same connector and with a
    /// grant.
    pub async fn account_is_connected_elsewhere(&self, connection: &Connection) -> Result<bool> {
        let row = Sql::new(
            "SELECT id FROM connections WHERE state = 'active' AND access_sealed IS NOT NULL AND id <> ",
        )
        .arg(&connection.id)
        .sql(" AND connector_id = ")
        .arg(&connection.connector_id)
        .sql(" AND account_id = ")
        .arg(connection.account.id.as_str())
        .sql(" LIMIT 1")
        .first(&self.read)
        .await?;
        Ok(row.is_some())
    }

    /// The active connections of these accounts at a connector, whoever's they are: for pushes that name
    /// accounts.
    pub async fn find_connections_of_accounts(
        &self,
        connector: &ConnectorId,
        accounts: &[String],
    ) -> Result<Vec<ConnectionId>> {
        let mut found = Vec::new();
        for chunk in accounts.chunks(LIST_MAX) {
            let rows = Sql::new("SELECT id FROM connections WHERE state = 'active' AND connector_id = ")
                .arg(connector)
                .sql(" AND account_id IN ")
                .list(chunk)
                .sql(" ORDER BY id")
                .all(&self.read)
                .await?;
            found.extend(read_all(rows, |row| row.id::<ConnectionId>("id"))?);
        }
        Ok(found)
    }

    /// The active connections of any user into a workspace: for pushes that name workspaces.
    pub async fn find_connections_of_workspace(
        &self,
        connector: &ConnectorId,
        workspace: &str,
    ) -> Result<Vec<ConnectionId>> {
        let rows = Sql::new("SELECT id FROM connections WHERE state = 'active' AND connector_id = ")
            .arg(connector)
            .sql(" AND account_workspace = ")
            .arg(workspace)
            .sql(" ORDER BY id")
            .all(&self.read)
            .await?;
        read_all(rows, |row| row.id("id"))
    }

    /// Those of the connections that follow one of these places or have one of them in a collection. In order of
    /// their ids.
    pub async fn filter_connections_with(
        &self,
        connections: &[ConnectionId],
        places: &[ProviderItemId],
    ) -> Result<Vec<ConnectionId>> {
        let mut found = BTreeSet::new();
        for some in connections.chunks(LIST_MAX) {
            for at in places.chunks(LIST_MAX) {
                let rows = Sql::new("SELECT connection_id FROM scopes WHERE removing = 0 AND root_id IN ")
                    .list(at)
                    .sql(" AND connection_id IN ")
                    .list(some)
                    .sql(" UNION SELECT i.connection_id FROM items i WHERE i.provider_id IN ")
                    .list(at)
                    .sql(" AND i.connection_id IN ")
                    .list(some)
                    .sql(" AND i.state <> 'gone' AND EXISTS (SELECT 1 FROM placements p WHERE p.item_id = i.id)")
                    .all(&self.read)
                    .await?;
                found.extend(read_all(rows, |row| row.id::<ConnectionId>("connection_id"))?);
            }
        }
        Ok(found.into_iter().collect())
    }

    /// Notes that a push for the whole OAuth app concerned these connections. To the minute: a busy workspace writes
    /// no row for every message.
    pub async fn touch_app_pushes(&self, connections: &[ConnectionId], at: Timestamp) -> Result<()> {
        for some in connections.chunks(LIST_MAX) {
            Sql::new("UPDATE connections SET last_push_at = ")
                .arg(at)
                .sql(" WHERE COALESCE(last_push_at, 0) <= ")
                .arg(at - PUSH_GRAIN)
                .sql(" AND id IN ")
                .list(some)
                .run(&self.write)
                .await?;
        }
        Ok(())
    }

    /// How many tasks are due but not claimed, and how many run.
    pub async fn count_due_tasks(&self) -> Result<(u64, u64)> {
        let row = Sql::new("SELECT CAST(COALESCE(SUM(CASE WHEN state = 'queued' AND run_at <= ")
            .arg(self.now())
            .sql(
                " THEN 1 ELSE 0 END), 0) AS BIGINT) AS due, \
                 CAST(COALESCE(SUM(CASE WHEN state = 'running' THEN 1 ELSE 0 END), 0) AS BIGINT) AS running FROM tasks",
            )
            .first(&self.read)
            .await?;
        row.map_or(Ok((0, 0)), |row| Ok((row.count("due")?, row.count("running")?)))
    }

    /// Every connection's id, page by page.
    pub async fn list_connection_ids(
        &self,
        after: Option<&ConnectionId>,
        limit: u32,
    ) -> Result<Vec<ConnectionId>> {
        let sql = Sql::new("SELECT id FROM connections WHERE 1 = 1").arg_if(" AND id > ", after);
        read_all(sql.sql(" ORDER BY id LIMIT ").arg(limit).all(&self.read).await?, |row| row.id("id"))
    }

    /// The ids of a connection's living items, page by page.
    pub async fn list_item_ids(
        &self,
        connection: &ConnectionId,
        after: Option<&ItemId>,
        limit: u32,
    ) -> Result<Vec<ItemId>> {
        let sql = Sql::new("SELECT id FROM items WHERE state <> 'gone' AND connection_id = ").arg(connection);
        let sql = sql.arg_if(" AND id > ", after).sql(" ORDER BY id LIMIT ").arg(limit);
        read_all(sql.all(&self.read).await?, |row| row.id("id"))
    }

    /// Up to `limit` failed items of a connection that stand in a scope which is followed and are due to be tried again,
    /// the most overdue first.
    pub async fn list_failed_due(
        &self,
        connection: &ConnectionId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<ProviderItemId>> {
        let rows = Sql::new(
            "SELECT i.provider_id FROM items i WHERE i.state = 'failed' AND EXISTS (SELECT 1 FROM placements p \
             JOIN scopes s ON s.id = p.scope_id WHERE p.item_id = i.id AND s.mode = 'auto' AND s.removing = 0) \
             AND i.connection_id = ",
        )
        .arg(connection)
        .sql(" AND i.retry_at <= ")
        .arg(now)
        .sql(" ORDER BY i.retry_at, i.id LIMIT ")
        .arg(limit)
        .all(&self.read)
        .await?;
        read_all(rows, |row| row.id("provider_id"))
    }

    /// Notes that failed items were tried again at `at`: those that still are failed wait as long as they have failed
    /// already, a day at least and a week at most.
    pub async fn note_looked_again(
        &self,
        connection: &ConnectionId,
        items: &[ProviderItemId],
        at: Timestamp,
    ) -> Result<()> {
        for chunk in items.chunks(LIST_MAX) {
            Sql::new("UPDATE items SET retry_at = CASE WHEN failed_since > ")
                .arg(at - DAY)
                .sql(" THEN ")
                .arg(at + DAY)
                .sql(" WHEN failed_since < ")
                .arg(at - WEEK)
                .sql(" THEN ")
                .arg(at + WEEK)
                .sql(" ELSE ")
                .arg(at)
                .sql(" + (")
                .arg(at)
                .sql(" - failed_since) END WHERE state = 'failed' AND connection_id = ")
                .arg(connection)
                .sql(" AND provider_id IN ")
                .list(chunk)
                .run(&self.write)
                .await?;
        }
        Ok(())
    }

    /// Ends claims to refresh that a process which is gone left behind. Only for a database that this process
    /// alone uses.
    pub async fn release_refresh_claims_at_start(&self) -> Result<()> {
        Sql::new("UPDATE connections SET refreshing_by = NULL, refreshing_until = NULL WHERE refreshing_by IS NOT NULL")
            .run(&self.write)
            .await?;
        Ok(())
    }

    /// Deletes what came through a connection (scopes, items, documents, uploads on their way), in steps that may be repeated; the
    /// connection's own row and its grant stay. Blobs are handed to the orphans.
    pub async fn delete_content_of_connection(&self, id: &ConnectionId) -> Result<()> {
        Sql::new("DELETE FROM scopes WHERE connection_id = ").arg(id).run(&self.write).await?;
        Sql::new("DELETE FROM feeds WHERE connection_id = ").arg(id).run(&self.write).await?;
        self.delete_uploads_of_connection(id).await?;
        loop {
            let items: Vec<ItemId> = self.items_without_placement(id, None, AT_ONCE).await?;
            if items.is_empty() {
                return Ok(());
            }
            self.forget_items(&items).await?;
        }
    }
}
