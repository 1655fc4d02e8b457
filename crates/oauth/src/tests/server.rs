//! An authorization server with one canned answer, which remembers what it was asked.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response};
use axum::routing::any;
use gangway_effects::{Network, NetworkOptions, SteppedClock};
use gangway_model::Timestamp;
use secrecy::SecretString;

use crate::{
    ClientAuthentication, OAuthApp, OAuthClient, OAuthEndpoints, OAuthError, OAuthFacts, PkceMethod,
    RevocationStyle, Revoked, ScopeFact, TokenAnswer, TokenCallBody,
};

static SCOPES: [ScopeFact; 4] = [
    scope("files.read", "https://provider.example/files.read", true, false),
    scope("files.meta", "https://provider.example/files.meta", false, false),
    scope("openid", "openid", false, true),
    scope("email", "email", false, true),
];

const fn scope(short: &'static str, full: &'static str, default: bool, identity: bool) -> ScopeFact {
    ScopeFact { short, full, default, identity, meaning: "" }
}

pub static FACTS: OAuthFacts = OAuthFacts {
    authorize_url: "https://provider.example/authorize",
    token_url: "https://provider.example/token",
    revoke_url: Some("https://provider.example/revoke"),
    revocation: RevocationStyle::TokenOnly,
    pkce: PkceMethod::S256,
    client_authentication: ClientAuthentication::Body,
    token_call_body: TokenCallBody::Form,
    tokens_within: None,
    scope_parameter: Some("scope"),
    scope_separator: " ",
    scopes: &SCOPES,
    scope_aliases: &[("https://provider.example/userinfo.email", "email")],
    authorize_parameters: &[("access_type", "offline")],
    rotates_refresh_tokens: false,
};

/// A canned answer and the requests that got it.
#[derive(Clone)]
pub struct Server {
    status: u16,
    headers: Vec<(&'static str, &'static str)>,
    body: &'static str,
    pub requests: Arc<Mutex<Vec<(HeaderMap, String)>>>,
}

pub fn answering(status: u16, body: &'static str) -> Server {
    Server { status, headers: Vec::new(), body, requests: Arc::default() }
}

/// When the tests play.
pub fn now() -> Timestamp {
    Timestamp::from_timestamp(1_800_000_000, 0).unwrap()
}

pub fn secret(text: &str) -> SecretString {
    SecretString::from(text)
}

pub fn app() -> OAuthApp {
    OAuthApp { client_id: "the client".to_owned(), client_secret: secret("app-secret:1") }
}

impl Server {
    pub fn with_header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    pub async fn refresh(&self) -> Result<TokenAnswer, OAuthError> {
        self.refresh_with(&FACTS).await
    }

    pub async fn refresh_with(&self, facts: &OAuthFacts) -> Result<TokenAnswer, OAuthError> {
        let (client, endpoints) = self.start().await;
        client.refresh(facts, &endpoints, &app(), &secret("refresh-token-1")).await
    }

    pub async fn exchange(&self) -> Result<TokenAnswer, OAuthError> {
        let (client, endpoints) = self.start().await;
        let (code, verifier) = (secret("4/0code"), secret("the-verifier"));
        client.exchange(&FACTS, &endpoints, &app(), &code, "https://us.example/callback", &verifier).await
    }

    pub async fn revoke_with(&self, facts: &OAuthFacts) -> Result<Revoked, OAuthError> {
        let (client, endpoints) = self.start().await;
        client.revoke(facts, &endpoints, &app(), &secret("refresh-token-1")).await
    }

    /// The form of the only request.
    pub fn form(&self) -> Vec<(String, String)> {
        let requests = self.requests.lock().unwrap();
        assert_eq!(requests.len(), 1, "one try per call");
        url::form_urlencoded::parse(requests[0].1.as_bytes()).into_owned().collect()
    }

    pub async fn start(&self) -> (OAuthClient, OAuthEndpoints) {
        let router = Router::new().route("/{*path}", any(answer)).with_state(self.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let endpoints = OAuthEndpoints {
            authorize: format!("{base}/authorize").parse().unwrap(),
            token: format!("{base}/token").parse().unwrap(),
            revoke: Some(format!("{base}/revoke").parse().unwrap()),
        };
        (client(), endpoints)
    }
}

pub fn client() -> OAuthClient {
    let options = NetworkOptions { allow_private_addresses: true, ..NetworkOptions::default() };
    client_on(options)
}

pub fn client_on(options: NetworkOptions) -> OAuthClient {
    OAuthClient::new(Network::new(options).unwrap(), Arc::new(SteppedClock::starting_at(now())))
}

async fn answer(State(server): State<Server>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let body = String::from_utf8(body.to_vec()).unwrap();
    server.requests.lock().unwrap().push((headers, body));
    let mut response = Response::builder().status(server.status);
    for (name, value) in &server.headers {
        response = response.header(*name, *value);
    }
    response.body(Body::from(server.body)).unwrap()
}
