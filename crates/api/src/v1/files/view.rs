//! A file at the source as the API shows it.

use chrono::{DateTime, Utc};
use gangway_app::{SourceFile, public_kind};
use gangway_model::Reason;
use serde::Serialize;
use utoipa::ToSchema;

/// A file or folder at the source.
#[derive(Serialize, ToSchema)]
#[schema(as = SourceFile)]
pub struct SourceFileView {
    /// The provider's id: what `sync` takes in `file_ids`.
    pub id: String,
    pub name: String,
    #[serde(rename = "mimeType")]
    pub media_type: String,
    /// Bytes; null where the provider cannot say.
    pub size: Option<u64>,
    pub modified_at: Option<DateTime<Utc>>,
    /// Where a person opens it.
    pub url: Option<String>,
    pub thumbnail_url: Option<String>,
    pub parent_id: Option<String>,
    /// Whether its text can be searched here.
    pub synced: bool,
    /// `file`, `folder` or `link`.
    pub kind: &'static str,
    /// `synced`, `name_only`, `failed` or `structure`; absent when it was never brought in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sync_state: Option<&'static str>,
    /// Why its content is not, or will not be, here; of a synced file, what of it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<ReasonView>,
}

/// Why something is not as one would expect.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = Reason)]
pub struct ReasonView {
    pub code: String,
    /// A sentence a person can act on.
    pub message: String,
}

impl From<Reason> for ReasonView {
    fn from(reason: Reason) -> Self {
        Self { code: reason.code, message: reason.message }
    }
}

impl From<SourceFile> for SourceFileView {
    fn from(file: SourceFile) -> Self {
        Self {
            synced: file.is_synced(),
            id: file.id.into_string(),
            name: file.name,
            media_type: file.media_type,
            size: file.size,
            modified_at: file.modified_at,
            url: file.url,
            thumbnail_url: file.thumbnail_url,
            parent_id: file.parent_id.map(|id| id.into_string()),
            kind: public_kind(file.kind),
            sync_state: file.state.map(|state| state.as_str()),
            reason: file.reason.map(Into::into),
        }
    }
}
