//! Refusals as Slack words them: status 200, `ok: false` and a code.

use serde_json::{Map, Value, json};

use crate::kernel::answer::Answer;

/// A refused call.
#[derive(Debug, Clone)]
pub struct ApiError {
    pub error: String,
    pub more: Map<String, Value>,
    /// Set when the call is refused for coming too often.
    pub retry_after: Option<u64>,
}

impl ApiError {
    pub fn new(error: impl Into<String>) -> Self {
        Self { error: error.into(), more: Map::new(), retry_after: None }
    }

    pub fn missing_scope(needed: &str, provided: &str) -> Self {
        let mut error = Self::new("missing_scope");
        error.more.insert("needed".into(), needed.into());
        error.more.insert("provided".into(), provided.into());
        error
    }

    pub fn rate_limited(seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..Self::new("ratelimited") }
    }

    /// A required argument that did not come.
    pub fn missing_field(name: &str) -> Self {
        Self::invalid_arguments(&format!("[ERROR] missing required field: {name}"))
    }

    pub fn invalid_arguments(message: &str) -> Self {
        let mut error = Self::new("invalid_arguments");
        error.more.insert("response_metadata".into(), json!({"messages": [message]}));
        error
    }

    pub fn into_answer(self) -> Answer {
        let mut body = self.more;
        body.insert("ok".into(), false.into());
        body.insert("error".into(), self.error.into());
        let status = if self.retry_after.is_some() { 429 } else { 200 };
        let answer = Answer::json(status, Value::Object(body).to_string());
        match self.retry_after {
            Some(seconds) => answer.with_header("Retry-After", seconds.to_string()),
            None => answer,
        }
    }
}

impl From<&str> for ApiError {
    fn from(error: &str) -> Self {
        Self::new(error)
    }
}

/// The workspace names its refusals as Slack does; anything else is an inner failure.
impl From<anyhow::Error> for ApiError {
    fn from(error: anyhow::Error) -> Self {
        let text = error.to_string();
        let is_code = text.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_');
        Self::new(if is_code { text } else { "internal_error".to_owned() })
    }
}
