//! A call in the making, and its answer.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::call::{self, Body};
use super::download::{self, Download};
use super::{Http, transport};
use crate::error::{ConnectorError, Disposition};

/// The largest answer that is read as a whole.
const LARGEST_ANSWER: usize = 32 << 20;
const LONGEST_POLL: Duration = Duration::from_secs(15);

/// A call in the making.
#[derive(Clone)]
pub struct Request {
    pub(super) http: Http,
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Bytes>,
    pub(super) name: &'static str,
    pub(super) lane: &'static str,
    pub(super) idempotent: bool,
    pub(super) authorised: bool,
    pub(super) tries: Option<u32>,
    /// What was wrong with the parts this was made from; told when it is sent.
    pub(super) defect: Option<&'static str>,
}

impl Request {
    pub(super) fn new(http: Http, method: Method, url: Url) -> Self {
        let idempotent = method.is_idempotent();
        Self {
            http,
            method,
            url,
            headers: HeaderMap::new(),
            body: None,
            name: "call",
            lane: "",
            idempotent,
            authorised: true,
            tries: None,
            defect: None,
        }
    }

    /// Names the call in traces and errors, as the provider's documentation does: `files.list`.
    pub fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// Says whose pace the call keeps, where the provider counts some calls apart from others: a lane of the
    /// descriptor's `rates`, or any other name. What makes one lane wait does not hold up the others.
    pub fn lane(mut self, lane: &'static str) -> Self {
        self.lane = lane;
        self
    }

    /// Adds query parameters.
    pub fn query(mut self, pairs: &[(&str, &str)]) -> Self {
        self.url.query_pairs_mut().extend_pairs(pairs);
        self
    }

    /// Adds a header. It is dropped when a redirect leads to another host.
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        match HeaderValue::from_str(value) {
            Ok(mut value) => {
                value.set_sensitive(true);
                self.headers.insert(name, value);
            }
            Err(_) => self.defect = Some("a header value holds characters that headers cannot"),
        }
        self
    }

    pub fn json<T: Serialize + ?Sized>(mut self, body: &T) -> Self {
        match serde_json::to_vec(body) {
            Ok(bytes) => self.body = Some(bytes.into()),
            Err(_) => self.defect = Some("the body cannot be written as JSON"),
        }
        self.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self
    }

    pub fn form(mut self, pairs: &[(&str, &str)]) -> Self {
        let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let media_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        self.headers.insert(header::CONTENT_TYPE, media_type);
        self.body = Some(text.into());
        self
    }

    pub fn body(mut self, media_type: &'static str, body: impl Into<Bytes>) -> Self {
        self.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        self.body = Some(body.into());
        self
    }

    /// Says that repeating the call does no harm although its method does not promise it.
    pub fn idempotent(mut self) -> Self {
        self.idempotent = true;
        self
    }

    /// Sends no token: for addresses that carry their own permission. They may be on any host.
    pub fn without_token(mut self) -> Self {
        self.authorised = false;
        self
    }

    /// Tries at most so often, if the policy does not allow fewer tries still.
    pub fn tries(mut self, most: u32) -> Self {
        self.tries = Some(most);
        self
    }

    /// Sends, and hands over the answer with its body unread. Refusals are errors.
    pub async fn send(self) -> Result<Response, ConnectorError> {
        let url = self.url.clone();
        let reply = call::run(&self, Body::Open).await?;
        Ok(Response { url, status: reply.status, headers: reply.headers, body: reply.open })
    }

    /// Sends, and reads the whole answer.
    pub async fn send_bytes(self) -> Result<Bytes, ConnectorError> {
        Ok(call::run(&self, Body::Whole { most: LARGEST_ANSWER }).await?.whole)
    }

    /// Sends, and reads the answer as JSON.
    pub async fn send_json<T: DeserializeOwned>(self) -> Result<T, ConnectorError> {
        let (name, url) = (self.name, self.url.clone());
        let bytes = self.send_bytes().await?;
        serde_json::from_slice(&bytes).map_err(|error| {
            // serde's message may quote the body: only the place is told.
            let place = format!("line {} column {}", error.line(), error.column());
            let host = transport::host(&url);
            ConnectorError::new(
                "malformed_answer",
                format!("the answer of {host} to {name} cannot be read (at {place})"),
                Disposition::RetryLater { after: None },
            )
        })
    }

    /// Sends again and again, with growing waits, until the answer says that it is done. Not longer than
    /// `longest`: then the error asks to come back later.
    pub async fn poll_json<T: DeserializeOwned>(
        self,
        is_done: fn(&T) -> bool,
        longest: Duration,
    ) -> Result<T, ConnectorError> {
        let clock = self.http.options.clock.clone();
        let give_up_at = clock.now() + longest;
        let mut wait = Duration::from_secs(1);
        loop {
            let answer: T = self.clone().send_json().await?;
            if is_done(&answer) {
                return Ok(answer);
            }
            if clock.now() + wait > give_up_at {
                let message = format!("{} is still preparing the answer", transport::host(&self.url));
                let later = Disposition::RetryLater { after: Some(longest) };
                return Err(ConnectorError::new("still_preparing", message, later));
            }
            clock.sleep(wait).await;
            wait = (wait * 2).min(LONGEST_POLL);
        }
    }

    /// Sends, and streams the answer's bytes; a cut stream is an error. Never more than `max_bytes`.
    pub async fn stream(self, max_bytes: u64) -> Result<Download, ConnectorError> {
        download::start(self, max_bytes, 0).await
    }

    /// Sends, and streams the answer's bytes; a cut stream is taken up again where it broke off, at most
    /// `most_resumes` times. Only for content that the provider serves by range.
    pub async fn stream_resumable(
        self,
        max_bytes: u64,
        most_resumes: u32,
    ) -> Result<Download, ConnectorError> {
        download::start(self, max_bytes, most_resumes).await
    }
}

/// A successful answer with its body unread.
pub struct Response {
    pub status: StatusCode,
    pub headers: HeaderMap,
    url: Url,
    body: Option<reqwest::Response>,
}

impl Response {
    /// Reads the body, never more than `most` bytes of it.
    pub async fn bytes(self, most: usize) -> Result<Bytes, ConnectorError> {
        match self.body {
            Some(body) => call::read_whole(&self.url, body, most).await.map_err(|failure| failure.error),
            None => Ok(Bytes::new()),
        }
    }
}
