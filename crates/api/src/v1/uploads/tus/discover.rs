//! `OPTIONS /rest/connectors/local_upload/uploads` and `…/uploads/{upload_id}`

use axum::http::StatusCode;

use super::ResumablePath;
use crate::documented::BadRequest;
use crate::problem::ApiResult;
use crate::strict::Segment;

/// Says which version and extensions of tus are spoken, and how large a file may be. Needs no token.
#[utoipa::path(
    options, path = "/rest/connectors/local_upload/uploads", tag = "uploads",
    responses(
        (status = 200, description = "The same, with what browsers ask for before a request to another origin."),
        (status = 204, description = "What is spoken.", headers(
            ("Tus-Version" = String, description = "`1.0.0`"),
            ("Tus-Extension" = String, description = "Extensions, separated by commas."),
            ("Tus-Max-Size" = u64, description = "Bytes of the largest file."),
            ("Tus-Checksum-Algorithm" = String, description = "What `Upload-Checksum` may name.")
        ))
    )
)]
pub async fn discover_uploads() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// The same below an upload.
#[utoipa::path(
    options, path = "/rest/connectors/local_upload/uploads/{upload_id}", tag = "uploads", params(ResumablePath),
    responses(
        (status = 200, description = "The same, with what browsers ask for before a request to another origin."),
        (status = 204, description = "What is spoken, as `OPTIONS` above it says."),
        BadRequest
    )
)]
pub async fn discover_upload(Segment(_path): Segment<ResumablePath>) -> ApiResult<StatusCode> {
    Ok(StatusCode::NO_CONTENT)
}
