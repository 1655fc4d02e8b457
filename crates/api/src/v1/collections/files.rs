//! `GET /rest/collections/{uuid}/files`

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use gangway_app::public_kind;
use gangway_model::Item;
use serde::Serialize;
use utoipa::ToSchema;

use super::CollectionPath;
use crate::caller::Caller;
use crate::documented::{Always, BadRequest, NotFound};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::{Params, Segment};
use crate::v1::files::ReasonView;
use crate::v1::params::PageParams;

#[derive(Serialize, ToSchema)]
pub struct CollectionFileList {
    files: Vec<CollectionFile>,
    next_cursor: Option<String>,
    has_more: bool,
}

/// A file in a collection.
#[derive(Serialize, ToSchema)]
pub struct CollectionFile {
    /// Our id of the file.
    id: String,
    /// The provider's id.
    source_id: String,
    connection_id: String,
    name: String,
    #[serde(rename = "mimeType")]
    media_type: String,
    size: Option<u64>,
    modified_at: Option<DateTime<Utc>>,
    /// Where a person opens it at the source.
    url: Option<String>,
    /// `file`, `folder` or `link`.
    kind: &'static str,
    /// `synced`, `name_only`, `failed` or `structure`.
    sync_state: &'static str,
    /// Why its text is not here; of a synced file, what of it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<ReasonView>,
    synced_at: Option<DateTime<Utc>>,
}

impl From<Item> for CollectionFile {
    fn from(item: Item) -> Self {
        Self {
            id: item.id.into_string(),
            source_id: item.provider_id.into_string(),
            connection_id: item.connection_id.into_string(),
            name: item.name,
            media_type: item.media_type,
            size: item.size,
            modified_at: item.modified_at,
            url: item.url,
            kind: public_kind(item.kind),
            sync_state: item.state.as_str(),
            reason: item.reason.map(Into::into),
            synced_at: item.synced_at,
        }
    }
}

/// Lists what is in a collection.
#[utoipa::path(
    get, path = "/rest/collections/{uuid}/files", tag = "collections", security(("user_token" = [])),
    params(CollectionPath, PageParams),
    responses((status = 200, description = "A page of files.", body = CollectionFileList), BadRequest, NotFound, Always)
)]
pub async fn list_collection_files(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Segment(path): Segment<CollectionPath>,
    Params(params): Params<PageParams>,
) -> ApiResult<Json<CollectionFileList>> {
    let page = state.app.list_collection_files(&user, &path.id(), &params.page()).await?;
    let files = page.rows.into_iter().map(Into::into).collect();
    Ok(Json(CollectionFileList { files, has_more: page.next.is_some(), next_cursor: page.next }))
}
