//! `GET /rest/connectors/{connector_id}`

use axum::Json;
use axum::extract::State;

use super::ConnectorPath;
use super::view::ConnectorView;
use crate::caller::Unseen;
use crate::documented::{Always, BadRequest, NotFound};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::Segment;

/// Shows one connector.
#[utoipa::path(
    get, path = "/rest/connectors/{connector_id}", tag = "connectors", security(("user_token" = [])),
    params(ConnectorPath),
    responses((status = 200, description = "The connector.", body = ConnectorView), BadRequest, NotFound, Always)
)]
pub async fn get_connector(
    Unseen(credential): Unseen,
    State(state): State<ApiState>,
    Segment(path): Segment<ConnectorPath>,
) -> ApiResult<Json<ConnectorView>> {
    Ok(Json(ConnectorView::of(state.app.connector_state(&credential, path.id()).await?)))
}
