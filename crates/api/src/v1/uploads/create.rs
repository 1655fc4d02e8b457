//! `POST /rest/connectors/local_upload/upload`

use axum::Json;
use axum::body::Bytes;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use gangway_app::{App, Code, IncomingFile, OnConflict, StagedFile, UploadPart, UploadTarget};
use gangway_model::{CollectionId, User};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::parts::{Parts, broken, file_name};
use super::view::UploadAnswer;
use crate::caller::Caller;
use crate::documented::{
    Always, BadRequest, Conflict, Forbidden, NoRoom, NotFound, PayloadTooLarge, UnsupportedMediaType,
};
use crate::problem::{ApiError, ApiResult};
use crate::state::ApiState;
use crate::strict::{Id, Params};

/// Bytes of a part that is not a file.
const FIELD_LIMIT: usize = 64 * 1024;
/// Characters of the longest boundary, by RFC 2046.
const BOUNDARY_LIMIT: usize = 70;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UploadParams {
    /// The collection the files go into; may be a part of the body instead.
    #[param(inline)]
    collection_uuid: Option<Id>,
    /// What happens to a file whose place is taken by one with other bytes; `keep_both` when left out. May be a
    /// part of the body instead.
    #[param(inline)]
    on_conflict: Option<PlaceTaken>,
}

/// What happens to a file whose place is taken by one with other bytes: `skip` leaves it out, `replace` makes it
/// the next version of the same file, `keep_both` gives it a number.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlaceTaken {
    Skip,
    Replace,
    KeepBoth,
}

impl From<PlaceTaken> for OnConflict {
    fn from(conflict: PlaceTaken) -> Self {
        match conflict {
            PlaceTaken::Skip => OnConflict::Skip,
            PlaceTaken::Replace => OnConflict::Replace,
            PlaceTaken::KeepBoth => OnConflict::KeepBoth,
        }
    }
}

/// The parts of an upload, in any order.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the parts; they are read as a stream")]
pub struct UploadForm {
    /// One part for each file, with its name in `filename`.
    #[schema(value_type = Vec<String>, format = Binary, min_items = 1)]
    file: Vec<u8>,
    /// Where each file stands among its folders, such as `Reports/2026/May.pdf`: the first `path` belongs to the
    /// first `file`, and so on. Leave them all out, or send one for each. Steps upwards and roots are dropped.
    #[schema(value_type = Option<Vec<String>>)]
    path: Option<Vec<String>>,
    /// The collection the files go into, when the query does not say.
    #[schema(value_type = Option<String>, format = "uuid")]
    collection_uuid: Option<String>,
    /// What happens to a file whose place is taken, when the query does not say.
    #[schema(inline)]
    on_conflict: Option<PlaceTaken>,
}

/// Uploads files into a collection, with the folders they came in. Each file has its own outcome; their text is read
/// afterwards. Bytes that the collection has already never make a second file, so a request may simply be sent again.
#[utoipa::path(
    post, path = "/rest/connectors/local_upload/upload", tag = "uploads", security(("user_token" = [])),
    params(UploadParams), request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses(
        (status = 201, description = "What became of each file.", body = UploadAnswer),
        BadRequest, Forbidden, NotFound, Conflict, PayloadTooLarge, UnsupportedMediaType, NoRoom, Always
    )
)]
pub async fn upload_files(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Params(params): Params<UploadParams>,
    request: Request,
) -> ApiResult<(StatusCode, Json<UploadAnswer>)> {
    let mut upload = Upload {
        app: &state.app,
        user: &user,
        target: None,
        on_conflict: params.on_conflict,
        staged: Vec::new(),
        paths: Vec::new(),
    };
    if let Some(id) = &params.collection_uuid {
        upload.aim(id.to()).await?;
    }
    let mut parts = open_parts(request).await?;
    // What was staged before something turned out wrong is thrown away again.
    match upload.receive(&mut parts).await {
        Ok(target) => {
            let on_conflict = upload.on_conflict.map_or_else(OnConflict::default, OnConflict::from);
            let mut paths = upload.paths.into_iter();
            let files = upload.staged.into_iter().map(|staged| IncomingFile { staged, path: paths.next() });
            let outcomes = state.app.finish_upload(&target, files.collect(), on_conflict).await?;
            UploadAnswer::of(outcomes, state.app.settings.upload.max_file_bytes)
                .map(|answer| (StatusCode::CREATED, Json(answer)))
        }
        Err(error) => {
            state.app.discard_upload(upload.staged).await;
            Err(error)
        }
    }
}

/// One request's files on their way in.
struct Upload<'a> {
    app: &'a App,
    user: &'a User,
    target: Option<UploadTarget>,
    on_conflict: Option<PlaceTaken>,
    staged: Vec<StagedFile>,
    paths: Vec<String>,
}

impl Upload<'_> {
    async fn aim(&mut self, collection: CollectionId) -> ApiResult<()> {
        match &self.target {
            Some(target) if *target.collection_id() == collection => return Ok(()),
            Some(_) => {
                return Err(ApiError::invalid("collection_uuid", "two different collections are named"));
            }
            None => {}
        }
        self.target = Some(self.app.upload_target(self.user, &collection).await?);
        Ok(())
    }

    async fn receive(&mut self, parts: &mut Parts) -> ApiResult<UploadTarget> {
        let most = self.app.settings.upload.max_files;
        while let Some(part) = parts.next().await? {
            match part.name() {
                Some("file" | "files" | "file[]") => {
                    within(self.staged.len(), most, "files")?;
                    let staged = self.stage(part).await?;
                    self.staged.push(staged);
                }
                Some("path") => {
                    within(self.paths.len(), most, "paths")?;
                    self.paths.push(field_text(part).await?);
                }
                Some("collection_uuid") => {
                    let text = field_text(part).await?;
                    let id = serde_json::from_value::<Id>(text.into())
                        .map_err(|_| ApiError::invalid("collection_uuid", "must be a UUID"))?;
                    self.aim(id.to()).await?;
                }
                Some("on_conflict") => {
                    let given = serde_json::from_value::<PlaceTaken>(field_text(part).await?.into())
                        .map_err(|_| {
                            ApiError::invalid("on_conflict", "must be skip, replace or keep_both")
                        })?;
                    if self.on_conflict.is_some_and(|known| known != given) {
                        return Err(ApiError::invalid("on_conflict", "two different rules are named"));
                    }
                    self.on_conflict = Some(given);
                }
                other => {
                    let name: String = other.unwrap_or("(unnamed)").chars().take(100).collect();
                    let known = "unknown part: send `file`, `path`, `collection_uuid` and `on_conflict`";
                    return Err(ApiError::invalid(&name, known));
                }
            }
        }
        if self.staged.is_empty() {
            return Err(ApiError::invalid("file", "there is no file in the upload"));
        }
        if !self.paths.is_empty() && self.paths.len() != self.staged.len() {
            return Err(ApiError::invalid("path", "send one path for each file, or none"));
        }
        self.target
            .take()
            .ok_or_else(|| ApiError::invalid("collection_uuid", "say which collection the files go into"))
    }

    async fn stage(&self, part: Field<'_>) -> ApiResult<StagedFile> {
        let about = UploadPart {
            name: file_name(&part),
            media_type: part.content_type().unwrap_or_default().to_owned(),
        };
        Ok(self.app.stage_upload(about, pieces(part)).await?)
    }
}

/// Refuses one more than `most`.
fn within(have: usize, most: usize, what: &str) -> ApiResult<()> {
    if have < most {
        return Ok(());
    }
    Err(ApiError::new(Code::PayloadTooLarge, format!("one request takes at most {most} {what}")))
}

async fn open_parts(request: Request) -> ApiResult<Parts> {
    let declared = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let (essence, parameters) =
        declared.map(|text| text.split_once(';').unwrap_or((text, ""))).unwrap_or_default();
    if !essence.trim().eq_ignore_ascii_case("multipart/form-data") {
        return Err(ApiError::new(Code::UnsupportedMediaType, "send the files as multipart/form-data"));
    }
    let boundary = parameters.trim().split_once('=').map_or("", |(_, value)| value.trim_matches('"'));
    if boundary.len() > BOUNDARY_LIMIT {
        return Err(ApiError::invalid("content-type", "the boundary may have at most 70 characters"));
    }
    Parts::open(request).await
}

/// The bytes of a part, as they arrive.
fn pieces(part: Field<'_>) -> BoxStream<'_, Result<Bytes, MultipartError>> {
    stream::unfold(part, |mut part| async move {
        let piece = part.chunk().await.transpose()?;
        Some((piece, part))
    })
    .boxed()
}

async fn field_text(mut part: Field<'_>) -> ApiResult<String> {
    let name = part.name().unwrap_or_default().to_owned();
    let mut text = Vec::new();
    while let Some(piece) = part.chunk().await.map_err(broken)? {
        if text.len() + piece.len() > FIELD_LIMIT {
            return Err(ApiError::invalid(&name, "the part is too long"));
        }
        text.extend_from_slice(&piece);
    }
    String::from_utf8(text).map_err(|_| ApiError::invalid(&name, "must be UTF-8"))
}
