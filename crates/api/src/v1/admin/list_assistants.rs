//! `GET /rest/admin/assistants`

use axum::Json;
use axum::extract::State;
use gangway_app::UsersAssistant;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::caller::Admin;
use crate::documented::{Always, BadRequest, Forbidden, NotFound};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::{Id, Params};
use crate::v1::assistants::list::AssistantView;
use crate::v1::params::{Cursor, Limit, page_of};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UsersAssistantParams {
    /// Only what this user allowed.
    #[param(inline)]
    user_id: Option<Id>,
    /// Rows on a page; 50 when left out.
    #[param(inline)]
    limit: Option<Limit>,
    /// `next_cursor` of the page before.
    #[param(inline)]
    cursor: Option<Cursor>,
}

#[derive(Serialize, ToSchema)]
pub struct UsersAssistantList {
    assistants: Vec<UsersAssistantView>,
    next_cursor: Option<String>,
    has_more: bool,
}

/// What a user allowed one program.
#[derive(Serialize, ToSchema)]
#[schema(as = UsersAssistant)]
struct UsersAssistantView {
    /// Who allowed it.
    user: AllowingUser,
    assistant: AssistantView,
}

#[derive(Serialize, ToSchema)]
struct AllowingUser {
    id: String,
    external_id: Option<String>,
    name: Option<String>,
    email: Option<String>,
}

impl From<UsersAssistant> for UsersAssistantView {
    fn from(found: UsersAssistant) -> Self {
        Self {
            user: AllowingUser {
                id: found.assistant.user_id.to_string(),
                external_id: found.user_external_id,
                name: found.user_name,
                email: found.user_email,
            },
            assistant: found.assistant.into(),
        }
    }
}

/// Lists the assistants that users have allowed something, the newest first.
#[utoipa::path(
    get, path = "/rest/admin/assistants", tag = "admin", security(("admin_key" = [])),
    params(UsersAssistantParams),
    responses(
        (status = 200, description = "A page of assistants.", body = UsersAssistantList),
        BadRequest, Forbidden, NotFound, Always
    )
)]
pub async fn list_users_assistants(
    _admin: Admin,
    State(state): State<ApiState>,
    Params(params): Params<UsersAssistantParams>,
) -> ApiResult<Json<UsersAssistantList>> {
    let user = params.user_id.as_ref().map(Id::to);
    let page = page_of(params.limit, params.cursor);
    let page = state.app.list_users_assistants(user.as_ref(), &page).await?;
    let assistants = page.rows.into_iter().map(Into::into).collect();
    Ok(Json(UsersAssistantList { assistants, has_more: page.next.is_some(), next_cursor: page.next }))
}
