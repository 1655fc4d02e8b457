//! `POST /rest/connectors/local_upload/upload`

use axum::Json;
use axum::body::Bytes;
use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{FromRequest, Request, State};
use axum::http::{StatusCode, header};
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use gangway_app::{App, Code, StagedFile, UploadPart, UploadTarget};
use gangway_model::{CollectionId, User};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

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

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UploadParams {
    /// The collection the files go into; may be a part of the body instead.
    #[param(inline)]
    collection_uuid: Option<Id>,
}

/// The parts of an upload, in any order.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the parts; they are read as a stream")]
pub struct UploadForm {
    /// One part for each file, with its name in `filename`.
    #[schema(value_type = Vec<String>, format = Binary, min_items = 1)]
    file: Vec<u8>,
    /// The collection the files go into, when the query does not say.
    #[schema(value_type = Option<String>, format = "uuid")]
    collection_uuid: Option<String>,
}

/// Uploads files into a collection. Each file has its own outcome; their text is read afterwards.
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
    let mut upload = Upload { app: &state.app, user: &user, target: None, staged: Vec::new() };
    if let Some(id) = &params.collection_uuid {
        upload.aim(id.to()).await?;
    }
    let mut parts = open_parts(request).await?;
    // What was staged before something turned out wrong is thrown away again.
    match upload.receive(&mut parts).await {
        Ok(target) => {
            let outcomes = state.app.finish_upload(&target, upload.staged).await?;
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
    staged: Vec<StagedFile>,
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

    async fn receive(&mut self, parts: &mut Multipart) -> ApiResult<UploadTarget> {
        let most = self.app.settings.upload.max_files;
        while let Some(part) = parts.next_field().await.map_err(broken)? {
            match part.name() {
                Some("file" | "files" | "file[]") => {
                    if self.staged.len() == most {
                        let message = format!("one request takes at most {most} files");
                        return Err(ApiError::new(Code::PayloadTooLarge, message));
                    }
                    let staged = self.stage(part).await?;
                    self.staged.push(staged);
                }
                Some("collection_uuid") => {
                    let text = field_text(part).await?;
                    let id = serde_json::from_value::<Id>(text.into())
                        .map_err(|_| ApiError::invalid("collection_uuid", "must be a UUID"))?;
                    self.aim(id.to()).await?;
                }
                other => {
                    let name: String = other.unwrap_or("(unnamed)").chars().take(100).collect();
                    return Err(ApiError::invalid(&name, "unknown part: send `file` and `collection_uuid`"));
                }
            }
        }
        if self.staged.is_empty() {
            return Err(ApiError::invalid("file", "there is no file in the upload"));
        }
        self.target
            .take()
            .ok_or_else(|| ApiError::invalid("collection_uuid", "say which collection the files go into"))
    }

    async fn stage(&self, part: Field<'_>) -> ApiResult<StagedFile> {
        let about = UploadPart {
            name: part.file_name().unwrap_or_default().to_owned(),
            media_type: part.content_type().unwrap_or_default().to_owned(),
        };
        Ok(self.app.stage_upload(about, pieces(part)).await?)
    }
}

async fn open_parts(request: Request) -> ApiResult<Multipart> {
    let declared = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = declared.and_then(|text| text.split(';').next()).unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("multipart/form-data") {
        return Err(ApiError::new(Code::UnsupportedMediaType, "send the files as multipart/form-data"));
    }
    Multipart::from_request(request, &())
        .await
        .map_err(|_| ApiError::invalid("content-type", "the content type names no boundary"))
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

fn broken(error: MultipartError) -> ApiError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return ApiError::new(Code::PayloadTooLarge, "the upload is too large");
    }
    ApiError::invalid("body", "the multipart body is malformed or broke off")
}
