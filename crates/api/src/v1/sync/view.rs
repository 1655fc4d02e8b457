//! A sync job as the API shows it.

use chrono::{DateTime, Utc};
use gangway_app::progress;
use gangway_model::SyncJob;
use serde::Serialize;
use utoipa::ToSchema;

use crate::v1::files::ReasonView;

/// A sync job and how far it is.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = SyncJob)]
pub struct JobView {
    job_id: String,
    /// `pending`, `processing`, `completed`, `partial`, `failed` or `cancelled`.
    status: &'static str,
    /// 0–100; 100 means finished.
    #[schema(maximum = 100)]
    progress: u8,
    /// Files that are now true to the source.
    files_synced: u64,
    files_failed: u64,
    completed_at: Option<DateTime<Utc>>,
    /// Files met so far; grows while folders are being listed.
    files_found: u64,
    /// Files without text to bring in; found by name.
    files_skipped: u64,
    /// Of `files_synced`, those whose bytes did not have to be fetched.
    files_unchanged: u64,
    files_removed: u64,
    /// Bytes fetched from the provider.
    bytes: u64,
    /// From now on `files_found` is final.
    listing_complete: bool,
    cancel_requested: bool,
    /// Why the job failed or stopped short.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ReasonView>,
    created_at: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    connector_id: String,
    connection_id: String,
    /// Null for a job that follows changes on behalf of every `auto` sync of its connection.
    collection_uuid: Option<String>,
    /// `manual` or `auto`.
    sync_mode: &'static str,
}

impl JobView {
    pub fn is_final(&self) -> bool {
        self.progress == 100
    }
}

impl From<SyncJob> for JobView {
    fn from(job: SyncJob) -> Self {
        Self {
            progress: progress(&job),
            job_id: job.id.into_string(),
            status: job.status.as_str(),
            files_synced: job.counters.synced,
            files_failed: job.counters.failed,
            completed_at: job.completed_at,
            files_found: job.counters.found,
            files_skipped: job.counters.skipped,
            files_unchanged: job.counters.unchanged,
            files_removed: job.counters.removed,
            bytes: job.counters.bytes,
            listing_complete: job.listing_complete,
            cancel_requested: job.cancel_requested,
            error: job.error.map(Into::into),
            created_at: job.created_at,
            started_at: job.started_at,
            connector_id: job.connector_id.into_string(),
            connection_id: job.connection_id.into_string(),
            collection_uuid: job.collection_id.map(|id| id.into_string()),
            sync_mode: job.mode.as_str(),
        }
    }
}
