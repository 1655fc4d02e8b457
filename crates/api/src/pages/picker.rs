//! `GET /picker/{session_id}`: the page on which a person chooses files.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::console::files;
use crate::documented::BadRequest;
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::{Id, Segment};

/// The session a path is about.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct PickerPath {
    /// `session_id` of the picker.
    #[param(inline)]
    pub session_id: Id,
}

/// Shows the picker. The page is the same for every session: what it may show, its key decides, and the key is
/// in the part of the address that browsers keep to themselves. Pages of the listed origins may frame it.
#[utoipa::path(
    get, path = "/picker/{session_id}", tag = "picker", params(PickerPath),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"), BadRequest
    )
)]
pub async fn picker_page(
    State(state): State<ApiState>,
    headers: HeaderMap,
    Segment(_path): Segment<PickerPath>,
) -> ApiResult<Response> {
    let ancestors: Vec<&str> = state.app.settings.allowed_origins.iter().map(String::as_str).collect();
    Ok(files::picker_page(&ancestors, &headers))
}
