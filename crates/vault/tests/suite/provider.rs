//! An authorization server that rotates refresh tokens and never forgives a token presented twice.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Form, Json, Router};
use serde_json::json;
use tokio::sync::Semaphore;

#[derive(Default)]
pub struct Provider {
    state: Mutex<ProviderState>,
    /// Refreshes wait for these in the order they arrive, each for its own; later ones for none.
    pub gates: Mutex<VecDeque<Arc<Semaphore>>>,
    /// When set, the answer with new tokens is sent only once this gives a permit; they count from before.
    pub answers: Mutex<Option<Arc<Semaphore>>>,
}

#[derive(Default)]
struct ProviderState {
    live_refresh_token: String,
    /// Refreshes that were asked for, answered or not.
    arrivals: u32,
    refreshes: u32,
    reuses: u32,
    down: bool,
    rotates: bool,
    revoked: Vec<String>,
}

impl Provider {
    pub async fn start(rotates: bool) -> (Arc<Self>, url::Url) {
        let provider = Arc::new(Provider::default());
        provider.lock().rotates = rotates;
        provider.lock().live_refresh_token = "refresh-0".to_owned();
        let router = Router::new()
            .route("/token", post(refresh))
            .route("/revoke", post(revoke))
            .with_state(Arc::clone(&provider));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        (provider, base)
    }

    pub fn refreshes(&self) -> u32 {
        self.lock().refreshes
    }

    pub fn arrivals(&self) -> u32 {
        self.lock().arrivals
    }

    pub fn reuses(&self) -> u32 {
        self.lock().reuses
    }

    pub fn revoked(&self) -> Vec<String> {
        self.lock().revoked.clone()
    }

    pub fn set_down(&self, down: bool) {
        self.lock().down = down;
    }

    /// Ends the grant, as a user does in the account's settings.
    pub fn end_grant(&self) {
        self.lock().live_refresh_token = "none".to_owned();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, ProviderState> {
        self.state.lock().unwrap()
    }
}

async fn refresh(State(provider): State<Arc<Provider>>, Form(form): Form<Vec<(String, String)>>) -> Response {
    provider.lock().arrivals += 1;
    let gate = provider.gates.lock().unwrap().pop_front();
    if let Some(gate) = gate {
        gate.acquire().await.unwrap().forget();
    }
    let presented = form.iter().find(|(name, _)| name == "refresh_token").map(|(_, token)| token.clone());
    let answer = provider.lock().refresh(presented.as_deref());
    let answers = provider.answers.lock().unwrap().clone();
    if let Some(answers) = answers.filter(|_| answer.status().is_success()) {
        answers.acquire().await.unwrap().forget();
    }
    answer
}

impl ProviderState {
    fn refresh(&mut self, presented: Option<&str>) -> Response {
        if self.down {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        if presented != Some(self.live_refresh_token.as_str()) {
            self.reuses += 1;
            let body =
                json!({"error": "invalid_grant", "error_description": "Token has been expired or revoked."});
            return (StatusCode::BAD_REQUEST, Json(body)).into_response();
        }
        self.refreshes += 1;
        let mut body = json!({
            "access_token": format!("access-{}", self.refreshes),
            "expires_in": 3599,
            "token_type": "Bearer",
        });
        if self.rotates {
            self.live_refresh_token = format!("refresh-{}", self.refreshes);
            body["refresh_token"] = self.live_refresh_token.clone().into();
        }
        Json(body).into_response()
    }
}

async fn revoke(
    State(provider): State<Arc<Provider>>,
    Form(form): Form<Vec<(String, String)>>,
) -> StatusCode {
    let mut state = provider.lock();
    if state.down {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    state.revoked.extend(form.into_iter().filter(|(name, _)| name == "token").map(|(_, token)| token));
    StatusCode::OK
}
