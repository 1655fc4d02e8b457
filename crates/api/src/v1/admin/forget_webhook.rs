//! `DELETE /rest/admin/webhooks/{connector_id}`

use axum::extract::State;
use axum::http::StatusCode;

use crate::caller::Admin;
use crate::documented::{Always, BadRequest, Forbidden, NotFound};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::Segment;
use crate::v1::connectors::ConnectorPath;

/// Forgets what a connector's pushes are signed with, so that a new handshake can offer another token.
#[utoipa::path(
    delete, path = "/rest/admin/webhooks/{connector_id}", tag = "admin", security(("admin_key" = [])),
    params(ConnectorPath),
    responses((status = 204, description = "Forgotten."), BadRequest, Forbidden, NotFound, Always)
)]
pub async fn forget_webhook(
    _admin: Admin,
    State(state): State<ApiState>,
    Segment(path): Segment<ConnectorPath>,
) -> ApiResult<StatusCode> {
    state.app.forget_webhook(path.id()).await?;
    Ok(StatusCode::NO_CONTENT)
}
