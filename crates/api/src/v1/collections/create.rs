//! `POST /rest/collections`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gangway_model::Access;
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::{AccessName, CollectionView};
use crate::caller::Caller;
use crate::documented::{Always, JsonBody};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::{Body, Text};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateCollectionRequest {
    name: Text<1, 200>,
    #[serde(default)]
    description: Option<Text<0, 2000>>,
    /// `private` when left out.
    #[serde(default)]
    access: Option<AccessName>,
}

/// Makes a collection.
#[utoipa::path(
    post, path = "/rest/collections", tag = "collections", security(("user_token" = [])),
    request_body = CreateCollectionRequest,
    responses((status = 201, description = "Made.", body = CollectionView), JsonBody, Always)
)]
pub async fn create_collection(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Body(body): Body<CreateCollectionRequest>,
) -> ApiResult<(StatusCode, Json<CollectionView>)> {
    let access = body.access.map(Access::from).unwrap_or_default();
    let made = state.app.create_collection(&user, &body.name, body.description.as_deref(), access).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}
