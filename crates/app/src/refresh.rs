//! Refreshes a grant on demand.

use gangway_connector::ConnectorKind;
use gangway_model::{Connection, ConnectionId, User};

use crate::app::App;
use crate::error::{AppError, AppResult};

#[derive(Debug)]
pub struct RefreshedConnection {
    pub connection: Connection,
    /// A sealed stand-in: no token in it.
    pub access_handle: String,
    pub expires_in: Option<i64>,
}

impl App {
    pub async fn refresh_connection(
        &self,
        user: &User,
        connector_id: &str,
        wanted: Option<&ConnectionId>,
    ) -> AppResult<RefreshedConnection> {
        let (connector, connection) = self.working_connection(user, connector_id, wanted).await?;
        let descriptor = connector.descriptor();
        if descriptor.kind == ConnectorKind::Local {
            let message = format!("{} has no token to refresh", descriptor.name);
            return Err(AppError::unsupported(descriptor, message));
        }
        let fresh = self
            .vault
            .refresh_now(&connection.id)
            .await
            .map_err(|error| AppError::from_supply(descriptor, error))?;
        let connection =
            Connection { generation: fresh.generation, expires_at: fresh.expires_at, ..connection };
        Ok(RefreshedConnection {
            access_handle: self.vault.handle(&connection, "access").await?,
            expires_in: fresh.expires_at.map(|end| (end - self.now()).num_seconds().max(0)),
            connection,
        })
    }
}
