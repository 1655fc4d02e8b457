//! `DELETE /rest/collections/{uuid}/files/{file_id}`

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::caller::Caller;
use crate::documented::{Always, BadRequest, Forbidden, NotFound};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::{Id, Segment};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct CollectionFilePath {
    /// The collection's UUID.
    #[param(inline)]
    uuid: Id,
    /// Our id of the file, as the collection's list gives it.
    #[param(inline)]
    file_id: Id,
}

/// Takes a file out of a collection.
#[utoipa::path(
    delete, path = "/rest/collections/{uuid}/files/{file_id}", tag = "collections",
    security(("user_token" = [])), params(CollectionFilePath),
    responses((status = 204, description = "Taken out."), BadRequest, Forbidden, NotFound, Always)
)]
pub async fn remove_collection_file(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Segment(path): Segment<CollectionFilePath>,
) -> ApiResult<StatusCode> {
    state.app.remove_collection_file(&user, &path.uuid.to(), &path.file_id.to()).await?;
    Ok(StatusCode::NO_CONTENT)
}
