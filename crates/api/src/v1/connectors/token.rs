//! `POST /rest/connectors/{connector_id}/token`

use axum::Json;
use axum::extract::State;
use gangway_app::{CompleteAuthorization, CompletedAuthorization};
use gangway_model::{Account, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ConnectorPath;
use super::view::short_scopes;
use crate::caller::Caller;
use crate::documented::flat::{
    Always, BadRequest, Conflict, NotFound, PayloadTooLarge, PlanRequired, ProviderFailed, RateLimit,
    UnsupportedMediaType,
};
use crate::problem::{ApiError, ApiResult};
use crate::state::ApiState;
use crate::strict::{Body, Segment, Text};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    /// The authorization code that the provider sent back.
    code: Text<1, 4096>,
    /// The state of the authorization. May be left out only while exactly one is open.
    #[serde(default)]
    state: Option<Text<1, 512>>,
    /// When given, must be the one that the authorization was started with.
    #[serde(default)]
    redirect_uri: Option<Text<1, 2048>>,
}

#[derive(Serialize, ToSchema)]
pub struct TokenAnswer {
    /// A sealed stand-in: no provider token leaves this server.
    access_token: String,
    /// A sealed stand-in; absent when the provider gave no refresh token.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    /// Seconds the access token has left; absent when it does not end.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<i64>,
    connector_id: String,
    user_info: UserInfo,
    connection_id: String,
    /// What was granted.
    scopes: Vec<String>,
    /// What was asked for and not granted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing_scopes: Vec<String>,
}

/// Who granted it.
#[derive(Serialize, ToSchema)]
pub struct UserInfo {
    email: Option<String>,
    name: Option<String>,
}

impl From<Account> for UserInfo {
    fn from(account: Account) -> Self {
        Self { email: account.email, name: account.name }
    }
}

impl TokenAnswer {
    pub fn of(app: &gangway_app::App, done: CompletedAuthorization) -> ApiResult<Self> {
        let connection = done.connection;
        let descriptor = app.get_connector(connection.connector_id.as_str())?.descriptor();
        Ok(Self {
            access_token: done.access_handle,
            refresh_token: done.refresh_handle,
            expires_in: done.expires_in,
            connector_id: connection.connector_id.into_string(),
            user_info: connection.account.into(),
            connection_id: connection.id.into_string(),
            scopes: short_scopes(descriptor, &connection.scopes),
            missing_scopes: short_scopes(descriptor, &done.missing_scopes),
        })
    }
}

/// Exchanges the authorization code and stores the connection.
#[utoipa::path(
    post, path = "/rest/connectors/{connector_id}/token", tag = "oauth", security(("user_token" = [])),
    params(ConnectorPath), request_body = TokenRequest,
    responses(
        (status = 200, description = "Connected.", body = TokenAnswer),
        BadRequest, PlanRequired, NotFound, Conflict, PayloadTooLarge, UnsupportedMediaType, RateLimit,
        ProviderFailed, Always
    )
)]
pub async fn exchange_token(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Segment(path): Segment<ConnectorPath>,
    Body(body): Body<TokenRequest>,
) -> ApiResult<Json<TokenAnswer>> {
    let client_state = body.state.map(Text::into_string);
    let request = CompleteAuthorization {
        code: SecretString::from(body.code.into_string()),
        state: client_state.clone(),
        redirect_uri: body.redirect_uri.map(Text::into_string),
    };
    let done = state
        .app
        .complete_authorization(&user, path.id(), request)
        .await
        .map_err(|error| ApiError::from(error).with_state(client_state))?;
    Ok(Json(TokenAnswer::of(&state.app, done)?))
}
