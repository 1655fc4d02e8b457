//! `DELETE /rest/connectors/local_upload/uploads/{upload_id}`

use axum::extract::State;
use axum::http::StatusCode;

use super::{ResumablePath, Spoken};
use crate::caller::Caller;
use crate::documented::{Always, BadRequest, Gone, NotFound, WrongVersion};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::Segment;

/// Takes a resumable upload back, with the bytes that are here. The file that it became stays: that one is deleted
/// under `files`.
#[utoipa::path(
    delete, path = "/rest/connectors/local_upload/uploads/{upload_id}", tag = "uploads",
    security(("user_token" = [])), params(ResumablePath, Spoken),
    responses((status = 204, description = "Taken back."), BadRequest, NotFound, Gone, WrongVersion, Always)
)]
pub async fn take_back_upload(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Segment(path): Segment<ResumablePath>,
) -> ApiResult<StatusCode> {
    state.app.take_back_upload(&user, &path.id()).await?;
    Ok(StatusCode::NO_CONTENT)
}
