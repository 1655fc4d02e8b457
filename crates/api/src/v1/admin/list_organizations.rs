//! `GET /rest/admin/organizations`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::OrganizationView;
use crate::caller::Admin;
use crate::documented::{Always, BadRequest, Forbidden};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::Params;
use crate::v1::params::PageParams;

#[derive(Serialize, ToSchema)]
pub struct OrganizationList {
    organizations: Vec<OrganizationView>,
    next_cursor: Option<String>,
    has_more: bool,
}

/// Lists organisations.
#[utoipa::path(
    get, path = "/rest/admin/organizations", tag = "admin", security(("admin_key" = [])), params(PageParams),
    responses(
        (status = 200, description = "A page of organisations.", body = OrganizationList),
        BadRequest, Forbidden, Always
    )
)]
pub async fn list_organizations(
    _admin: Admin,
    State(state): State<ApiState>,
    Params(params): Params<PageParams>,
) -> ApiResult<Json<OrganizationList>> {
    let page = state.app.list_organizations(&params.page()).await?;
    let organizations = page.rows.into_iter().map(Into::into).collect();
    Ok(Json(OrganizationList { organizations, has_more: page.next.is_some(), next_cursor: page.next }))
}
