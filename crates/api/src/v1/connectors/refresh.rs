//! `POST /rest/connectors/{connector_id}/refresh`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::ConnectorPath;
use crate::caller::Caller;
use crate::documented::{Always, AsksProvider, OnConnection};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::{Params, Segment};
use crate::v1::params::ConnectionParams;

#[derive(Serialize, ToSchema)]
pub struct RefreshAnswer {
    /// A sealed stand-in: no provider token leaves this server.
    access_token: String,
    /// Seconds the access token has left; absent when it does not end.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<i64>,
    connection_id: String,
}

/// Refreshes the access token now. The server does so by itself before every use.
#[utoipa::path(
    post, path = "/rest/connectors/{connector_id}/refresh", tag = "oauth", security(("user_token" = [])),
    params(ConnectorPath, ConnectionParams),
    responses((status = 200, description = "Refreshed.", body = RefreshAnswer), OnConnection, AsksProvider, Always)
)]
pub async fn refresh_token(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Segment(path): Segment<ConnectorPath>,
    Params(params): Params<ConnectionParams>,
) -> ApiResult<Json<RefreshAnswer>> {
    let fresh = state.app.refresh_connection(&user, path.id(), params.id().as_ref()).await?;
    Ok(Json(RefreshAnswer {
        access_token: fresh.access_handle,
        expires_in: fresh.expires_in,
        connection_id: fresh.connection.id.into_string(),
    }))
}
