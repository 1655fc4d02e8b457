//! What every request passes through: its id, its span and figures, headers, limits, and answers of last resort.

use std::any::Any;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use gangway_app::{AppError, AppSettings, Code};
use tower_http::cors::{AllowOrigin, CorsLayer};
use tracing::Instrument;

use crate::problem::ApiError;
use crate::state::ApiState;
use crate::v1::uploads::tus;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const PICKER_KEY: HeaderName = HeaderName::from_static("x-picker-key");
/// What clients of the Model Context Protocol send.
const MCP_HEADERS: [HeaderName; 3] = [
    HeaderName::from_static("mcp-protocol-version"),
    HeaderName::from_static("mcp-method"),
    HeaderName::from_static("mcp-name"),
];

/// Gives the request an id, a span without its query (which may hold codes), and counts it.
pub async fn observe(State(state): State<ApiState>, mut request: Request, next: Next) -> Response {
    let id = request_id(&request);
    request.headers_mut().insert(REQUEST_ID, id.clone());
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("(none)".to_owned(), |path| path.as_str().to_owned());
    let span = tracing::info_span!("request", id = id.to_str().unwrap_or_default(), %method, route);
    let start = state.app.clock.now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let took = (state.app.clock.now() - start).to_std().unwrap_or_default();
    let status = response.status().as_u16();
    span.in_scope(|| tracing::debug!(status, took_ms = took.as_secs_f64() * 1000.0, "answered"));
    let labels = [("method", method.to_string()), ("route", route), ("status", status.to_string())];
    metrics::counter!("gangway_http_requests_total", &labels).increment(1);
    metrics::histogram!("gangway_http_request_seconds", &labels[..2]).record(took.as_secs_f64());
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// The caller's own id when it is harmless, else a fresh one.
fn request_id(request: &Request) -> HeaderValue {
    let harmless = |text: &str| {
        (1..=64).contains(&text.len())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
    };
    let given = request.headers().get(&REQUEST_ID).filter(|value| value.to_str().is_ok_and(harmless));
    given.cloned().unwrap_or_else(|| {
        HeaderValue::from_str(&uuid::Uuid::now_v7().to_string())
            .unwrap_or(HeaderValue::from_static("unknown"))
    })
}

/// Headers that keep browsers from guessing, leaking and framing; pages of ours bring stricter ones.
pub async fn guard_browsers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Gives up on a request that takes too long.
pub async fn limit_time(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    tokio::select! {
        response = next.run(request) => response,
        () = state.app.clock.sleep(state.app.settings.longest_request) => {
            let error = AppError::new(Code::Unavailable, "this took too long: try again").with("retry_after", 5);
            ApiError::from(error).into_response()
        }
    }
}

/// Gives the router's bare 405 our shape; its `Allow` header stays.
pub async fn shape_bare_errors(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    if response.status() != StatusCode::METHOD_NOT_ALLOWED {
        return response;
    }
    let allow = response.headers().get(header::ALLOW).cloned();
    let mut shaped =
        ApiError::new(Code::MethodNotAllowed, "this path does not know the method").into_response();
    if let Some(allow) = allow {
        shaped.headers_mut().insert(header::ALLOW, allow);
    }
    shaped
}

/// Where the console is switched off, nothing is at its place: neither its pages nor its sessions. The picker's scripts,
/// styles and mark, which are built with it, stay.
pub async fn close_console(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let within = |path: &str| match path.strip_prefix("/console") {
        Some("/mark.svg") => false,
        Some(rest) => rest.is_empty() || (rest.starts_with('/') && !rest.starts_with("/assets/")),
        None => false,
    };
    if !state.app.settings.console && within(request.uri().path()) {
        return unknown_path().await.into_response();
    }
    next.run(request).await
}

/// No route has this path.
pub async fn unknown_path() -> ApiError {
    ApiError::new(Code::NotFound, "there is no such path")
}

/// A handler panicked: our fault, told in our shape. The panic's text stays in the log.
pub fn answer_panic(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text =
        panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    tracing::error!(panic = text.unwrap_or("(no text)"), "a handler panicked");
    ApiError::new(Code::Internal, "something went wrong on our side").into_response()
}

/// Lets pages of the listed origins call the API. Tokens travel in a header, so no cookies are involved.
pub fn cors(settings: &AppSettings) -> CorsLayer {
    let origins: Vec<HeaderValue> =
        settings.allowed_origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    let own = [header::AUTHORIZATION, header::CONTENT_TYPE, REQUEST_ID, PICKER_KEY, IDEMPOTENCY_KEY];
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PATCH, Method::DELETE])
        .allow_headers(own.into_iter().chain(tus::headers::SENT).chain(MCP_HEADERS).collect::<Vec<_>>())
        .expose_headers(
            [
                REQUEST_ID,
                header::RETRY_AFTER,
                header::CONTENT_DISPOSITION,
                header::LOCATION,
                header::WWW_AUTHENTICATE,
            ]
            .into_iter()
            .chain(tus::headers::ANSWERED)
            .collect::<Vec<_>>(),
        )
        .max_age(Duration::from_secs(600))
}
