//! `GET /rest/connectors/local_upload/files/{file_id}/content`

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::UploadPath;
use crate::caller::Caller;
use crate::documented::{Always, BadRequest, NotFound};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::Segment;

/// What RFC 5987 lets stand in `filename*`.
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_').remove(b'~');

/// Downloads an uploaded file, byte for byte. Never shown inline: it is somebody's file, not our page.
#[utoipa::path(
    get, path = "/rest/connectors/local_upload/files/{file_id}/content", tag = "uploads",
    security(("user_token" = [])), params(UploadPath),
    responses(
        (status = 200, description = "The bytes.", body = Vec<u8>, content_type = "application/octet-stream"),
        BadRequest, NotFound, Always
    )
)]
pub async fn download_upload(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Segment(path): Segment<UploadPath>,
) -> ApiResult<Response> {
    let content = state.app.download_original(&user, &path.id()).await?;
    let disposition =
        format!("attachment; filename*=UTF-8''{}", utf8_percent_encode(&content.item.name, NAME));
    let disposition = HeaderValue::from_str(&disposition).unwrap_or(HeaderValue::from_static("attachment"));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (header::CONTENT_LENGTH, HeaderValue::from(content.size)),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'")),
    ];
    Ok((headers, Body::from_stream(content.bytes)).into_response())
}
