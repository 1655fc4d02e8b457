//! `POST /rest/connectors/{connector_id}/picker`

use axum::Json;
use axum::extract::State;
use gangway_app::PickerOptions;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::caller::Caller;
use crate::documented::{Always, OnConnection, PayloadTooLarge, UnsupportedMediaType};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::{Listed, OptionalBody, Params, Segment, Text, Whole};
use crate::v1::connectors::ConnectorPath;
use crate::v1::params::ConnectionParams;

/// Files that may be chosen when the caller does not say.
const DEFAULT_MAX_FILES: u32 = 100;

type MimeTypes = Listed<Text<1, 255>, 0, 100>;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PickerRequest {
    /// Whether more than one file may be chosen; true when left out.
    #[serde(default)]
    multiple: Option<bool>,
    /// Only these types, by name or by family (`image/*`). Folders can always be chosen.
    #[serde(default)]
    mime_types: Option<MimeTypes>,
    /// Files that may be chosen; 100 when left out.
    #[serde(default)]
    max_files: Option<Whole<1, 1000>>,
    /// The page that embeds the picker and is told the choice; must be on the server's list.
    #[serde(default)]
    origin: Option<Text<1, 512>>,
    /// Where to lead the browser after the choice when no window opened the picker, as on phones; must be one of the
    /// server's `redirect_uris`. `session_id`, `status` and `state` are added to it.
    #[serde(default)]
    redirect_uri: Option<Text<1, 2048>>,
    /// Given back with the choice, as it came.
    #[serde(default)]
    state: Option<Text<1, 512>>,
}

#[derive(Serialize, ToSchema)]
pub struct PickerAnswer {
    /// A page to open in a popup or a frame. The part after `#` is its key.
    picker_url: String,
    session_id: String,
    /// Seconds until the page closes.
    expires_in: u64,
}

/// Opens a picker on the user's files. One whose account has to be connected again can be opened: its page offers that.
#[utoipa::path(
    post, path = "/rest/connectors/{connector_id}/picker", tag = "picker", security(("user_token" = [])),
    params(ConnectorPath, ConnectionParams), request_body = Option<PickerRequest>,
    responses(
        (status = 200, description = "Open `picker_url`.", body = PickerAnswer),
        OnConnection, PayloadTooLarge, UnsupportedMediaType, Always
    )
)]
pub async fn create_picker(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Segment(path): Segment<ConnectorPath>,
    Params(params): Params<ConnectionParams>,
    OptionalBody(body): OptionalBody<PickerRequest>,
) -> ApiResult<Json<PickerAnswer>> {
    let options = PickerOptions {
        multiple: body.multiple.unwrap_or(true),
        mime_types: body
            .mime_types
            .unwrap_or_default()
            .into_vec()
            .into_iter()
            .map(Text::into_string)
            .collect(),
        max_files: body.max_files.map_or(DEFAULT_MAX_FILES, Whole::get_u32),
        origin: body.origin.map(Text::into_string),
        redirect_uri: body.redirect_uri.map(Text::into_string),
        state: body.state.map(Text::into_string),
    };
    let created = state.app.create_picker(&user, path.id(), params.id().as_ref(), options).await?;
    Ok(Json(PickerAnswer {
        picker_url: created.url,
        session_id: created.session.into_string(),
        expires_in: created.expires_in,
    }))
}
