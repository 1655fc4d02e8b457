//! A Dropbox that answers by a script, one answer after the other for each call, and remembers what it was asked.
//! For what no honest account shows at will.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use gangway_connector::conformance::HastyClock;
use gangway_connector::http::{AllowedHosts, Http, HttpOptions, Jitter, RetryPolicy};
use gangway_connector::{ConnectionContext, Connector, Source};
use gangway_effects::{Network, NetworkOptions};
use http::StatusCode;
use serde_json::{Value, json};
use url::Url;

use crate::dropbox::Dropbox;

pub const ROUTE_OF_ACCOUNT: &str = "users/get_current_account";

/// One call, as it arrived.
#[derive(Clone, Debug)]
pub struct Asked {
    pub route: String,
    /// The body, or the header that stands for it.
    pub argument: Value,
    /// The header as it was written.
    pub written: Option<String>,
    pub root: Option<Value>,
}

#[derive(Default)]
struct Script {
    answers: Mutex<BTreeMap<String, VecDeque<Reply>>>,
    asked: Mutex<Vec<Asked>>,
}

#[derive(Clone)]
struct Reply {
    status: u16,
    result: Option<String>,
    body: String,
}

pub struct Scripted {
    base: Url,
    network: Network,
    script: Arc<Script>,
}

impl Scripted {
    /// Starts with an account whose root is `1`.
    pub async fn start() -> Self {
        let script = Arc::new(Script::default());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&script));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let options = NetworkOptions { allow_private_addresses: true, ..NetworkOptions::default() };
        let scripted = Self { base, network: Network::new(options).unwrap(), script };
        scripted.root("1");
        scripted
    }

    /// A connection opened anew.
    pub fn source(&self) -> Box<dyn Source> {
        let endpoints: BTreeMap<String, Url> =
            ["api", "content"].map(|it| (it.to_owned(), self.base.clone())).into();
        let http = Http::new(HttpOptions {
            network: self.network.clone(),
            clock: HastyClock::starting_at("2026-05-01T10:00:00Z".parse().unwrap()),
            tokens: None,
            allowed_hosts: AllowedHosts::of(endpoints.values()),
            limiter: None,
            retry: RetryPolicy { jitter: Jitter::None, ..RetryPolicy::PATIENT },
            connection: "script".to_owned(),
        });
        Dropbox.open(ConnectionContext { http, endpoints: Arc::new(endpoints) })
    }

    /// Has a route answer this next. The last answer of a route is given again and again.
    pub fn answers(&self, route: &str, status: u16, body: Value) -> &Self {
        self.reply(route, Reply { status, result: None, body: body.to_string() })
    }

    pub fn says(&self, route: &str, status: u16, text: &str) -> &Self {
        self.reply(route, Reply { status, result: None, body: text.to_owned() })
    }

    /// Has a content route serve these bytes, and say this of them.
    pub fn serves(&self, route: &str, result: &str, bytes: &str) -> &Self {
        self.reply(route, Reply { status: 200, result: Some(result.to_owned()), body: bytes.to_owned() })
    }

    /// Has a route refuse by these tags.
    pub fn refuses(&self, route: &str, status: u16, error: Value) -> &Self {
        self.answers(route, status, json!({"error_summary": "some/words/...", "error": error}))
    }

    pub fn finds_nothing(&self, route: &str) -> &Self {
        self.refuses(route, 409, json!({".tag": "path", "path": {".tag": "not_found"}}))
    }

    /// Gives the account this root from its next question on.
    pub fn root(&self, namespace: &str) -> &Self {
        let root = json!({".tag": "team", "root_namespace_id": namespace, "home_namespace_id": "1"});
        self.answers(ROUTE_OF_ACCOUNT, 200, json!({"account_id": "dbid:me", "root_info": root}))
    }

    /// Forgets what a route was to answer.
    pub fn forget(&self, route: &str) -> &Self {
        self.script.answers.lock().unwrap().remove(route);
        self
    }

    /// The calls since last asked, without those for the account.
    pub fn asked(&self) -> Vec<Asked> {
        let mut asked = std::mem::take(&mut *self.script.asked.lock().unwrap());
        asked.retain(|call| call.route != ROUTE_OF_ACCOUNT);
        asked
    }

    /// How often the account was asked for, since last asked for anything.
    pub fn roots_asked(&self) -> usize {
        self.script.asked.lock().unwrap().iter().filter(|call| call.route == ROUTE_OF_ACCOUNT).count()
    }

    fn reply(&self, route: &str, reply: Reply) -> &Self {
        self.script.answers.lock().unwrap().entry(route.to_owned()).or_default().push_back(reply);
        self
    }
}

async fn answer(State(script): State<Arc<Script>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let route = parts.uri.path().strip_prefix("/2/").unwrap_or_default().to_owned();
    let header = |name: &str| parts.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let written = header("dropbox-api-arg");
    assert!(
        written.is_none() || (body.is_empty() && header("content-type").is_none()),
        "an argument in two places"
    );
    let argument = match &written {
        Some(text) => serde_json::from_str(text).unwrap(),
        None => serde_json::from_slice(&body).unwrap(),
    };
    let root = header("dropbox-api-path-root").map(|text| serde_json::from_str(&text).unwrap());
    script.asked.lock().unwrap().push(Asked { route: route.clone(), argument, written, root });
    let mut answers = script.answers.lock().unwrap();
    let Some(replies) = answers.get_mut(&route) else { return StatusCode::NOT_FOUND.into_response() };
    let reply = if replies.len() > 1 { replies.pop_front().unwrap() } else { replies[0].clone() };
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap();
    if let Some(result) = reply.result {
        response.headers_mut().insert("dropbox-api-result", result.parse().unwrap());
    }
    response
}

/// A file's metadata with what a case is about.
pub fn file(id: &str, path: Option<&str>, more: Value) -> Value {
    let name = path.and_then(|path| path.rsplit('/').next()).unwrap_or("file.txt");
    let mut file = json!({".tag": "file", "id": id, "name": name, "path_lower": path, "path_display": path,
        "rev": "0123456789abc", "size": 5, "server_modified": "2026-05-01T10:00:00Z"});
    file.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    file
}

pub fn folder(id: &str, path: Option<&str>) -> Value {
    let name = path.and_then(|path| path.rsplit('/').next()).unwrap_or("folder");
    json!({".tag": "folder", "id": id, "name": name, "path_lower": path, "path_display": path})
}

pub fn page(entries: Vec<Value>, next: Option<&str>) -> Value {
    json!({"entries": entries, "cursor": next.unwrap_or("end"), "has_more": next.is_some()})
}
