//! `GET /rest/connectors`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::view::ConnectorView;
use crate::caller::Unseen;
use crate::documented::Always;
use crate::problem::ApiResult;
use crate::state::ApiState;

#[derive(Serialize, ToSchema)]
pub struct ConnectorList {
    connectors: Vec<ConnectorView>,
}

/// Lists every connector, with what is connected and how it fares.
#[utoipa::path(
    get, path = "/rest/connectors", tag = "connectors", security(("user_token" = [])),
    responses((status = 200, description = "Every connector of this server.", body = ConnectorList), Always)
)]
pub async fn list_connectors(
    Unseen(credential): Unseen,
    State(state): State<ApiState>,
) -> ApiResult<Json<ConnectorList>> {
    let all = state.app.list_connectors(&credential).await?;
    Ok(Json(ConnectorList { connectors: all.into_iter().map(ConnectorView::of).collect() }))
}
