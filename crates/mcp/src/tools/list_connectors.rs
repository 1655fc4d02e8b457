//! `list_connectors`: what can be connected, what is, and how it fares.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use gangway_app::{App, AppResult, ConnectorStatus, needs_no_authorization};
use gangway_model::{AssistantScope, ConnectionState};
use rmcp::model::{JsonObject, Tool};
use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{AssistantTool, read, reading, shown};
use crate::gate::Caller;

pub struct ListConnectors;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {}

#[derive(Serialize, JsonSchema)]
struct Answer {
    connectors: Vec<ConnectorLine>,
}

#[derive(Serialize, JsonSchema)]
struct ConnectorLine {
    id: &'static str,
    name: &'static str,
    /// Whether the user can use it here and now.
    available: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    connected: bool,
    /// Of the default connection: `active`, `needs_reauth` or `disconnecting`.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_sync_at: Option<DateTime<Utc>>,
}

#[async_trait]
impl AssistantTool for ListConnectors {
    fn name(&self) -> &'static str {
        "list_connectors"
    }

    fn scopes(&self) -> &'static [AssistantScope] {
        &[AssistantScope::Search, AssistantScope::Sync]
    }

    fn description(&self) -> Tool {
        let about = "Lists the connectors of this server: which of them this user can use, which are connected, and \
                     whether one has to be connected again. Connecting itself happens in the product, not here.";
        reading::<Input, Answer>(self.name(), "List connectors", about)
    }

    async fn call(&self, app: &App, caller: &Caller, arguments: JsonObject) -> AppResult<Value> {
        let Input {} = read(arguments)?;
        let all = app.list_connectors_of(&caller.user).await?;
        shown(Answer { connectors: all.into_iter().map(ConnectorLine::of).collect() })
    }
}

impl ConnectorLine {
    fn of(status: ConnectorStatus) -> Self {
        let descriptor = status.descriptor;
        let above =
            |plan: gangway_model::Plan| format!("{} needs the {} plan", descriptor.name, plan.as_str());
        let shown = status.default_connection().map(|one| &one.connection);
        let connected = match shown {
            Some(connection) => connection.state == ConnectionState::Active,
            None => needs_no_authorization(descriptor) && status.is_available(),
        };
        Self {
            id: descriptor.id,
            name: descriptor.name,
            available: status.is_available(),
            reason: status.unavailable.clone().or(status.required_plan.map(above)),
            connected,
            status: shown.map(|connection| connection.state.as_str()),
            account: shown.and_then(|connection| connection.account.email.clone()),
            last_sync_at: shown.and_then(|connection| connection.last_sync_at),
        }
    }
}
