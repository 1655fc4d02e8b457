//! `GET /rest/me`

use axum::Json;
use axum::extract::State;

use crate::caller::Caller;
use crate::documented::Always;
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::v1::admin::UserView;

/// Shows the user a token acts as.
#[utoipa::path(
    get, path = "/rest/me", tag = "users", security(("user_token" = [])),
    responses((status = 200, description = "The user.", body = UserView), Always)
)]
pub async fn get_me(Caller(user): Caller, State(_state): State<ApiState>) -> ApiResult<Json<UserView>> {
    Ok(Json(user.into()))
}
