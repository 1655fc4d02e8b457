//! `POST /rest/connectors/local_upload/uploads`

use axum::Json;
use axum::body::HttpBody;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use gangway_app::{Append, BeginUpload, Code, UploadState};
use utoipa::IntoParams;

use super::view::ResumableView;
use super::{ROOT, Spoken, headers, metadata};
use crate::caller::Caller;
use crate::documented::{
    Always, BadRequest, ChecksumMismatch, Conflict, Forbidden, NoRoom, NotFound, PayloadTooLarge,
    UnsupportedMediaType, WrongVersion,
};
use crate::problem::{ApiError, ApiResult};
use crate::state::ApiState;

#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "describes headers")]
pub struct Announced {
    /// Bytes of the file. This or `Upload-Defer-Length`.
    #[param(rename = "Upload-Length")]
    length: Option<u64>,
    /// `1`: the length is said later, by the `PATCH` that knows it.
    #[param(rename = "Upload-Defer-Length")]
    defer_length: Option<u64>,
    /// Keys and Base64 values, `key value,key value`: `collection_uuid` (required), `filename` or `name`, `filetype` or
    /// `type`, `path` or `relativePath`, `on_conflict` (`skip`, `replace`, `keep_both`), `sha256` (hex digits: a file
    /// with others is not stored). Other keys are kept, and told by `HEAD`.
    #[param(rename = "Upload-Metadata")]
    metadata: String,
    /// `sha1` or `sha256` and the digest of this request's bytes in Base64.
    #[param(rename = "Upload-Checksum")]
    checksum: Option<String>,
}

/// Begins a resumable upload (tus 1.0.0). The bytes may come along, as `application/offset+octet-stream`, or follow by
/// `PATCH` to the address in `Location`. An empty file is stored at once.
#[utoipa::path(
    post, path = "/rest/connectors/local_upload/uploads", tag = "uploads", security(("user_token" = [])),
    params(Spoken, Announced),
    request_body(content = Option<Vec<u8>>, content_type = "application/offset+octet-stream"),
    responses(
        (status = 201, description = "Begun.", body = ResumableView, headers(
            ("Location" = String, description = "Where the bytes go."),
            ("Upload-Offset" = u64, description = "Bytes that are here."),
            ("Upload-Expires" = String, description = "When it is ended if nobody goes on with it.")
        )),
        BadRequest, Forbidden, NotFound, Conflict, WrongVersion, PayloadTooLarge, UnsupportedMediaType,
        ChecksumMismatch, NoRoom, Always
    )
)]
pub async fn begin_upload(
    Caller(user): Caller,
    State(state): State<ApiState>,
    request: Request,
) -> ApiResult<(StatusCode, HeaderMap, Json<ResumableView>)> {
    let app = &state.app;
    let length = announced_length(request.headers())?;
    let text = headers::text(request.headers(), &headers::METADATA)?.unwrap_or_default();
    let (collection, about) = metadata::read(text)?;
    let checksum = headers::checksum(request.headers())?;
    let body_size = request.body().size_hint();
    let has_bytes = body_size.exact() != Some(0) && !request.body().is_end_stream();
    if has_bytes && !headers::is_bytes(request.headers()) {
        let message = format!("send the bytes as {}", headers::BYTES);
        return Err(ApiError::new(Code::UnsupportedMediaType, message));
    }
    if has_bytes && length.zip(body_size.exact()).is_some_and(|(length, bytes)| bytes > length) {
        return Err(ApiError::new(Code::PayloadTooLarge, "this is more than Upload-Length says"));
    }
    let mut report = app.begin_upload(&user, BeginUpload { collection, length, about }).await?;
    let id = report.id.clone();
    if has_bytes && report.state == UploadState::Receiving {
        let append = Append { announced: body_size.exact(), checksum, ..Append::default() };
        let bytes = request.into_body().into_data_stream();
        match app.append_to_upload(&user, &id, append, bytes).await {
            Ok(now) => report = now,
            Err(error) => {
                // Nobody was told where it is, so nobody could go on with it.
                if let Err(kept) = app.abandon_upload(&user, &id).await {
                    tracing::debug!(%kept, "an upload that nobody knows of stays until it expires");
                }
                return Err(error.into());
            }
        }
    }
    let mut answer = headers::of(&report);
    let location = app.settings.address(&format!("{ROOT}/{id}"));
    let location = HeaderValue::from_str(&location)
        .map_err(|error| ApiError::from(gangway_app::AppError::internal(error)))?;
    answer.insert(header::LOCATION, location);
    Ok((StatusCode::CREATED, answer, Json(report.into())))
}

fn announced_length(sent: &HeaderMap) -> ApiResult<Option<u64>> {
    let length = headers::number(sent, &headers::LENGTH)?;
    match (length, headers::text(sent, &headers::DEFER_LENGTH)?) {
        (Some(length), None) => Ok(Some(length)),
        (None, Some("1")) => Ok(None),
        (None, Some(_)) => Err(ApiError::invalid(headers::DEFER_LENGTH.as_str(), "must be 1")),
        (None, None) => {
            Err(ApiError::invalid(headers::LENGTH.as_str(), "say the length, or Upload-Defer-Length: 1"))
        }
        (Some(_), Some(_)) => {
            Err(ApiError::invalid(headers::DEFER_LENGTH.as_str(), "the length is either said or deferred"))
        }
    }
}
