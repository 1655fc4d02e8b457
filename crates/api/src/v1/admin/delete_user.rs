//! `DELETE /rest/admin/users/{user_id}`

use axum::extract::State;
use axum::http::StatusCode;

use super::UserPath;
use crate::caller::Admin;
use crate::documented::{Always, BadRequest, Forbidden, NotFound};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::Segment;

/// Deletes a user: tokens end at once, grants are revoked, and rows, bytes and keys are destroyed.
#[utoipa::path(
    delete, path = "/rest/admin/users/{user_id}", tag = "admin", security(("admin_key" = [])), params(UserPath),
    responses((status = 204, description = "Deleted."), BadRequest, Forbidden, NotFound, Always)
)]
pub async fn delete_user(
    _admin: Admin,
    State(state): State<ApiState>,
    Segment(path): Segment<UserPath>,
) -> ApiResult<StatusCode> {
    state.app.delete_user(&path.id()).await?;
    Ok(StatusCode::NO_CONTENT)
}
