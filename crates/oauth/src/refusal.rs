//! From an authorization server's refusal to our error: one table for every spelling in use.

use std::time::Duration;

use gangway_model::Timestamp;
use http::{HeaderMap, StatusCode, header};

use crate::answer::Fields;
use crate::error::OAuthError;

/// The longest description kept; providers put whole pages there.
const LONGEST_DESCRIPTION: usize = 200;

/// What a refusal is judged by.
pub(crate) struct Refusal<'a> {
    pub status: StatusCode,
    pub headers: &'a HeaderMap,
    /// `None` when the body is neither JSON nor a form.
    pub fields: Option<&'a Fields>,
    pub now: Timestamp,
    /// What was sent and must not come back in a description.
    pub secrets: &'a [&'a str],
}

impl Refusal<'_> {
    pub fn into_error(self) -> OAuthError {
        let after = retry_after(self.headers, self.now);
        let code = self.fields.and_then(Fields::error_code);
        let description = self
            .fields
            .and_then(Fields::error_description)
            .map(|text| harmless(&text, self.secrets))
            .filter(|text| !text.is_empty());
        // A server in trouble is not believed about grants, whatever its page says.
        if self.status.is_server_error() || self.status == StatusCode::TOO_MANY_REQUESTS {
            return OAuthError::Temporarily { after, message: format!("it answered {}", self.status) };
        }
        let Some(code) = code else {
            if self.status == StatusCode::REQUEST_TIMEOUT {
                return OAuthError::Temporarily { after, message: "it answered 408".to_owned() };
            }
            return OAuthError::Malformed {
                message: format!("status {} without an error code", self.status),
            };
        };
        from_code(&harmless(&code, self.secrets), description, after)
    }
}

fn from_code(code: &str, description: Option<String>, after: Option<Duration>) -> OAuthError {
    match code {
        "invalid_grant"
        | "invalid_code"
        | "code_already_used"
        | "code_expired"
        | "bad_verification_code"
        | "invalid_refresh_token"
        | "invalid_code_verifier"
        | "token_expired"
        | "token_revoked"
        | "expired_token"
        | "incorrect_client_credentials_for_token" => OAuthError::InvalidGrant { description },
        "invalid_client"
        | "unauthorized_client"
        | "deleted_client"
        | "disabled_client"
        | "redirect_uri_mismatch"
        | "bad_redirect_uri"
        | "invalid_redirect_uri"
        | "invalid_client_id"
        | "bad_client_secret"
        | "oauth_authorization_url_mismatch"
        | "pkce_not_allowed"
        | "unsupported_grant_type" => OAuthError::AppRejected { code: code.to_owned(), description },
        "invalid_scope" | "bad_scope" | "no_scopes" => OAuthError::InvalidScope { description },
        "access_denied"
        | "org_internal"
        | "admin_policy_enforced"
        | "consent_required"
        | "interaction_required"
        | "user_denied" => OAuthError::Denied { description },
        "temporarily_unavailable"
        | "server_error"
        | "slow_down"
        | "ratelimited"
        | "rate_limited"
        | "internal_error"
        | "internal_failure"
        | "fatal_error"
        | "service_unavailable"
        | "request_timeout" => OAuthError::Temporarily { after, message: code.to_owned() },
        other => {
            let told = description.map(|text| format!(": {text}")).unwrap_or_default();
            OAuthError::Malformed { message: format!("it answered {other}{told}") }
        }
    }
}

/// How long the server asks to wait: seconds or an HTTP date.
pub(crate) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let at = Timestamp::from(httpdate::parse_http_date(text).ok()?);
    Some((at - now).to_std().unwrap_or_default())
}

/// A provider's sentence, made fit for logs and people: short, on one line, without what we sent.
fn harmless(text: &str, secrets: &[&str]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|secret| secret.len() >= 4) {
        text = text.replace(secret, "[hidden]");
    }
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    line.trim().trim_end_matches('.').chars().take(LONGEST_DESCRIPTION).collect()
}
