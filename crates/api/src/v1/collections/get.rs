//! `GET /rest/collections/{uuid}`

use axum::Json;
use axum::extract::State;

use super::CollectionPath;
use super::view::CollectionView;
use crate::caller::Caller;
use crate::documented::{Always, BadRequest, NotFound};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::Segment;

/// Shows one collection.
#[utoipa::path(
    get, path = "/rest/collections/{uuid}", tag = "collections", security(("user_token" = [])),
    params(CollectionPath),
    responses((status = 200, description = "The collection.", body = CollectionView), BadRequest, NotFound, Always)
)]
pub async fn get_collection(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Segment(path): Segment<CollectionPath>,
) -> ApiResult<Json<CollectionView>> {
    Ok(Json(state.app.get_collection(&user, &path.id()).await?.into()))
}
