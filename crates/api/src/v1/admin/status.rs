//! `GET /rest/admin/status`

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use gangway_app::EmbeddingState;
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::Admin;
use crate::documented::{Always, Forbidden};
use crate::problem::ApiResult;
use crate::state::ApiState;

/// What the server is at.
#[derive(Serialize, ToSchema)]
pub struct ServerStatus {
    version: &'static str,
    /// `null` while search by meaning is off.
    search_by_meaning: Option<SearchByMeaning>,
}

/// How far the vectors are that search by meaning compares.
#[derive(Serialize, ToSchema)]
struct SearchByMeaning {
    /// The model and whatever else changes its vectors.
    model: String,
    /// Documents whose vectors are still to be made; until then they are found by their words.
    documents_waiting: u64,
    /// Documents that the model did not take whole; they are tried again when they change.
    documents_refused: u64,
    /// When they were counted: a few seconds ago at most.
    counted_at: DateTime<Utc>,
    /// Passages whose vectors this process made since it started.
    passages_made: u64,
    /// When it made the last.
    last_made_at: Option<DateTime<Utc>>,
    /// What keeps vectors from being made. `null` while nothing does.
    last_error: Option<EmbeddingFailure>,
}

#[derive(Serialize, ToSchema)]
struct EmbeddingFailure {
    /// `embedder_unavailable`: time mends it. `embedder_misconfigured`: the configuration has to be mended.
    code: String,
    message: String,
    at: DateTime<Utc>,
}

impl From<EmbeddingState> for SearchByMeaning {
    fn from(state: EmbeddingState) -> Self {
        Self {
            model: state.model,
            documents_waiting: state.counts.waiting,
            documents_refused: state.counts.refused,
            counted_at: state.counted_at,
            passages_made: state.passages_made,
            last_made_at: state.last_made_at,
            last_error: state.last_error.map(|(at, reason)| EmbeddingFailure {
                code: reason.code,
                message: reason.message,
                at,
            }),
        }
    }
}

/// Shows what the server is at: how far the vectors are that search by meaning needs.
#[utoipa::path(
    get, path = "/rest/admin/status", tag = "admin", security(("admin_key" = [])),
    responses((status = 200, description = "What the server is at.", body = ServerStatus), Forbidden, Always)
)]
pub async fn get_status(_admin: Admin, State(state): State<ApiState>) -> ApiResult<Json<ServerStatus>> {
    let status = state.app.status().await?;
    Ok(Json(ServerStatus {
        version: env!("CARGO_PKG_VERSION"),
        search_by_meaning: status.embeddings.map(Into::into),
    }))
}
