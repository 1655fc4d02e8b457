//! The part of the control API that every provider emulator has, mounted under `/_emulator`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::authz::{Authz, Grant, OAuthClient};
use super::calls::{Call, CallLog};
use super::clock::{Clock, parse_rfc3339, rfc3339};
use super::faults::{Fault, Faults};
use super::webhooks::{Deliverer, DeliveryMode, DeliveryRules, Outcome};

/// The switchboard shared by a provider's API and the control API.
pub struct Kernel {
    pub clock: Clock,
    pub faults: Faults,
    pub calls: CallLog,
    pub authz: Authz,
    pub webhooks: Deliverer,
}

/// Deeds that every provider's in-process handle has.
impl Kernel {
    /// Builds the books of an emulator; webhooks go out by these rules.
    pub fn new(rules: DeliveryRules) -> anyhow::Result<Self> {
        Ok(Self {
            clock: Clock::default(),
            faults: Faults::default(),
            calls: CallLog::default(),
            authz: Authz::default(),
            webhooks: Deliverer::new(rules)?,
        })
    }

    pub fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// Stops the clock at an RFC 3339 moment.
    pub fn set_clock(&self, moment: &str) -> anyhow::Result<()> {
        self.clock.set_ms(parse_rfc3339(moment)?);
        Ok(())
    }

    pub fn advance_clock(&self, by: Duration) {
        self.clock.advance_ms(by.as_millis() as i64);
    }

    pub fn add_fault(&self, fault: Fault) -> u64 {
        self.faults.add(fault)
    }

    /// Arms a fault written as in the control API.
    pub fn add_fault_json(&self, fault: Value) -> anyhow::Result<u64> {
        Ok(self.add_fault(serde_json::from_value(fault)?))
    }

    pub fn clear_faults(&self) {
        self.faults.clear();
    }

    /// Returns how often each operation was called since the last reset.
    pub fn call_counts(&self) -> BTreeMap<String, u64> {
        self.calls.counts()
    }

    pub fn call_count(&self, operation: &str) -> u64 {
        self.calls.count(operation)
    }

    pub fn recent_calls(&self) -> Vec<Call> {
        self.calls.recent()
    }

    pub fn reset_calls(&self) {
        self.calls.reset();
    }

    pub fn add_client(&self, client: OAuthClient) {
        self.authz.add_client(client);
    }

    pub fn remove_client(&self, client_id: &str) -> bool {
        self.authz.remove_client(client_id)
    }

    pub fn add_redirect_uri(&self, client_id: &str, redirect_uri: &str) -> bool {
        self.authz.add_redirect_uri(client_id, redirect_uri)
    }

    pub fn list_grants(&self) -> Vec<Grant> {
        self.authz.list_grants()
    }

    /// Ends every grant of a person, as if all apps were removed in the account's settings.
    pub fn revoke_grants(&self, email: &str) -> usize {
        self.authz.revoke_all(email)
    }

    /// Ends every access token at once; refresh tokens stay good.
    pub fn expire_access_tokens(&self) -> usize {
        self.authz.expire_access_tokens()
    }

    pub fn set_delivery_mode(&self, mode: DeliveryMode) {
        self.webhooks.set_mode(mode);
    }

    pub fn set_webhook_backoff(&self, backoff: Duration) {
        self.webhooks.set_backoff_ms(backoff.as_millis() as u64);
    }

    /// Waits until every message is delivered or given up.
    pub async fn flush_webhooks(&self) {
        self.webhooks.flush().await;
    }

    pub fn webhook_outcomes(&self) -> Vec<Outcome> {
        self.webhooks.outcomes()
    }

    /// Forgets faults, calls, grants and deliveries, and returns to real time. Clients stay.
    pub fn reset(&self) {
        self.faults.clear();
        self.calls.reset();
        self.clock.resume();
        self.authz.reset();
        self.webhooks.reset();
    }
}

/// A refused control call.
#[derive(Debug)]
pub struct ControlError {
    status: StatusCode,
    message: String,
}

impl ControlError {
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, message: message.into() }
    }

    pub fn not_found(message: impl Into<String>) -> Self {
        Self { status: StatusCode::NOT_FOUND, message: message.into() }
    }
}

impl From<anyhow::Error> for ControlError {
    fn from(error: anyhow::Error) -> Self {
        Self::bad_request(format!("{error:#}"))
    }
}

impl IntoResponse for ControlError {
    fn into_response(self) -> Response {
        (self.status, Json(json!({"error": self.message}))).into_response()
    }
}

pub type ControlResult = Result<Json<Value>, ControlError>;

/// Returns the routes for the clock, faults, calls, clients, grants and webhooks.
pub fn kernel_routes(kernel: Arc<Kernel>) -> Router {
    Router::new()
        .route("/clock", get(read_clock).put(set_clock))
        .route("/clock/advance", post(advance_clock))
        .route("/clock/resume", post(resume_clock))
        .route("/faults", get(list_faults).post(add_fault).delete(clear_faults))
        .route("/faults/{id}", delete(remove_fault))
        .route("/calls", get(list_calls).delete(reset_calls))
        .route("/oauth/clients", get(list_clients).post(add_client))
        .route("/oauth/clients/{client_id}", delete(remove_client))
        .route("/oauth/clients/{client_id}/redirect_uris", post(add_redirect_uri))
        .route("/oauth/grants", get(list_grants))
        .route("/oauth/grants/{subject}", delete(revoke_grants))
        .route("/oauth/access_tokens/expire", post(expire_access_tokens))
        .route("/webhooks", get(read_webhooks).put(set_webhooks))
        .route("/webhooks/flush", post(flush_webhooks))
        .with_state(kernel)
}

type Shared = State<Arc<Kernel>>;

fn clock_json(kernel: &Kernel) -> Json<Value> {
    let now_ms = kernel.clock.now_ms();
    let stopped = kernel.clock.is_stopped();
    Json(json!({"now": rfc3339(now_ms), "now_ms": now_ms, "stopped": stopped}))
}

async fn read_clock(State(kernel): Shared) -> Json<Value> {
    clock_json(&kernel)
}

#[derive(Deserialize)]
struct SetClock {
    now: String,
}

async fn set_clock(State(kernel): Shared, Json(body): Json<SetClock>) -> ControlResult {
    kernel.clock.set_ms(parse_rfc3339(&body.now)?);
    Ok(clock_json(&kernel))
}

#[derive(Deserialize)]
struct AdvanceClock {
    #[serde(default)]
    seconds: i64,
    #[serde(default)]
    ms: i64,
}

async fn advance_clock(State(kernel): Shared, Json(body): Json<AdvanceClock>) -> Json<Value> {
    kernel.clock.advance_ms(body.seconds * 1000 + body.ms);
    clock_json(&kernel)
}

async fn resume_clock(State(kernel): Shared) -> Json<Value> {
    kernel.clock.resume();
    clock_json(&kernel)
}

async fn list_faults(State(kernel): Shared) -> Json<Value> {
    let faults: Vec<Value> = kernel
        .faults
        .list()
        .into_iter()
        .map(|(fault, struck)| json!({"fault": fault, "struck": struck}))
        .collect();
    Json(json!({"faults": faults}))
}

async fn add_fault(State(kernel): Shared, Json(fault): Json<Fault>) -> Json<Value> {
    Json(json!({"id": kernel.faults.add(fault)}))
}

async fn clear_faults(State(kernel): Shared) -> Json<Value> {
    kernel.faults.clear();
    Json(json!({}))
}

async fn remove_fault(State(kernel): Shared, Path(id): Path<u64>) -> ControlResult {
    if !kernel.faults.remove(id) {
        return Err(ControlError::not_found(format!("no fault {id}")));
    }
    Ok(Json(json!({})))
}

async fn list_calls(State(kernel): Shared) -> Json<Value> {
    Json(json!({"counts": kernel.calls.counts(), "recent": kernel.calls.recent()}))
}

async fn reset_calls(State(kernel): Shared) -> Json<Value> {
    kernel.calls.reset();
    Json(json!({}))
}

async fn list_clients(State(kernel): Shared) -> Json<Value> {
    Json(json!({"clients": kernel.authz.list_clients()}))
}

async fn add_client(State(kernel): Shared, Json(client): Json<OAuthClient>) -> Json<Value> {
    kernel.authz.add_client(client);
    Json(json!({}))
}

async fn remove_client(State(kernel): Shared, Path(client_id): Path<String>) -> ControlResult {
    if !kernel.authz.remove_client(&client_id) {
        return Err(ControlError::not_found(format!("no client {client_id}")));
    }
    Ok(Json(json!({})))
}

#[derive(Deserialize)]
struct AddRedirectUri {
    redirect_uri: String,
}

async fn add_redirect_uri(
    State(kernel): Shared,
    Path(client_id): Path<String>,
    Json(body): Json<AddRedirectUri>,
) -> ControlResult {
    if !kernel.authz.add_redirect_uri(&client_id, &body.redirect_uri) {
        return Err(ControlError::not_found(format!("no client {client_id}")));
    }
    Ok(Json(json!({})))
}

async fn list_grants(State(kernel): Shared) -> Json<Value> {
    Json(json!({"grants": kernel.authz.list_grants()}))
}

async fn revoke_grants(State(kernel): Shared, Path(subject): Path<String>) -> Json<Value> {
    Json(json!({"revoked": kernel.authz.revoke_all(&subject)}))
}

async fn expire_access_tokens(State(kernel): Shared) -> Json<Value> {
    Json(json!({"expired": kernel.authz.expire_access_tokens()}))
}

async fn read_webhooks(State(kernel): Shared) -> Json<Value> {
    Json(json!({
        "mode": kernel.webhooks.mode(),
        "dropped": kernel.webhooks.dropped(),
        "outcomes": kernel.webhooks.outcomes(),
    }))
}

#[derive(Deserialize)]
struct SetWebhooks {
    mode: Option<DeliveryMode>,
    backoff_ms: Option<u64>,
}

async fn set_webhooks(State(kernel): Shared, Json(body): Json<SetWebhooks>) -> Json<Value> {
    if let Some(mode) = body.mode {
        kernel.webhooks.set_mode(mode);
    }
    if let Some(backoff_ms) = body.backoff_ms {
        kernel.webhooks.set_backoff_ms(backoff_ms);
    }
    Json(json!({}))
}

async fn flush_webhooks(State(kernel): Shared) -> Json<Value> {
    kernel.webhooks.flush().await;
    Json(json!({}))
}
