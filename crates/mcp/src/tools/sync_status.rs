//! `sync_status`: how far a sync job is, and what became of it.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use gangway_app::{App, AppResult, PageOf, progress};
use gangway_model::{AssistantScope, FileOutcome, Outcome, SyncJob, SyncJobId};
use rmcp::model::{JsonObject, Tool};
use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{AssistantTool, read, reading, shown};
use crate::gate::Caller;
use crate::limits::{ConnectorName, Id};

/// Failures that an answer names; the count tells of all.
const FAILURES_TOLD: u32 = 10;

pub struct SyncStatus;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// The job_id that `start_sync` gave.
    job_id: Id,
    /// The connector it was started for, by its id; need not be named.
    #[serde(default)]
    connector: Option<ConnectorName>,
}

#[derive(Serialize, JsonSchema)]
struct Answer {
    job_id: String,
    connector: String,
    /// `pending`, `processing`, `completed`, `partial`, `failed` or `cancelled`.
    status: &'static str,
    /// 0 to 100; 100 means finished.
    progress: u8,
    /// Files met so far; final from listing_complete on.
    files_found: u64,
    listing_complete: bool,
    files_synced: u64,
    files_skipped: u64,
    files_failed: u64,
    files_removed: u64,
    /// Why the job failed or stopped short.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// Once the job has ended: the first ten files that failed, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failures: Vec<Failure>,
    started_at: Option<DateTime<Utc>>,
    completed_at: Option<DateTime<Utc>>,
}

#[derive(Serialize, JsonSchema)]
struct Failure {
    /// The file's id at its source, as `list_files` tells it.
    id: String,
    name: String,
    reason: Option<String>,
}

#[async_trait]
impl AssistantTool for SyncStatus {
    fn name(&self) -> &'static str {
        "sync_status"
    }

    fn scopes(&self) -> &'static [AssistantScope] {
        &[AssistantScope::Sync]
    }

    fn description(&self) -> Tool {
        let about = "Tells how far a sync job is. 100 percent means that it has ended; status says how.";
        reading::<Input, Answer>(self.name(), "Status of a sync", about)
    }

    async fn call(&self, app: &App, caller: &Caller, arguments: JsonObject) -> AppResult<Value> {
        let input: Input = read(arguments)?;
        let id: SyncJobId = input.job_id.to();
        let job = match input.connector {
            Some(connector) => app.get_sync(&caller.user, &connector.0, &id).await?,
            None => app.find_sync(&caller.user, &id).await?,
        };
        let failures = if job.status.is_final() && job.counters.failed > 0 {
            let page = PageOf { limit: FAILURES_TOLD, cursor: None };
            app.list_files_of(&caller.user, &job, Some(Outcome::Failed), &page).await?.rows
        } else {
            Vec::new()
        };
        shown(Answer::of(job, failures))
    }
}

impl Answer {
    fn of(job: SyncJob, failures: Vec<FileOutcome>) -> Self {
        Self {
            progress: progress(&job),
            job_id: job.id.into_string(),
            connector: job.connector_id.into_string(),
            status: job.status.as_str(),
            files_found: job.counters.found,
            listing_complete: job.listing_complete,
            files_synced: job.counters.synced,
            files_skipped: job.counters.skipped,
            files_failed: job.counters.failed,
            files_removed: job.counters.removed,
            error: job.error.map(|reason| reason.message),
            failures: failures.into_iter().map(Failure::of).collect(),
            started_at: job.started_at,
            completed_at: job.completed_at,
        }
    }
}

impl Failure {
    fn of(file: FileOutcome) -> Self {
        Self {
            id: file.provider_id.into_string(),
            name: file.name,
            reason: file.reason.map(|reason| reason.message),
        }
    }
}
