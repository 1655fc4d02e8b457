//! `GET /rest/connectors/{connector_id}/sync/{job_id}/files`

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use gangway_model::{FileOutcome, Outcome};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::JobPath;
use crate::caller::Caller;
use crate::documented::{Always, OnConnection};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::{Params, Segment};
use crate::v1::files::ReasonView;
use crate::v1::params::{Cursor, Limit, page_of};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OutcomeParams {
    /// Only files with this outcome.
    #[param(inline)]
    outcome: Option<OutcomeName>,
    /// Files on a page; 50 when left out.
    #[param(inline)]
    limit: Option<Limit>,
    /// `next_cursor` of the page before.
    #[param(inline)]
    cursor: Option<Cursor>,
}

#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Outcome)]
enum OutcomeName {
    Synced,
    Unchanged,
    Skipped,
    Failed,
    Removed,
}

impl From<OutcomeName> for Outcome {
    fn from(name: OutcomeName) -> Self {
        match name {
            OutcomeName::Synced => Outcome::Synced,
            OutcomeName::Unchanged => Outcome::Unchanged,
            OutcomeName::Skipped => Outcome::Skipped,
            OutcomeName::Failed => Outcome::Failed,
            OutcomeName::Removed => Outcome::Removed,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct OutcomeList {
    files: Vec<OutcomeView>,
    next_cursor: Option<String>,
    has_more: bool,
}

/// What became of one file.
#[derive(Serialize, ToSchema)]
#[schema(as = FileOutcome)]
struct OutcomeView {
    /// The provider's id.
    id: String,
    name: String,
    /// `synced`, `unchanged`, `skipped`, `failed` or `removed`.
    outcome: &'static str,
    /// Why; of a file that was brought in, what of its text is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<ReasonView>,
    at: DateTime<Utc>,
}

impl From<FileOutcome> for OutcomeView {
    fn from(file: FileOutcome) -> Self {
        Self {
            id: file.provider_id.into_string(),
            name: file.name,
            outcome: file.outcome.as_str(),
            reason: file.reason.map(Into::into),
            at: file.at,
        }
    }
}

/// Lists what became of each file of a sync job.
#[utoipa::path(
    get, path = "/rest/connectors/{connector_id}/sync/{job_id}/files", tag = "sync",
    security(("user_token" = [])), params(JobPath, OutcomeParams),
    responses((status = 200, description = "A page of outcomes.", body = OutcomeList), OnConnection, Always)
)]
pub async fn list_sync_files(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Segment(path): Segment<JobPath>,
    Params(params): Params<OutcomeParams>,
) -> ApiResult<Json<OutcomeList>> {
    let outcome = params.outcome.map(Outcome::from);
    let page = page_of(params.limit, params.cursor);
    let page = state.app.list_sync_files(&user, path.connector(), &path.job(), outcome, &page).await?;
    let files = page.rows.into_iter().map(Into::into).collect();
    Ok(Json(OutcomeList { files, has_more: page.next.is_some(), next_cursor: page.next }))
}
