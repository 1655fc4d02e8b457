//! `POST /rest/admin/organizations`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gangway_model::Plan;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{OrganizationView, PlanName};
use crate::caller::Admin;
use crate::documented::{Always, Forbidden, JsonBody};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::{Body, Text};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateOrganizationRequest {
    name: Text<1, 200>,
    /// Every member has at least this plan; `free` when left out.
    #[serde(default)]
    plan: Option<PlanName>,
}

/// Makes an organisation.
#[utoipa::path(
    post, path = "/rest/admin/organizations", tag = "admin", security(("admin_key" = [])),
    request_body = CreateOrganizationRequest,
    responses((status = 201, description = "Made.", body = OrganizationView), JsonBody, Forbidden, Always)
)]
pub async fn create_organization(
    _admin: Admin,
    State(state): State<ApiState>,
    Body(body): Body<CreateOrganizationRequest>,
) -> ApiResult<(StatusCode, Json<OrganizationView>)> {
    let plan = body.plan.map(Plan::from).unwrap_or_default();
    let made = state.app.create_organization(&body.name, plan).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}
