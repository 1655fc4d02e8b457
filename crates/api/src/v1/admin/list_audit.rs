//! `GET /rest/admin/audit`

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use gangway_app::AuditEntry;
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::Admin;
use crate::documented::{Always, BadRequest, Forbidden};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::Params;
use crate::v1::params::PageParams;

#[derive(Serialize, ToSchema)]
pub struct AuditList {
    /// The latest first.
    entries: Vec<AuditView>,
    next_cursor: Option<String>,
    has_more: bool,
}

/// Something that was done.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditEntry)]
struct AuditView {
    id: String,
    at: DateTime<Utc>,
    /// Whom it concerns; null for what an operator did.
    user_id: Option<String>,
    /// What that user is known by at present; null once they are deleted.
    user: Option<KnownUser>,
    /// Such as `connect` or `delete_user`.
    deed: String,
    /// Ids and words, never secrets.
    #[schema(value_type = Object)]
    details: serde_json::Value,
}

/// What people know a user by.
#[derive(Serialize, ToSchema)]
struct KnownUser {
    /// The product's own name for the user.
    external_id: Option<String>,
    name: Option<String>,
    email: Option<String>,
}

impl From<AuditEntry> for AuditView {
    fn from(entry: AuditEntry) -> Self {
        Self {
            id: entry.id,
            at: entry.at,
            user_id: entry.user_id.map(|id| id.into_string()),
            user: entry.user.map(|user| KnownUser {
                external_id: user.external_id,
                name: user.name,
                email: user.email,
            }),
            deed: entry.deed,
            details: entry.details,
        }
    }
}

/// Lists what was done, by whom.
#[utoipa::path(
    get, path = "/rest/admin/audit", tag = "admin", security(("admin_key" = [])), params(PageParams),
    responses((status = 200, description = "A page of the log.", body = AuditList), BadRequest, Forbidden, Always)
)]
pub async fn list_audit(
    _admin: Admin,
    State(state): State<ApiState>,
    Params(params): Params<PageParams>,
) -> ApiResult<Json<AuditList>> {
    let page = state.app.list_audit(&params.page()).await?;
    let entries = page.rows.into_iter().map(Into::into).collect();
    Ok(Json(AuditList { entries, has_more: page.next.is_some(), next_cursor: page.next }))
}
