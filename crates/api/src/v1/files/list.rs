//! `GET /rest/connectors/{connector_id}/files`

use axum::Json;
use axum::extract::State;
use gangway_app::{BrowseFiles, Page, SourceFile};
use gangway_model::{ConnectionId, ProviderItemId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::SourceFileView;
use crate::caller::Caller;
use crate::documented::{Always, AsksProvider, OnConnection};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::{Id, Params, ProviderId, Segment, Text};
use crate::v1::connectors::ConnectorPath;
use crate::v1::params::{Cursor, Limit, page_of};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FileParams {
    /// Names a connection; the first one when left out.
    #[param(inline)]
    connection: Option<Id>,
    /// Files on a page; 50 when left out.
    #[param(inline)]
    limit: Option<Limit>,
    /// `next_cursor` of the page before.
    #[param(inline)]
    cursor: Option<Cursor>,
    /// Only what lies directly in this folder; the top when left out.
    #[param(inline)]
    folder_id: Option<ProviderId>,
    /// Words to search for at the source.
    #[param(inline)]
    query: Option<Text<1, 500>>,
}

/// A page of files at the source.
#[derive(Serialize, ToSchema)]
pub struct FileList {
    files: Vec<SourceFileView>,
    next_cursor: Option<String>,
    has_more: bool,
}

impl From<Page<SourceFile>> for FileList {
    fn from(page: Page<SourceFile>) -> Self {
        let files = page.rows.into_iter().map(Into::into).collect();
        Self { files, has_more: page.next.is_some(), next_cursor: page.next }
    }
}

/// Lists files and folders at the source. A page may be shorter than `limit` although more follow.
#[utoipa::path(
    get, path = "/rest/connectors/{connector_id}/files", tag = "files", security(("user_token" = [])),
    params(ConnectorPath, FileParams),
    responses((status = 200, description = "A page of files.", body = FileList), OnConnection, AsksProvider, Always)
)]
pub async fn list_files(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Segment(path): Segment<ConnectorPath>,
    Params(params): Params<FileParams>,
) -> ApiResult<Json<FileList>> {
    let connection: Option<ConnectionId> = params.connection.as_ref().map(Id::to);
    let request = BrowseFiles {
        folder: params.folder_id.map(|id| ProviderItemId::from(id.into_string())),
        query: params.query.map(Text::into_string),
        media_types: Vec::new(),
        page: page_of(params.limit, params.cursor),
    };
    let page = state.app.browse_files(&user, path.id(), connection.as_ref(), request).await?;
    Ok(Json(page.into()))
}
