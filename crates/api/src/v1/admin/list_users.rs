//! `GET /rest/admin/users`

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::UserView;
use crate::caller::Admin;
use crate::documented::{Always, BadRequest, Forbidden};
use crate::problem::{ApiError, ApiResult};
use crate::state::ApiState;
use crate::strict::{Params, Text};
use crate::v1::params::{Cursor, Limit, page_of};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UserParams {
    /// Only the user with this `external_id`.
    #[param(inline)]
    external_id: Option<Text<1, 255>>,
    /// Only users with this in their `external_id`, `email` or `name`, in capitals or not; not beside `external_id`.
    #[param(inline)]
    query: Option<Text<1, 255>>,
    /// Users on a page; 50 when left out.
    #[param(inline)]
    limit: Option<Limit>,
    /// `next_cursor` of the page before.
    #[param(inline)]
    cursor: Option<Cursor>,
}

#[derive(Serialize, ToSchema)]
pub struct UserList {
    users: Vec<UserView>,
    next_cursor: Option<String>,
    has_more: bool,
}

/// Lists users, or finds them by a part of what they are known by.
#[utoipa::path(
    get, path = "/rest/admin/users", tag = "admin", security(("admin_key" = [])), params(UserParams),
    responses((status = 200, description = "A page of users.", body = UserList), BadRequest, Forbidden, Always)
)]
pub async fn list_users(
    _admin: Admin,
    State(state): State<ApiState>,
    Params(params): Params<UserParams>,
) -> ApiResult<Json<UserList>> {
    let page = match (params.external_id, params.query) {
        (Some(_), Some(_)) => return Err(ApiError::invalid("query", "may not stand beside external_id")),
        (Some(external_id), None) => state.app.find_user_by_external_id(&external_id).await?,
        (None, query) => {
            state.app.list_users(query.as_deref(), &page_of(params.limit, params.cursor)).await?
        }
    };
    let users = page.rows.into_iter().map(Into::into).collect();
    Ok(Json(UserList { users, has_more: page.next.is_some(), next_cursor: page.next }))
}
