//! `POST /rest/connectors/local_upload/uploads/{upload_id}`

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use utoipa::IntoParams;

use super::append::{Continued, append};
use super::stand::stand;
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
#[allow(dead_code, reason = "describes a header")]
pub struct Meant {
    /// `PATCH`, `HEAD` or `DELETE`.
    #[param(rename = "X-HTTP-Method-Override")]
    method: String,
}

/// Stands for `PATCH`, `HEAD` and `DELETE` where a client or something on the way cannot send them.
#[utoipa::path(
    post, path = "/rest/connectors/local_upload/uploads/{upload_id}", tag = "uploads",
    security(("user_token" = [])), params(ResumablePath, Spoken, Meant, Continued),
    request_body(content = Option<Vec<u8>>, content_type = "application/offset+octet-stream"),
    responses(
        (status = 200, description = "As `HEAD` answers."),
        (status = 204, description = "As `PATCH` and `DELETE` answer."),
        BadRequest, Forbidden, NotFound, Conflict, Gone, WrongVersion, PayloadTooLarge, UnsupportedMediaType,
        Locked, ChecksumMismatch, NoRoom, Always
    )
)]
pub async fn act_on_upload(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Segment(path): Segment<ResumablePath>,
    request: Request,
) -> ApiResult<Response> {
    let id = path.id();
    match headers::text(request.headers(), &headers::METHOD_OVERRIDE)? {
        Some("PATCH") => Ok(append(&state, &user, &id, request).await?.into_response()),
        Some("HEAD") => Ok(stand(&state, &user, &id).await?.into_response()),
        Some("DELETE") => {
            state.app.take_back_upload(&user, &id).await?;
            Ok(axum::http::StatusCode::NO_CONTENT.into_response())
        }
        _ => {
            let message = "send PATCH, HEAD or DELETE, or say one of them here";
            Err(ApiError::invalid(headers::METHOD_OVERRIDE.as_str(), message))
        }
    }
}
