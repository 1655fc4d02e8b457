//! The one table from Notion's refusals to our errors.
//! <https://developers.notion.com/reference/status-codes>

use gangway_connector::http::{Refusal, WORKSPACE_LIMIT};
use gangway_connector::{ConnectorError, Disposition};
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

const LATER: Disposition = Disposition::RetryLater { after: None };
/// As much of Notion's own sentence as is passed on.
const LONGEST_MESSAGE: usize = 160;
/// The refusal's reason when all connections into a workspace together are too fast.
const WORKSPACE_REASON: &str = "public_api_space_request_rate_limit";

/// Notion's code, our code, what to do, what to tell people.
type Row = (&'static str, &'static str, Disposition, &'static str);

const CODES: &[Row] = &[
    ("rate_limited", "rate_limit", LATER, "Notion asks for fewer calls"),
    ("service_overload", "rate_limit", LATER, "Notion is overloaded and asks for fewer calls"),
    // The handle has replaced the token by now: a fresh one is refused, which proves nothing about the grant.
    // Whether that is dead is for the refresh to say.
    ("unauthorized", "unauthorized", LATER, "Notion refuses a fresh access token"),
    (
        "restricted_resource",
        "missing_capability",
        Disposition::SkipItem,
        "the connection lacks the capability for this; the operator switches it on where the app is registered at \
         Notion, then the user connects again",
    ),
    (
        "object_not_found",
        "not_found",
        Disposition::Gone,
        "it does not exist at Notion, or is not shared with this connection",
    ),
    ("conflict_error", "conflict", LATER, "Notion was changing it at the same time"),
    ("internal_server_error", "server_error", LATER, "Notion has a problem of its own"),
    ("bad_gateway", "server_error", LATER, "Notion has a problem of its own"),
    ("service_unavailable", "server_error", LATER, "Notion is not available"),
    ("database_connection_unavailable", "server_error", LATER, "Notion's own database is not available"),
    ("gateway_timeout", "server_error", LATER, "Notion did not answer in time"),
];

/// Turns a refusal of Notion's API into our error.
pub fn classify(refusal: &Refusal<'_>) -> ConnectorError {
    let fault = Fault::read(refusal.body);
    let Some(code) = fault.code.as_deref() else { return by_status(refusal) };
    if code == "validation_error" && fault.names("start_cursor") {
        return place_rejected();
    }
    if code == "rate_limited" && fault.rate_limit_reason() == Some(WORKSPACE_REASON) {
        let message =
            "Notion asks for fewer calls from all apps that are connected to this workspace together";
        return ConnectorError::new(WORKSPACE_LIMIT, message, LATER);
    }
    let row = CODES.iter().find(|row| row.0 == code);
    match row {
        // A page of somebody else may say anything: proof comes with Notion's own status only.
        Some((_, _, Disposition::Gone, _)) if refusal.status != StatusCode::NOT_FOUND => by_status(refusal),
        Some((_, code, disposition, message)) => ConnectorError::new(code, *message, *disposition),
        None if refusal.status == StatusCode::BAD_REQUEST => {
            let message = format!("Notion cannot use the request{}", fault.told());
            ConnectorError::new(BAD_REQUEST, message, Disposition::Fail)
        }
        None => by_status(refusal),
    }
}

/// Our code for a request that Notion cannot use, an id of another kind of thing among them.
pub const BAD_REQUEST: &str = "bad_request";

fn by_status(refusal: &Refusal<'_>) -> ConnectorError {
    fn error(code: &'static str, message: impl Into<String>, disposition: Disposition) -> ConnectorError {
        ConnectorError::new(code, message, disposition)
    }
    match refusal.status {
        StatusCode::TOO_MANY_REQUESTS => error("rate_limit", "Notion asks for fewer calls", LATER),
        StatusCode::UNAUTHORIZED => error("unauthorized", "Notion refuses a fresh access token", LATER),
        StatusCode::FORBIDDEN => error("forbidden", "Notion refuses access", Disposition::SkipItem),
        StatusCode::REQUEST_TIMEOUT => error("server_error", "Notion did not answer in time", LATER),
        status if status.as_u16() == 529 => error("rate_limit", "Notion is overloaded", LATER),
        status if status.is_server_error() => {
            error("server_error", format!("Notion answered {}", status.as_u16()), LATER)
        }
        // Somebody between us and Notion, or a wrong address: proves nothing about the item.
        StatusCode::NOT_FOUND => {
            error("unexpected_answer", "a 404 that is not Notion's: is the address right?", LATER)
        }
        status => {
            error("unexpected_answer", format!("Notion answered {}", status.as_u16()), Disposition::Fail)
        }
    }
}

/// Turns the refusal of a host that serves files into our error. Whatever it says, it says about the link: nothing
/// here proves that the file's block or page is gone.
pub fn classify_file_host(refusal: &Refusal<'_>) -> ConnectorError {
    let status = refusal.status;
    match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => {
            ConnectorError::new("file_host_busy", "the file's host asks to come back later", LATER)
        }
        status if status.is_server_error() => {
            ConnectorError::new("file_host_busy", "the file's host has a problem of its own", LATER)
        }
        StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED | StatusCode::GONE => {
            ConnectorError::new(LINK_REFUSED, "the file's host refuses the link", Disposition::SkipItem)
        }
        _ => {
            let message = format!("the file's host answered {}", status.as_u16());
            ConnectorError::new("file_not_available", message, Disposition::SkipItem)
        }
    }
}

/// Our code for a link to a file that its host does not honour (any more).
pub const LINK_REFUSED: &str = "file_link_refused";

pub fn not_found() -> ConnectorError {
    let message = "it does not exist at Notion, or is not shared with this connection";
    ConnectorError::new("not_found", message, Disposition::Gone)
}

pub fn trashed() -> ConnectorError {
    ConnectorError::new("trashed", "it is in the trash, or below something that is", Disposition::Gone)
}

/// A cursor or page token that Notion, or we, do not take.
pub fn place_rejected() -> ConnectorError {
    let message = "this place in the list is no longer accepted";
    ConnectorError::new("page_token_rejected", message, Disposition::RestartFeed)
}

/// A list that points at the page it just gave as the next.
pub fn stuck() -> ConnectorError {
    ConnectorError::new("listing_stuck", "Notion's list does not move on", LATER)
}

pub fn malformed(what: &str) -> ConnectorError {
    ConnectorError::new("malformed_answer", format!("Notion's answer cannot be read: {what}"), LATER)
}

/// Notion's error object.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Fault {
    object: Option<String>,
    code: Option<String>,
    message: Option<String>,
    additional_data: Option<Value>,
}

impl Fault {
    fn read(body: &[u8]) -> Self {
        let fault: Fault = serde_json::from_slice(body).unwrap_or_default();
        match fault.object.as_deref() {
            Some("error") => fault,
            _ => Fault::default(),
        }
    }

    fn names(&self, parameter: &str) -> bool {
        self.message.as_ref().is_some_and(|message| message.contains(parameter))
    }

    fn rate_limit_reason(&self) -> Option<&str> {
        self.additional_data.as_ref()?.get("rate_limit_reason")?.as_str()
    }

    fn told(&self) -> String {
        let Some(message) = &self.message else { return String::new() };
        let line = message.lines().next().unwrap_or_default().trim_end_matches('.');
        format!(": {}", line.chars().take(LONGEST_MESSAGE).collect::<String>())
    }
}
