//! Refusals in Dropbox's own words: plain text for malformed calls, tagged JSON for everything else.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use crate::kernel::answer::Answer;

/// Why a call was refused.
#[derive(Debug, Clone)]
pub enum ApiError {
    /// 400 in plain text; the function's name is put in front.
    Malformed(String),
    Tagged {
        status: u16,
        /// The tags from the outside in, as the summary shows them.
        summary: String,
        error: Value,
    },
    RateLimited {
        reason: &'static str,
        seconds: u64,
        as_text: bool,
    },
}

static DOTS: AtomicU32 = AtomicU32::new(0);

/// Returns `summary/` with a number of dots that changes from answer to answer.
fn dotted(summary: &str) -> String {
    let dots = DOTS.fetch_add(1, Ordering::Relaxed) % 4;
    format!("{summary}/{}", &"..."[..dots as usize])
}

/// Nests tags: `["path", "not_found"]` becomes `{".tag": "path", "path": {".tag": "not_found"}}`.
pub fn nested(tags: &[&str]) -> Value {
    match tags {
        [] => Value::Null,
        [tag] => json!({".tag": tag}),
        [tag, inner @ ..] => json!({".tag": tag, *tag: nested(inner)}),
    }
}

impl ApiError {
    pub fn malformed(text: impl Into<String>) -> Self {
        Self::Malformed(text.into())
    }

    /// 409 with the error of a route, written from the outside in: `path/not_found`.
    pub fn route(tags: &str) -> Self {
        let parts: Vec<&str> = tags.split('/').collect();
        Self::Tagged { status: 409, summary: tags.to_owned(), error: nested(&parts) }
    }

    pub fn route_with(summary: &str, error: Value) -> Self {
        Self::Tagged { status: 409, summary: summary.to_owned(), error }
    }

    pub fn auth(tag: &str) -> Self {
        Self::Tagged { status: 401, summary: tag.to_owned(), error: json!({".tag": tag}) }
    }

    pub fn missing_scope(scope: &str) -> Self {
        let error = json!({".tag": "missing_scope", "required_scope": scope});
        Self::Tagged { status: 401, summary: "missing_scope".into(), error }
    }

    pub fn no_access(tag: &str) -> Self {
        Self::Tagged { status: 403, summary: tag.to_owned(), error: json!({".tag": tag}) }
    }

    /// 422 when the path root is no longer the root; carries the root as it is now.
    pub fn invalid_root(root_info: &Value) -> Self {
        let error = json!({".tag": "invalid_root", "invalid_root": root_info});
        Self::Tagged { status: 422, summary: "invalid_root".into(), error }
    }

    pub fn no_root_permission() -> Self {
        Self::Tagged { status: 422, summary: "no_permission".into(), error: json!({".tag": "no_permission"}) }
    }

    pub fn into_answer(self, function: &str) -> Answer {
        match self {
            Self::Malformed(text) => {
                Answer::new(400, "text/plain; charset=utf-8", malformed_text(function, &text))
            }
            Self::Tagged { status, summary, error } => {
                let body = json!({"error_summary": dotted(&summary), "error": error});
                let answer = Answer::new(status, "application/json", body.to_string());
                if status != 401 {
                    return answer;
                }
                answer.with_header("WWW-Authenticate", "Bearer realm=\"Dropbox-API\"")
            }
            Self::RateLimited { reason, seconds, as_text: true } => {
                let text = format!("Error in call to API function \"{function}\": {reason}");
                Answer::new(429, "text/plain; charset=utf-8", text)
                    .with_header("Retry-After", seconds.to_string())
            }
            Self::RateLimited { reason, seconds, as_text: false } => {
                let error = json!({"reason": {".tag": reason}, "retry_after": seconds});
                let body = json!({"error_summary": dotted(reason), "error": error});
                Answer::new(429, "application/json", body.to_string())
                    .with_header("Retry-After", seconds.to_string())
            }
        }
    }
}

fn malformed_text(function: &str, text: &str) -> String {
    if function.is_empty() {
        return text.to_owned();
    }
    format!("Error in call to API function \"{function}\": {text}")
}

/// Answers as the token endpoint does; it has its own error form.
pub fn oauth_error(error: &str, description: Option<&str>) -> Answer {
    let body = match description {
        Some(text) => json!({"error": error, "error_description": text}),
        None => json!({"error": error}),
    };
    Answer::new(400, "application/json", body.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_nest_from_the_outside_in() {
        let expected = json!({".tag": "path", "path": {".tag": "not_found"}});
        assert_eq!(nested(&["path", "not_found"]), expected);
    }
}
