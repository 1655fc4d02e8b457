//! The one table from Slack's refusals to our errors. Slack refuses with status 200 and `{"ok":false,"error":…}`; only
//! rate limits and outages have a status of their own.
//! <https://docs.slack.dev/apis/web-api/#responses>

use std::time::Duration;

use gangway_connector::http::{AnswerRules, Refusal};
use gangway_connector::{ConnectorError, Disposition};
use http::StatusCode;
use serde::Deserialize;

use crate::lenient::text;

const LATER: Disposition = Disposition::RetryLater { after: None };
/// While a workspace moves into an organisation, its answers are refusals for hours.
const MUCH_LATER: Disposition = Disposition::RetryLater { after: Some(Duration::from_secs(3600)) };
/// As much of Slack's own words as is passed on.
const LONGEST_WORD: usize = 80;

pub const RULES: AnswerRules = AnswerRules { classify, refuses_token, refuses_in_success };

/// Slack's code, our code, what to do, what to tell people.
type Row = (&'static str, &'static str, Disposition, &'static str);

const NOT_FOUND: &str = "it does not exist in this Slack workspace, or the connected account cannot see it";
const BUSY: &str = "Slack asks for fewer calls";
const TROUBLE: &str = "Slack has a problem of its own";
const PLACE: &str = "Slack no longer accepts this place in the list";
const MOVING: &str = "the workspace is being moved into an organisation; this goes on when it has arrived";
const ENDED: &str = "Slack says that the access was taken away";

const CODES: &[Row] = &[
    ("ratelimited", "rate_limit", LATER, BUSY),
    ("rate_limited", "rate_limit", LATER, BUSY),
    ("internal_error", "server_error", LATER, TROUBLE),
    ("fatal_error", "server_error", LATER, TROUBLE),
    ("service_unavailable", "server_error", LATER, TROUBLE),
    ("request_timeout", "server_error", LATER, "Slack did not answer in time"),
    ("team_added_to_org", "workspace_moving", MUCH_LATER, MOVING),
    ("org_login_required", "workspace_moving", MUCH_LATER, MOVING),
    // By now the handle has tried to replace the token.
    ("token_revoked", "access_ended", Disposition::Reconnect, ENDED),
    (
        "account_inactive",
        "access_ended",
        Disposition::Reconnect,
        "the Slack account was deactivated, or the app was removed from the workspace",
    ),
    (
        "invalid_auth",
        "access_ended",
        Disposition::Reconnect,
        "Slack does not accept the access: it has ended, or the workspace does not allow this address",
    ),
    ("not_authed", "access_ended", Disposition::Reconnect, ENDED),
    ("token_expired", "unauthorized", LATER, "Slack refuses a fresh access token"),
    ("channel_not_found", "not_found", Disposition::Gone, NOT_FOUND),
    ("thread_not_found", "not_found", Disposition::Gone, NOT_FOUND),
    ("message_not_found", "not_found", Disposition::Gone, NOT_FOUND),
    ("file_not_found", "not_found", Disposition::Gone, NOT_FOUND),
    ("not_visible", "not_found", Disposition::Gone, NOT_FOUND),
    ("file_deleted", "deleted", Disposition::Gone, "the file was deleted in Slack"),
    ("invalid_cursor", "page_token_rejected", Disposition::RestartFeed, PLACE),
    ("invalid_ts_latest", "page_token_rejected", Disposition::RestartFeed, PLACE),
    ("invalid_ts_oldest", "page_token_rejected", Disposition::RestartFeed, PLACE),
    (
        "not_in_channel",
        "not_in_channel",
        Disposition::SkipItem,
        "the connected account is not a member of this channel",
    ),
    (
        "not_allowed_token_type",
        "wrong_token",
        Disposition::FixConfiguration,
        "Slack wants another kind of token; the app must ask for user token scopes",
    ),
    (
        "accesslimited",
        "app_restricted",
        Disposition::FixConfiguration,
        "Slack has restricted what this app may call",
    ),
    (
        "team_access_not_granted",
        "app_restricted",
        Disposition::FixConfiguration,
        "the app was not given access to this workspace of the organisation",
    ),
    ("user_not_found", "no_such_person", Disposition::SkipItem, "Slack does not know this person"),
    ("users_not_found", "no_such_person", Disposition::SkipItem, "Slack does not know these people"),
    ("bot_not_found", "no_such_person", Disposition::SkipItem, "Slack does not know this app"),
];

/// What Slack refuses without saying that it is not there.
const REFUSALS: &[&str] = &[
    "access_denied",
    "channel_is_limited_access",
    "ekm_access_denied",
    "enterprise_is_restricted",
    "list_record_comment_fetch_failed",
    "method_not_supported_for_channel_type",
    "no_permission",
    "plan_upgrade_required",
    "restricted_action",
    "slack_connect_canvas_sharing_blocked",
    "two_factor_setup_required",
];

/// Codes after which a fresh token may help, where there is a refresh token to get one with.
const ABOUT_THE_TOKEN: &[&str] =
    &["token_expired", "token_revoked", "invalid_auth", "not_authed", "account_inactive"];

fn refuses_token(refusal: &Refusal<'_>) -> bool {
    let fault = Fault::read(refusal.body);
    let is_named = fault.error.is_some_and(|code| ABOUT_THE_TOKEN.contains(&code.as_str()));
    fault.ok == Some(false) && is_named || refusal.status == StatusCode::UNAUTHORIZED
}

fn refuses_in_success(refusal: &Refusal<'_>) -> bool {
    // Nearly every answer begins like this, and large pages are then not read twice.
    !refusal.body.starts_with(br#"{"ok":true"#) && Fault::read(refusal.body).ok == Some(false)
}

/// Turns a refusal of Slack's into our error.
pub fn classify(refusal: &Refusal<'_>) -> ConnectorError {
    let fault = Fault::read(refusal.body);
    if refusal.status == StatusCode::TOO_MANY_REQUESTS {
        return ConnectorError::new("rate_limit", BUSY, LATER);
    }
    if refusal.status.is_server_error() {
        let message = format!("Slack answered {}", refusal.status.as_u16());
        return ConnectorError::new("server_error", message, LATER);
    }
    let Some(code) = fault.error.as_deref().filter(|_| fault.ok == Some(false)) else {
        return by_status(refusal);
    };
    if code == "missing_scope" {
        return missing_scope(fault.needed.as_deref());
    }
    if let Some((_, ours, disposition, message)) = CODES.iter().find(|row| row.0 == code) {
        return ConnectorError::new(ours, *message, *disposition);
    }
    if REFUSALS.contains(&code) {
        let message = format!("Slack refuses access ({code})");
        return ConnectorError::new("forbidden", message, Disposition::SkipItem);
    }
    let message = format!("Slack cannot use the request ({})", harmless(code));
    ConnectorError::new("bad_request", message, Disposition::Fail)
}

fn missing_scope(needed: Option<&str>) -> ConnectorError {
    let needed = needed.map(harmless).filter(|needed| !needed.is_empty());
    let scope = needed.map(|needed| format!(" ({needed})")).unwrap_or_default();
    let message =
        format!("the connection was not granted the permission for this{scope}; connect again with it");
    ConnectorError::new("insufficient_scope", message, Disposition::SkipItem)
}

/// Somebody between us and Slack, or a wrong address: proves nothing about the item.
fn by_status(refusal: &Refusal<'_>) -> ConnectorError {
    match refusal.status {
        StatusCode::UNAUTHORIZED => {
            ConnectorError::new("unauthorized", "Slack refuses a fresh access token", LATER)
        }
        StatusCode::REQUEST_TIMEOUT => {
            ConnectorError::new("server_error", "Slack did not answer in time", LATER)
        }
        StatusCode::FORBIDDEN => {
            ConnectorError::new("forbidden", "Slack refuses access", Disposition::SkipItem)
        }
        status => {
            let message = format!("an answer with status {} that is not Slack's", status.as_u16());
            ConnectorError::new("unexpected_answer", message, LATER)
        }
    }
}

fn harmless(word: &str) -> String {
    let is_harmless = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | ',' | '.' | '-');
    word.chars().filter(is_harmless).take(LONGEST_WORD).collect()
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Fault {
    ok: Option<bool>,
    #[serde(deserialize_with = "text")]
    error: Option<String>,
    #[serde(deserialize_with = "text")]
    needed: Option<String>,
}

impl Fault {
    fn read(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }
}
