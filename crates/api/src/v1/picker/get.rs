//! `GET /rest/connectors/{connector_id}/picker/{session_id}`

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::PickedFileView;
use crate::caller::Caller;
use crate::documented::{Always, OnConnection};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::{ConnectorName, Id, Segment};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct SessionPath {
    /// The connector's id, such as `google_drive`.
    #[param(inline)]
    connector_id: ConnectorName,
    /// `session_id` of the picker.
    #[param(inline)]
    session_id: Id,
}

#[derive(Serialize, ToSchema)]
pub struct PickerStatus {
    /// `open`, `picked`, `cancelled` or `expired`.
    status: &'static str,
    /// What was chosen; empty until then.
    files: Vec<PickedFileView>,
}

/// Tells what became of a picker.
#[utoipa::path(
    get, path = "/rest/connectors/{connector_id}/picker/{session_id}", tag = "picker",
    security(("user_token" = [])), params(SessionPath),
    responses((status = 200, description = "The session.", body = PickerStatus), OnConnection, Always)
)]
pub async fn get_picker(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Segment(path): Segment<SessionPath>,
) -> ApiResult<Json<PickerStatus>> {
    let report = state.app.inspect_picker(&user, path.connector_id.as_str(), &path.session_id.to()).await?;
    Ok(Json(PickerStatus {
        status: report.status,
        files: report.files.into_iter().map(Into::into).collect(),
    }))
}
