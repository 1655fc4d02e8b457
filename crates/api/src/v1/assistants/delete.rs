//! `DELETE /rest/me/assistants/{assistant_id}`

use axum::extract::State;
use axum::http::StatusCode;
use gangway_model::AssistantId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::caller::Caller;
use crate::documented::{Always, BadRequest, NotFound};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::{Id, Segment};

/// The assistant a path is about.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct AssistantPath {
    /// `id` of the assistant.
    #[param(inline)]
    assistant_id: Id,
}

impl AssistantPath {
    pub fn id(&self) -> AssistantId {
        self.assistant_id.to()
    }
}

/// Ends what the user allowed an assistant: its tokens are refused from now on.
#[utoipa::path(
    delete, path = "/rest/me/assistants/{assistant_id}", tag = "users", security(("user_token" = [])),
    params(AssistantPath),
    responses((status = 204, description = "Ended."), BadRequest, NotFound, Always)
)]
pub async fn delete_assistant(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Segment(path): Segment<AssistantPath>,
) -> ApiResult<StatusCode> {
    state.app.delete_assistant(&user, &path.id()).await?;
    Ok(StatusCode::NO_CONTENT)
}
