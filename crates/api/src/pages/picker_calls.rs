//! The calls that the picker page makes, authorised by the key in its address.

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use gangway_app::{Code, OpenPicker};
use gangway_model::{ConnectionState, ProviderItemId, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::picker::PickerPath;
use crate::documented::{Always, AsksProvider, JsonBody, OnConnection};
use crate::problem::{ApiError, ApiResult};
use crate::state::ApiState;
use crate::strict::{Body, Listed, Params, ProviderId, Segment, Text};
use crate::v1::connectors::token::UserInfo;
use crate::v1::files::list::FileList;
use crate::v1::params::{Cursor, Limit, page_of};
use crate::v1::picker::PickedFileView;

/// A session whose key was shown.
pub struct Picker(OpenPicker);

impl FromRequestParts<ApiState> for Picker {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        let key = parts.headers.get("x-picker-key").and_then(|value| value.to_str().ok());
        let key = key.filter(|key| !key.is_empty() && key.len() <= 512);
        let key =
            key.ok_or_else(|| ApiError::new(Code::Unauthorized, "send the picker's key: X-Picker-Key"))?;
        let key = SecretString::from(key);
        let Segment(path) = Segment::<PickerPath>::from_request_parts(parts, state).await?;
        Ok(Picker(state.app.open_picker(&path.session_id.to(), &key).await?))
    }
}

/// What may be chosen, where from, and who is told.
#[derive(Serialize, ToSchema)]
pub struct PickerAbout {
    connector_id: String,
    connector_name: &'static str,
    /// The connector's kind, such as `file_storage`.
    connector_type: &'static str,
    /// The account whose files are shown.
    account: UserInfo,
    /// Whether the account has to be connected again first.
    needs_reauth: bool,
    multiple: bool,
    max_files: u32,
    mime_types: Vec<String>,
    /// Origins whose page is told the choice: the one that was named, else those of the server's list.
    origins: Vec<String>,
    redirect_uri: Option<String>,
    state: Option<String>,
    /// Seconds until the picker closes.
    expires_in: i64,
}

/// Tells the picker page what may be chosen.
#[utoipa::path(
    get, path = "/picker/{session_id}/about", tag = "picker", security(("picker_key" = [])), params(PickerPath),
    responses((status = 200, description = "What may be chosen.", body = PickerAbout), OnConnection, Always)
)]
pub async fn picker_about(Picker(open): Picker, State(state): State<ApiState>) -> Json<PickerAbout> {
    let max_files = open.options.most();
    let options = open.options;
    Json(PickerAbout {
        connector_id: open.descriptor.id.to_owned(),
        connector_name: open.descriptor.name,
        connector_type: open.descriptor.kind.as_str(),
        account: open.connection.account.into(),
        needs_reauth: open.connection.state == ConnectionState::NeedsReauth,
        multiple: options.multiple,
        max_files,
        mime_types: options.mime_types,
        origins: options.origin.map_or_else(|| state.app.settings.message_origins(), |origin| vec![origin]),
        redirect_uri: options.redirect_uri,
        state: options.state,
        expires_in: open.expires_in,
    })
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PickerFileParams {
    /// Rows on a page; 50 when left out.
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

/// Lists what the picker page shows.
#[utoipa::path(
    get, path = "/picker/{session_id}/files", tag = "picker", security(("picker_key" = [])),
    params(PickerPath, PickerFileParams),
    responses((status = 200, description = "A page of files.", body = FileList), OnConnection, AsksProvider, Always)
)]
pub async fn picker_files(
    Picker(open): Picker,
    State(state): State<ApiState>,
    Params(params): Params<PickerFileParams>,
) -> ApiResult<Json<FileList>> {
    let folder = params.folder_id.map(|id| ProviderItemId::from(id.into_string()));
    let query = params.query.map(Text::into_string);
    let page = state.app.browse_picker(&open, folder, query, page_of(params.limit, params.cursor)).await?;
    Ok(Json(page.into()))
}

type FileIds = Listed<ProviderId, 1, 1000>;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PickRequest {
    /// The chosen files and folders, by the provider's ids.
    file_ids: FileIds,
}

#[derive(Serialize, ToSchema)]
pub struct PickAnswer {
    files: Vec<PickedFileView>,
}

/// Takes the choice, and closes the picker.
#[utoipa::path(
    post, path = "/picker/{session_id}/pick", tag = "picker", security(("picker_key" = [])), params(PickerPath),
    request_body = PickRequest,
    responses(
        (status = 200, description = "Chosen.", body = PickAnswer), OnConnection, JsonBody, AsksProvider, Always
    )
)]
pub async fn pick(
    Picker(open): Picker,
    State(state): State<ApiState>,
    Body(body): Body<PickRequest>,
) -> ApiResult<Json<PickAnswer>> {
    let ids = body.file_ids.into_vec().into_iter().map(|id| ProviderItemId::from(id.into_string())).collect();
    let files = state.app.pick(&open, ids).await?;
    Ok(Json(PickAnswer { files: files.into_iter().map(Into::into).collect() }))
}

/// Closes the picker without a choice.
#[utoipa::path(
    post, path = "/picker/{session_id}/cancel", tag = "picker", security(("picker_key" = [])), params(PickerPath),
    responses((status = 204, description = "Closed."), OnConnection, Always)
)]
pub async fn cancel_picker(Picker(open): Picker, State(state): State<ApiState>) -> ApiResult<StatusCode> {
    state.app.cancel_picker(&open).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Where the page's popup begins.
#[derive(Serialize, ToSchema)]
pub struct ReconnectAnswer {
    auth_url: String,
}

/// Begins to connect the picker's account again; the callback page's own call completes it.
#[utoipa::path(
    post, path = "/picker/{session_id}/reconnect", tag = "picker", security(("picker_key" = [])), params(PickerPath),
    responses(
        (status = 200, description = "Open `auth_url` in a popup.", body = ReconnectAnswer), OnConnection, Always
    )
)]
pub async fn reconnect_picker(
    Picker(open): Picker,
    State(state): State<ApiState>,
) -> ApiResult<Json<ReconnectAnswer>> {
    Ok(Json(ReconnectAnswer { auth_url: state.app.reconnect_picker(&open).await?.auth_url }))
}
