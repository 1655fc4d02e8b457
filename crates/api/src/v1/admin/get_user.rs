//! `GET /rest/admin/users/{user_id}`

use axum::Json;
use axum::extract::State;

use super::{UserPath, UserView};
use crate::caller::Admin;
use crate::documented::{Always, BadRequest, Forbidden, NotFound};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::Segment;

/// Shows one user.
#[utoipa::path(
    get, path = "/rest/admin/users/{user_id}", tag = "admin", security(("admin_key" = [])), params(UserPath),
    responses((status = 200, description = "The user.", body = UserView), BadRequest, Forbidden, NotFound, Always)
)]
pub async fn get_user(
    _admin: Admin,
    State(state): State<ApiState>,
    Segment(path): Segment<UserPath>,
) -> ApiResult<Json<UserView>> {
    Ok(Json(state.app.get_user(&path.id()).await?.into()))
}
