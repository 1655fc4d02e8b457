//! `PATCH /rest/collections/{uuid}`

use axum::Json;
use axum::extract::State;
use gangway_app::CollectionChange;
use serde::Deserialize;
use utoipa::ToSchema;

use super::CollectionPath;
use super::view::{AccessName, CollectionView};
use crate::caller::Caller;
use crate::documented::{Always, Forbidden, JsonBody, NotFound};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::{Body, Segment, Text, given};

/// What is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateCollectionRequest {
    #[serde(default)]
    name: Option<Text<1, 200>>,
    /// Null empties it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Text<0, 2000>>)]
    description: Option<Option<Text<0, 2000>>>,
    #[serde(default)]
    access: Option<AccessName>,
}

/// Changes a collection of the user's own.
#[utoipa::path(
    patch, path = "/rest/collections/{uuid}", tag = "collections", security(("user_token" = [])),
    params(CollectionPath), request_body = UpdateCollectionRequest,
    responses(
        (status = 200, description = "Changed.", body = CollectionView), JsonBody, Forbidden, NotFound, Always
    )
)]
pub async fn update_collection(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Segment(path): Segment<CollectionPath>,
    Body(body): Body<UpdateCollectionRequest>,
) -> ApiResult<Json<CollectionView>> {
    let change = CollectionChange {
        name: body.name.map(Text::into_string),
        description: body.description.map(|text| text.map(Text::into_string)),
        access: body.access.map(Into::into),
    };
    Ok(Json(state.app.update_collection(&user, &path.id(), &change).await?.into()))
}
