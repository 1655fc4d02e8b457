//! The front door: every route, faults, the call log, and the control API beside them.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use bytes::Bytes;
use serde_json::json;

use super::answer::{self, Answer};
use super::auth::{authorize, identity, token};
use super::drive_call::{authenticate, run};
use super::errors::{ApiError, oauth_error, usual_message, usual_status};
use super::export;
use super::handle::Control;
use super::params::Params;
use super::state::Google;
use super::{batch, control, downloads, operations};
use crate::kernel::calls::Call;
use crate::kernel::clock::pause_ms;
use crate::kernel::faults::{Effect, Hint};

const MAX_BODY: usize = 16 * 1024 * 1024;
const BATCH_PATH: &str = "/batch/drive/v3";

pub fn router(google: Arc<Google>, handle: Control) -> Router {
    let routes = control::routes(Arc::clone(&google), handle);
    Router::new().nest("/_emulator", routes).fallback(serve).with_state(google)
}

async fn serve(State(google): State<Arc<Google>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return answer::respond(Answer::empty(413), None);
    };
    let method = parts.method.as_str();
    let path = parts.uri.path();
    let query = parts.uri.query().unwrap_or_default();
    if path == BATCH_PATH && method == "POST" {
        google.kernel.calls.record(Call {
            at_ms: google.now_ms(),
            operation: "drive.batch".into(),
            method: method.into(),
            path: path.into(),
            query: String::new(),
            status: 200,
        });
        return answer::respond(batch::run(&google, &parts.headers, &body).await, None);
    }
    let (answer, cut_after) = answer_call(&google, method, path, query, &parts.headers, &body).await;
    answer::respond(answer, cut_after)
}

/// Answers one call with faults applied; also says after how many bytes the connection is to be cut.
pub async fn answer_call(
    google: &Google,
    method: &str,
    path: &str,
    query: &str,
    headers: &HeaderMap,
    body: &Bytes,
) -> (Answer, Option<usize>) {
    let operation = operation_name(method, path);
    let effect = google.kernel.faults.strike(operation, method, path).unwrap_or_default();
    if let Some(delay_ms) = effect.delay_ms {
        pause_ms(delay_ms).await;
    }
    let answer = if effect.replaces_answer() {
        answer_of(&effect, operation)
    } else {
        route(google, method, path, query, headers, body, effect.hint)
    }
    .with_effect(&effect);
    google.kernel.calls.record(Call {
        at_ms: google.now_ms(),
        operation: operation.to_owned(),
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        status: answer.status,
    });
    (answer, effect.cut_after_bytes)
}

/// Builds the answer of a fault that replaces the work.
fn answer_of(effect: &Effect, operation: &str) -> Answer {
    if let Some(body) = &effect.body {
        return match body {
            serde_json::Value::String(text) => {
                Answer::new(effect.status.unwrap_or(500), "text/html; charset=UTF-8", text.clone())
            }
            json => answer::json(effect.status.unwrap_or(500), json.to_string()),
        };
    }
    if operation.starts_with("oauth.") {
        let code = effect.reason.as_deref().unwrap_or("internal_failure");
        let text = effect.message.as_deref().unwrap_or("");
        return oauth_error(effect.status.unwrap_or(400), code, text);
    }
    let by_status = match effect.status {
        Some(401) => "authError",
        Some(404) => "notFound",
        Some(429) => "rateLimitExceeded",
        Some(403) => "userRateLimitExceeded",
        Some(503) => "backendError",
        Some(status) if status < 500 => "badRequest",
        _ => "internalError",
    };
    let reason = effect.reason.as_deref().unwrap_or(by_status);
    if reason == "authError" {
        return ApiError::invalid_credentials().into_answer();
    }
    let status = effect.status.unwrap_or_else(|| usual_status(reason));
    let message = effect.message.clone().unwrap_or_else(|| usual_message(reason).to_owned());
    ApiError::new(status, reason, message).into_answer()
}

/// Returns the name a call is counted and matched by.
fn operation_name(method: &str, path: &str) -> &'static str {
    if let Some(below) = path.strip_prefix("/drive/v3/") {
        return operations::find(method, below).map_or("drive.unknown", |(found, _)| found.id);
    }
    match path {
        "/o/oauth2/v2/auth" if method == "POST" => "oauth.consent",
        "/o/oauth2/v2/auth" => "oauth.authorize",
        "/token" => "oauth.token",
        "/revoke" => "oauth.revoke",
        "/v1/userinfo" | "/oauth2/v2/userinfo" => "oauth.userinfo",
        "/.well-known/openid-configuration" => "oauth.discovery",
        "/oauth2/v3/certs" => "oauth.certs",
        _ if path.starts_with("/feeds/download/") => "drive.exportLink",
        _ if path.starts_with("/download/drive/v3/") => "drive.downloadUri",
        _ if path.starts_with("/drive-storage/") => "drive.thumbnail",
        _ if path.starts_with("/photos/") => "photos",
        _ => "unknown",
    }
}

fn route(
    google: &Google,
    method: &str,
    path: &str,
    query: &str,
    headers: &HeaderMap,
    body: &Bytes,
    hint: Option<Hint>,
) -> Answer {
    if let Some(below) = path.strip_prefix("/drive/v3/") {
        return match operations::find(method, below) {
            Some((operation, arguments)) => run(google, operation, arguments, query, headers, body, hint)
                .unwrap_or_else(ApiError::into_answer),
            None => not_found(path),
        };
    }
    let api = |result: Result<Answer, ApiError>| result.unwrap_or_else(ApiError::into_answer);
    match (method, path) {
        ("GET", "/o/oauth2/v2/auth") => authorize::show(google, query),
        ("POST", "/o/oauth2/v2/auth") => authorize::decide(google, body),
        ("POST", "/token") => token::token(google, headers, body),
        ("POST", "/revoke") => token::revoke(google, query, headers, body),
        ("GET", "/v1/userinfo") => api(identity::oidc_userinfo(google, query, headers)),
        ("GET", "/oauth2/v2/userinfo") => api(identity::legacy_userinfo(google, query, headers)),
        ("GET", "/.well-known/openid-configuration") => identity::discovery(google),
        ("GET", "/oauth2/v3/certs") => identity::certs(google),
        ("GET", _) if path.starts_with("/feeds/download/") => {
            api(export::links::serve(google, path, query, headers))
        }
        ("GET", _) if path.starts_with("/download/drive/v3/") => {
            let name = &path["/download/drive/v3/".len()..];
            let params = Params::parse(query);
            let range = headers.get("range").and_then(|value| value.to_str().ok());
            api(downloads::fetch(google, name, params.get("key").unwrap_or_default(), range))
        }
        ("GET", _) if path.starts_with("/drive-storage/") => {
            api(export::links::thumbnail(google, path, query, headers))
        }
        ("GET", _) if path.starts_with("/photos/") => {
            Answer::new(200, "image/png", export::profile_picture())
        }
        ("GET" | "POST", _) => not_found(path),
        _ => answer::json(405, json!({"error": {"code": 405, "message": "Method not allowed"}}).to_string()),
    }
}

fn not_found(path: &str) -> Answer {
    let text = format!(
        "<!DOCTYPE html><html lang=en><title>Error 404 (Not Found)!!1</title><p><b>404.</b> That's an error.<p>The requested URL <code>{}</code> was not found on this server.</html>",
        crate::kernel::consent::escape(path)
    );
    Answer::new(404, "text/html; charset=UTF-8", text)
}

/// Checks a bearer token outside the Drive API proper and says who calls.
pub fn caller(google: &Google, query: &str, headers: &HeaderMap, scopes: &[&str]) -> Result<u32, ApiError> {
    let (token, me) = authenticate(google, headers, &Params::parse(query))?;
    let allowed = token.scopes.iter().any(|scope| {
        scope.strip_prefix(operations::SCOPE_PREFIX).is_some_and(|short| scopes.contains(&short))
    });
    if allowed { Ok(me) } else { Err(ApiError::insufficient_scope("drive.files.export")) }
}
