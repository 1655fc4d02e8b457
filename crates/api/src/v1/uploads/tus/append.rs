//! `PATCH /rest/connectors/local_upload/uploads/{upload_id}`

use axum::body::HttpBody;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use gangway_app::{Append, Code};
use gangway_model::{UploadId, User};
use utoipa::IntoParams;

use super::{ResumablePath, Spoken, headers};
use crate::caller::Caller;
use crate::documented::{
    Always, BadRequest, ChecksumMismatch, Conflict, Forbidden, Gone, Locked, NoRoom, NotFound,
    PayloadTooLarge, UnsupportedMediaType, WrongVersion,
};
use crate::problem::{ApiError, ApiResult};
use crate::state::ApiState;
use crate::strict::Segment;

#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "describes headers")]
pub struct Continued {
    /// Where the bytes begin: it must be where the upload stands.
    #[param(rename = "Upload-Offset")]
    offset: u64,
    /// The length of the whole, once, when it was deferred.
    #[param(rename = "Upload-Length")]
    length: Option<u64>,
    /// `sha1` or `sha256` and the digest of this request's bytes in Base64. When it does not match, none is kept.
    #[param(rename = "Upload-Checksum")]
    checksum: Option<String>,
}

/// Appends bytes to a resumable upload. What arrived before a connection broke is kept: `HEAD` says how much. With the
/// last byte the file is stored, before this is answered; an empty `PATCH` tries that again should it have failed.
#[utoipa::path(
    patch, path = "/rest/connectors/local_upload/uploads/{upload_id}", tag = "uploads",
    security(("user_token" = [])), params(ResumablePath, Spoken, Continued),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"),
    responses(
        (status = 204, description = "Here.", headers(
            ("Upload-Offset" = u64, description = "Bytes that are here."),
            ("Upload-Expires" = String, description = "When it is ended if nobody goes on with it.")
        )),
        BadRequest, Forbidden, NotFound, Conflict, Gone, WrongVersion, PayloadTooLarge, UnsupportedMediaType,
        Locked, ChecksumMismatch, NoRoom, Always
    )
)]
pub async fn append_to_upload(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Segment(path): Segment<ResumablePath>,
    request: Request,
) -> ApiResult<(StatusCode, HeaderMap)> {
    append(&state, &user, &path.id(), request).await
}

pub(super) async fn append(
    state: &ApiState,
    user: &User,
    id: &UploadId,
    request: Request,
) -> ApiResult<(StatusCode, HeaderMap)> {
    let sent = request.headers();
    if !headers::is_bytes(sent) {
        let message = format!("send the bytes as {}", headers::BYTES);
        return Err(ApiError::new(Code::UnsupportedMediaType, message));
    }
    let offset = headers::number(sent, &headers::OFFSET)?
        .ok_or_else(|| ApiError::invalid(headers::OFFSET.as_str(), "say where the bytes begin"))?;
    let append = Append {
        offset,
        length: headers::number(sent, &headers::LENGTH)?,
        announced: request.body().size_hint().exact(),
        checksum: headers::checksum(sent)?,
    };
    let bytes = request.into_body().into_data_stream();
    let report = state.app.append_to_upload(user, id, append, bytes).await?;
    Ok((StatusCode::NO_CONTENT, headers::of(&report)))
}
