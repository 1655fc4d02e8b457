//! The files of the console's pages, which are part of this program: built from `console/`, checked in, embedded.

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
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

/// Scripts and styles from here and nowhere else, none of them inline; no frame, no form, no foreign address.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types svelte-trusted-html";

/// The console's pages. They are no part of the API and so not in its description.
pub fn routes() -> Router<ApiState> {
    Router::new()
        .route("/console", get(|| async { Redirect::permanent("/console/") }))
        .route("/console/", get(|headers: HeaderMap| async move { answer("", &headers) }))
        .route(
            "/console/{*path}",
            get(|Path(path): Path<String>, headers: HeaderMap| async move { answer(&path, &headers) }),
        )
}

/// A file; or, where there is none, the page, whose script knows the places that it calls by address.
fn answer(path: &str, headers: &HeaderMap) -> Response {
    let hashed = path.starts_with("assets/");
    let file = match find(path) {
        Some(file) => file,
        None if hashed => return StatusCode::NOT_FOUND.into_response(),
        None => match find("index.html") {
            Some(page) => page,
            None => return StatusCode::NOT_FOUND.into_response(),
        },
    };
    let embedded = Embedded {
        bytes: file.bytes,
        media_type: media_type(file.path),
        etag: HeaderValue::from_static(file.etag),
        caching: if hashed { FOREVER } else { ASK_AGAIN },
        policy: POLICY,
    };
    embedded.answer(headers)
}

fn find(path: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.path == path)
}

/// The first file whose path begins so: the build puts a hash behind the names of some.
pub fn find_by_beginning(beginning: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.path.starts_with(beginning))
}
