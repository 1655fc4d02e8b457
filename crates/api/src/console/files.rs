//! The files of the web pages, which are part of this program: built from `console/`, checked in, embedded.

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;

use crate::layers::unknown_path;
use crate::state::ApiState;

/// One file of the console.
struct File {
    /// Below `/console/`.
    path: &'static str,
    bytes: &'static [u8],
    /// A hash of the bytes, in quotes.
    etag: &'static str,
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
        .route("/", get(front_door))
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
    serve(file, "no-cache", policy, headers)
}

/// Leads people to the console; programs are told that there is nothing here.
async fn front_door(headers: HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accepted.contains("text/html") {
        return Redirect::to("/console/").into_response();
    }
    unknown_path().await.into_response()
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
    // What has its hash in its name never changes; everything else is asked for again, and answered shortly.
    let caching = if hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
    serve(file, caching, HeaderValue::from_static(policy!("'none'")), headers)
}

fn serve(file: &'static File, caching: &'static str, policy: HeaderValue, headers: &HeaderMap) -> Response {
    let about = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type(file.path))),
        (header::CACHE_CONTROL, HeaderValue::from_static(caching)),
        (header::ETAG, HeaderValue::from_static(file.etag)),
        (header::CONTENT_SECURITY_POLICY, policy),
    ];
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    if known.flat_map(|value| value.split(',')).any(|tag| matches(tag.trim(), file.etag)) {
        return (StatusCode::NOT_MODIFIED, about).into_response();
    }
    (about, file.bytes).into_response()
}

fn find(path: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.path == path)
}

fn matches(tag: &str, etag: &str) -> bool {
    tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("json" | "webmanifest") => "application/json",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
