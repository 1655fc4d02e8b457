//! `GET /rest/connectors/local_upload/uploads/{upload_id}`

use axum::Json;
use axum::extract::State;

use super::ResumablePath;
use super::view::ResumableView;
use crate::caller::Caller;
use crate::documented::{Always, BadRequest, Gone, NotFound};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::Segment;

/// Says how far a resumable upload is and, once it is whole, what became of it. This is ours, not a part of tus.
#[utoipa::path(
    get, path = "/rest/connectors/local_upload/uploads/{upload_id}", tag = "uploads",
    security(("user_token" = [])), params(ResumablePath),
    responses((status = 200, description = "The upload.", body = ResumableView), BadRequest, NotFound, Gone, Always)
)]
pub async fn get_upload(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Segment(path): Segment<ResumablePath>,
) -> ApiResult<Json<ResumableView>> {
    Ok(Json(state.app.upload_report(&user, &path.id()).await?.into()))
}
