//! `POST /rest/admin/webhooks/{connector_id}/confirm`

use axum::extract::State;
use axum::http::StatusCode;

use crate::caller::Admin;
use crate::documented::{Always, BadRequest, Conflict, Forbidden, NotFound};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::Segment;
use crate::v1::connectors::ConnectorPath;

/// Says that the offered token is the right one: no later offer replaces it.
#[utoipa::path(
    post, path = "/rest/admin/webhooks/{connector_id}/confirm", tag = "admin", security(("admin_key" = [])),
    params(ConnectorPath),
    responses((status = 204, description = "Confirmed."), BadRequest, Forbidden, NotFound, Conflict, Always)
)]
pub async fn confirm_webhook(
    _admin: Admin,
    State(state): State<ApiState>,
    Segment(path): Segment<ConnectorPath>,
) -> ApiResult<StatusCode> {
    state.app.confirm_webhook(path.id()).await?;
    Ok(StatusCode::NO_CONTENT)
}
