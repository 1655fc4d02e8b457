//! Files that are part of this program, and how browsers keep them: no longer than they are true.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// What has its hash in its name never changes.
pub const FOREVER: &str = "public, max-age=31536000, immutable";
/// Everything else is asked for again, and answered shortly when it is the same.
pub const ASK_AGAIN: &str = "no-cache";

/// One file.
pub struct Embedded {
    pub bytes: &'static [u8],
    pub media_type: &'static str,
    /// A hash of the bytes, in quotes.
    pub etag: HeaderValue,
    pub caching: &'static str,
    /// The content security policy.
    pub policy: HeaderValue,
}

impl Embedded {
    /// Answers the file, or that the browser has it.
    pub fn answer(self, headers: &HeaderMap) -> Response {
        let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        let etag = self.etag.to_str().unwrap_or_default();
        let fresh = known.flat_map(|value| value.split(',')).any(|tag| matches(tag.trim(), etag));
        let about = [
            (header::CONTENT_TYPE, HeaderValue::from_static(self.media_type)),
            (header::CACHE_CONTROL, HeaderValue::from_static(self.caching)),
            (header::CONTENT_SECURITY_POLICY, self.policy),
            (header::ETAG, self.etag),
        ];
        match fresh {
            true => (StatusCode::NOT_MODIFIED, about).into_response(),
            false => (about, self.bytes).into_response(),
        }
    }
}

fn matches(tag: &str, etag: &str) -> bool {
    tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag
}

pub fn media_type(path: &str) -> &'static str {
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
