//! `POST /oauth/callback/complete`: what the callback page's button does.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use gangway_app::Code;
use gangway_model::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::documented::flat::{
    BadRequest, Conflict, Internal, NotFound, PayloadTooLarge, PlanRequired, ProviderFailed, RateLimit,
    Unavailable, UnsupportedMediaType,
};
use crate::origin::comes_from_here;
use crate::problem::{ApiError, ApiResult};
use crate::state::ApiState;
use crate::strict::{Body, Text};
use crate::v1::connectors::token::UserInfo;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompleteRequest {
    code: Text<1, 4096>,
    state: Text<1, 512>,
}

#[derive(Serialize, ToSchema)]
pub struct CompleteAnswer {
    connector_id: String,
    connection_id: String,
    user_info: UserInfo,
}

/// Completes a connection from our own callback page. Whoever holds the state may: it names the user.
#[utoipa::path(
    post, path = "/oauth/callback/complete", tag = "oauth", request_body = CompleteRequest,
    responses(
        (status = 200, description = "Connected.", body = CompleteAnswer),
        BadRequest, PlanRequired, NotFound, Conflict, PayloadTooLarge, UnsupportedMediaType, RateLimit,
        ProviderFailed, Internal, Unavailable
    )
)]
pub async fn complete_callback(
    State(state): State<ApiState>,
    headers: HeaderMap,
    Body(body): Body<CompleteRequest>,
) -> ApiResult<Json<CompleteAnswer>> {
    if !comes_from_here(&headers, &state.app.settings.own_origin()) {
        return Err(ApiError::new(Code::Forbidden, "only this server's own callback page may do this"));
    }
    let text = body.state.into_string();
    let code = SecretString::from(body.code.into_string());
    let done = state
        .app
        .complete_from_callback(code, text.clone())
        .await
        .map_err(|error| ApiError::from(error).with_state(Some(text)))?;
    Ok(Json(CompleteAnswer {
        connector_id: done.connection.connector_id.into_string(),
        connection_id: done.connection.id.into_string(),
        user_info: done.connection.account.into(),
    }))
}
