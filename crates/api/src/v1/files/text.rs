//! `GET /rest/files/{file_id}/text`

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use gangway_app::{LONGEST_READ, ReadText, SHORTEST_READ, TextPlace};
use gangway_model::ItemId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ReasonView;
use crate::caller::Caller;
use crate::documented::{Always, BadRequest, NotFound};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::{Id, Params, Segment, Whole};
use crate::v1::search::PlaceView;

/// The file a path is about.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct TextPath {
    /// Our id of the file, as searches and lists of collections name it.
    #[param(inline)]
    file_id: Id,
}

/// Which piece of the text.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TextParams {
    /// `next_offset` of the answer before; 0 when left out.
    #[param(inline)]
    offset: Option<Whole<0, 1_000_000_000>>,
    /// Bytes of text in the answer at most; 200000 when left out.
    #[param(inline)]
    limit: Option<Whole<{ SHORTEST_READ as u64 }, { LONGEST_READ as u64 }>>,
}

/// A piece of a file's text.
#[derive(Serialize, ToSchema)]
#[schema(as = FileText)]
pub struct TextAnswer {
    /// Our id of the file.
    id: String,
    name: String,
    /// The title the document gives itself, else the name.
    title: String,
    connector_id: String,
    /// The provider's id.
    source_id: String,
    path: String,
    #[serde(rename = "mimeType")]
    media_type: String,
    /// Where a person opens it at the source.
    url: Option<String>,
    modified_at: Option<DateTime<Utc>>,
    /// Collections it is in, of those the user may see.
    collections: Vec<String>,
    text: String,
    /// Where the piece begins in the whole text, in bytes of UTF-8.
    offset: u64,
    /// Where the next piece begins; null at the end.
    next_offset: Option<u64>,
    /// Whether more follows.
    truncated: bool,
    /// Bytes of the whole text.
    total_bytes: u64,
    places: Vec<TextPlaceView>,
    /// Whether the file holds text that could not be read, or that was left out because there was too much.
    incomplete: bool,
    /// Why there is no text, or why it is not the present one.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<ReasonView>,
}

/// Where the text from an offset on stands in its document.
#[derive(Serialize, ToSchema)]
#[schema(as = TextPlace)]
struct TextPlaceView {
    /// In bytes of the whole text.
    offset: u64,
    place: PlaceView,
}

impl From<ReadText> for TextAnswer {
    fn from(read: ReadText) -> Self {
        let ReadText { item, .. } = read;
        let place = |at: TextPlace| TextPlaceView {
            offset: at.offset as u64,
            place: PlaceView::of(at.place, at.url),
        };
        Self {
            id: item.id.into_string(),
            name: item.name,
            title: read.title,
            connector_id: read.connector_id.into_string(),
            source_id: item.provider_id.into_string(),
            path: read.path,
            media_type: item.media_type,
            url: item.url,
            modified_at: item.modified_at,
            collections: read.collections.into_iter().map(|id| id.into_string()).collect(),
            text: read.text,
            offset: read.offset as u64,
            next_offset: read.next_offset.map(|offset| offset as u64),
            truncated: read.next_offset.is_some(),
            total_bytes: read.total as u64,
            places: read.places.into_iter().map(place).collect(),
            incomplete: read.incomplete,
            reason: read.reason.map(Into::into),
        }
    }
}

/// Reads the text of a file that was brought in, piece by piece.
#[utoipa::path(
    get, path = "/rest/files/{file_id}/text", tag = "files", security(("user_token" = [])),
    params(TextPath, TextParams),
    responses((status = 200, description = "A piece of the text.", body = TextAnswer), BadRequest, NotFound, Always)
)]
pub async fn read_text(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Segment(path): Segment<TextPath>,
    Params(params): Params<TextParams>,
) -> ApiResult<Json<TextAnswer>> {
    let id: ItemId = path.file_id.to();
    let offset = params.offset.map_or(0, |offset| offset.get() as usize);
    let limit = params.limit.map_or(LONGEST_READ, |limit| limit.get() as usize);
    Ok(Json(state.app.read_document(&user, &id, offset, limit).await?.into()))
}
