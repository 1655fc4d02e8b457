//! `PATCH /rest/admin/users/{user_id}`

use axum::Json;
use axum::extract::State;
use gangway_app::UserChange;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{PlanName, UserPath, UserView};
use crate::caller::Admin;
use crate::documented::{Always, Forbidden, JsonBody, NotFound};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::{Body, Email, Id, Segment, Text, given};

/// What is left out stays as it is; null empties a field.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateUserRequest {
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Text<1, 200>>)]
    name: Option<Option<Text<1, 200>>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Email>)]
    email: Option<Option<Email>>,
    #[serde(default)]
    plan: Option<PlanName>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Id>)]
    organization_id: Option<Option<Id>>,
    /// Whether the user is disabled. A disabled user's tokens, sessions and assistants are refused with `user_disabled`, and
    /// nothing is brought in for them; nothing is lost, and enabling them brings all of it back.
    #[serde(default)]
    disabled: Option<bool>,
}

/// Changes a user.
#[utoipa::path(
    patch, path = "/rest/admin/users/{user_id}", tag = "admin", security(("admin_key" = [])),
    params(UserPath), request_body = UpdateUserRequest,
    responses((status = 200, description = "Changed.", body = UserView), JsonBody, Forbidden, NotFound, Always)
)]
pub async fn update_user(
    _admin: Admin,
    State(state): State<ApiState>,
    Segment(path): Segment<UserPath>,
    Body(body): Body<UpdateUserRequest>,
) -> ApiResult<Json<UserView>> {
    let change = UserChange {
        organization_id: body.organization_id.map(|id| id.as_ref().map(Id::to)),
        name: body.name.map(|name| name.map(Text::into_string)),
        email: body.email.map(|email| email.map(Email::into_string)),
        plan: body.plan.map(Into::into),
        disabled: body.disabled,
    };
    Ok(Json(state.app.update_user(&path.id(), &change).await?.into()))
}
