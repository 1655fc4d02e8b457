//! `DELETE /rest/admin/users/{user_id}/tokens/{token_id}`

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::caller::Admin;
use crate::documented::{Always, BadRequest, Forbidden, NotFound};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::{Id, Segment};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct TokenPath {
    /// Our id of the user.
    #[param(inline)]
    user_id: Id,
    /// `id` of the token.
    #[param(inline)]
    token_id: Id,
}

/// Ends a token at once.
#[utoipa::path(
    delete, path = "/rest/admin/users/{user_id}/tokens/{token_id}", tag = "admin", security(("admin_key" = [])),
    params(TokenPath),
    responses((status = 204, description = "Ended."), BadRequest, Forbidden, NotFound, Always)
)]
pub async fn delete_token(
    _admin: Admin,
    State(state): State<ApiState>,
    Segment(path): Segment<TokenPath>,
) -> ApiResult<StatusCode> {
    state.app.delete_token(&path.user_id.to(), &path.token_id.to()).await?;
    Ok(StatusCode::NO_CONTENT)
}
