//! Users who are disabled, asked for by their connections: for the engine, and for pushes.

use std::collections::HashSet;

use gangway_model::ConnectionId;

use crate::Store;
use crate::error::Result;
use crate::row::{Columns, read_all};
use crate::sql::{LIST_MAX, Sql};

/// Said of a connection `c`: its user works.
pub(crate) const WORKS: &str =
    " NOT EXISTS (SELECT 1 FROM users d WHERE d.id = c.user_id AND d.disabled_at IS NOT NULL)";

/// Said of what a subscription asks for: its connection's user works.
pub(crate) const SUBSCRIBER_WORKS: &str = " NOT EXISTS (SELECT 1 FROM connections c JOIN users d ON d.id = c.user_id \
     WHERE c.id = subscriptions.connection_id AND d.disabled_at IS NOT NULL)";

const OF_DISABLED: &str = "SELECT c.id FROM connections c JOIN users d ON d.id = c.user_id \
     WHERE d.disabled_at IS NOT NULL AND c.id IN ";

impl Store {
    /// Whether a connection is of a disabled user.
    pub async fn is_of_disabled_user(&self, connection: &ConnectionId) -> Result<bool> {
        Ok(Sql::new(OF_DISABLED).list([connection]).first(&self.read).await?.is_some())
    }

    /// Those of the connections whose users work, in the order they came.
    pub async fn without_disabled_users(&self, connections: Vec<ConnectionId>) -> Result<Vec<ConnectionId>> {
        let mut disabled: HashSet<ConnectionId> = HashSet::new();
        for chunk in connections.chunks(LIST_MAX) {
            let rows = Sql::new(OF_DISABLED).list(chunk.iter()).all(&self.read).await?;
            disabled.extend(read_all(rows, |row| row.id("id"))?);
        }
        Ok(connections.into_iter().filter(|id| !disabled.contains(id)).collect())
    }
}
