//! The front door: the Web API, the sign-in pages, faults, the call log, and the control API beside them.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use bytes::Bytes;
use serde_json::json;

use super::errors::ApiError;
use super::handle::Control;
use super::oauth::{access, authorize};
use super::state::Slack;
use super::{call, control, methods};
use crate::kernel::answer::Answer;
use crate::kernel::calls::Call as LoggedCall;
use crate::kernel::clock::pause_ms;
use crate::kernel::faults::{Effect, Hint};
use crate::kernel::secret::random_token;

const MAX_BODY: usize = 64 * 1024 * 1024;

/// What every front end of Slack says beside its answers.
const HEADERS: [(&str, &str); 15] = [
    ("server", "Apache"),
    ("vary", "Accept-Encoding"),
    ("pragma", "no-cache"),
    ("cache-control", "private, no-cache, no-store, must-revalidate"),
    ("expires", "Sat, 26 Jul 1997 05:00:00 GMT"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("x-xss-protection", "0"),
    ("strict-transport-security", "max-age=31536000; includeSubDomains; preload"),
    ("access-control-allow-origin", "*"),
    ("access-control-expose-headers", "x-slack-req-id, retry-after"),
    (
        "access-control-allow-headers",
        "slack-route, x-slack-version-ts, x-b3-traceid, x-b3-spanid, x-b3-parentspanid, x-b3-sampled, x-b3-flags",
    ),
    ("x-slack-backend", "r"),
    ("x-backend", "api_normal"),
    ("timing-allow-origin", "*"),
];

pub fn router(slack: Arc<Slack>, handle: Control) -> Router {
    let routes = control::routes(Arc::clone(&slack), handle);
    Router::new().nest("/_emulator", routes).fallback(serve).with_state(slack)
}

async fn serve(State(slack): State<Arc<Slack>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return Answer::empty(413).into_response(None);
    };
    let path = parts.uri.path();
    let method = parts.method.as_str();
    let query = parts.uri.query().unwrap_or_default();
    let operation = operation_name(method, path);
    let effect = slack.kernel.faults.strike(operation, method, path).unwrap_or_default();
    let answer = if effect.replaces_answer() {
        answer_of(&effect)
    } else {
        route(&slack, method, path, query, &parts.headers, &body, effect.hint)
    };
    let mut answer = finish(&slack, operation, method, path, query, answer, &effect).await;
    answer = answer.with_header("x-slack-req-id", random_token("", 12).to_lowercase());
    let mut response = answer.into_response(effect.cut_after_bytes);
    for (name, value) in HEADERS {
        let value = axum::http::HeaderValue::from_static(value);
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}

/// Applies what a fault changes and writes the call down.
pub async fn finish(
    slack: &Slack,
    operation: &str,
    method: &str,
    path: &str,
    query: &str,
    answer: Answer,
    effect: &Effect,
) -> Answer {
    if let Some(delay_ms) = effect.delay_ms {
        pause_ms(delay_ms).await;
    }
    let answer = answer.with_effect(effect);
    slack.kernel.calls.record(LoggedCall {
        at_ms: slack.now_ms(),
        operation: operation.to_owned(),
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        status: answer.status,
    });
    answer
}

/// Builds the answer of a fault that replaces the work.
pub fn answer_of(effect: &Effect) -> Answer {
    let status = effect.status.unwrap_or(200);
    if let Some(body) = &effect.body {
        return match body {
            serde_json::Value::String(text) => Answer::html(status, text.clone()),
            json => Answer::json(status, json.to_string()),
        };
    }
    if status >= 500 && effect.reason.is_none() {
        let text = "<!DOCTYPE html>\n<html><head><title>Server Error | Slack</title></head>\
            <body><h1>Server Error</h1><p>It seems like there's a problem connecting to our servers.</p></body></html>\n";
        return Answer::html(status, text.to_owned());
    }
    let by_status = if status == 429 { "ratelimited" } else { "internal_error" };
    let mut error = ApiError::new(effect.reason.clone().unwrap_or_else(|| by_status.to_owned()));
    if let Some(message) = &effect.message {
        error.more.insert("response_metadata".into(), json!({"messages": [message]}));
    }
    let mut answer = error.into_answer();
    answer.status = status;
    answer
}

/// Returns the name a call is counted and matched by: the method's own name.
fn operation_name(method: &str, path: &str) -> &'static str {
    if let Some(name) = path.strip_prefix("/api/") {
        const OAUTH: [&str; 5] = [
            "oauth.v2.access",
            "oauth.v2.user.access",
            "oauth.v2.exchange",
            "openid.connect.token",
            "apps.event.authorizations.list",
        ];
        let known = methods::names().chain(OAUTH);
        return known.into_iter().find(|known| *known == name).unwrap_or("unknown");
    }
    match path {
        authorize::V2 | authorize::V2_USER | authorize::OPENID if method == "POST" => "oauth.consent",
        authorize::V2 | authorize::V2_USER | authorize::OPENID => "oauth.authorize",
        _ => "web",
    }
}

fn route(
    slack: &Slack,
    method: &str,
    path: &str,
    query: &str,
    headers: &HeaderMap,
    body: &Bytes,
    hint: Option<Hint>,
) -> Answer {
    if let Some(name) = path.strip_prefix("/api/") {
        if !matches!(method, "GET" | "POST") {
            return Answer::empty(405);
        }
        return access::run(slack, name, query, headers, body)
            .unwrap_or_else(|| call::run(slack, name, query, headers, body, hint));
    }
    let page = [authorize::V2, authorize::V2_USER, authorize::OPENID].into_iter().find(|page| *page == path);
    match (method, page) {
        ("GET", Some(page)) => authorize::show(slack, page, query),
        ("POST", Some(page)) => authorize::decide(slack, page, body),
        ("GET", None) => match path {
            "/openid/connect/keys" => Answer::json(200, slack.signing_key().key_set().to_string()),
            "/.well-known/openid-configuration" => discovery(slack),
            // Everything else of the workspace's web site wants a session first.
            _ => authorize::sign_in_page(&slack.read().team().name),
        },
        _ => Answer::html(
            404,
            "<!DOCTYPE html><html><title>There's been a glitch | Slack</title></html>".into(),
        ),
    }
}

fn discovery(slack: &Slack) -> Answer {
    let base = &slack.base;
    let body = json!({
        "issuer": "https://slack.com",
        "authorization_endpoint": format!("{base}{}", authorize::OPENID),
        "token_endpoint": format!("{base}/api/openid.connect.token"),
        "userinfo_endpoint": format!("{base}/api/openid.connect.userInfo"),
        "jwks_uri": format!("{base}/openid/connect/keys"),
        "scopes_supported": ["openid", "profile", "email"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["form_post"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["sub", "auth_time", "iss"],
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": true,
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
    });
    Answer::json(200, body.to_string())
}
