//! Ends a connection: closed at once, taken apart by the engine until the provider has confirmed.

use std::time::Duration;

use gangway_connector::{ConnectorKind, Descriptor};
use gangway_model::{Connection, ConnectionId, ConnectionState, Timestamp, User};
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
        let own = self.store.find_connections(&user.id, Some(&descriptor.id.into())).await?;
        let living: Vec<(ConnectionId, Timestamp)> = own
            .iter()
            .filter(|one| one.state != ConnectionState::Disconnecting)
            .map(|one| (one.id.clone(), one.connected_at))
            .collect();
        let Some(connection) = choose(own, wanted) else {
            require_plan(user, descriptor)?;
            return Err(match wanted {
                Some(_) => AppError::not_found("connection"),
                None => not_connected(descriptor),
            });
        };
        if connection.state == ConnectionState::Disconnecting {
            return Ok(());
        }
        if wanted.is_none() && self.was_just_asked(user, descriptor, &living).await? {
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
    async fn was_just_asked(
        &self,
        user: &User,
        descriptor: &Descriptor,
        living: &[(ConnectionId, Timestamp)],
    ) -> AppResult<bool> {
        let since = self.now() - REPEATED_WITHIN;
        let earlier = self.store.list_recent_audit(&user.id, DEED, since, MOST_EARLIER).await?;
        Ok(earlier.iter().any(|entry| {
            let is_of = entry.details["connector_id"] == descriptor.id && entry.details["by_id"] == false;
            let still_lives = living.iter().any(|(id, _)| entry.details["connection_id"] == id.as_str());
            let is_before = living.iter().all(|(_, connected_at)| *connected_at < entry.at);
            is_of && !still_lives && is_before
        }))
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
