//! `GET /rest/admin/users/{user_id}/tokens`

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use gangway_app::UserToken;
use serde::Serialize;
use utoipa::ToSchema;

use super::UserPath;
use crate::caller::Admin;
use crate::documented::{Always, BadRequest, Forbidden, NotFound};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::Segment;

#[derive(Serialize, ToSchema)]
pub struct TokenList {
    tokens: Vec<TokenView>,
}

/// A token, without its text.
#[derive(Serialize, ToSchema)]
#[schema(as = Token)]
struct TokenView {
    id: String,
    label: Option<String>,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
}

impl From<UserToken> for TokenView {
    fn from(token: UserToken) -> Self {
        Self {
            id: token.id.into_string(),
            label: token.label,
            created_at: token.created_at,
            expires_at: token.expires_at,
        }
    }
}

/// Lists a user's tokens, ended ones too.
#[utoipa::path(
    get, path = "/rest/admin/users/{user_id}/tokens", tag = "admin", security(("admin_key" = [])),
    params(UserPath),
    responses((status = 200, description = "The tokens.", body = TokenList), BadRequest, Forbidden, NotFound, Always)
)]
pub async fn list_tokens(
    _admin: Admin,
    State(state): State<ApiState>,
    Segment(path): Segment<UserPath>,
) -> ApiResult<Json<TokenList>> {
    let tokens = state.app.list_tokens(&path.id()).await?;
    Ok(Json(TokenList { tokens: tokens.into_iter().map(Into::into).collect() }))
}
