//! The files of the web pages, which are part of this program: built from `console/`, checked in, embedded.

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;

use crate::embedded::{ASK_AGAIN, Embedded, FOREVER, media_type};
use crate::state::ApiState;

/// One file of the console.
pub struct File {
    /// Below `/console/`.
    path: &'static str,
    pub bytes: &'static [u8],
    /// A hash of the bytes, in quotes.
    pub etag: &'static str,
}

// `FILES: &[File]`, written by `build.rs` from the folder `console` beside it.
include!(concat!(env!("OUT_DIR"), "/console_files.rs"));

/// What lies beside the console and is served elsewhere.
const PICKER: &str = "picker.html";
const EMBED: &str = "embed.js";

/// Scripts and styles from here and nowhere else, none of them inline; no form, no foreign address; in a frame only
/// where it is said.
macro_rules! policy {
    ($ancestors:literal) => {
        concat!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
             font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; \
             require-trusted-types-for 'script'; trusted-types svelte-trusted-html; frame-ancestors ",
            $ancestors
        )
    };
}

/// The console's pages. They are no part of the API and so not in its description.
pub fn routes() -> Router<ApiState> {
    Router::new()
        .route("/console", get(|| async { Redirect::permanent("/console/") }))
        .route("/console/", get(|headers: HeaderMap| async move { answer("", &headers) }))
        .route(
            "/console/{*path}",
            get(|Path(path): Path<String>, headers: HeaderMap| async move { answer(&path, &headers) }),
        )
        .route("/embed.js", get(embed_script))
}

/// The script that products put into their pages. Its address stays, so that browsers ask again after a while; pages
/// that are isolated from other origins may load it too.
async fn embed_script(headers: HeaderMap) -> Response {
    let Some(file) = find(EMBED) else { return StatusCode::NOT_FOUND.into_response() };
    let caching = "public, max-age=300, stale-while-revalidate=86400";
    let mut response = serve(file, caching, HeaderValue::from_static(policy!("'none'")), &headers);
    let everyone = HeaderValue::from_static("cross-origin");
    response.headers_mut().insert(HeaderName::from_static("cross-origin-resource-policy"), everyone);
    response
}

/// The picker's page, which pages of these origins may frame.
pub fn picker_page(ancestors: &[&str], headers: &HeaderMap) -> Response {
    let Some(file) = find(PICKER) else { return StatusCode::NOT_FOUND.into_response() };
    let policy = format!("{} {}", policy!("'self'"), ancestors.join(" "));
    let policy =
        HeaderValue::from_str(policy.trim_end()).unwrap_or(HeaderValue::from_static(policy!("'none'")));
    serve(file, ASK_AGAIN, policy, headers)
}

/// A file; or, where there is none, the page, whose script knows the places that it calls by address.
fn answer(path: &str, headers: &HeaderMap) -> Response {
    let hashed = path.starts_with("assets/");
    let file = match find(path).filter(|file| ![PICKER, EMBED].contains(&file.path)) {
        Some(file) => file,
        None if hashed => return StatusCode::NOT_FOUND.into_response(),
        None => match find("index.html") {
            Some(page) => page,
            None => return StatusCode::NOT_FOUND.into_response(),
        },
    };
    serve(
        file,
        if hashed { FOREVER } else { ASK_AGAIN },
        HeaderValue::from_static(policy!("'none'")),
        headers,
    )
}

fn serve(file: &'static File, caching: &'static str, policy: HeaderValue, headers: &HeaderMap) -> Response {
    let etag = HeaderValue::from_static(file.etag);
    Embedded { bytes: file.bytes, media_type: media_type(file.path), etag, caching, policy }.answer(headers)
}

fn find(path: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.path == path)
}

/// The first file whose path begins so: the build puts a hash behind the names of some.
pub fn find_by_beginning(beginning: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.path.starts_with(beginning))
}
