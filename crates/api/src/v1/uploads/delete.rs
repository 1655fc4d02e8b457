//! `DELETE /rest/connectors/local_upload/files/{file_id}`

use axum::extract::State;
use axum::http::StatusCode;

use super::UploadPath;
use crate::caller::Caller;
use crate::documented::{Always, BadRequest, NotFound};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::Segment;

/// Deletes an uploaded file from every collection, with its bytes.
#[utoipa::path(
    delete, path = "/rest/connectors/local_upload/files/{file_id}", tag = "uploads",
    security(("user_token" = [])), params(UploadPath),
    responses((status = 204, description = "Deleted."), BadRequest, NotFound, Always)
)]
pub async fn delete_upload(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Segment(path): Segment<UploadPath>,
) -> ApiResult<StatusCode> {
    state.app.delete_upload(&user, &path.id()).await?;
    Ok(StatusCode::NO_CONTENT)
}
