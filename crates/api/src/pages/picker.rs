//! `GET /picker/{session_id}`: the page on which a person chooses files.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

use super::answer;
use crate::documented::BadRequest;
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::{Id, Segment};

const TEMPLATE: &str = include_str!("picker.html");

/// The session a path is about.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct PickerPath {
    /// `session_id` of the picker.
    #[param(inline)]
    pub session_id: Id,
}

/// Shows the picker. The page is the same for every session: what it may show, its key decides, and the key is
/// in the part of the address that browsers keep to themselves.
#[utoipa::path(
    get, path = "/picker/{session_id}", tag = "picker", params(PickerPath),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"), BadRequest
    )
)]
pub async fn picker_page(
    State(state): State<ApiState>,
    Segment(path): Segment<PickerPath>,
) -> ApiResult<Response> {
    let settings = &state.app.settings;
    let data = json!({ "session": path.session_id.as_str(), "origins": settings.message_origins() });
    let ancestors: Vec<&str> =
        std::iter::once("'self'").chain(settings.allowed_origins.iter().map(String::as_str)).collect();
    Ok(answer(StatusCode::OK, TEMPLATE, &data, &ancestors.join(" ")))
}
