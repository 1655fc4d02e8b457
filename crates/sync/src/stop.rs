//! Why a task stopped before its end.

use std::time::Duration;

use gangway_connector::{ConnectorError, Disposition};
use gangway_model::Reason;
use gangway_search::SearchError;
use gangway_store::{BlobError, StoreError};
use gangway_vault::VaultError;

/// The longest wait of our own between two tries of a task.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(1800);
/// The longest pause that a provider's word is taken for: quotas and locks of a day, and the hour that may be put forward.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(25 * 3600);

#[derive(Debug)]
pub enum Stop {
    /// Time mends it: try the task again, from its checkpoint.
    RetryLater {
        after: Option<Duration>,
        reason: Reason,
    },
    /// Only the user can mend it, by connecting again.
    Reconnect(Reason),
    /// Nothing mends it; the task ends as failed.
    Failed(Reason),
    Cancelled,
    /// Others wait and have less at work: go on from the checkpoint when it is this task's turn again.
    GiveWay,
    /// The user is disabled: go on from the checkpoint when they are enabled.
    UserDisabled,
    /// Another worker has the task now: whatever this one still wanted to do must not happen.
    LeaseLost,
}

impl Stop {
    pub fn failed(code: &str, message: impl Into<String>) -> Self {
        Stop::Failed(Reason::new(code, message))
    }

    pub fn retry(code: &str, message: impl Into<String>) -> Self {
        Stop::RetryLater { after: None, reason: Reason::new(code, message) }
    }

    /// Whether the provider named a pause that is longer than any of ours: it says when to come back, so coming back
    /// then is no further try of something that keeps failing.
    pub(crate) fn is_long_pause(&self) -> bool {
        matches!(self, Stop::RetryLater { after: Some(after), .. } if *after > LONGEST_WAIT)
    }

    /// What a source's error means for a whole task.
    pub fn from_connector(error: &ConnectorError) -> Self {
        match error.disposition {
            Disposition::RetryLater { after } => Stop::RetryLater { after, reason: error.reason() },
            Disposition::Reconnect => Stop::Reconnect(error.reason()),
            Disposition::FixConfiguration
            | Disposition::SkipItem
            | Disposition::Gone
            | Disposition::RestartFeed
            | Disposition::Fail => Stop::Failed(error.reason()),
        }
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        match error {
            // Rows are not as this worker left them: the task is somebody else's, or what it is about is gone.
            StoreError::Conflict { what } => {
                tracing::info!(what, "the task gives way");
                Stop::LeaseLost
            }
            StoreError::Corrupt(_) => Stop::failed("storage_corrupt", error.to_string()),
            _ => Stop::retry("storage_unavailable", error.to_string()),
        }
    }
}

impl From<SearchError> for Stop {
    fn from(error: SearchError) -> Self {
        Stop::retry(error.code(), error.to_string())
    }
}

impl From<BlobError> for Stop {
    fn from(error: BlobError) -> Self {
        Stop::retry("blobs_unavailable", error.to_string())
    }
}

impl From<VaultError> for Stop {
    fn from(error: VaultError) -> Self {
        Stop::retry("vault_unavailable", error.to_string())
    }
}
