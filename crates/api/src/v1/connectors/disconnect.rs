//! `DELETE /rest/connectors/{connector_id}`

use axum::extract::State;
use axum::http::StatusCode;

use super::ConnectorPath;
use crate::caller::Caller;
use crate::documented::{Always, OnConnection};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::{Params, Segment};
use crate::v1::params::ConnectionParams;

/// Disconnects: nothing is found through the connection from now on; the grant is revoked and everything deleted.
///
/// Without `connection` the first one is meant, and for two minutes after such a request still the same one, so that a
/// request sent again ends no second one.
#[utoipa::path(
    delete, path = "/rest/connectors/{connector_id}", tag = "connectors", security(("user_token" = [])),
    params(ConnectorPath, ConnectionParams),
    responses((status = 204, description = "Disconnected."), OnConnection, Always)
)]
pub async fn disconnect(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Segment(path): Segment<ConnectorPath>,
    Params(params): Params<ConnectionParams>,
) -> ApiResult<StatusCode> {
    state.app.disconnect(&user, path.id(), params.id().as_ref()).await?;
    Ok(StatusCode::NO_CONTENT)
}
