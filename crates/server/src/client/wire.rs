//! What the commands read of the API's answers. Fields they do not use are passed over.

use chrono::{DateTime, Utc};
use serde::Deserialize;

pub use super::connector::{ConnectionRow, Connector, Connectors, Consent};

#[derive(Clone, Debug, Deserialize)]
pub struct Reason {
    pub code: String,
    pub message: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct AuthorizeAnswer {
    pub auth_url: String,
    pub expires_in: u64,
}

#[derive(Clone, Debug, Deserialize)]
pub struct File {
    pub id: String,
    pub name: String,
    pub size: Option<u64>,
    pub modified_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub kind: String,
    #[serde(default)]
    pub synced: bool,
    pub sync_state: Option<String>,
    pub reason: Option<Reason>,
}

impl File {
    /// Whether it is found by its text, but not by all of it.
    pub fn is_in_part(&self) -> bool {
        self.sync_state.as_deref() == Some("synced") && self.reason.is_some()
    }

    pub fn is_folder(&self) -> bool {
        self.kind == "folder"
    }
}

#[derive(Clone, Debug, Deserialize)]
pub struct SyncStarted {
    pub job_id: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Job {
    pub job_id: String,
    pub status: String,
    #[serde(default)]
    pub files_found: u64,
    #[serde(default)]
    pub files_synced: u64,
    #[serde(default)]
    pub files_failed: u64,
    #[serde(default)]
    pub files_skipped: u64,
    #[serde(default)]
    pub files_unchanged: u64,
    #[serde(default)]
    pub files_removed: u64,
    #[serde(default)]
    pub bytes: u64,
    #[serde(default)]
    pub listing_complete: bool,
    pub error: Option<Reason>,
    pub started_at: Option<DateTime<Utc>>,
    pub completed_at: Option<DateTime<Utc>>,
}

impl Job {
    pub fn is_final(&self) -> bool {
        !matches!(self.status.as_str(), "pending" | "processing")
    }

    pub fn done(&self) -> u64 {
        self.files_synced + self.files_failed + self.files_skipped
    }
}

#[derive(Clone, Debug, Deserialize)]
pub struct JobFile {
    pub id: String,
    pub name: String,
    pub reason: Option<Reason>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Found {
    pub hits: Vec<Hit>,
    pub total: Option<u64>,
    #[serde(default)]
    pub has_more: bool,
    /// False where there are at least `total`.
    #[serde(default = "yes")]
    pub total_is_exact: bool,
    pub took_ms: Option<f64>,
    #[serde(default)]
    pub understood: Understood,
    /// Whether passages that mean what was asked were looked for.
    pub by_meaning: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub struct Understood {
    #[serde(default)]
    pub filters: Vec<UnderstoodFilter>,
    #[serde(default)]
    pub respelled: Vec<Respelled>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct UnderstoodFilter {
    pub field: String,
    pub value: String,
    pub excluded: bool,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Respelled {
    pub word: String,
    pub tried: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Hit {
    pub file: HitFile,
    pub score: f64,
    pub snippet: Option<Snippet>,
    #[serde(default)]
    pub place: Option<gangway_model::Place>,
    #[serde(default)]
    pub duplicates: u64,
}

#[derive(Clone, Debug, Deserialize)]
pub struct HitFile {
    pub id: String,
    pub name: String,
    #[serde(default)]
    pub connector_id: String,
    pub url: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Snippet {
    pub text: String,
    /// Ranges of bytes in `text`.
    #[serde(default)]
    pub highlights: Vec<(usize, usize)>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Collection {
    pub uuid: String,
    pub name: String,
    pub description: Option<String>,
    pub access: Option<String>,
    pub file_count: Option<u64>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct User {
    pub id: String,
    pub external_id: Option<String>,
    pub name: Option<String>,
    pub email: Option<String>,
    pub plan: Option<String>,
    pub disabled_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Webhooks {
    pub webhooks: Vec<Webhook>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Webhook {
    pub connector_id: String,
    #[serde(default)]
    pub name: String,
    pub address: Option<String>,
    pub state: String,
    pub verification_token: Option<String>,
    #[serde(default)]
    pub offers: Vec<OfferedToken>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct OfferedToken {
    pub verification_token: String,
    pub offered_at: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct ServerStatus {
    pub search_by_meaning: Option<SearchByMeaning>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct SearchByMeaning {
    pub model: String,
    pub documents_waiting: u64,
    pub documents_refused: u64,
    pub last_error: Option<EmbeddingFailure>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct EmbeddingFailure {
    pub message: String,
    pub at: Option<DateTime<Utc>>,
}

pub(super) fn yes() -> bool {
    true
}
