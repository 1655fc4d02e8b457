//! What there is to connect, what is connected, and how it fares.

use gangway_connector::{Connector, ConnectorKind, Descriptor};
use gangway_model::{ConnectionState, Plan, User};
use gangway_store::{ConnectedCaller, WatchedConnection};
use gangway_sync::PUSHES_TRUSTED;

use crate::app::App;
use crate::error::AppResult;
use crate::sessions::Credential;

/// One connector as one user sees it.
#[derive(Clone, Debug)]
pub struct ConnectorStatus {
    pub descriptor: &'static Descriptor,
    /// Set when the user's plan does not include it.
    pub required_plan: Option<Plan>,
    /// Why nobody can use it here and now.
    pub unavailable: Option<String>,
    /// Oldest first; the first that is not being taken apart is the default.
    pub connections: Vec<WatchedConnection>,
}

impl ConnectorStatus {
    pub fn is_available(&self) -> bool {
        self.required_plan.is_none() && self.unavailable.is_none()
    }

    /// The connection that the paths without `?connection=` mean.
    pub fn default_connection(&self) -> Option<&WatchedConnection> {
        self.connections.iter().find(|status| status.connection.state != ConnectionState::Disconnecting)
    }
}

impl App {
    /// Every connector of the registry, in its order, as the caller sees them.
    pub async fn list_connectors(&self, credential: &Credential) -> AppResult<Vec<ConnectorStatus>> {
        let caller = self.sign_in_connected(credential).await?;
        Ok(self.registry.iter().map(|connector| self.connector_status(&caller, *connector)).collect())
    }

    /// The same for a user who has been signed in already; how changes are noticed is left out.
    pub async fn list_connectors_of(&self, user: &User) -> AppResult<Vec<ConnectorStatus>> {
        let unwatched = |connection| WatchedConnection { connection, pushed: false, last_app_push: None };
        let connections = self.store.find_connections(&user.id, None).await?;
        let connections = connections.into_iter().map(unwatched).collect();
        let caller = ConnectedCaller { user: user.clone(), connections };
        Ok(self.registry.iter().map(|connector| self.connector_status(&caller, *connector)).collect())
    }

    /// One connector, with the same facts.
    pub async fn connector_state(&self, credential: &Credential, id: &str) -> AppResult<ConnectorStatus> {
        let caller = self.sign_in_connected(credential).await?;
        Ok(self.connector_status(&caller, self.get_connector(id)?))
    }

    fn connector_status(
        &self,
        caller: &ConnectedCaller,
        connector: &'static dyn Connector,
    ) -> ConnectorStatus {
        let descriptor = connector.descriptor();
        let of_this = |one: &&WatchedConnection| one.connection.connector_id.as_str() == descriptor.id;
        ConnectorStatus {
            descriptor,
            required_plan: (!caller.user.plan.includes(descriptor.plan)).then_some(descriptor.plan),
            unavailable: self.unavailable_reason(descriptor),
            connections: caller.connections.iter().filter(of_this).map(|one| self.watched(one)).collect(),
        }
    }

    /// Pushes for a whole OAuth app are counted on for a while after one came.
    fn watched(&self, one: &WatchedConnection) -> WatchedConnection {
        let heard = one.last_app_push.is_some_and(|at| at > self.now() - PUSHES_TRUSTED);
        WatchedConnection { pushed: one.pushed || heard, ..one.clone() }
    }
}

/// Whether there is nothing to authorise: such a connector is always ready.
pub fn needs_no_authorization(descriptor: &Descriptor) -> bool {
    descriptor.kind == ConnectorKind::Local
}
