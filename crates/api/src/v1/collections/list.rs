//! `GET /rest/collections`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::view::CollectionView;
use crate::caller::Caller;
use crate::documented::{Always, BadRequest};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::Params;
use crate::v1::params::PageParams;

#[derive(Serialize, ToSchema)]
pub struct CollectionList {
    collections: Vec<CollectionView>,
    next_cursor: Option<String>,
    has_more: bool,
}

/// Lists the collections that the user may search: own ones, and those shared with the organisation.
#[utoipa::path(
    get, path = "/rest/collections", tag = "collections", security(("user_token" = [])), params(PageParams),
    responses((status = 200, description = "A page of collections.", body = CollectionList), BadRequest, Always)
)]
pub async fn list_collections(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Params(params): Params<PageParams>,
) -> ApiResult<Json<CollectionList>> {
    let page = state.app.list_collections(&user, &params.page()).await?;
    let collections = page.rows.into_iter().map(Into::into).collect();
    Ok(Json(CollectionList { collections, has_more: page.next.is_some(), next_cursor: page.next }))
}
