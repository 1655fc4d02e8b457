//! What there is to connect, what is connected, and how it fares.

use gangway_connector::{Connector, ConnectorKind, Descriptor, Push};
use gangway_model::{Connection, ConnectionState, Plan, User};
use gangway_store::SubscriptionState;
use gangway_sync::PUSHES_TRUSTED;

use crate::app::App;
use crate::error::AppResult;

/// One connector as one user sees it.
#[derive(Clone, Debug)]
pub struct ConnectorStatus {
    pub descriptor: &'static Descriptor,
    /// Set when the user's plan does not include it.
    pub required_plan: Option<Plan>,
    /// Why nobody can use it here and now.
    pub unavailable: Option<String>,
    /// Oldest first; the first that is not being taken apart is the default.
    pub connections: Vec<ConnectionStatus>,
}

#[derive(Clone, Debug)]
pub struct ConnectionStatus {
    pub connection: Connection,
    /// Whether the provider tells us of changes; else we ask from time to time.
    pub pushed: bool,
}

impl ConnectorStatus {
    pub fn is_available(&self) -> bool {
        self.required_plan.is_none() && self.unavailable.is_none()
    }

    /// The connection that the paths without `?connection=` mean.
    pub fn default_connection(&self) -> Option<&ConnectionStatus> {
        self.connections.iter().find(|status| status.connection.state != ConnectionState::Disconnecting)
    }
}

impl App {
    /// Every connector of the registry, in its order.
    pub async fn list_connectors(&self, user: &User) -> AppResult<Vec<ConnectorStatus>> {
        let mut connections = self.store.find_connections(&user.id, None).await?;
        let mut all = Vec::with_capacity(self.registry.len());
        for connector in self.registry {
            let descriptor = connector.descriptor();
            let own: Vec<Connection> =
                connections.extract_if(.., |one| one.connector_id.as_str() == descriptor.id).collect();
            all.push(self.connector_status(user, *connector, own).await?);
        }
        Ok(all)
    }

    /// One connector, with the same facts.
    pub async fn connector_state(&self, user: &User, id: &str) -> AppResult<ConnectorStatus> {
        let connector = self.get_connector(id)?;
        let own = self.store.find_connections(&user.id, Some(&id.into())).await?;
        self.connector_status(user, connector, own).await
    }

    async fn connector_status(
        &self,
        user: &User,
        connector: &'static dyn Connector,
        own: Vec<Connection>,
    ) -> AppResult<ConnectorStatus> {
        let descriptor = connector.descriptor();
        let mut connections = Vec::with_capacity(own.len());
        for connection in own {
            let pushed = self.has_pushes(descriptor, &connection).await?;
            connections.push(ConnectionStatus { connection, pushed });
        }
        Ok(ConnectorStatus {
            descriptor,
            required_plan: (!user.plan.includes(descriptor.plan)).then_some(descriptor.plan),
            unavailable: self.unavailable_reason(descriptor),
            connections,
        })
    }

    /// Whether pushes are counted on: a subscription lives, or one for the whole app came not long ago.
    async fn has_pushes(&self, descriptor: &Descriptor, connection: &Connection) -> AppResult<bool> {
        Ok(match descriptor.capabilities.push {
            Push::None => false,
            Push::PerFeed => {
                let subscriptions = self.store.list_by_connection(&connection.id).await?;
                subscriptions.iter().any(|one| one.state == SubscriptionState::Active)
            }
            Push::PerApp(_) => {
                let last = self.store.last_app_push(&connection.id).await?;
                last.is_some_and(|at| at > self.now() - PUSHES_TRUSTED)
            }
        })
    }
}

/// Whether there is nothing to authorise: such a connector is always ready.
pub fn needs_no_authorization(descriptor: &Descriptor) -> bool {
    descriptor.kind == ConnectorKind::Local
}
