//! `POST /rest/connectors/{connector_id}/authorize`

use axum::Json;
use axum::extract::State;
use gangway_app::StartAuthorization;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ConnectorPath;
use crate::caller::Caller;
use crate::documented::flat::{
    Always, BadRequest, Conflict, NotFound, PayloadTooLarge, PlanRequired, UnsupportedMediaType,
};
use crate::problem::{ApiError, ApiResult};
use crate::state::ApiState;
use crate::strict::{Listed, OptionalBody, Segment, Text};

type ScopeNames = Listed<Text<1, 256>, 0, 50>;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AuthorizeRequest {
    /// Where the provider sends the browser back; must be on the server's list. Its own callback page when left out.
    #[serde(default)]
    redirect_uri: Option<Text<1, 2048>>,
    /// An anti-forgery value that was never used before. Made here when left out.
    #[serde(default)]
    state: Option<Text<1, 512>>,
    /// Short (`drive.readonly`) or full names; the connector's defaults when left out.
    #[serde(default)]
    scopes: Option<ScopeNames>,
    /// The account to suggest on the consent screen.
    #[serde(default)]
    login_hint: Option<Text<1, 320>>,
}

#[derive(Serialize, ToSchema)]
pub struct AuthorizeAnswer {
    /// Where to send the browser.
    auth_url: String,
    state: String,
    /// Seconds until the state ends.
    expires_in: u64,
}

/// Starts an authorization: returns the consent screen's address.
#[utoipa::path(
    post, path = "/rest/connectors/{connector_id}/authorize", tag = "oauth", security(("user_token" = [])),
    params(ConnectorPath), request_body = Option<AuthorizeRequest>,
    responses(
        (status = 200, description = "Send the browser to `auth_url`.", body = AuthorizeAnswer),
        BadRequest, PlanRequired, NotFound, Conflict, PayloadTooLarge, UnsupportedMediaType, Always
    )
)]
pub async fn authorize(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Segment(path): Segment<ConnectorPath>,
    OptionalBody(body): OptionalBody<AuthorizeRequest>,
) -> ApiResult<Json<AuthorizeAnswer>> {
    let client_state = body.state.map(Text::into_string);
    let request = StartAuthorization {
        redirect_uri: body.redirect_uri.map(Text::into_string),
        state: client_state.clone(),
        scopes: body.scopes.unwrap_or_default().into_vec().into_iter().map(Text::into_string).collect(),
        login_hint: body.login_hint.map(Text::into_string),
    };
    let started = state
        .app
        .start_authorization(&user, path.id(), request)
        .await
        .map_err(|error| ApiError::from(error).with_state(client_state))?;
    Ok(Json(AuthorizeAnswer {
        auth_url: started.auth_url,
        state: started.state,
        expires_in: started.expires_in,
    }))
}
