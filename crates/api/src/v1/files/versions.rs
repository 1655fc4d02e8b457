//! `GET /rest/connectors/{connector_id}/files/{file_id}/versions`

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use gangway_app::Version;
use serde::Serialize;
use utoipa::ToSchema;

use super::FilePath;
use crate::caller::Caller;
use crate::documented::{Always, AsksProvider, OnConnection};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::{Params, Segment};
use crate::v1::params::ConnectionPageParams;

#[derive(Serialize, ToSchema)]
pub struct VersionList {
    /// Oldest first, as far as the provider keeps them.
    versions: Vec<VersionView>,
    next_cursor: Option<String>,
    has_more: bool,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Version)]
struct VersionView {
    id: String,
    modified_at: Option<DateTime<Utc>>,
    size: Option<u64>,
    #[serde(rename = "mimeType")]
    media_type: Option<String>,
    /// Who made it, as the provider names them.
    author: Option<String>,
    current: bool,
}

impl From<Version> for VersionView {
    fn from(version: Version) -> Self {
        Self {
            id: version.id,
            modified_at: version.modified_at,
            size: version.size,
            media_type: version.media_type,
            author: version.author,
            current: version.current,
        }
    }
}

/// Lists a file's versions. The provider decides how many come at once.
#[utoipa::path(
    get, path = "/rest/connectors/{connector_id}/files/{file_id}/versions", tag = "files",
    security(("user_token" = [])), params(FilePath, ConnectionPageParams),
    responses(
        (status = 200, description = "A page of versions.", body = VersionList), OnConnection, AsksProvider, Always
    )
)]
pub async fn list_versions(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Segment(path): Segment<FilePath>,
    Params(params): Params<ConnectionPageParams>,
) -> ApiResult<Json<VersionList>> {
    let connection = params.id();
    let cursor = params.page().cursor;
    let page = state
        .app
        .list_versions(&user, path.connector(), connection.as_ref(), &path.file(), cursor.as_deref())
        .await?;
    let versions = page.rows.into_iter().map(Into::into).collect();
    Ok(Json(VersionList { versions, has_more: page.next.is_some(), next_cursor: page.next }))
}
