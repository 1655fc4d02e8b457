//! A scripted server, and tokens that count.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use bytes::Bytes;
use futures::{StreamExt, stream};
use gangway_effects::{Network, NetworkOptions};
use gangway_model::Timestamp;
use gangway_oauth::{AccessToken, SupplyError, TokenSupplier};
use secrecy::SecretString;
use url::Url;

use crate::conformance::HastyClock;
use crate::http::{AllowedHosts, Http, HttpOptions, Jitter, RetryPolicy};

/// What the server answers to its nth request (from 0).
pub type Script = Arc<dyn Fn(usize, &Request) -> Response<Body> + Send + Sync>;

pub struct Server {
    pub base: Url,
    seen: Arc<Mutex<Vec<Request>>>,
}

#[derive(Clone)]
struct Scripted {
    script: Script,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub async fn start(script: impl Fn(usize, &Request) -> Response<Body> + Send + Sync + 'static) -> Self {
        let seen = Arc::<Mutex<Vec<Request>>>::default();
        let state = Scripted { script: Arc::new(script), seen: Arc::clone(&seen) };
        let router = Router::new().fallback(play).with_state(state);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { base, seen }
    }

    pub fn url(&self, path: &str) -> Url {
        self.base.join(path).unwrap()
    }

    pub fn calls(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    /// A header of the nth request.
    pub fn header(&self, call: usize, name: &str) -> Option<String> {
        let seen = self.seen.lock().unwrap();
        Some(seen[call].headers().get(name)?.to_str().unwrap().to_owned())
    }
}

async fn play(State(scripted): State<Scripted>, request: Request) -> Response<Body> {
    let number = scripted.seen.lock().unwrap().len();
    let response = (scripted.script)(number, &request);
    let (parts, _) = request.into_parts();
    scripted.seen.lock().unwrap().push(Request::from_parts(parts, Body::empty()));
    response
}

pub fn answer(status: u16, body: impl Into<Body>) -> Response<Body> {
    Response::builder().status(status).body(body.into()).unwrap()
}

/// Says how long it is, sends less, and hangs up.
pub fn cut_off(status: u16, headers: &[(&str, &str)], length: usize, body: &'static [u8]) -> Response<Body> {
    let sent = stream::once(async move { Ok(Bytes::from_static(body)) });
    let hung_up = stream::once(async {
        // What was sent so far leaves the server while it waits here.
        tokio::task::yield_now().await;
        Err(std::io::Error::other("hung up"))
    });
    let mut response = Response::builder().status(status).header("content-length", length);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(Body::from_stream(sent.chain(hung_up))).unwrap()
}

/// Hands out `token-1`, and after each replacement the next.
#[derive(Default)]
pub struct Tokens {
    pub generation: AtomicI64,
    pub replaced: AtomicUsize,
    pub is_dead: bool,
}

impl Tokens {
    fn token(&self) -> AccessToken {
        let generation = self.generation.load(Ordering::SeqCst) + 1;
        AccessToken { secret: SecretString::from(format!("token-{generation}")), generation }
    }
}

#[async_trait]
impl TokenSupplier for Tokens {
    async fn access_token(&self) -> Result<AccessToken, SupplyError> {
        Ok(self.token())
    }

    async fn replace(&self, refused: &AccessToken) -> Result<AccessToken, SupplyError> {
        if self.is_dead {
            return Err(SupplyError::NeedsReauth("it was revoked".to_owned()));
        }
        self.replaced.fetch_add(1, Ordering::SeqCst);
        self.generation.store(refused.generation, Ordering::SeqCst);
        Ok(self.token())
    }
}

pub struct Setup {
    pub http: Http,
    pub clock: Arc<HastyClock>,
    pub tokens: Arc<Tokens>,
}

/// A handle for a server, with waits that can be foretold.
pub fn handle(server: &Server) -> Setup {
    handle_with(server, |_| {})
}

pub fn handle_with(server: &Server, change: impl FnOnce(&mut HttpOptions)) -> Setup {
    let start = Timestamp::from_timestamp(1_800_000_000, 0).unwrap();
    let (clock, tokens) = (HastyClock::starting_at(start), Arc::new(Tokens::default()));
    let network = NetworkOptions { allow_private_addresses: true, ..NetworkOptions::default() };
    let mut options = HttpOptions {
        network: Network::new(network).unwrap(),
        clock: clock.clone(),
        tokens: Some(tokens.clone()),
        allowed_hosts: AllowedHosts::of([&server.base]),
        limiter: None,
        retry: RetryPolicy { jitter: Jitter::None, ..RetryPolicy::PATIENT },
        connection: "c1".to_owned(),
    };
    change(&mut options);
    Setup { http: Http::new(options), clock, tokens }
}
