//! The one table from Dropbox's refusals to our errors.
//! <https://www.dropbox.com/developers/documentation/http/documentation#error-handling>
//!
//! A 409 carries every error of an endpoint's own, "not found" and "come back later" alike: only its tags say which.
//! The summary ends in a random number of dots and is looked at only where there are no tags.

use std::time::Duration;

use gangway_connector::http::{AnswerRules, Refusal};
use gangway_connector::{ConnectorError, Disposition};
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

/// The account's root is another one now: its team, or its leaving the team, brought a new one.
pub const ROOT_CHANGED: &str = "path_root_changed";
/// The namespace of a shared folder is not open to this account.
pub const NAMESPACE_REFUSED: &str = "namespace_refused";
/// The file has no bytes of its own and must be exported.
pub const UNSUPPORTED_FILE: &str = "unsupported_file";
/// The format is not among those that the file can be exported to.
pub const INVALID_EXPORT_FORMAT: &str = "invalid_export_format";

const LATER: Disposition = Disposition::RetryLater { after: None };
/// Only an administrator or Dropbox itself ends a suspension: looking once a day is enough.
const TOMORROW: Disposition = Disposition::RetryLater { after: Some(Duration::from_secs(24 * 3600)) };
const DEEPEST_TAGS: usize = 5;

pub const RULES: AnswerRules = AnswerRules { classify, refuses_token, refuses_in_success: |_| false };

/// Dropbox's tag, our code, what to do, what to tell people.
type Row = (&'static str, &'static str, Disposition, &'static str);

/// Tags of 409 answers, the innermost first.
const ROUTE_ERRORS: &[Row] = &[
    ("reset", "cursor_reset", Disposition::RestartFeed, "Dropbox no longer accepts this place in the list"),
    (
        "invalid_cursor",
        "cursor_reset",
        Disposition::RestartFeed,
        "Dropbox no longer accepts this place in the list",
    ),
    ("not_found", "not_found", Disposition::Gone, NOT_FOUND),
    ("invalid_file", "not_found", Disposition::Gone, NOT_FOUND),
    ("invalid_id", "not_found", Disposition::Gone, NOT_FOUND),
    ("not_a_member", "not_found", Disposition::Gone, "it is no longer shared with the connected account"),
    ("shared_link_not_found", "not_found", Disposition::Gone, NOT_FOUND),
    ("not_folder", "not_a_container", Disposition::SkipItem, "it is not a folder"),
    ("not_file", "not_a_file", Disposition::SkipItem, "it is not a file"),
    (
        "restricted_content",
        "restricted_content",
        Disposition::SkipItem,
        "Dropbox does not hand the file out, for legal reasons",
    ),
    ("locked", "locked", Disposition::SkipItem, "the file is locked at Dropbox"),
    (
        "unsupported_content_type",
        "unsupported_content_type",
        Disposition::SkipItem,
        "Dropbox does not do this for files of its kind",
    ),
    ("unsupported_file", UNSUPPORTED_FILE, Disposition::SkipItem, "the file has no content to download"),
    ("unsupported_link_type", UNSUPPORTED_FILE, Disposition::SkipItem, "the file has no content to download"),
    ("non_exportable", "no_export", Disposition::SkipItem, "Dropbox offers no export of it"),
    (
        "invalid_export_format",
        INVALID_EXPORT_FORMAT,
        Disposition::SkipItem,
        "Dropbox does not export it in any format that is known here",
    ),
    ("retry_error", "export_not_ready", LATER, "Dropbox is still preparing the export"),
    ("internal_error", "internal_error", LATER, "Dropbox has a problem of its own"),
    (
        "email_unverified",
        "email_not_verified",
        Disposition::SkipItem,
        "Dropbox shows what others share only to accounts with a verified email address",
    ),
    (
        "email_not_verified",
        "email_not_verified",
        Disposition::SkipItem,
        "Dropbox shows what others share only to accounts with a verified email address",
    ),
    (
        "shared_link_access_denied",
        "forbidden",
        Disposition::SkipItem,
        "its owner does not let the connected account read it",
    ),
    ("no_permission", "forbidden", Disposition::SkipItem, "the connected account may not read it"),
];

const NOT_FOUND: &str = "it does not exist at Dropbox, or the connected account does not see it";

/// Tags of 403 answers.
const ACCESS_ERRORS: &[Row] = &[
    (
        "invalid_account_type",
        "forbidden_by_plan",
        Disposition::SkipItem,
        "the plan of the Dropbox account does not include this",
    ),
    (
        "paper_access_denied",
        "paper_access_denied",
        Disposition::SkipItem,
        "the Dropbox account has no access to Paper",
    ),
    (
        "team_access_denied",
        "forbidden_by_policy",
        Disposition::SkipItem,
        "the team's policy at Dropbox does not allow this",
    ),
];

/// Whether a fresh access token may help: the only 401 that says so is that of an ended or revoked token.
///
/// An invalid one counts as well. Refreshing does no harm here (refresh tokens stay the same), it is the refresh that
/// tells whether the grant is dead, and the token may just have been replaced by a new connection.
fn refuses_token(refusal: &Refusal<'_>) -> bool {
    refusal.status == StatusCode::UNAUTHORIZED
        && Fault::read(refusal.body).has("expired_access_token", "invalid_access_token")
}

/// Turns a refusal of Dropbox into our error.
pub fn classify(refusal: &Refusal<'_>) -> ConnectorError {
    fn error(code: &'static str, message: impl Into<String>, disposition: Disposition) -> ConnectorError {
        ConnectorError::new(code, message, disposition)
    }
    let fault = Fault::read(refusal.body);
    match refusal.status {
        StatusCode::CONFLICT if fault.is_dropboxs() => match row(ROUTE_ERRORS, &fault) {
            Some(error) => error,
            None => {
                let message = format!("Dropbox refuses it{}", fault.told());
                error("refused", message, Disposition::SkipItem)
            }
        },
        StatusCode::UNAUTHORIZED => unauthorized(&fault),
        StatusCode::FORBIDDEN => row(ACCESS_ERRORS, &fault).unwrap_or_else(|| {
            error("forbidden", format!("Dropbox refuses access{}", fault.told()), Disposition::SkipItem)
        }),
        StatusCode::UNPROCESSABLE_ENTITY if fault.tags.first().is_some_and(|tag| tag == "invalid_root") => {
            let message = "the account's root at Dropbox is another one now";
            error(ROOT_CHANGED, message, Disposition::RestartFeed)
        }
        StatusCode::UNPROCESSABLE_ENTITY if fault.has("no_permission", "no_permission") => {
            let message = "the connected account may not open this shared folder";
            error(NAMESPACE_REFUSED, message, Disposition::SkipItem)
        }
        StatusCode::TOO_MANY_REQUESTS => {
            let disposition = Disposition::RetryLater { after: fault.retry_after };
            error("rate_limit", "Dropbox asks for fewer calls", disposition)
        }
        StatusCode::BAD_REQUEST => {
            let message = format!("Dropbox cannot use the request{}", api_function(refusal.body));
            error("bad_request", message, Disposition::Fail)
        }
        StatusCode::REQUEST_TIMEOUT => error("server_error", "Dropbox did not answer in time", LATER),
        status if status.is_server_error() => {
            error("server_error", format!("Dropbox answered {}", status.as_u16()), LATER)
        }
        // Dropbox says "not found" by 409. Whoever else says so proves nothing about the item.
        StatusCode::NOT_FOUND | StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY => {
            let message =
                format!("a {} that is not Dropbox's: is the address right?", refusal.status.as_u16());
            error("unexpected_answer", message, LATER)
        }
        status => {
            let message = format!("Dropbox answered {}", status.as_u16());
            error("unexpected_answer", message, Disposition::Fail)
        }
    }
}

fn unauthorized(fault: &Fault) -> ConnectorError {
    let tag = fault.tags.first().map(String::as_str).unwrap_or_default();
    let (code, message, disposition) = match tag {
        "missing_scope" => {
            let scope = fault.required_scope.as_deref().unwrap_or("which one, Dropbox does not say");
            let message =
                format!("the connection was not granted the permission for this ({scope}); connect again");
            ("insufficient_scope", message, Disposition::SkipItem)
        }
        "user_suspended" => {
            let message = "the Dropbox account is suspended; syncing goes on when it is open again";
            ("account_suspended", message.to_owned(), TOMORROW)
        }
        "invalid_select_user" | "invalid_select_admin" => {
            let message = "the account is no longer a member of its Dropbox team";
            ("account_left_team", message.to_owned(), Disposition::Reconnect)
        }
        "route_access_denied" => {
            let message = "Dropbox does not let this OAuth app make the call";
            ("route_access_denied", message.to_owned(), Disposition::FixConfiguration)
        }
        // The handle has replaced the token by now: a fresh one is refused, which proves nothing about the grant.
        // Whether that is dead is for the refresh to say.
        _ => (
            "unauthorized",
            "Dropbox refuses a fresh access token; if that stays so, connect again".to_owned(),
            LATER,
        ),
    };
    ConnectorError::new(code, message, disposition)
}

fn row(rows: &[Row], fault: &Fault) -> Option<ConnectorError> {
    let found = fault.tags.iter().rev().find_map(|tag| rows.iter().find(|row| row.0 == tag))?;
    let (_, code, disposition, message) = found;
    Some(ConnectorError::new(code, *message, *disposition))
}

/// Names the call of a text such as `Error in call to API function "files/list_folder": …`; what follows may quote
/// what was sent.
fn api_function(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let name = text.strip_prefix("Error in call to API function \"").and_then(|rest| rest.split_once('"'));
    let Some((name, _)) = name else { return String::new() };
    let is_name = name.len() <= 64 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_:".contains(&b));
    if is_name { format!(" to {name}") } else { String::new() }
}

/// Dropbox's error object.
#[derive(Default)]
struct Fault {
    /// From the outermost union to the innermost.
    tags: Vec<String>,
    required_scope: Option<String>,
    retry_after: Option<Duration>,
}

impl Fault {
    fn read(body: &[u8]) -> Self {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Envelope {
            error_summary: Option<Value>,
            error: Value,
        }
        let Ok(envelope) = serde_json::from_slice::<Envelope>(body) else { return Self::default() };
        let mut tags = tags(&envelope.error);
        if tags.is_empty() {
            tags =
                tags_of_summary(envelope.error_summary.as_ref().and_then(Value::as_str).unwrap_or_default());
        }
        let error = &envelope.error;
        Self {
            required_scope: error["required_scope"]
                .as_str()
                .filter(|scope| is_word(scope))
                .map(str::to_owned),
            retry_after: error["retry_after"].as_u64().map(Duration::from_secs),
            tags,
        }
    }

    /// Whether it is Dropbox's error format at all.
    fn is_dropboxs(&self) -> bool {
        !self.tags.is_empty()
    }

    fn has(&self, one: &str, other: &str) -> bool {
        self.tags.iter().any(|tag| tag == one || tag == other)
    }

    fn told(&self) -> String {
        if self.tags.is_empty() { String::new() } else { format!(" ({})", self.tags.join("/")) }
    }
}

/// The tags of a union and of what it holds: `{".tag":"path","path":{".tag":"not_found"}}` is `path`, `not_found`.
fn tags(error: &Value) -> Vec<String> {
    let mut tags = Vec::new();
    let mut union = error;
    while let Some(tag) = union[".tag"].as_str().filter(|tag| is_word(tag) && tags.len() < DEEPEST_TAGS) {
        tags.push(tag.to_owned());
        union = &union[tag];
    }
    // A member without a value may be written as its bare name.
    if let Some(tag) = union.as_str().filter(|tag| is_word(tag) && !tags.is_empty()) {
        tags.push(tag.to_owned());
    }
    tags
}

/// The same from `path/not_found/..`, whose dots mean nothing.
fn tags_of_summary(summary: &str) -> Vec<String> {
    let words = summary.split('/').map(|word| word.trim_matches('.')).filter(|word| is_word(word));
    words.take(DEEPEST_TAGS).map(str::to_owned).collect()
}

/// Short and without anything that somebody may have written.
fn is_word(text: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'.');
    (1..=64).contains(&text.len()) && text.bytes().all(is_plain)
}
