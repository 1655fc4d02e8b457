//! `POST /rest/collections/{uuid}/search`

use axum::Json;
use axum::extract::State;

use super::CollectionPath;
use crate::caller::Caller;
use crate::documented::{Always, JsonBody, NotFound};
use crate::problem::{ApiError, ApiResult};
use crate::state::ApiState;
use crate::strict::{Body, Segment};
use crate::v1::search::{SearchAnswer, SearchRequest, run};

/// Searches one collection.
#[utoipa::path(
    post, path = "/rest/collections/{uuid}/search", tag = "search", security(("user_token" = [])),
    params(CollectionPath), request_body = SearchRequest,
    responses((status = 200, description = "A page of hits.", body = SearchAnswer), JsonBody, NotFound, Always)
)]
pub async fn search_collection(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Segment(path): Segment<CollectionPath>,
    Body(body): Body<SearchRequest>,
) -> ApiResult<Json<SearchAnswer>> {
    if body.names_collections() {
        return Err(ApiError::invalid("filters.collections", "the path names the collection already"));
    }
    run(&state, &user, body, Some(path.id())).await
}
