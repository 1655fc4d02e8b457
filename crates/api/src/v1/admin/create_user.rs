//! `POST /rest/admin/users`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gangway_app::CreateUser;
use gangway_model::Plan;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{PlanName, UserView};
use crate::caller::Admin;
use crate::documented::{
    Always, BadRequest, Conflict, Forbidden, NotFound, PayloadTooLarge, UnsupportedMediaType,
};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::{Email, Id, OptionalBody, Text};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateUserRequest {
    /// The product's own name for the user; unique.
    #[serde(default)]
    external_id: Option<Text<1, 255>>,
    #[serde(default)]
    name: Option<Text<1, 200>>,
    #[serde(default)]
    email: Option<Email>,
    /// `free` when left out.
    #[serde(default)]
    plan: Option<PlanName>,
    #[serde(default)]
    organization_id: Option<Id>,
}

/// Makes a user, with a key of their own.
#[utoipa::path(
    post, path = "/rest/admin/users", tag = "admin", security(("admin_key" = [])),
    request_body = Option<CreateUserRequest>,
    responses(
        (status = 201, description = "Made.", body = UserView),
        BadRequest, PayloadTooLarge, UnsupportedMediaType, Forbidden, NotFound, Conflict, Always
    )
)]
pub async fn create_user(
    _admin: Admin,
    State(state): State<ApiState>,
    OptionalBody(body): OptionalBody<CreateUserRequest>,
) -> ApiResult<(StatusCode, Json<UserView>)> {
    let new = CreateUser {
        organization_id: body.organization_id.as_ref().map(Id::to),
        external_id: body.external_id.map(Text::into_string),
        name: body.name.map(Text::into_string),
        email: body.email.map(Email::into_string),
        plan: body.plan.map(Plan::from).unwrap_or_default(),
    };
    Ok((StatusCode::CREATED, Json(state.app.create_user(new).await?.into())))
}
