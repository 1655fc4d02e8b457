//! `HEAD /rest/connectors/local_upload/uploads/{upload_id}`

use axum::extract::State;
use axum::http::HeaderMap;
use gangway_model::{UploadId, User};

use super::{ResumablePath, Spoken, headers};
use crate::caller::Caller;
use crate::documented::{Always, BadRequest, Gone, NotFound, WrongVersion};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::Segment;

/// Says in headers where a resumable upload stands, and what was said of it at the beginning.
#[utoipa::path(
    head, path = "/rest/connectors/local_upload/uploads/{upload_id}", tag = "uploads",
    security(("user_token" = [])), params(ResumablePath, Spoken),
    responses(
        (status = 200, description = "Where it stands.", headers(
            ("Upload-Offset" = u64, description = "Bytes that are here."),
            ("Upload-Length" = u64, description = "Bytes in all; instead of it `Upload-Defer-Length: 1` while nobody has said."),
            ("Upload-Metadata" = String, description = "As it was sent."),
            ("Upload-Expires" = String, description = "When it is ended if nobody goes on with it.")
        )),
        BadRequest, NotFound, Gone, WrongVersion, Always
    )
)]
pub async fn stand_of_upload(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Segment(path): Segment<ResumablePath>,
) -> ApiResult<HeaderMap> {
    stand(&state, &user, &path.id()).await
}

pub(super) async fn stand(state: &ApiState, user: &User, id: &UploadId) -> ApiResult<HeaderMap> {
    Ok(headers::of_all(&state.app.open_upload_report(user, id).await?))
}
