//! One requested sync, what it has done so far, and what became of each file.

use serde::{Deserialize, Serialize};

use crate::{CollectionId, ConnectionId, ConnectorId, ProviderItemId, Reason, SyncJobId, Timestamp, UserId};

/// Whether a collection keeps following what was chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncMode {
    /// Bring it in once.
    #[default]
    Manual,
    /// Keep following: new, changed, moved, deleted.
    Auto,
}

impl SyncMode {
    pub fn as_str(self) -> &'static str {
        match self {
            SyncMode::Manual => "manual",
            SyncMode::Auto => "auto",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [SyncMode::Manual, SyncMode::Auto].into_iter().find(|mode| mode.as_str() == text)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobStatus {
    Pending,
    Processing,
    Completed,
    /// Some files failed.
    Partial,
    /// None succeeded, or the job itself could not go on.
    Failed,
    Cancelled,
}

impl JobStatus {
    const ALL: [JobStatus; 6] = [
        JobStatus::Pending,
        JobStatus::Processing,
        JobStatus::Completed,
        JobStatus::Partial,
        JobStatus::Failed,
        JobStatus::Cancelled,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            JobStatus::Pending => "pending",
            JobStatus::Processing => "processing",
            JobStatus::Completed => "completed",
            JobStatus::Partial => "partial",
            JobStatus::Failed => "failed",
            JobStatus::Cancelled => "cancelled",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    pub fn is_final(self) -> bool {
        !matches!(self, JobStatus::Pending | JobStatus::Processing)
    }
}

/// What a job has counted so far. `found` grows while folders are being listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobCounters {
    /// Files the job has met.
    pub found: u64,
    /// Files now true to the source: fetched, or unchanged since they were.
    pub synced: u64,
    /// Of `synced`, those whose bytes did not have to be fetched.
    pub unchanged: u64,
    pub failed: u64,
    /// Files that have no text to bring in (a form, a video); searchable by name.
    pub skipped: u64,
    pub removed: u64,
    /// Bytes fetched from the provider.
    pub bytes: u64,
}

impl JobCounters {
    /// Files with an outcome.
    pub fn done(&self) -> u64 {
        self.synced + self.failed + self.skipped
    }

    pub fn add(&mut self, other: &JobCounters) {
        self.found += other.found;
        self.synced += other.synced;
        self.unchanged += other.unchanged;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.removed += other.removed;
        self.bytes += other.bytes;
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct SyncJob {
    pub id: SyncJobId,
    pub user_id: UserId,
    pub connection_id: ConnectionId,
    pub connector_id: ConnectorId,
    /// `None` for a job that follows the change feed on behalf of every `auto` scope.
    pub collection_id: Option<CollectionId>,
    pub mode: SyncMode,
    /// What was asked for: files and containers by provider id.
    pub roots: Vec<ProviderItemId>,
    pub status: JobStatus,
    pub counters: JobCounters,
    /// True once every container has been listed: from then on `found` is final.
    pub listing_complete: bool,
    pub cancel_requested: bool,
    /// Whether a sweep that removes an unusual share may go ahead.
    pub allow_mass_removal: bool,
    /// Why the job failed or stopped short.
    pub error: Option<Reason>,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub completed_at: Option<Timestamp>,
}

/// What became of one file in one job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Synced,
    Unchanged,
    Skipped,
    Failed,
    Removed,
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Synced => "synced",
            Outcome::Unchanged => "unchanged",
            Outcome::Skipped => "skipped",
            Outcome::Failed => "failed",
            Outcome::Removed => "removed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Synced, Self::Unchanged, Self::Skipped, Self::Failed, Self::Removed]
            .into_iter()
            .find(|outcome| outcome.as_str() == text)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct FileOutcome {
    pub provider_id: ProviderItemId,
    pub name: String,
    pub outcome: Outcome,
    pub reason: Option<Reason>,
    pub at: Timestamp,
}
