//! `/docs`: the API's reference for people, made of the OpenAPI document when it is first asked for. So it needs no step
//! of a build that could be forgotten, says of every operation what the document says, and reads without a script.

mod errors;
mod html;
mod operation;
mod page;
mod schema;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::OnceLock;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;

use crate::console::files::find_by_beginning;
use crate::embedded::{ASK_AGAIN, Embedded, media_type};
use crate::layers::unknown_path;
use crate::looks::styles;
use crate::state::ApiState;

#[cfg(test)]
pub use errors::markdown as errors_markdown;

/// Colours, type and controls are the console's own.
const STYLE: &str = styles!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Nothing inline, nothing from elsewhere, and no calls at all.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
     trusted-types 'none'";

/// The page and what it is shown with.
pub fn routes() -> Router<ApiState> {
    Router::new()
        .route("/docs", get(show))
        .route("/docs/", get(|| async { Redirect::permanent("/docs") }))
        .route("/docs/{file}", get(show_file))
}

async fn show(State(state): State<ApiState>, headers: HeaderMap) -> Response {
    static PAGES: [OnceLock<String>; 2] = [OnceLock::new(), OnceLock::new()];
    let console = state.app.settings.console;
    let page = PAGES[usize::from(console)].get_or_init(|| page::page(&crate::openapi::document(), console));
    embedded("page.html", page.as_bytes()).answer(&headers)
}

async fn show_file(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let built = |beginning: &str| find_by_beginning(beginning).map(|file| file.bytes);
    let bytes = match name.as_str() {
        "style.css" => Some(STYLE.as_bytes()),
        "script.js" => Some(SCRIPT.as_bytes()),
        "theme.js" => built("theme.js"),
        "mark.svg" => built("mark.svg"),
        "inter-latin.woff2" => built("assets/inter-latin-wght-normal-"),
        _ => None,
    };
    match bytes {
        Some(bytes) => embedded(&name, bytes).answer(&headers),
        None => unknown_path().await.into_response(),
    }
}

fn embedded(name: &str, bytes: &'static [u8]) -> Embedded {
    let mut hasher = DefaultHasher::new();
    (env!("CARGO_PKG_VERSION"), bytes).hash(&mut hasher);
    let etag = format!("\"{:016x}\"", hasher.finish());
    Embedded {
        bytes,
        media_type: media_type(name),
        etag: HeaderValue::try_from(etag).expect("digits make a header"),
        caching: ASK_AGAIN,
        policy: HeaderValue::from_static(POLICY),
    }
}
