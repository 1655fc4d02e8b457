//! `start_sync`: brings files and folders of a source into a collection.

use async_trait::async_trait;
use gangway_app::{self as deeds, App, AppResult};
use gangway_model::{AssistantScope, ProviderItemId, SyncMode};
use rmcp::model::{JsonObject, Tool};
use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{AssistantTool, adding, read, shown};
use crate::gate::Caller;
use crate::limits::{ConnectorName, Id, Listed, ProviderId};

pub struct StartSync;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// The connector's id, of `list_connectors`.
    connector: ConnectorName,
    /// Files, and folders with everything below them, by the ids of `list_files`.
    file_ids: Listed<ProviderId, 1, 1000>,
    /// The collection they are brought into: one of the user's own.
    collection_uuid: Id,
    /// manual (once; when left out) or auto (and keep following changes).
    #[serde(default)]
    sync_mode: Option<Mode>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Mode {
    Manual,
    Auto,
}

#[derive(Serialize, JsonSchema)]
struct Answer {
    job_id: String,
    status: &'static str,
    /// Files and folders that were asked for.
    file_count: u64,
    /// Seconds; null while nothing has been measured.
    estimated_time: Option<u64>,
}

#[async_trait]
impl AssistantTool for StartSync {
    fn name(&self) -> &'static str {
        "start_sync"
    }

    fn scopes(&self) -> &'static [AssistantScope] {
        &[AssistantScope::Sync]
    }

    fn description(&self) -> Tool {
        let about = "Starts bringing files and folders of a connected source into one of this user's collections, so \
                     that they can be searched and read. Returns a job_id for `sync_status`.";
        adding::<Input, Answer>(self.name(), "Sync documents", about)
    }

    async fn call(&self, app: &App, caller: &Caller, arguments: JsonObject) -> AppResult<Value> {
        let input: Input = read(arguments)?;
        let request = deeds::StartSync {
            roots: input.file_ids.0.into_iter().map(|id| ProviderItemId::from(id.0)).collect(),
            collection: input.collection_uuid.to(),
            mode: match input.sync_mode {
                Some(Mode::Auto) => SyncMode::Auto,
                Some(Mode::Manual) | None => SyncMode::Manual,
            },
            // A person decides that, with the product's own means.
            allow_mass_removal: false,
        };
        let started = app.start_sync(&caller.user, &input.connector.0, None, request).await?;
        shown(Answer {
            job_id: started.job.id.into_string(),
            status: started.job.status.as_str(),
            file_count: started.file_count,
            estimated_time: started.estimated_seconds,
        })
    }
}
