//! What pages of ours that are not part of the console have of it: its colours, letters and controls; and how they are
//! answered.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// The console's styles, and those named besides.
macro_rules! styles {
    ($($own:literal),*) => {
        concat!(
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../console/src/styles/tokens.css")),
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../console/src/styles/base.css")),
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../console/src/styles/controls.css")),
            $(include_str!($own),)*
        )
    };
}
pub(crate) use styles;

/// A page that is made for one request and kept by nobody. A policy that is none becomes one that allows nothing.
pub fn page(status: StatusCode, markup: String, policy: &str, referrer: &'static str) -> Response {
    let policy = HeaderValue::from_str(policy)
        .unwrap_or(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::REFERRER_POLICY, HeaderValue::from_static(referrer)),
    ];
    (status, headers, markup).into_response()
}
