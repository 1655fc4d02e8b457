//! What became of an upload, as the API shows it.

use gangway_app::{Code, UploadOutcome, UploadStatus};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::{ApiError, ApiResult};
use crate::v1::files::ReasonView;

#[derive(Serialize, ToSchema)]
pub struct UploadAnswer {
    /// In the order of the parts.
    files: Vec<UploadedFile>,
}

#[derive(Serialize, ToSchema)]
pub struct UploadedFile {
    /// The file in the collection: new, or the one that was there already. Null when rejected.
    id: Option<String>,
    /// The same.
    file_id: Option<String>,
    name: String,
    /// Where it stands among its folders; of a rejected file as it was sent.
    path: String,
    size: u64,
    sha256: Option<String>,
    /// `stored`, `replaced` (it is the next version of a file that was there), `duplicate` (the collection has these
    /// bytes already), `skipped` (its place is taken) or `rejected`.
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<ReasonView>,
}

impl UploadAnswer {
    /// # Errors
    /// When every file was rejected for its size: then the request as a whole was too large.
    pub fn of(outcomes: Vec<UploadOutcome>, limit: u64) -> ApiResult<Self> {
        let too_large = |one: &UploadOutcome| matches!(&one.status, UploadStatus::Rejected(why) if why.code == "file_too_large");
        if outcomes.iter().all(too_large) {
            let message = format!("a file may have at most {limit} bytes");
            return Err(ApiError::from(
                gangway_app::AppError::new(Code::PayloadTooLarge, message).with("max_file_bytes", limit),
            ));
        }
        Ok(Self { files: outcomes.into_iter().map(Into::into).collect() })
    }
}

impl From<UploadOutcome> for UploadedFile {
    fn from(outcome: UploadOutcome) -> Self {
        let (status, reason) = match outcome.status {
            UploadStatus::Stored => ("stored", None),
            UploadStatus::KeptBoth => {
                let message = format!("its place was taken: it stands beside, as {}", outcome.name);
                ("stored", Some(ReasonView { code: "kept_both".to_owned(), message }))
            }
            UploadStatus::Replaced => ("replaced", None),
            UploadStatus::Skipped => {
                let message = "another file stands in this place: send on_conflict=replace or keep_both";
                ("skipped", Some(ReasonView { code: "place_taken".to_owned(), message: message.to_owned() }))
            }
            UploadStatus::Duplicate { of } => {
                let message = format!("the collection has this content already, as {of}");
                ("duplicate", Some(ReasonView { code: "duplicate".to_owned(), message }))
            }
            UploadStatus::Rejected(reason) => ("rejected", Some(reason.into())),
        };
        let id = outcome.file.map(|id| id.into_string());
        Self {
            file_id: id.clone(),
            id,
            name: outcome.name,
            path: outcome.path,
            size: outcome.size,
            sha256: outcome.sha256,
            status,
            reason,
        }
    }
}
