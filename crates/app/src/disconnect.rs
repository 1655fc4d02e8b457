//! Ends a connection: closed at once, taken apart by the engine until the provider has confirmed.

use gangway_connector::ConnectorKind;
use gangway_model::{Connection, ConnectionId, ConnectionState, User};
use gangway_sync::payload;
use serde_json::json;

use crate::app::App;
use crate::error::{AppError, AppResult, Code};
use crate::reach::{not_connected, require_plan};

impl App {
    /// From the return of this call on nothing is found or fetched through the connection. A plan that no
    /// longer includes the connector does not stand in the way of leaving it.
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
        let task = payload::disconnect(&connection.id, self.now());
        self.store.start_disconnect(&user.id, &connection.id, &task).await?;
        self.engine.wake();
        self.vault.forget_connection(&connection.id);
        let details = json!({ "connector_id": descriptor.id, "connection_id": connection.id });
        self.store.append_audit(Some(&user.id), "disconnect", &details).await?;
        Ok(())
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
