//! An HTTP answer as plain data, so that faults and batches can handle it before it leaves.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use bytes::Bytes;
use futures::{StreamExt, stream};

use super::clock::pause_ms;
use super::faults::Effect;

/// Status, headers and the whole body.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

impl Answer {
    pub fn new(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        let mut headers = Vec::with_capacity(10);
        if !content_type.is_empty() {
            headers.push(("Content-Type".to_owned(), content_type.to_owned()));
        }
        Self { status, headers, body: body.into() }
    }

    pub fn json(status: u16, body: impl Into<Bytes>) -> Self {
        Self::new(status, "application/json; charset=utf-8", body)
    }

    pub fn html(status: u16, body: String) -> Self {
        Self::new(status, "text/html; charset=utf-8", body).with_header("Cache-Control", "no-store")
    }

    pub fn empty(status: u16) -> Self {
        Self::new(status, "", Bytes::new())
    }

    pub fn redirect(location: &str) -> Self {
        Self::empty(302).with_header("Location", location)
    }

    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Adds what a fault changes on an answer: headers, a wait, half a body.
    pub fn with_effect(mut self, effect: &Effect) -> Self {
        if let Some(seconds) = effect.retry_after {
            self = self.with_header("Retry-After", seconds.to_string());
        }
        for (name, value) in &effect.headers {
            self = self.with_header(name, value.clone());
        }
        if effect.truncate_body {
            self.body = self.body.slice(..self.body.len() / 2);
        }
        self
    }

    /// Turns the answer into a response; with `cut_after` the connection drops after that many bytes of the body.
    pub fn into_response(self, cut_after: Option<usize>) -> Response<Body> {
        let length = self.body.len();
        let body = match cut_after {
            Some(count) if count < length => cut_body(self.body.slice(..count)),
            _ => Body::from(self.body),
        };
        let mut response = Response::new(body);
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes());
            let value = HeaderValue::from_bytes(value.as_bytes());
            if let (Ok(name), Ok(value)) = (name, value) {
                headers.append(name, value);
            }
        }
        if cut_after.is_some() {
            headers.insert("content-length", HeaderValue::from(length));
        }
        response
    }
}

/// A body that ends in an error, so that the connection is dropped mid-way. The pause lets the bytes leave first.
fn cut_body(sent: Bytes) -> Body {
    let drop_it = async {
        pause_ms(30).await;
        Err(std::io::Error::other("connection dropped on purpose"))
    };
    Body::from_stream(stream::iter([Ok(sent)]).chain(stream::once(drop_it)))
}
