//! `GET /rest/me/assistants`

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use gangway_app::{Assistant, client_host, redirect_place};
use gangway_model::AssistantScope;
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::Caller;
use crate::documented::{Always, BadRequest};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::Params;
use crate::v1::params::PageParams;

#[derive(Serialize, ToSchema)]
pub struct AssistantList {
    assistants: Vec<AssistantView>,
    next_cursor: Option<String>,
    has_more: bool,
}

/// What the user allowed one program.
#[derive(Serialize, ToSchema)]
#[schema(as = Assistant)]
pub struct AssistantView {
    id: String,
    /// What the program calls itself. Nobody has checked it.
    name: String,
    /// The host whose document describes it; null for a program that registered itself.
    known_by: Option<String>,
    /// Where it is: the host it is sent back to, or that it runs on the person's computer.
    place: String,
    /// What it may do.
    scopes: Vec<Scope>,
    created_at: DateTime<Utc>,
    /// When it last fetched a token, which it does every hour while it works.
    last_used_at: DateTime<Utc>,
    /// Ends then, unless it works before.
    expires_at: DateTime<Utc>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AssistantScope)]
enum Scope {
    Search,
    Read,
    Sync,
}

impl From<AssistantScope> for Scope {
    fn from(scope: AssistantScope) -> Self {
        match scope {
            AssistantScope::Search => Scope::Search,
            AssistantScope::Read => Scope::Read,
            AssistantScope::Sync => Scope::Sync,
        }
    }
}

impl From<Assistant> for AssistantView {
    fn from(found: Assistant) -> Self {
        Self {
            id: found.id.into_string(),
            name: found.name,
            known_by: client_host(&found.client_id),
            place: redirect_place(&found.redirect_uri),
            scopes: found.scopes.into_iter().map(Into::into).collect(),
            created_at: found.created_at,
            last_used_at: found.used_at,
            expires_at: found.expires_at,
        }
    }
}

/// Lists the assistants that the user has allowed something, the newest first.
#[utoipa::path(
    get, path = "/rest/me/assistants", tag = "users", security(("user_token" = [])), params(PageParams),
    responses((status = 200, description = "A page of assistants.", body = AssistantList), BadRequest, Always)
)]
pub async fn list_assistants(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Params(params): Params<PageParams>,
) -> ApiResult<Json<AssistantList>> {
    let page = state.app.list_assistants(&user, &params.page()).await?;
    let assistants = page.rows.into_iter().map(Into::into).collect();
    Ok(Json(AssistantList { assistants, has_more: page.next.is_some(), next_cursor: page.next }))
}
