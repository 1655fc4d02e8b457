//! The gate before the protocol: nobody passes without a token of a user or of an assistant that a user allowed, and the
//! token goes no further.

use std::sync::{Arc, OnceLock};

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use gangway_app::{App, AppError, AppResult, Code, Credential};
use gangway_model::{AssistantScope, SecretString, User};
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
    /// What the token may do. A user's own may do everything.
    scopes: Vec<AssistantScope>,
    /// A scope that was missing, told to the gate, which says so in the words of HTTP.
    missing: Arc<OnceLock<AssistantScope>>,
}

impl Caller {
    fn new(user: User, scopes: Vec<AssistantScope>) -> Self {
        Self { user, scopes, missing: Arc::default() }
    }

    /// Whether the token has one of the scopes.
    pub fn may(&self, any_of: &[AssistantScope]) -> bool {
        any_of.iter().any(|scope| self.scopes.contains(scope))
    }

    /// Refuses unless the token has one of the scopes.
    pub fn require(&self, any_of: &[AssistantScope]) -> AppResult<()> {
        if self.may(any_of) {
            return Ok(());
        }
        if let Some(scope) = any_of.first() {
            // The first that is missing is the one that is told.
            let _ = self.missing.set(*scope);
        }
        Err(AppError::new(Code::Forbidden, "this token was not allowed that: ask the person for more"))
    }
}

/// Signs the caller in for this one request, before anything of it is read.
pub async fn let_in(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    let caller = match bearer(request.headers()) {
        None => {
            let error = AppError::new(Code::Unauthorized, "send a token: Authorization: Bearer <token>");
            return gate.refuse(error, None);
        }
        Some(token) => match sign_in(&gate.app, token).await {
            Ok(caller) => caller,
            Err(error) => {
                let is_token = error.code == Code::Unauthorized;
                return gate.refuse(error, is_token.then(|| "error=\"invalid_token\"".to_owned()));
            }
        },
    };
    if request.headers().contains_key(SESSION_ID) {
        let message = "there is no such session: this server keeps none, send each request by itself";
        return gate.refuse(AppError::new(Code::NotFound, message), None);
    }
    request.headers_mut().remove(header::AUTHORIZATION);
    request.extensions_mut().insert(caller.clone());
    let response = next.run(request).await;
    match caller.missing.get() {
        Some(missing) => gate.refuse_scope(&caller, *missing),
        None => response,
    }
}

/// The user a token acts as, and what it may do. Which kind it is, its beginning says.
async fn sign_in(app: &App, token: SecretString) -> AppResult<Caller> {
    if app.is_assistant_token(&token) {
        let found = app.sign_in_assistant(&token).await?;
        return Ok(Caller::new(found.user, found.scopes));
    }
    let user = app.sign_in(&Credential::Token(token)).await?;
    Ok(Caller::new(user, AssistantScope::ALL.to_vec()))
}

impl Gate {
    /// Says which scope was missing, so that a program can ask its person for it (RFC 6750, 3.1).
    fn refuse_scope(&self, caller: &Caller, missing: AssistantScope) -> Response {
        let asked: Vec<_> = AssistantScope::ALL
            .into_iter()
            .filter(|scope| *scope == missing || caller.scopes.contains(scope))
            .collect();
        let scope = AssistantScope::words(&asked);
        let message = format!("this token was not allowed to {}: ask the person for it", missing.as_str());
        let error = AppError::new(Code::Forbidden, message).with("scope", missing.as_str());
        self.refuse(error, Some(format!("error=\"insufficient_scope\", scope=\"{scope}\"")))
    }

    /// Refuses in the shape of the REST API. The challenge says what is wrong with the token, and where to learn how to get
    /// a better one (RFC 9728).
    fn refuse(&self, error: AppError, problem: Option<String>) -> Response {
        let status = match error.code {
            Code::Unauthorized => StatusCode::UNAUTHORIZED,
            Code::Forbidden | Code::UserDisabled => StatusCode::FORBIDDEN,
            Code::NotFound => StatusCode::NOT_FOUND,
            Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if status.is_server_error() {
            log(&error);
        }
        let mut response = (status, Json(error_value(&error))).into_response();
        if status == StatusCode::UNAUTHORIZED || problem.is_some() {
            let problem = problem.map(|problem| format!("{problem}, ")).unwrap_or_default();
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
