//! `POST /rest/admin/users/{user_id}/tokens`

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gangway_model::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::UserPath;
use crate::caller::Admin;
use crate::documented::{Always, BadRequest, Forbidden, NotFound, PayloadTooLarge, UnsupportedMediaType};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::{OptionalBody, Segment, Text, Whole};

/// Seconds, up to ten years.
type Lifetime = Whole<1, 315_360_000>;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateTokenRequest {
    /// What it is for.
    #[serde(default)]
    label: Option<Text<1, 200>>,
    /// Seconds until it ends; it does not end when left out.
    #[serde(default)]
    expires_in: Option<Lifetime>,
}

#[derive(Serialize, ToSchema)]
pub struct CreateTokenAnswer {
    id: String,
    /// Shown this once: only a hash of it is kept.
    token: String,
}

/// Makes a token that acts as the user.
#[utoipa::path(
    post, path = "/rest/admin/users/{user_id}/tokens", tag = "admin", security(("admin_key" = [])),
    params(UserPath), request_body = Option<CreateTokenRequest>,
    responses(
        (status = 201, description = "Made.", body = CreateTokenAnswer),
        BadRequest, PayloadTooLarge, UnsupportedMediaType, Forbidden, NotFound, Always
    )
)]
pub async fn create_token(
    _admin: Admin,
    State(state): State<ApiState>,
    Segment(path): Segment<UserPath>,
    OptionalBody(body): OptionalBody<CreateTokenRequest>,
) -> ApiResult<(StatusCode, Json<CreateTokenAnswer>)> {
    let lifetime = body.expires_in.map(|seconds| Duration::from_secs(seconds.get()));
    let made = state.app.create_token(&path.id(), body.label.as_deref(), lifetime).await?;
    let token = made.token.expose_secret().to_owned();
    Ok((StatusCode::CREATED, Json(CreateTokenAnswer { id: made.id.into_string(), token })))
}
