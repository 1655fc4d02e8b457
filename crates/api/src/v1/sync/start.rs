//! `POST /rest/connectors/{connector_id}/sync`

use axum::Json;
use axum::extract::State;
use gangway_app::StartSync;
use gangway_model::{ProviderItemId, SyncMode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::caller::Caller;
use crate::documented::{Always, AsksProvider, JsonBody, OnConnection};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::{Body, Id, Listed, Params, ProviderId, Segment};
use crate::v1::connectors::ConnectorPath;
use crate::v1::params::ConnectionParams;

type FileIds = Listed<ProviderId, 1, 1000>;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SyncRequest {
    /// Files, and folders with everything below them, by the provider's ids.
    file_ids: FileIds,
    /// The collection they are brought into.
    collection_uuid: Id,
    /// `manual` when left out.
    #[serde(default)]
    sync_mode: Option<Mode>,
    /// Lets a sync go ahead that would remove an unusual share of the collection.
    #[serde(default)]
    allow_mass_removal: Option<bool>,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SyncMode)]
enum Mode {
    /// Once.
    Manual,
    /// And keep following: new, changed, moved, deleted.
    Auto,
}

#[derive(Serialize, ToSchema)]
pub struct SyncAnswer {
    sync_job_id: String,
    /// The same id, under the name that the job's own answers use.
    job_id: String,
    status: &'static str,
    /// Files and folders that were asked for.
    file_count: u64,
    /// Seconds, from known sizes and measured speed; null while nothing has been measured.
    estimated_time: Option<u64>,
}

/// Starts bringing files and folders into a collection.
#[utoipa::path(
    post, path = "/rest/connectors/{connector_id}/sync", tag = "sync", security(("user_token" = [])),
    params(ConnectorPath, ConnectionParams), request_body = SyncRequest,
    responses(
        (status = 200, description = "The job is queued.", body = SyncAnswer),
        OnConnection, JsonBody, AsksProvider, Always
    )
)]
pub async fn start_sync(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Segment(path): Segment<ConnectorPath>,
    Params(params): Params<ConnectionParams>,
    Body(body): Body<SyncRequest>,
) -> ApiResult<Json<SyncAnswer>> {
    let roots =
        body.file_ids.into_vec().into_iter().map(|id| ProviderItemId::from(id.into_string())).collect();
    let request = StartSync {
        roots,
        collection: body.collection_uuid.to(),
        mode: match body.sync_mode {
            Some(Mode::Auto) => SyncMode::Auto,
            Some(Mode::Manual) | None => SyncMode::Manual,
        },
        allow_mass_removal: body.allow_mass_removal.unwrap_or(false),
    };
    let started = state.app.start_sync(&user, path.id(), params.id().as_ref(), request).await?;
    let id = started.job.id.into_string();
    Ok(Json(SyncAnswer {
        sync_job_id: id.clone(),
        job_id: id,
        status: started.job.status.as_str(),
        file_count: started.file_count,
        estimated_time: started.estimated_seconds,
    }))
}
