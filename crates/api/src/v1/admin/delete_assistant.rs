//! `DELETE /rest/admin/assistants/{assistant_id}`

use axum::extract::State;
use axum::http::StatusCode;

use crate::caller::Admin;
use crate::documented::{Always, BadRequest, Forbidden, NotFound};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::Segment;
use crate::v1::assistants::delete::AssistantPath;

/// Ends what a user allowed an assistant: its tokens are refused from now on.
#[utoipa::path(
    delete, path = "/rest/admin/assistants/{assistant_id}", tag = "admin", security(("admin_key" = [])),
    params(AssistantPath),
    responses((status = 204, description = "Ended."), BadRequest, Forbidden, NotFound, Always)
)]
pub async fn delete_users_assistant(
    _admin: Admin,
    State(state): State<ApiState>,
    Segment(path): Segment<AssistantPath>,
) -> ApiResult<StatusCode> {
    state.app.delete_users_assistant(&path.id()).await?;
    Ok(StatusCode::NO_CONTENT)
}
