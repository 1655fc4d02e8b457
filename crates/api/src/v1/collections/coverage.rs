//! `GET /rest/collections/{uuid}/coverage`

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use gangway_app::{CollectionSource, Coverage, StateCount};
use gangway_model::ItemState;
use serde::Serialize;
use utoipa::ToSchema;

use super::CollectionPath;
use crate::caller::Caller;
use crate::documented::{Always, BadRequest, NotFound};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::Segment;

/// What a collection's sources have, what of it is here, and the reason for every difference.
#[derive(Serialize, ToSchema)]
#[schema(as = Coverage)]
pub struct CoverageView {
    /// Files that the sources have, as far as they were listed.
    files: u64,
    /// Of these, those whose text can be searched.
    searchable: u64,
    /// Those found by their name only, because there is no text to bring in.
    name_only: u64,
    /// Those that could not be brought in.
    failed: u64,
    /// Why the last two are not searchable, and what is missing of those that are, the most frequent reason first.
    differences: Vec<DifferenceView>,
    sources: Vec<SourceView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = CoverageDifference)]
struct DifferenceView {
    /// `name_only`, `failed`, or `synced` where a part of the text is missing.
    sync_state: &'static str,
    /// Null where no reason was kept.
    code: Option<String>,
    /// A sentence a person can act on; that of one of the files.
    message: Option<String>,
    files: u64,
}

/// A connection that brings files into the collection.
#[derive(Serialize, ToSchema)]
#[schema(as = CoverageSource)]
struct SourceView {
    connector_id: String,
    connection_id: String,
    user_email: Option<String>,
    /// `active`, `needs_reauth` or `disconnecting`.
    status: &'static str,
    last_sync_at: Option<DateTime<Utc>>,
    /// Files and folders that were chosen.
    chosen: u64,
    /// Of these, those whose changes are followed.
    followed: u64,
    /// Whether everything below them has been listed once.
    listing_complete: bool,
    files: u64,
}

impl From<CollectionSource> for SourceView {
    fn from(source: CollectionSource) -> Self {
        Self {
            connector_id: source.connector_id.into_string(),
            connection_id: source.connection_id.into_string(),
            user_email: source.account_email,
            status: source.state.as_str(),
            last_sync_at: source.last_sync_at,
            chosen: source.roots,
            followed: source.followed,
            listing_complete: source.unlisted == 0,
            files: source.items,
        }
    }
}

impl From<StateCount> for DifferenceView {
    fn from(count: StateCount) -> Self {
        let (code, message) = count.reason.map(|why| (why.code, why.message)).unzip();
        Self { sync_state: count.state.as_str(), code, message, files: count.items }
    }
}

impl From<Coverage> for CoverageView {
    fn from(coverage: Coverage) -> Self {
        Self {
            files: coverage.files(),
            searchable: coverage.files_in(ItemState::Synced),
            name_only: coverage.files_in(ItemState::NameOnly),
            failed: coverage.files_in(ItemState::Failed),
            differences: coverage
                .counts
                .into_iter()
                .filter(|one| one.state != ItemState::Synced || one.reason.is_some())
                .map(Into::into)
                .collect(),
            sources: coverage.sources.into_iter().map(Into::into).collect(),
        }
    }
}

/// Tells what a collection's sources have, what of it is here, and why the rest is not.
#[utoipa::path(
    get, path = "/rest/collections/{uuid}/coverage", tag = "collections", security(("user_token" = [])),
    params(CollectionPath),
    responses((status = 200, description = "The figures.", body = CoverageView), BadRequest, NotFound, Always)
)]
pub async fn get_collection_coverage(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Segment(path): Segment<CollectionPath>,
) -> ApiResult<Json<CoverageView>> {
    Ok(Json(state.app.collection_coverage(&user, &path.id()).await?.into()))
}
