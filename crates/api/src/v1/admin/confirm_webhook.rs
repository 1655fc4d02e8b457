//! `POST /rest/admin/webhooks/{connector_id}/confirm`

use axum::extract::State;
use axum::http::StatusCode;
use gangway_app::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::caller::Admin;
use crate::documented::{
    Always, BadRequest, Conflict, Forbidden, NotFound, PayloadTooLarge, UnsupportedMediaType,
};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::{OptionalBody, Segment, Text};
use crate::v1::connectors::ConnectorPath;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmWebhook {
    /// The token that the provider accepted. May be left out when only one was offered.
    #[serde(default)]
    verification_token: Option<Text<1, 1024>>,
}

/// Says that an offered token is the right one: no later offer replaces it.
#[utoipa::path(
    post, path = "/rest/admin/webhooks/{connector_id}/confirm", tag = "admin", security(("admin_key" = [])),
    params(ConnectorPath), request_body = Option<ConfirmWebhook>,
    responses(
        (status = 204, description = "Confirmed."),
        BadRequest, Forbidden, NotFound, Conflict, PayloadTooLarge, UnsupportedMediaType, Always
    )
)]
pub async fn confirm_webhook(
    _admin: Admin,
    State(state): State<ApiState>,
    Segment(path): Segment<ConnectorPath>,
    OptionalBody(body): OptionalBody<ConfirmWebhook>,
) -> ApiResult<StatusCode> {
    let token = body.verification_token.map(|token| SecretString::from(token.into_string()));
    state.app.confirm_webhook(path.id(), token.as_ref()).await?;
    Ok(StatusCode::NO_CONTENT)
}
