//! Ends a connection: closed at once, taken apart by the engine until the provider has confirmed.

use std::time::Duration;

use gangway_connector::{ConnectorKind, Descriptor};
use gangway_model::{Connection, ConnectionId, ConnectionState, User};
use gangway_sync::payload;
use serde_json::json;

use crate::app::App;
use crate::error::{AppError, AppResult, Code};
use crate::reach::{not_connected, require_plan};

/// The deed's name in the audit log.
const DEED: &str = "disconnect";
/// How long a request that names no connection is taken for the same one again: clients repeat it when its answer was
/// lost, and by then another connection would be the first.
const REPEATED_WITHIN: Duration = Duration::from_secs(120);
/// Earlier requests of a user that are looked through.
const MOST_EARLIER: u32 = 50;

impl App {
    /// From the return of this call on nothing is found or fetched through the connection. A plan that no
    /// longer includes the connector does not stand in the way of leaving it.
    ///
    /// Without a connection's id the first one is meant, and shortly after such a request still the same one: a
    /// request whose answer was lost, sent again, ends no second connection.
    pub async fn disconnect(
        &self,
        user: &User,
        connector_id: &str,
        wanted: Option<&ConnectionId>,
    ) -> AppResult<()> {
        let descriptor = self.get_connector(connector_id)?.descriptor();
        if descriptor.kind == ConnectorKind::Local {
            let message = "uploads have no connection to end: delete the files instead";
            return Err(AppError::new(Code::Conflict, message));
        }
        let connection = self.connection_to_leave(user, connector_id, wanted).await?;
        if connection.state == ConnectionState::Disconnecting {
            return Ok(());
        }
        if wanted.is_none() && self.was_just_asked(user, descriptor).await? {
            return Ok(());
        }
        let details = json!({
            "connector_id": descriptor.id,
            "connection_id": connection.id,
            "by_id": wanted.is_some(),
        });
        // Before the deed: once a connection is on its way out, the next request must know why.
        self.store.append_audit(Some(&user.id), DEED, &details).await?;
        let task = payload::disconnect(&connection.id, self.now());
        self.store.start_disconnect(&user.id, &connection.id, &task).await?;
        self.engine.wake();
        self.vault.forget_connection(&connection.id);
        Ok(())
    }

    /// Whether the connection that was the first is on its way out, or gone, because of such a request just now. One that
    /// was connected since is meant by nobody's repetition.
    async fn was_just_asked(&self, user: &User, descriptor: &Descriptor) -> AppResult<bool> {
        let mut living = self.store.find_connections(&user.id, Some(&descriptor.id.into())).await?;
        living.retain(|one| one.state != ConnectionState::Disconnecting);
        let since = self.now() - REPEATED_WITHIN;
        let earlier = self.store.list_recent_audit(&user.id, DEED, since, MOST_EARLIER).await?;
        Ok(earlier.iter().any(|entry| {
            let is_of = entry.details["connector_id"] == descriptor.id && entry.details["by_id"] == false;
            let still_lives = living.iter().any(|one| entry.details["connection_id"] == one.id.as_str());
            let is_before = living.iter().all(|one| one.connected_at < entry.at);
            is_of && !still_lives && is_before
        }))
    }

    /// The connection that a disconnect would end, whatever its health and the user's plan.
    pub(crate) async fn connection_to_leave(
        &self,
        user: &User,
        connector_id: &str,
        wanted: Option<&ConnectionId>,
    ) -> AppResult<Connection> {
        let descriptor = self.get_connector(connector_id)?.descriptor();
        if descriptor.kind == ConnectorKind::Local {
            return Ok(self.get_connection(user, connector_id, wanted).await?.1);
        }
        let own = self.store.find_connections(&user.id, Some(&descriptor.id.into())).await?;
        let Some(connection) = choose(own, wanted) else {
            require_plan(user, descriptor)?;
            return Err(match wanted {
                Some(_) => AppError::not_found("connection"),
                None => not_connected(descriptor),
            });
        };
        Ok(connection)
    }
}

fn choose(own: Vec<Connection>, wanted: Option<&ConnectionId>) -> Option<Connection> {
    match wanted {
        Some(id) => own.into_iter().find(|connection| connection.id == *id),
        // Leaving twice is leaving: the one that is on its way out counts when there is no other.
        None => {
            let first = own.iter().position(|one| one.state != ConnectionState::Disconnecting).unwrap_or(0);
            own.into_iter().nth(first)
        }
    }
}
