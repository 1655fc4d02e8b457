//! `GET /rest/connectors/{connector_id}/files/{file_id}/why`

use axum::Json;
use axum::extract::State;
use gangway_app::{FileExplanation, public_kind};
use gangway_model::Note;
use serde::Serialize;
use utoipa::ToSchema;

use super::{FilePath, ReasonView};
use crate::caller::Caller;
use crate::documented::{Always, AsksProvider, OnConnection};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::{Params, Segment};
use crate::v1::params::ConnectionParams;
use crate::v1::sync::JobView;

/// What the source has, what we have, and the reason for a difference.
#[derive(Serialize, ToSchema)]
#[schema(as = FileExplanation)]
pub struct WhyAnswer {
    file: WhyFile,
    /// Whether the source has it; null when the source could not be asked.
    in_source: Option<bool>,
    /// `synced`, `name_only`, `failed`, `structure`, `gone`, or `unknown` when it was never brought in.
    state: &'static str,
    reason: ReasonView,
    /// Parts of its text that could not be read, and why; the rest can be searched.
    notes: Vec<NoteView>,
    /// Whether its text was cut at the limit.
    truncated: bool,
    /// Collections it is in.
    collections: Vec<String>,
    /// The last sync of its connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_job: Option<JobView>,
}

/// A part of a file whose text is missing.
#[derive(Serialize, ToSchema)]
#[schema(as = FileNote)]
struct NoteView {
    /// Where in the file, as people say it: `letters/a.pdf, page 12`. Empty for the file as a whole.
    place: String,
    reason: ReasonView,
}

impl From<Note> for NoteView {
    fn from(note: Note) -> Self {
        Self { place: note.place.to_string(), reason: note.reason.into() }
    }
}

#[derive(Serialize, ToSchema)]
struct WhyFile {
    /// The provider's id.
    id: String,
    /// Our id of the file, by which its text is read; null when it was never brought in.
    file_id: Option<String>,
    name: Option<String>,
    /// `file`, `folder` or `link`.
    kind: Option<&'static str>,
}

impl From<FileExplanation> for WhyAnswer {
    fn from(found: FileExplanation) -> Self {
        let (name, kind) = match (found.at_source, &found.item) {
            (Some((name, kind)), _) => (Some(name), Some(kind)),
            (None, Some(item)) => (Some(item.name.clone()), Some(item.kind)),
            (None, None) => (None, None),
        };
        let file_id = found.item.as_ref().map(|item| item.id.to_string());
        Self {
            file: WhyFile { id: found.id.into_string(), file_id, name, kind: kind.map(public_kind) },
            in_source: found.in_source,
            state: found.item.map_or("unknown", |item| item.state.as_str()),
            reason: found.reason.into(),
            notes: found.notes.into_iter().map(Into::into).collect(),
            truncated: found.truncated,
            collections: found.collections.into_iter().map(|id| id.into_string()).collect(),
            last_job: found.last_job.map(Into::into),
        }
    }
}

/// Says why a file is, or is not, here.
#[utoipa::path(
    get, path = "/rest/connectors/{connector_id}/files/{file_id}/why", tag = "files",
    security(("user_token" = [])), params(FilePath, ConnectionParams),
    responses((status = 200, description = "The answer.", body = WhyAnswer), OnConnection, AsksProvider, Always)
)]
pub async fn explain_file(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Segment(path): Segment<FilePath>,
    Params(params): Params<ConnectionParams>,
) -> ApiResult<Json<WhyAnswer>> {
    let found = state.app.explain_file(&user, path.connector(), params.id().as_ref(), &path.file()).await?;
    Ok(Json(found.into()))
}
