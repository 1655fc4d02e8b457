//! Who calls and what they have connected: everything `GET /rest/connectors` shows, in one trip to the database.

use std::collections::HashMap;
use std::sync::Arc;

use gangway_effects::SharedClock;
use gangway_model::{Connection, Timestamp, User};
use sqlx::AnyPool;
use sqlx::any::AnyRow;

use crate::Store;
use crate::connections::read_connection;
use crate::error::Result;
use crate::gather::{Found, Gather};
use crate::row::Columns;
use crate::sql::{LIST_MAX, Sql};
use crate::users::read_user;

/// A user by token, with every connection.
#[derive(Clone, Debug, PartialEq)]
pub struct ConnectedCaller {
    pub user: User,
    /// The oldest first: of one connector, the first is the default.
    pub connections: Vec<WatchedConnection>,
}

/// A connection, and how its changes are noticed.
#[derive(Clone, Debug, PartialEq)]
pub struct WatchedConnection {
    pub connection: Connection,
    /// Whether the provider has an active subscription to tell us of changes.
    pub pushed: bool,
    /// When a push for the whole OAuth app last concerned it.
    pub last_app_push: Option<Timestamp>,
}

const CALLERS: &str = "SELECT t.hash AS token_hash, u.id, u.organization_id, u.external_id, u.name, u.email, u.plan, \
     u.created_at, u.disabled_at, o.plan AS organization_plan, c.id AS connection_id, c.user_id, c.connector_id, c.account_id, \
     c.account_email, c.account_name, c.account_workspace, c.last_push_at, c.state, c.state_reason, c.scopes, c.expires_at, c.generation, c.connected_at, c.consented_at, \
     c.last_sync_at, (SELECT COUNT(*) FROM subscriptions s WHERE s.connection_id = c.id AND s.state = 'active') AS pushes \
     FROM user_tokens t JOIN users u ON u.id = t.user_id LEFT JOIN organizations o ON o.id = u.organization_id \
     LEFT JOIN connections c ON c.user_id = u.id WHERE t.hash IN ";

pub(crate) fn gather(read: AnyPool, clock: SharedClock) -> Arc<Gather<ConnectedCaller>> {
    Gather::new(move |hashes| {
        let (read, now) = (read.clone(), clock.now());
        Box::pin(async move { look_up(&read, &hashes, now).await })
    })
}

async fn look_up(read: &AnyPool, hashes: &[String], now: Timestamp) -> Result<Found<ConnectedCaller>> {
    let mut found: HashMap<String, ConnectedCaller> = HashMap::with_capacity(hashes.len());
    for chunk in hashes.chunks(LIST_MAX) {
        let rows = Sql::new(CALLERS)
            .list(chunk)
            .sql(" AND (t.expires_at IS NULL OR t.expires_at > ")
            .arg(now)
            .sql(") ORDER BY c.connected_at, c.id")
            .all(read)
            .await?;
        for row in &rows {
            let hash = row.text("token_hash")?;
            let caller = match found.entry(hash) {
                std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
                std::collections::hash_map::Entry::Vacant(new) => {
                    new.insert(ConnectedCaller { user: read_user(row)?, connections: Vec::new() })
                }
            };
            caller.connections.extend(read_watched(row)?);
        }
    }
    Ok(found.into_iter().map(|(hash, caller)| (hash, Arc::new(caller))).collect())
}

/// The connection of a row; a caller without any has one row without.
fn read_watched(row: &AnyRow) -> Result<Option<WatchedConnection>> {
    if row.opt_text("connection_id")?.is_none() {
        return Ok(None);
    }
    let connection = read_connection(row, "connection_id")?;
    Ok(Some(WatchedConnection {
        connection,
        pushed: row.int("pushes")? > 0,
        last_app_push: row.opt_time("last_push_at")?,
    }))
}

impl Store {
    /// Whose token this is, with all they have connected; `None` for an unknown or ended one. Those who ask at
    /// the same time share a statement; each answer is read after its question came.
    pub async fn find_connected_caller(&self, token_hash: &str) -> Result<Option<Arc<ConnectedCaller>>> {
        self.callers.ask(token_hash).await
    }

    /// The look-up itself, so that a test can ask the database how it carries it out.
    #[cfg(feature = "testing")]
    pub async fn find_connected_callers(&self, hashes: &[String]) -> Result<Found<ConnectedCaller>> {
        look_up(&self.read, hashes, self.now()).await
    }
}
