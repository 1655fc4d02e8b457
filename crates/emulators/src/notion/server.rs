//! The front door: every route, faults, the call log, and the control API beside them.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use bytes::Bytes;
use serde_json::Value;

use super::api::routes;
use super::auth::{authorize, token};
use super::errors::{ApiError, usual_code, usual_message, usual_status};
use super::handle::Control;
use super::state::Notion;
use super::{control, files, ids};
use crate::kernel::answer::Answer;
use crate::kernel::calls::Call;
use crate::kernel::clock::pause_ms;
use crate::kernel::faults::{Effect, Hint};

const MAX_BODY: usize = 16 * 1024 * 1024;

pub fn router(notion: Arc<Notion>, handle: Control) -> Router {
    let routes = control::routes(Arc::clone(&notion), handle);
    Router::new().nest("/_emulator", routes).fallback(serve).with_state(notion)
}

/// The object store: another origin, another set of rules.
pub fn files_router(notion: Arc<Notion>) -> Router {
    Router::new().fallback(serve_file).with_state(notion)
}

async fn serve(State(notion): State<Arc<Notion>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return Answer::html(413, "<html><h1>413 Request Entity Too Large</h1></html>".into())
            .into_response(None);
    };
    let method = parts.method.as_str();
    let path = parts.uri.path();
    let query = parts.uri.query().unwrap_or_default();
    let found = path.strip_prefix("/v1/").and_then(|below| routes::find(method, below));
    let operation = match (path, method) {
        (authorize::PATH, "POST") => "oauth.consent",
        (authorize::PATH, _) => "oauth.authorize",
        ("/v1/oauth/token", "POST") => "oauth.token",
        ("/v1/oauth/revoke", "POST") => "oauth.revoke",
        ("/v1/oauth/introspect", "POST") => "oauth.introspect",
        _ => found.map_or("unknown", |(operation, ..)| operation.name()),
    };
    let effect = notion.kernel.faults.strike(operation, method, path).unwrap_or_default();
    if let Some(delay_ms) = effect.delay_ms {
        pause_ms(delay_ms).await;
    }
    let answer = if effect.replaces_answer() {
        answer_of(&notion, &effect, operation)
    } else {
        match (operation, found) {
            ("oauth.consent", _) => authorize::decide(&notion, &body),
            ("oauth.authorize", _) if method == "GET" => authorize::show(&notion, query),
            ("oauth.token" | "oauth.revoke" | "oauth.introspect", _) => {
                token::answer(&notion, &operation["oauth.".len()..], &parts.headers, &body)
            }
            (_, Some(found)) => run(&notion, found, query, &parts.headers, &body, effect.hint),
            _ => ApiError::invalid_url().into_answer(),
        }
    };
    finish(&notion, answer, &effect, operation, method, path, query)
}

fn run(
    notion: &Notion,
    found: (routes::Operation, &str, &str),
    query: &str,
    headers: &HeaderMap,
    body: &Bytes,
    hint: Option<Hint>,
) -> Answer {
    routes::run(notion, found, query, headers, body, hint).unwrap_or_else(ApiError::into_answer)
}

async fn serve_file(State(notion): State<Arc<Notion>>, request: Request) -> Response<Body> {
    let method = request.method().as_str().to_owned();
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let effect = notion.kernel.faults.strike("files.download", &method, &path).unwrap_or_default();
    if let Some(delay_ms) = effect.delay_ms {
        pause_ms(delay_ms).await;
    }
    let answer = if effect.replaces_answer() {
        answer_of(&notion, &effect, "files.download")
    } else {
        files::serve(&notion, &method, &path, &query, request.headers())
    }
    .with_effect(&effect);
    record(&notion, "files.download", &method, &path, "", answer.status);
    answer.into_response(effect.cut_after_bytes)
}

fn record(notion: &Notion, operation: &str, method: &str, path: &str, query: &str, status: u16) {
    notion.kernel.calls.record(Call {
        at_ms: notion.now_ms(),
        operation: operation.to_owned(),
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        status,
    });
}

/// Adds what Notion's edge puts on every answer, and notes the call.
fn finish(
    notion: &Notion,
    answer: Answer,
    effect: &Effect,
    operation: &str,
    method: &str,
    path: &str,
    query: &str,
) -> Response<Body> {
    record(notion, operation, method, path, query, answer.status);
    let ray = &ids::random()[..8];
    let mut answer = answer.with_effect(effect);
    for (name, value) in [
        ("x-xss-protection", "0"),
        ("x-content-type-options", "nosniff"),
        ("x-download-options", "noopen"),
        ("x-frame-options", "SAMEORIGIN"),
        ("x-dns-prefetch-control", "off"),
        ("x-permitted-cross-domain-policies", "none"),
        ("strict-transport-security", "max-age=31536000; includeSubDomains; preload"),
        ("referrer-policy", "strict-origin-when-cross-origin"),
        ("vary", "Accept-Encoding"),
        ("cf-cache-status", "DYNAMIC"),
        ("server", "cloudflare"),
    ] {
        answer = answer.with_header(name, value);
    }
    if !operation.starts_with("oauth.authorize") && !operation.starts_with("oauth.consent") {
        answer = answer.with_header("content-security-policy", "default-src 'none'");
    }
    if answer.status == 200 && operation != "oauth.authorize" {
        let tag = format!("W/\"{:x}-{}\"", answer.body.len(), &ids::random()[..13]);
        answer = answer.with_header("etag", tag);
    }
    answer.with_header("cf-ray", format!("{ray}00000000-FRA")).into_response(effect.cut_after_bytes)
}

/// Builds the answer of a fault that replaces the work.
fn answer_of(notion: &Notion, effect: &Effect, operation: &str) -> Answer {
    if let Some(body) = &effect.body {
        let status = effect.status.unwrap_or(502);
        return match body {
            Value::String(text) => Answer::new(status, "text/html; charset=UTF-8", text.clone()),
            json => Answer::json(status, json.to_string()),
        };
    }
    if operation.starts_with("oauth.") {
        let code = effect.reason.as_deref().unwrap_or("invalid_request");
        let words = effect.message.as_deref().unwrap_or("The request was refused.");
        return token::oauth_error(notion, effect.status.unwrap_or(400), code, words);
    }
    let code = effect.reason.as_deref().unwrap_or_else(|| usual_code(effect.status.unwrap_or(500)));
    let words = effect.message.clone().unwrap_or_else(|| usual_message(code).to_owned());
    let mut error = ApiError::new(code, words);
    error.status = effect.status.unwrap_or_else(|| usual_status(code));
    error.into_answer()
}
