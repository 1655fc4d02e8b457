//! The one error shape: `{"error":{"code","message","details"}}`, and OAuth's flat one for its two endpoints.

use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use gangway_app::{AppError, Code};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// An error on its way to the caller.
#[derive(Debug)]
pub struct ApiError {
    error: Box<AppError>,
    /// Echoed in the flat shape, so that a client can tell which request failed.
    state: Option<String>,
}

pub type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        AppError::new(code, message).into()
    }

    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        AppError::invalid(field, message).into()
    }

    pub fn with_state(mut self, state: Option<String>) -> Self {
        self.state = state;
        self
    }
}

impl From<AppError> for ApiError {
    fn from(error: AppError) -> Self {
        Self { error: Box::new(error), state: None }
    }
}

/// The status of each code, decided in this one place.
pub fn status_of(code: Code) -> StatusCode {
    match code {
        Code::InvalidRequest | Code::InvalidScope | Code::InvalidGrant => StatusCode::BAD_REQUEST,
        Code::Unauthorized => StatusCode::UNAUTHORIZED,
        Code::Forbidden | Code::PlanRequired | Code::AccessDenied | Code::UserDisabled => {
            StatusCode::FORBIDDEN
        }
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Code::Conflict
        | Code::ConnectorUnavailable
        | Code::NotConnected
        | Code::NeedsReauth
        | Code::TokenExpired => StatusCode::CONFLICT,
        Code::Gone => StatusCode::GONE,
        Code::UnsupportedVersion => StatusCode::PRECONDITION_FAILED,
        Code::Locked => StatusCode::LOCKED,
        // The status that tus gives it; HTTP has none.
        Code::ChecksumMismatch => StatusCode::from_u16(460).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY),
        Code::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Code::RateLimit => StatusCode::TOO_MANY_REQUESTS,
        Code::ConnectorError => StatusCode::BAD_GATEWAY,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::QuotaExceeded => StatusCode::INSUFFICIENT_STORAGE,
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The guide's error shape.
#[derive(Serialize, ToSchema)]
#[schema(as = Error)]
pub struct ErrorBody {
    error: ErrorObject,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ErrorObject)]
pub struct ErrorObject {
    /// A word from the stable code list, such as `not_found`.
    code: &'static str,
    /// A sentence a person can act on.
    message: String,
    /// What a program may want to know: `field`, `connector_id`, `error_type`, `retry_after` …
    #[schema(value_type = Object)]
    details: Map<String, Value>,
}

/// The flat error shape of RFC 6749, used by `authorize` and `token`.
#[derive(Serialize, ToSchema)]
#[schema(as = OAuthError)]
pub struct FlatErrorBody {
    /// A code of RFC 6749 (`invalid_scope`, `invalid_grant` …) or of our own list.
    error: &'static str,
    error_description: String,
    /// The state of the request, when it had one.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    details: Map<String, Value>,
}

/// What the flat shape is made from, carried beside the usual answer.
#[derive(Clone)]
struct Flat {
    code: Code,
    message: String,
    state: Option<String>,
    details: Map<String, Value>,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let ApiError { error, state } = self;
        let status = status_of(error.code);
        if status.is_server_error() {
            log(&error);
        }
        let flat =
            Flat { code: error.code, message: error.message.clone(), state, details: error.details.clone() };
        let retry_after = error.retry_after();
        let body = ErrorBody {
            error: ErrorObject { code: error.code.as_str(), message: error.message, details: error.details },
        };
        let mut response = (status, Json(body)).into_response();
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(flat);
        response
    }
}

/// Logs the whole chain of causes, once, where it is answered.
pub fn log(error: &AppError) {
    tracing::error!(code = error.code.as_str(), message = %error.message, causes = ?error.causes(), "request failed");
}

/// Middleware of the OAuth endpoints: turns an error into RFC 6749's flat shape.
pub async fn flat_errors(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let Some(flat) = response.extensions_mut().remove::<Flat>() else {
        return response;
    };
    let body = FlatErrorBody {
        error: flat.code.as_str(),
        error_description: flat.message,
        state: flat.state,
        details: flat.details,
    };
    let mut answer = (response.status(), Json(body)).into_response();
    for name in [header::RETRY_AFTER, header::WWW_AUTHENTICATE] {
        if let Some(value) = response.headers_mut().remove(&name) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_asked_for_is_in_the_header_too() {
        let error = AppError::new(Code::RateLimit, "slow down").with("retry_after", 7);
        let response = ApiError::from(error).into_response();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[header::RETRY_AFTER], "7");
    }

    #[test]
    fn only_our_own_failures_are_server_errors() {
        let server_errors: Vec<_> = Code::ALL
            .iter()
            .filter(|code| status_of(**code).is_server_error())
            .map(|code| code.as_str())
            .collect();
        assert_eq!(server_errors, ["connector_error", "unavailable", "quota_exceeded", "internal"]);
    }
}
