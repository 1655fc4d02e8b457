//! `GET /rest/connectors/{connector_id}/sync`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::JobView;
use crate::caller::Caller;
use crate::documented::{Always, OnConnection};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::{Params, Segment};
use crate::v1::connectors::ConnectorPath;
use crate::v1::params::ConnectionPageParams;

#[derive(Serialize, ToSchema)]
pub struct JobList {
    /// The latest first.
    jobs: Vec<JobView>,
    next_cursor: Option<String>,
    has_more: bool,
}

/// Lists a connection's sync jobs.
#[utoipa::path(
    get, path = "/rest/connectors/{connector_id}/sync", tag = "sync", security(("user_token" = [])),
    params(ConnectorPath, ConnectionPageParams),
    responses((status = 200, description = "A page of jobs.", body = JobList), OnConnection, Always)
)]
pub async fn list_syncs(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Segment(path): Segment<ConnectorPath>,
    Params(params): Params<ConnectionPageParams>,
) -> ApiResult<Json<JobList>> {
    let connection = params.id();
    let page = state.app.list_syncs(&user, path.id(), connection.as_ref(), &params.page()).await?;
    let jobs = page.rows.into_iter().map(Into::into).collect();
    Ok(Json(JobList { jobs, has_more: page.next.is_some(), next_cursor: page.next }))
}
