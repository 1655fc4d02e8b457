//! `GET /rest/connectors/{connector_id}/sync/{job_id}/events`

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::StreamExt;

use super::{JobPath, JobView};
use crate::caller::Caller;
use crate::documented::{Always, OnConnection};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::Segment;

/// How often a comment keeps a silent stream open.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Streams a sync job's progress: `progress` events with the job, and `done` at the end.
#[utoipa::path(
    get, path = "/rest/connectors/{connector_id}/sync/{job_id}/events", tag = "sync",
    security(("user_token" = [])), params(JobPath),
    responses(
        (status = 200, description = "Server-sent events; each holds a `SyncJob`.", body = String,
         content_type = "text/event-stream"),
        OnConnection, Always
    )
)]
pub async fn watch_sync(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Segment(path): Segment<JobPath>,
) -> ApiResult<impl IntoResponse> {
    let states = state.app.watch_sync(&user, path.connector(), &path.job()).await?;
    let events = states.map(|job| {
        let job = JobView::from(job);
        let name = if job.is_final() { "done" } else { "progress" };
        let text = serde_json::to_string(&job).unwrap_or_default();
        Ok::<_, Infallible>(Event::default().event(name).data(text))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT).text("still here")))
}
