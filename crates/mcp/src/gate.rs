//! The gate before the protocol: nobody passes without a user token, and the token goes no further.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use gangway_app::{App, AppError, Code, Credential};
use gangway_model::{SecretString, User};
use serde_json::{Value, json};

/// What a client would send to go on with a session. We begin none, so whatever it names is not there.
const SESSION_ID: &str = "mcp-session-id";

#[derive(Clone)]
pub struct Gate {
    pub app: Arc<App>,
    /// Where clients learn how to get a token.
    pub metadata_url: String,
}

/// Who is calling, handed on in place of the header.
#[derive(Clone)]
pub struct Caller {
    pub user: User,
    pub credential: Credential,
}

/// Signs the caller in for this one request, before anything of it is read.
pub async fn let_in(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    let caller = match bearer(request.headers()) {
        None => {
            let error = AppError::new(Code::Unauthorized, "send a token: Authorization: Bearer <token>");
            return gate.refuse(error, None);
        }
        Some(token) => {
            let credential = Credential::Token(token);
            match gate.app.sign_in(&credential).await {
                Ok(user) => Caller { user, credential },
                Err(error) => return gate.refuse(error, Some("invalid_token")),
            }
        }
    };
    if request.headers().contains_key(SESSION_ID) {
        let message = "there is no such session: this server keeps none, send each request by itself";
        return gate.refuse(AppError::new(Code::NotFound, message), None);
    }
    request.headers_mut().remove(header::AUTHORIZATION);
    request.extensions_mut().insert(caller);
    next.run(request).await
}

impl Gate {
    /// Refuses in the shape of the REST API. A 401 says where to learn how to get a token (RFC 9728).
    fn refuse(&self, error: AppError, problem: Option<&str>) -> Response {
        let status = match error.code {
            Code::Unauthorized => StatusCode::UNAUTHORIZED,
            Code::Forbidden => StatusCode::FORBIDDEN,
            Code::NotFound => StatusCode::NOT_FOUND,
            Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if status.is_server_error() {
            log(&error);
        }
        let mut response = (status, Json(error_value(&error))).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let problem = problem.map(|word| format!("error=\"{word}\", ")).unwrap_or_default();
            let challenge = format!("Bearer {problem}resource_metadata=\"{}\"", self.metadata_url);
            let challenge = HeaderValue::from_str(&challenge).unwrap_or(HeaderValue::from_static("Bearer"));
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(seconds) = error.retry_after() {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// An error as the REST API tells it.
pub fn error_value(error: &AppError) -> Value {
    json!({ "error": { "code": error.code.as_str(), "message": error.message, "details": error.details } })
}

/// Logs what is our fault with the whole chain of causes.
pub fn log(error: &AppError) {
    let (code, message) = (error.code.as_str(), &error.message);
    tracing::error!(code, %message, causes = ?error.causes(), "request failed");
}

fn bearer(headers: &HeaderMap) -> Option<SecretString> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    let is_token = scheme.eq_ignore_ascii_case("bearer") && (1..=512).contains(&token.len());
    is_token.then(|| SecretString::from(token))
}
