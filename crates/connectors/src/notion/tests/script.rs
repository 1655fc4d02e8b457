//! A Notion that answers as a test tells it to, for days that no emulator has.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use futures::TryStreamExt;
use gangway_connector::conformance::HastyClock;
use gangway_connector::http::{AllowedHosts, Http, HttpOptions, Jitter, RetryPolicy};
use gangway_connector::{ConnectionContext, Connector, ConnectorError, Entry, FetchLimits, Source};
use gangway_effects::{Network, NetworkOptions};
use http::HeaderMap;
use serde_json::Value;
use url::Url;

use super::make::not_found;
use crate::notion::Notion;

/// A request, as it arrived.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Method and path, such as `GET /v1/pages/…`.
    pub what: String,
    pub query: BTreeMap<String, String>,
    pub headers: HeaderMap,
    pub body: Value,
    /// How often the same was asked before.
    pub before: usize,
}

pub enum Answer {
    Json(u16, Value),
    Bytes(u16, &'static str, Vec<u8>),
}

impl From<Value> for Answer {
    fn from(value: Value) -> Self {
        Answer::Json(200, value)
    }
}

impl From<(u16, Value)> for Answer {
    fn from((status, value): (u16, Value)) -> Self {
        Answer::Json(status, value)
    }
}

pub struct Script {
    pub base: Url,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Script {
    /// Answers by a rule; what it leaves open is not found.
    pub async fn start(rule: impl Fn(&Asked) -> Option<Answer> + Send + Sync + 'static) -> Self {
        let asked = Arc::new(Mutex::new(Vec::<Asked>::new()));
        let log = Arc::clone(&asked);
        let rule = Arc::new(rule);
        let take = move |request: Request| {
            let (log, rule) = (Arc::clone(&log), Arc::clone(&rule));
            async move {
                let (parts, body) = request.into_parts();
                let body = to_bytes(body, 1 << 20).await.unwrap();
                let what = format!("{} {}", parts.method, parts.uri.path());
                let query = url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
                let query = query.into_owned().collect();
                let body = serde_json::from_slice(&body).unwrap_or_default();
                let before = log.lock().unwrap().iter().filter(|asked| asked.what == what).count();
                let asked = Asked { what, query, headers: parts.headers, body, before };
                log.lock().unwrap().push(asked.clone());
                let answer = rule(&asked).unwrap_or_else(|| not_found().into());
                let (status, media_type, bytes) = match answer {
                    Answer::Json(status, value) => {
                        (status, "application/json", value.to_string().into_bytes())
                    }
                    Answer::Bytes(status, media_type, bytes) => (status, media_type, bytes),
                };
                let answer = Response::builder().status(status).header("content-type", media_type);
                answer.body(Body::from(bytes)).unwrap()
            }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(take)).await });
        Self { base, asked }
    }

    /// Answers by a table of what is asked.
    pub async fn of(table: Vec<(String, Value)>) -> Self {
        let table: BTreeMap<String, Value> = table.into_iter().collect();
        Self::start(move |asked| table.get(&asked.what).cloned().map(Answer::from)).await
    }

    pub fn source(&self) -> Box<dyn Source> {
        self.source_with(true)
    }

    /// Private addresses other than the API's own are refused, as they are at work.
    pub fn guarded_source(&self) -> Box<dyn Source> {
        self.source_with(false)
    }

    fn source_with(&self, allow_private_addresses: bool) -> Box<dyn Source> {
        let allowed_hosts = [self.base.host_str().unwrap().to_owned()].into();
        let options = NetworkOptions { allow_private_addresses, allowed_hosts, ..NetworkOptions::default() };
        let http = Http::new(HttpOptions {
            network: Network::new(options).unwrap(),
            clock: HastyClock::starting_at("2026-05-01T12:00:00Z".parse().unwrap()),
            tokens: None,
            allowed_hosts: AllowedHosts::of([&self.base]),
            limiter: None,
            retry: RetryPolicy { jitter: Jitter::None, ..RetryPolicy::PATIENT },
            connection: "script".to_owned(),
        });
        let endpoints = Arc::new(BTreeMap::from([("api".to_owned(), self.base.clone())]));
        Notion.open(ConnectionContext { http, endpoints })
    }

    /// What was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub fn count(&self, what: &str) -> usize {
        self.asked().iter().filter(|asked| asked.what == what).count()
    }
}

/// Fetches an item's content as text.
pub async fn content(source: &dyn Source, entry: &Entry) -> Result<String, ConnectorError> {
    let content = source.fetch(entry, &FetchLimits { max_bytes: 1 << 24 }).await?;
    let chunks: Vec<_> = content.bytes.try_collect().await?;
    Ok(String::from_utf8(chunks.concat()).unwrap())
}
