//! `DELETE /rest/connectors/{connector_id}/sync/{job_id}`

use axum::Json;
use axum::extract::State;

use super::{JobPath, JobView};
use crate::caller::Caller;
use crate::documented::{Always, OnConnection};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::Segment;

/// Asks a sync job to stop at its next checkpoint. What it brought in stays.
#[utoipa::path(
    delete, path = "/rest/connectors/{connector_id}/sync/{job_id}", tag = "sync", security(("user_token" = [])),
    params(JobPath),
    responses((status = 200, description = "The job, with the request noted.", body = JobView), OnConnection, Always)
)]
pub async fn cancel_sync(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Segment(path): Segment<JobPath>,
) -> ApiResult<Json<JobView>> {
    Ok(Json(state.app.cancel_sync(&user, path.connector(), &path.job()).await?.into()))
}
