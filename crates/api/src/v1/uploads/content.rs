//! `GET /rest/connectors/local_upload/files/{file_id}/content`

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use gangway_model::media;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use utoipa::IntoParams;

use super::UploadPath;
use crate::caller::Caller;
use crate::documented::{Always, BadRequest, NotFound};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::{Params, Segment};

/// What RFC 5987 lets stand in `filename*`.
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_').remove(b'~');

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Shown {
    /// Whether a browser shows it instead of saving it, where it is a PDF: then `#page=<number>` opens a page.
    #[serde(default)]
    inline: bool,
}

/// Downloads an uploaded file, byte for byte. Only a PDF can be shown inline, and only as a PDF: anything else is somebody's
/// file, not our page.
#[utoipa::path(
    get, path = "/rest/connectors/local_upload/files/{file_id}/content", tag = "uploads",
    security(("user_token" = [])), params(UploadPath, Shown),
    responses(
        (status = 200, description = "The bytes.", body = Vec<u8>, content_type = "application/octet-stream"),
        BadRequest, NotFound, Always
    )
)]
pub async fn download_upload(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Segment(path): Segment<UploadPath>,
    Params(shown): Params<Shown>,
) -> ApiResult<Response> {
    let content = state.app.download_original(&user, &path.id()).await?;
    let is_shown = shown.inline && content.item.media_type == media::PDF;
    let (how, media_type, policy) = match is_shown {
        // A viewer of PDF gives scripts in it no page of ours to reach; it does not work in a sandbox.
        true => ("inline", media::PDF, "frame-ancestors 'self'"),
        false => ("attachment", media::OCTET_STREAM, "sandbox; default-src 'none'"),
    };
    let disposition = format!("{how}; filename*=UTF-8''{}", utf8_percent_encode(&content.item.name, NAME));
    let disposition = HeaderValue::from_str(&disposition).unwrap_or(HeaderValue::from_static(how));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CONTENT_LENGTH, HeaderValue::from(content.size)),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy)),
    ];
    Ok((headers, Body::from_stream(content.bytes)).into_response())
}
