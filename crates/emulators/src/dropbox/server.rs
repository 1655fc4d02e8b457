//! The front door: hosts, routes, faults, the call log, and the control API beside them.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use bytes::Bytes;
use serde_json::Value;

use super::auth::{authorize, token};
use super::call;
use super::errors::{ApiError, oauth_error};
use super::files::{links, longpoll};
use super::handle::Control;
use super::routes::{self, Host, Style};
use super::state::Dropbox;
use super::{control, text};
use crate::kernel::answer::Answer;
use crate::kernel::calls::Call;
use crate::kernel::clock::pause_ms;
use crate::kernel::consent::{escape, render_error};
use crate::kernel::faults::{Effect, Hint};
use crate::kernel::secret::random_token;

const MAX_BODY: usize = 150 * 1024 * 1024;

pub fn router(dropbox: Arc<Dropbox>, handle: Control) -> Router {
    let routes = control::routes(Arc::clone(&dropbox), handle);
    Router::new().nest("/_emulator", routes).fallback(serve).with_state(dropbox)
}

/// The other origin, where temporary links lead.
pub fn files_router(dropbox: Arc<Dropbox>) -> Router {
    Router::new().fallback(serve_file).with_state(dropbox)
}

/// Which of Dropbox's hosts a request is for, and the path there. A host is named by the first label of the
/// `Host` header or by the first part of the path; without either it is the API's.
fn split_host<'p>(headers: &HeaderMap, path: &'p str) -> (&'static str, &'p str) {
    const HOSTS: [&str; 4] = ["api", "content", "notify", "www"];
    let label = call::header(headers, "host").and_then(|host| host.split_once('.')).map(|(label, _)| label);
    if let Some(host) = HOSTS.into_iter().find(|host| label == Some(*host)) {
        // The consent form posts to the address with the prefix, whatever the host is called.
        let rest = path.strip_prefix('/').and_then(|path| path.strip_prefix(host));
        return (host, rest.filter(|rest| rest.starts_with('/')).unwrap_or(path));
    }
    for host in HOSTS {
        let rest = path.strip_prefix('/').and_then(|path| path.strip_prefix(host));
        if let Some(rest) = rest.filter(|rest| rest.starts_with('/')) {
            return (host, rest);
        }
    }
    ("api", path)
}

async fn serve(State(dropbox): State<Arc<Dropbox>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return finish(Answer::empty(413), None);
    };
    let (host, path) = split_host(&parts.headers, parts.uri.path());
    let query = parts.uri.query().unwrap_or_default();
    let method = parts.method.as_str();
    let operation = operation_name(host, method, path);
    let effect = dropbox.kernel.faults.strike(&operation, method, path).unwrap_or_default();
    if let Some(delay_ms) = effect.delay_ms {
        pause_ms(delay_ms).await;
    }
    let answer = if effect.replaces_answer() {
        answer_of(&effect, &operation)
    } else {
        route(&dropbox, host, method, path, query, &parts.headers, &body, effect.hint).await
    };
    let answer = answer.with_effect(&effect);
    record(&dropbox, &operation, method, path, query, answer.status);
    finish(answer, effect.cut_after_bytes)
}

async fn serve_file(State(dropbox): State<Arc<Dropbox>>, request: Request) -> Response<Body> {
    let (parts, _) = request.into_parts();
    let (method, path) = (parts.method.as_str(), parts.uri.path());
    let operation = "temporary_link";
    let effect = dropbox.kernel.faults.strike(operation, method, path).unwrap_or_default();
    if let Some(delay_ms) = effect.delay_ms {
        pause_ms(delay_ms).await;
    }
    let answer = if effect.replaces_answer() {
        answer_of(&effect, operation)
    } else if matches!(method, "GET" | "HEAD") {
        links::serve(&dropbox, path, &parts.headers)
    } else {
        Answer::empty(405)
    };
    let answer = answer.with_effect(&effect);
    record(&dropbox, operation, method, "/cd/0/get", "", answer.status);
    finish(answer, effect.cut_after_bytes)
}

fn record(dropbox: &Dropbox, operation: &str, method: &str, path: &str, query: &str, status: u16) {
    dropbox.kernel.calls.record(Call {
        at_ms: dropbox.now_ms(),
        operation: operation.to_owned(),
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        status,
    });
}

/// Returns the name a call is counted and matched by: the route's name, or that of a page.
fn operation_name(host: &str, method: &str, path: &str) -> String {
    if let Some(name) = path.strip_prefix("/2/") {
        return name.to_owned();
    }
    let name = match (host, path) {
        ("api", "/oauth2/token") => "oauth2/token",
        ("www", "/oauth2/authorize") if method == "POST" => "oauth2/consent",
        ("www", "/oauth2/authorize") => "oauth2/authorize",
        ("www", _) => "www",
        _ => "unknown",
    };
    name.to_owned()
}

#[expect(clippy::too_many_arguments, reason = "the parts of a request, each used once")]
async fn route(
    dropbox: &Dropbox,
    host: &str,
    method: &str,
    path: &str,
    query: &str,
    headers: &HeaderMap,
    body: &Bytes,
    hint: Option<Hint>,
) -> Answer {
    let Some(name) = path.strip_prefix("/2/") else {
        return page(dropbox, host, method, path, query, headers, body);
    };
    let plain = |status, text: String| Answer::new(status, "text/plain; charset=utf-8", text);
    let Some(found) = routes::find(name) else {
        return plain(400, format!("Unknown API function: \"{name}\""));
    };
    let home = match found.host {
        Host::Api => "api",
        Host::Content => "content",
        Host::Notify => "notify",
    };
    if host != home {
        let text = format!("The API function \"{name}\" is not available on this host; use the {home} host.");
        return plain(404, text);
    }
    if method != "POST" && !(method == "GET" && found.style == Style::Download) {
        return plain(405, format!("Error in call to API function \"{name}\": use POST, not {method}."));
    }
    if found.host == Host::Notify {
        return match longpoll::longpoll(dropbox, found, query, headers, body, hint).await {
            Ok(value) => Answer::new(200, "application/json", value.to_string()),
            Err(error) => error.into_answer(name),
        };
    }
    call::run(dropbox, found, query, headers, body, hint).unwrap_or_else(|error| error.into_answer(name))
}

/// Everything that is not an API function.
fn page(
    dropbox: &Dropbox,
    host: &str,
    method: &str,
    path: &str,
    query: &str,
    headers: &HeaderMap,
    body: &Bytes,
) -> Answer {
    match (host, method, path) {
        ("api", "POST", "/oauth2/token") => token::token(dropbox, headers, body),
        ("www", "GET", "/oauth2/authorize") => authorize::show(dropbox, query),
        ("www", "POST", "/oauth2/authorize") => authorize::decide(dropbox, body),
        ("www", "GET", _) if path.starts_with("/home") || path.starts_with("/scl/") => {
            let text = format!("<!doctype html><title>Dropbox</title><p>{}</p>", escape(path));
            Answer::html(200, text)
        }
        ("www", _, _) => {
            Answer::html(404, render_error("Dropbox", 404, "not_found", "There is no such page."))
        }
        _ => Answer::new(404, "text/plain; charset=utf-8", "Not Found"),
    }
}

/// Builds the answer of a fault that replaces the work.
fn answer_of(effect: &Effect, operation: &str) -> Answer {
    let status = effect.status;
    if let Some(body) = &effect.body {
        return match body {
            Value::String(text) if text.trim_start().starts_with('<') => {
                Answer::new(status.unwrap_or(500), "text/html; charset=utf-8", text.clone())
            }
            Value::String(text) => {
                Answer::new(status.unwrap_or(500), "text/plain; charset=utf-8", text.clone())
            }
            json => Answer::new(status.unwrap_or(500), "application/json", json.to_string()),
        };
    }
    let reason = effect.reason.as_deref();
    if operation == "oauth2/token" && status.is_none_or(|status| status == 400) {
        return oauth_error(reason.unwrap_or("invalid_grant"), effect.message.as_deref());
    }
    let message = || effect.message.clone().unwrap_or_else(|| "refused on purpose".to_owned());
    match status.unwrap_or(409) {
        400 => ApiError::Malformed(message()).into_answer(operation),
        401 => ApiError::auth(reason.unwrap_or("expired_access_token")).into_answer(operation),
        403 => ApiError::no_access(reason.unwrap_or("no_permission")).into_answer(operation),
        409 => ApiError::route(reason.unwrap_or("other")).into_answer(operation),
        422 => ApiError::no_root_permission().into_answer(operation),
        429 => {
            let many_writes = reason == Some("too_many_write_operations");
            let as_text = reason == Some("text");
            let reason = if many_writes { "too_many_write_operations" } else { "too_many_requests" };
            let seconds = effect.retry_after.unwrap_or(1);
            let mut answer = ApiError::RateLimited { reason, seconds, as_text }.into_answer(operation);
            // The fault itself says whether there is a header.
            answer.headers.retain(|(name, _)| name != "Retry-After");
            answer
        }
        status => Answer::html(
            status,
            format!("<html><head><title>{status}</title></head><body><h1>Error {status}</h1></body></html>"),
        ),
    }
}

/// Turns an answer into a response with the headers every Dropbox host adds.
fn finish(answer: Answer, cut_after: Option<usize>) -> Response<Body> {
    let mut response = answer.into_response(cut_after);
    let headers = response.headers_mut();
    let id: String = text::hex(random_token("", 12).as_bytes());
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert("x-dropbox-request-id", id);
    }
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-server-response-time", "50"),
        ("x-dropbox-response-origin", "far_remote"),
        ("server", "envoy"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    for (name, value) in [("cache-control", "no-cache"), ("vary", "Accept-Encoding")] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
