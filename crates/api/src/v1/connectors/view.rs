//! A connector as the API shows it.

use chrono::{DateTime, Utc};
use gangway_app::{ConnectorStatus, Descriptor, WatchedConnection, needs_no_authorization};
use gangway_model::ConnectionState;
use serde::Serialize;
use utoipa::ToSchema;

/// A connector, whether it is connected, and how it fares.
#[derive(Default, Serialize, ToSchema)]
#[schema(as = Connector)]
pub struct ConnectorView {
    id: &'static str,
    name: &'static str,
    /// `file_storage`, `productivity`, `communication` or `local`.
    #[serde(rename = "type")]
    kind: &'static str,
    connected: bool,
    /// Whether the user can use it here and now: built, configured, and included in the plan.
    available: bool,
    /// The plan that includes it, when the user's does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    required_plan: Option<&'static str>,
    /// Why it is not available.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The same for programs: `not_built`, `needs_app` (the operator has not set it up) or `plan_required`, when another
    /// plan is all that it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason_code: Option<&'static str>,
    capabilities: Vec<&'static str>,
    // What follows is the default connection's, and absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    connection_id: Option<String>,
    /// `active`, `needs_reauth` or `disconnecting`.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connected_at: Option<DateTime<Utc>>,
    /// When the person last consented: changes with each consent and with nothing else.
    #[serde(skip_serializing_if = "Option::is_none")]
    consented_at: Option<DateTime<Utc>>,
    /// When the access token ends; it is refreshed before.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<DateTime<Utc>>,
    /// What was granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    scopes: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<AccountView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_sync_at: Option<DateTime<Utc>>,
    /// What is wrong and what to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ConnectionProblem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sync: Option<SyncView>,
    /// Every connection, when there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    connections: Vec<ConnectionView>,
}

/// One connection through a connector.
#[derive(Serialize, ToSchema)]
#[schema(as = Connection)]
pub struct ConnectionView {
    connection_id: String,
    /// `active`, `needs_reauth` or `disconnecting`.
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_email: Option<String>,
    connected_at: DateTime<Utc>,
    /// When the person last consented: changes with each consent and with nothing else.
    consented_at: DateTime<Utc>,
    /// When the access token ends; it is refreshed before.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<DateTime<Utc>>,
    /// What was granted.
    scopes: Vec<String>,
    account: AccountView,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_sync_at: Option<DateTime<Utc>>,
    /// What is wrong and what to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ConnectionProblem>,
    sync: SyncView,
}

/// Whom the provider says the connection belongs to.
#[derive(Serialize, ToSchema)]
#[schema(as = Account)]
struct AccountView {
    id: String,
    email: Option<String>,
    name: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct ConnectionProblem {
    code: &'static str,
    message: String,
}

/// How changes at the source are noticed.
#[derive(Serialize, ToSchema)]
#[schema(as = ChangeNotice)]
struct SyncView {
    /// `webhook`: the provider tells us. `polling`: we ask from time to time.
    mode: &'static str,
}

impl ConnectorView {
    pub fn of(status: ConnectorStatus) -> Self {
        let descriptor = status.descriptor;
        let reason = status.unavailable.clone().or_else(|| {
            status.required_plan.map(|plan| format!("{} needs the {} plan", descriptor.name, plan.as_str()))
        });
        let reason_code = match (&status.unavailable, status.required_plan) {
            (Some(_), _) if !descriptor.is_built() => Some("not_built"),
            (Some(_), _) => Some("needs_app"),
            (None, Some(_)) => Some("plan_required"),
            (None, None) => None,
        };
        let is_local = needs_no_authorization(descriptor);
        let connected = match status.default_connection() {
            Some(found) => found.connection.state == ConnectionState::Active,
            None => is_local && status.is_available(),
        };
        let shown = status.default_connection().or(status.connections.first());
        let connections = match status.connections.len() {
            0 | 1 => Vec::new(),
            _ => status.connections.iter().map(|one| ConnectionView::of(descriptor, one)).collect(),
        };
        let view = Self {
            id: descriptor.id,
            name: descriptor.name,
            kind: descriptor.kind.as_str(),
            connected,
            available: status.is_available(),
            required_plan: status.required_plan.map(|plan| plan.as_str()),
            reason,
            reason_code,
            capabilities: descriptor.capability_names(),
            connections,
            ..Self::default()
        };
        match shown.filter(|_| !is_local) {
            Some(one) => view.with(ConnectionView::of(descriptor, one)),
            None => view,
        }
    }

    fn with(self, one: ConnectionView) -> Self {
        Self {
            connection_id: Some(one.connection_id),
            status: Some(one.status),
            user_email: one.user_email,
            connected_at: Some(one.connected_at),
            consented_at: Some(one.consented_at),
            expires_at: one.expires_at,
            scopes: Some(one.scopes),
            account: Some(one.account),
            last_sync_at: one.last_sync_at,
            error: one.error,
            sync: Some(one.sync),
            ..self
        }
    }
}

impl ConnectionView {
    fn of(descriptor: &Descriptor, status: &WatchedConnection) -> Self {
        let connection = &status.connection;
        let problem = match connection.state {
            ConnectionState::NeedsReauth => Some(ConnectionProblem {
                code: "needs_reauth",
                message: connection.state_reason.clone().unwrap_or_else(|| "connect it again".to_owned()),
            }),
            _ => None,
        };
        Self {
            connection_id: connection.id.to_string(),
            status: connection.state.as_str(),
            user_email: connection.account.email.clone(),
            connected_at: connection.connected_at,
            consented_at: connection.consented_at,
            expires_at: connection.expires_at,
            scopes: short_scopes(descriptor, &connection.scopes),
            account: AccountView {
                id: connection.account.id.clone(),
                email: connection.account.email.clone(),
                name: connection.account.name.clone(),
            },
            last_sync_at: connection.last_sync_at,
            error: problem,
            sync: SyncView { mode: if status.pushed { "webhook" } else { "polling" } },
        }
    }
}

/// Scopes by the guide's short names, where they have one.
pub fn short_scopes(descriptor: &Descriptor, scopes: &[String]) -> Vec<String> {
    let short = |scope: &String| {
        let fact = descriptor.oauth.and_then(|facts| facts.find_scope(scope));
        fact.map_or_else(|| scope.clone(), |fact| fact.short.to_owned())
    };
    scopes.iter().map(short).collect()
}
