//! `DELETE /rest/collections/{uuid}`

use axum::extract::State;
use axum::http::StatusCode;

use super::CollectionPath;
use crate::caller::Caller;
use crate::documented::{Always, BadRequest, Forbidden, NotFound};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::Segment;

/// Deletes a collection; files that were only in it go with it.
#[utoipa::path(
    delete, path = "/rest/collections/{uuid}", tag = "collections", security(("user_token" = [])),
    params(CollectionPath),
    responses((status = 204, description = "Deleted."), BadRequest, Forbidden, NotFound, Always)
)]
pub async fn delete_collection(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Segment(path): Segment<CollectionPath>,
) -> ApiResult<StatusCode> {
    state.app.delete_collection(&user, &path.id()).await?;
    Ok(StatusCode::NO_CONTENT)
}
