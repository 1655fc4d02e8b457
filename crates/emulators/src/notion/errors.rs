//! Errors in Notion's words, and the answers that carry them.

use serde_json::{Value, json};

use super::ids;
use crate::kernel::answer::Answer;

/// A refused API call.
#[derive(Debug, Clone)]
pub struct ApiError {
    pub status: u16,
    pub code: String,
    pub message: String,
    /// Boxed, so that a refusal stays small whatever a value takes.
    pub additional_data: Option<Box<Value>>,
    pub retry_after: Option<u64>,
}

impl ApiError {
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            status: usual_status(code),
            code: code.to_owned(),
            message: message.into(),
            additional_data: None,
            retry_after: None,
        }
    }

    pub fn validation(message: impl Into<String>) -> Self {
        Self::new("validation_error", message)
    }

    pub fn body(message: impl std::fmt::Display) -> Self {
        Self::validation(format!("body failed validation: {message}."))
    }

    /// The same words for what does not exist and for what was not shared.
    pub fn not_found(what: &str, id: ids::Id, app: &str) -> Self {
        Self::new(
            "object_not_found",
            format!(
                "Could not find {what} with ID: {}. Make sure the relevant pages and databases are shared with your integration \"{app}\".",
                ids::show(id)
            ),
        )
    }

    pub fn unauthorized() -> Self {
        Self::new("unauthorized", "API token is invalid.")
    }

    pub fn restricted() -> Self {
        Self::new("restricted_resource", "Insufficient permissions for this endpoint.")
    }

    pub fn invalid_url() -> Self {
        Self::new("invalid_request_url", "Invalid request URL.")
    }

    pub fn with_data(mut self, data: Value) -> Self {
        self.additional_data = Some(Box::new(data));
        self
    }

    pub fn into_answer(self) -> Answer {
        let request_id = ids::random();
        let mut body = json!({
            "object": "error",
            "status": self.status,
            "code": self.code,
            "message": self.message,
            "request_id": request_id,
        });
        if let Some(data) = self.additional_data {
            body["additional_data"] = *data;
        }
        let mut answer =
            Answer::json(self.status, body.to_string()).with_header("x-notion-request-id", request_id);
        if let Some(seconds) = self.retry_after {
            answer = answer.with_header("Retry-After", seconds.to_string());
        }
        answer
    }
}

impl From<anyhow::Error> for ApiError {
    fn from(error: anyhow::Error) -> Self {
        ApiError::body(format!("{error:#}"))
    }
}

/// Returns the status that belongs to a code.
pub fn usual_status(code: &str) -> u16 {
    match code {
        "unauthorized" => 401,
        "restricted_resource" => 403,
        "object_not_found" => 404,
        "conflict_error" => 409,
        "rate_limited" => 429,
        "internal_server_error" => 500,
        "bad_gateway" => 502,
        "service_unavailable" | "database_connection_unavailable" => 503,
        "gateway_timeout" => 504,
        "service_overload" => 529,
        _ => 400,
    }
}

/// Returns the code that belongs to a status.
pub fn usual_code(status: u16) -> &'static str {
    match status {
        401 => "unauthorized",
        403 => "restricted_resource",
        404 => "object_not_found",
        409 => "conflict_error",
        429 => "rate_limited",
        502 => "bad_gateway",
        503 => "service_unavailable",
        504 => "gateway_timeout",
        529 => "service_overload",
        status if status < 500 => "validation_error",
        _ => "internal_server_error",
    }
}

/// Returns the words that usually stand beside a code.
pub fn usual_message(code: &str) -> &'static str {
    match code {
        "unauthorized" => "API token is invalid.",
        "restricted_resource" => "Insufficient permissions for this endpoint.",
        "conflict_error" => "Conflict occurred while saving. Please try again.",
        "rate_limited" => "You have been rate limited. Please try again in a few minutes.",
        "service_overload" => "Notion is currently overloaded. Please try again later.",
        "service_unavailable" => "Public API service is temporarily unavailable. Please try again later.",
        "database_connection_unavailable" => {
            "Notion's database is unavailable or is not in a state that can be queried."
        }
        "gateway_timeout" => "Notion timed out while attempting to complete this request.",
        "bad_gateway" => "Notion encountered an issue while attempting to complete this request.",
        "object_not_found" => "Could not find the object.",
        _ => "Unexpected error occurred.",
    }
}
