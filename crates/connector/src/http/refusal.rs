//! A provider's refusal, on its way to becoming our error.

use gangway_model::Timestamp;
use http::{HeaderMap, StatusCode};

use crate::error::{ConnectorError, Disposition};

/// An answer that is no success, as a classifier sees it.
#[derive(Clone, Copy)]
pub struct Refusal<'a> {
    pub status: StatusCode,
    pub headers: &'a HeaderMap,
    /// The beginning of the body, enough for any error page.
    pub body: &'a [u8],
    /// When the answer arrived, for providers that name a moment to come back at.
    pub now: Timestamp,
}

/// How one provider's answers are read. Pure functions, one set per connector.
#[derive(Clone, Copy)]
pub struct AnswerRules {
    /// Turns a refusal into our error.
    pub classify: Classifier,
    /// Whether a refusal is about the access token, so that a fresh one may help. It is replaced once, then the
    /// refusal stands.
    pub refuses_token: fn(&Refusal<'_>) -> bool,
    /// Whether an answer with a status of success is a refusal all the same (`{"ok":false}`). Asked only about
    /// answers that are read as a whole.
    pub refuses_in_success: fn(&Refusal<'_>) -> bool,
}

impl AnswerRules {
    /// The ordinary rules: a status says what an answer is, and 401 is about the token.
    pub const fn by_status(classify: Classifier) -> Self {
        Self {
            classify,
            refuses_token: |refusal| refusal.status == StatusCode::UNAUTHORIZED,
            refuses_in_success: |_| false,
        }
    }
}

/// The one place of a connector that turns its provider's answers into our errors. Pure.
///
/// `RetryLater` is retried by the handle; a `Retry-After` header is honoured without its help.
pub type Classifier = fn(&Refusal<'_>) -> ConnectorError;

/// What a status means where nothing more is known about the provider.
///
/// A 404 is not taken for proof that something is gone: it may come from a wrong address or a proxy.
pub fn classify_by_status(refusal: &Refusal<'_>) -> ConnectorError {
    let (code, disposition) = match refusal.status {
        StatusCode::TOO_MANY_REQUESTS => ("rate_limit", Disposition::RetryLater { after: None }),
        StatusCode::UNAUTHORIZED => ("unauthorized", Disposition::RetryLater { after: None }),
        StatusCode::REQUEST_TIMEOUT => ("server_error", Disposition::RetryLater { after: None }),
        StatusCode::FORBIDDEN => ("forbidden", Disposition::SkipItem),
        status if status.is_server_error() => ("server_error", Disposition::RetryLater { after: None }),
        _ => ("unexpected_answer", Disposition::Fail),
    };
    ConnectorError::new(code, format!("the provider answered {}", refusal.status), disposition)
}
