//! `GET /rest/connectors/{connector_id}/contents`

use axum::Json;
use axum::extract::State;
use gangway_app::{ConnectionContents, ConnectionShare};
use serde::Serialize;
use utoipa::ToSchema;

use super::ConnectorPath;
use crate::caller::Caller;
use crate::documented::{Always, OnConnection};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::{Params, Segment};
use crate::v1::params::ConnectionParams;

/// What came through a connection.
#[derive(Serialize, ToSchema)]
#[schema(as = ConnectionContents)]
pub struct ContentsView {
    connector_id: String,
    connection_id: String,
    /// Files that stand in collections, each counted once.
    files: u64,
    /// The collections they stand in, those with the most first.
    collections: Vec<ShareView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = CollectionShare)]
struct ShareView {
    uuid: String,
    name: String,
    files: u64,
    bytes: u64,
}

impl From<ConnectionShare> for ShareView {
    fn from(share: ConnectionShare) -> Self {
        Self {
            uuid: share.collection_id.into_string(),
            name: share.collection_name,
            files: share.items,
            bytes: share.bytes,
        }
    }
}

impl From<ConnectionContents> for ContentsView {
    fn from(contents: ConnectionContents) -> Self {
        Self {
            connector_id: contents.connection.connector_id.into_string(),
            connection_id: contents.connection.id.into_string(),
            files: contents.files,
            collections: contents.shares.into_iter().map(Into::into).collect(),
        }
    }
}

/// Tells what came through a connection: what disconnecting would delete.
#[utoipa::path(
    get, path = "/rest/connectors/{connector_id}/contents", tag = "connectors", security(("user_token" = [])),
    params(ConnectorPath, ConnectionParams),
    responses((status = 200, description = "What came through it.", body = ContentsView), OnConnection, Always)
)]
pub async fn get_connection_contents(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Segment(path): Segment<ConnectorPath>,
    Params(params): Params<ConnectionParams>,
) -> ApiResult<Json<ContentsView>> {
    Ok(Json(state.app.connection_contents(&user, path.id(), params.id().as_ref()).await?.into()))
}
