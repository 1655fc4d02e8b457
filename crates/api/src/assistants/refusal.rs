//! Refusals of the token and the registration endpoint, in RFC 6749's flat shape.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use gangway_app::{RefusalWord, Refused};
use serde_json::json;

use crate::problem::{log, status_of};

/// The status that goes with a refusal.
pub fn status(refused: &Refused) -> StatusCode {
    match refused.word {
        RefusalWord::InvalidClient => StatusCode::UNAUTHORIZED,
        RefusalWord::TemporarilyUnavailable => StatusCode::TOO_MANY_REQUESTS,
        RefusalWord::ServerError => {
            refused.cause.as_ref().map_or(StatusCode::INTERNAL_SERVER_ERROR, |cause| status_of(cause.code))
        }
        _ => StatusCode::BAD_REQUEST,
    }
}

/// Answers a program. Whoever tried HTTP Basic is told that it is understood here.
pub fn answer(refused: &Refused) -> Response {
    answer_with(status(refused), refused)
}

pub fn answer_with(status: StatusCode, refused: &Refused) -> Response {
    if let Some(cause) = refused.cause.as_deref().filter(|_| status.is_server_error()) {
        log(cause);
    }
    let body = json!({ "error": refused.word.as_str(), "error_description": refused.message });
    let mut response = (status, Json(body)).into_response();
    if status == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static("Basic realm=\"gangway\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    if let Some(seconds) = refused.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
