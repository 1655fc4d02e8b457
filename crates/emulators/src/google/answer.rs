//! What every answer of Google's front end carries.

use axum::body::Body;
use axum::http::{HeaderValue, Response};
use bytes::Bytes;

pub use crate::kernel::answer::Answer;

/// Returns an answer in JSON that no cache may keep.
pub fn json(status: u16, body: impl Into<Bytes>) -> Answer {
    Answer::new(status, "application/json; charset=UTF-8", body)
        .with_header("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate")
        .with_header("Pragma", "no-cache")
        .with_header("Expires", "Mon, 01 Jan 1990 00:00:00 GMT")
}

/// Turns an answer into a response with the headers every Google front end adds.
pub fn respond(answer: Answer, cut_after: Option<usize>) -> Response<Body> {
    let mut response = answer.into_response(cut_after);
    let headers = response.headers_mut();
    for vary in ["Origin", "X-Origin"] {
        headers.append("vary", HeaderValue::from_static(vary));
    }
    headers.insert("x-xss-protection", HeaderValue::from_static("0"));
    headers.insert("x-frame-options", HeaderValue::from_static("SAMEORIGIN"));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    headers.insert("server", HeaderValue::from_static("ESF"));
    response
}
