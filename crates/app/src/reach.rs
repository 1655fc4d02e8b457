//! The way to a connector and to a connection, with every rule on it: plan, availability, ownership, health.

use gangway_connector::{Availability, Connector, ConnectorKind, Descriptor};
use gangway_model::{Connection, ConnectionId, ConnectionState, User};

use crate::app::App;
use crate::error::{AppError, AppResult, Code, needs_reauth};

impl App {
    /// The connector of this id, whatever the plan.
    pub fn get_connector(&self, id: &str) -> AppResult<&'static dyn Connector> {
        self.registry
            .iter()
            .copied()
            .find(|connector| connector.descriptor().id == id)
            .ok_or_else(|| AppError::not_found("connector"))
    }

    /// The connector that takes uploads.
    pub fn local_connector(&self) -> AppResult<&'static dyn Connector> {
        self.registry
            .iter()
            .copied()
            .find(|connector| connector.descriptor().kind == ConnectorKind::Local)
            .ok_or_else(|| AppError::not_found("connector"))
    }

    /// The connector of this id, if this user may use it and it can be used.
    pub fn usable_connector(&self, user: &User, id: &str) -> AppResult<&'static dyn Connector> {
        let connector = self.get_connector(id)?;
        let descriptor = connector.descriptor();
        // A plan that would not help is not offered.
        if let Availability::Planned(sentence) = descriptor.availability {
            return Err(unavailable(descriptor, sentence.to_owned()));
        }
        require_plan(user, descriptor)?;
        match self.unavailable_reason(descriptor) {
            Some(reason) => Err(unavailable(descriptor, reason)),
            None => Ok(connector),
        }
    }

    /// Why nobody can use a connector here and now; `None` when they can.
    pub fn unavailable_reason(&self, descriptor: &Descriptor) -> Option<String> {
        if let Availability::Planned(sentence) = descriptor.availability {
            return Some(sentence.to_owned());
        }
        if descriptor.oauth.is_some() && self.apps.oauth(descriptor.id).is_none() {
            return Some(format!("no OAuth app is configured for {} on this server", descriptor.name));
        }
        None
    }

    /// A user's connection: the first one, or the one named. Whatever its health.
    pub async fn get_connection(
        &self,
        user: &User,
        connector_id: &str,
        wanted: Option<&ConnectionId>,
    ) -> AppResult<(&'static dyn Connector, Connection)> {
        let connector = self.usable_connector(user, connector_id)?;
        let descriptor = connector.descriptor();
        if descriptor.kind == ConnectorKind::Local {
            let connection = self.store.ensure_local_connection(&user.id).await?;
            if wanted.is_some_and(|wanted| *wanted != connection.id) {
                return Err(AppError::not_found("connection"));
            }
            return Ok((connector, connection));
        }
        let connections = self.store.find_connections(&user.id, Some(&descriptor.id.into())).await?;
        let found = match wanted {
            Some(id) => Some(
                connections
                    .into_iter()
                    .find(|connection| connection.id == *id)
                    .ok_or_else(|| AppError::not_found("connection"))?,
            ),
            None => {
                connections.into_iter().find(|connection| connection.state != ConnectionState::Disconnecting)
            }
        };
        let connection = found.ok_or_else(|| not_connected(descriptor))?;
        Ok((connector, connection))
    }

    /// A user's connection that can be worked with.
    pub async fn working_connection(
        &self,
        user: &User,
        connector_id: &str,
        wanted: Option<&ConnectionId>,
    ) -> AppResult<(&'static dyn Connector, Connection)> {
        let (connector, connection) = self.get_connection(user, connector_id, wanted).await?;
        match connection.state {
            ConnectionState::Active => Ok((connector, connection)),
            ConnectionState::Disconnecting => Err(not_connected(connector.descriptor())),
            ConnectionState::NeedsReauth => {
                let reason = connection.state_reason.as_deref().unwrap_or("the grant has ended");
                Err(needs_reauth(connector.descriptor(), reason))
            }
        }
    }
}

/// Refuses a connector that is above the user's plan, naming the plan that includes it.
pub fn require_plan(user: &User, descriptor: &Descriptor) -> AppResult<()> {
    if user.plan.includes(descriptor.plan) {
        return Ok(());
    }
    let message = format!("{} needs the {} plan", descriptor.name, descriptor.plan.as_str());
    Err(AppError::new(Code::PlanRequired, message)
        .with("connector_id", descriptor.id)
        .with("required_plan", descriptor.plan.as_str())
        .with("plan", user.plan.as_str()))
}

pub(crate) fn not_connected(descriptor: &Descriptor) -> AppError {
    let message = format!("{} is not connected: start with authorize", descriptor.name);
    AppError::new(Code::NotConnected, message).with("connector_id", descriptor.id)
}

fn unavailable(descriptor: &Descriptor, reason: String) -> AppError {
    AppError::new(Code::ConnectorUnavailable, reason).with("connector_id", descriptor.id)
}
