//! A resumable upload as the API shows it.

use chrono::{DateTime, Utc};
use gangway_app::{UploadReport, UploadState};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::view::UploadedFile;
use crate::v1::files::ReasonView;

/// How far a resumable upload is, and what became of it.
#[derive(Serialize, ToSchema)]
#[schema(as = ResumableUpload)]
pub struct ResumableView {
    id: String,
    /// `receiving`, `received` (whole, and about to become a file), `done` or `failed` (nothing was stored; `reason`
    /// says why).
    status: &'static str,
    /// Bytes that are here.
    offset: u64,
    /// Bytes in all; null while the sender has not said.
    length: Option<u64>,
    /// As the sender named it.
    name: String,
    /// As the sender said it; null for a file at the top.
    path: Option<String>,
    created_at: DateTime<Utc>,
    /// When it is ended if nobody goes on with it, or forgotten when it is over.
    expires_at: DateTime<Utc>,
    /// What became of it, as a multipart upload tells it of each file; null until it is done.
    file: Option<UploadedFile>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<ReasonView>,
}

impl From<UploadReport> for ResumableView {
    fn from(report: UploadReport) -> Self {
        let status = match report.state {
            UploadState::Receiving => "receiving",
            UploadState::Received => "received",
            UploadState::Done => "done",
            UploadState::Failed | UploadState::Ended => "failed",
        };
        Self {
            id: report.id.into_string(),
            status,
            offset: report.offset,
            length: report.length,
            name: report.about.name,
            path: report.about.path,
            created_at: report.created_at,
            expires_at: report.expires_at,
            file: report.file.map(Into::into),
            reason: report.failure.map(Into::into),
        }
    }
}
