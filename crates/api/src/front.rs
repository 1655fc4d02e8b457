//! `/`: what this server is, and where its doors are.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

use crate::state::ApiState;

const PAGE: &str = include_str!("front.html");
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'";
/// RFC 8631: where the description for programs and the one for people are.
const LINKS: &str = "</openapi.json>; rel=\"service-desc\", </docs>; rel=\"service-doc\"";

/// Leads people to the console; where there is none, and to programs, says what this is.
pub async fn front_door(State(state): State<ApiState>, headers: HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let console = state.app.settings.console;
    let links =
        [(header::LINK, HeaderValue::from_static(LINKS)), (header::VARY, HeaderValue::from_static("accept"))];
    match (accepted.contains("text/html"), console) {
        (true, true) => (links, Redirect::to("/console/")).into_response(),
        (true, false) => {
            let about = [
                (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
                (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
            ];
            (links, about, PAGE.replace("{{version}}", env!("CARGO_PKG_VERSION"))).into_response()
        }
        (false, _) => {
            let about = json!({
                "name": "gangway",
                "about": "Connects people's accounts, brings their documents into collections, searches them.",
                "version": env!("CARGO_PKG_VERSION"),
                "docs": "/docs",
                "openapi": "/openapi.json",
                "console": console.then_some("/console/"),
            });
            (links, Json(about)).into_response()
        }
    }
}
