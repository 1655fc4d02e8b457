//! The one table from Drive's refusals to our errors.
//! <https://developers.google.com/workspace/drive/api/guides/handle-errors>

use std::time::Duration;

use gangway_connector::http::Refusal;
use gangway_connector::{ConnectorError, Disposition};
use gangway_model::Timestamp;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};

const LATER: Disposition = Disposition::RetryLater { after: None };
/// Registering push channels too fast is punished for minutes to hours.
const MUCH_LATER: Disposition = Disposition::RetryLater { after: Some(Duration::from_secs(15 * 60)) };
/// As much of Google's own sentence as is passed on.
const LONGEST_MESSAGE: usize = 160;

/// Drive's reason, our code, what to do, what to tell people.
type Row = (&'static str, &'static str, Disposition, &'static str);

const REASONS: &[Row] = &[
    ("rateLimitExceeded", "rate_limit", LATER, "Google asks for fewer calls"),
    ("userRateLimitExceeded", "rate_limit", LATER, "Google asks for fewer calls"),
    ("sharingRateLimitExceeded", "rate_limit", LATER, "Google asks for fewer calls"),
    (
        "subscriptionRateLimitExceeded",
        "subscription_rate_limit",
        MUCH_LATER,
        "Google asks for fewer push channels",
    ),
    (
        "accessNotConfigured",
        "api_disabled",
        Disposition::FixConfiguration,
        "the Google Drive API is not enabled in the Cloud project of this OAuth app",
    ),
    (
        "SERVICE_DISABLED",
        "api_disabled",
        Disposition::FixConfiguration,
        "the Google Drive API is not enabled in the Cloud project of this OAuth app",
    ),
    (
        "webhookUrlNotHttps",
        "webhook_address_refused",
        Disposition::FixConfiguration,
        "Google sends pushes only to a public https address with a valid certificate",
    ),
    (
        "webhookUrlUnauthorized",
        "webhook_address_refused",
        Disposition::FixConfiguration,
        "Google does not accept the address for pushes",
    ),
    (
        "insufficientPermissions",
        "insufficient_scope",
        Disposition::SkipItem,
        "the connection was not granted the permission for this; connect again and leave it ticked",
    ),
    (
        "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        "insufficient_scope",
        Disposition::SkipItem,
        "the connection was not granted the permission for this; connect again and leave it ticked",
    ),
    (
        "domainPolicy",
        "forbidden_by_policy",
        Disposition::SkipItem,
        "the organisation's administrators do not let apps use Google Drive",
    ),
    (
        "appNotAuthorizedToFile",
        "forbidden",
        Disposition::SkipItem,
        "this app was not given access to the file; pick it in the file picker",
    ),
    ("appAccess", "forbidden", Disposition::SkipItem, "this app was not given access to the file"),
    (
        "insufficientFilePermissions",
        "forbidden",
        Disposition::SkipItem,
        "the connected account lacks the permission for this on the file",
    ),
    (
        "teamDriveMembershipRequired",
        "forbidden",
        Disposition::SkipItem,
        "the connected account is not a member of the shared drive",
    ),
    (
        "exportSizeLimitExceeded",
        "export_too_large",
        Disposition::SkipItem,
        "the document is too large for Google to export",
    ),
    (
        "fileNotDownloadable",
        "not_downloadable",
        Disposition::SkipItem,
        "the file has no bytes of its own to download",
    ),
    ("fileNotExportable", "not_exportable", Disposition::SkipItem, "the file cannot be exported"),
    (
        "cannotExportFile",
        "download_forbidden",
        Disposition::SkipItem,
        "the owner does not let others export this file",
    ),
    (
        "cannotDownloadFile",
        "download_forbidden",
        Disposition::SkipItem,
        "the owner does not let others download this file",
    ),
    (
        "cannotDownloadAbusiveFile",
        "flagged_as_abuse",
        Disposition::SkipItem,
        "Google has flagged the file as malware or spam and does not hand it out",
    ),
    (
        "downloadQuotaExceeded",
        "download_quota",
        Disposition::SkipItem,
        "the file was downloaded too often; Google opens it again within a day",
    ),
];

/// Turns a refusal of Drive (or of the userinfo endpoint) into our error.
pub fn classify(refusal: &Refusal<'_>) -> ConnectorError {
    let fault = Fault::read(refusal.body);
    if refusal.status == StatusCode::BAD_REQUEST && fault.is_about_page_token() {
        let message = "Google no longer accepts this place in the list";
        return ConnectorError::new("page_token_rejected", message, Disposition::RestartFeed);
    }
    let is_daily = fault.reasons().any(|reason| matches!(reason, "dailyLimitExceeded" | "quotaExceeded"));
    if is_daily && matches!(refusal.status.as_u16(), 403 | 429) {
        let after = Some(until_quota_resets(refusal.now));
        let message = "today's quota of the Google Cloud project is used up";
        return ConnectorError::new("daily_quota", message, Disposition::RetryLater { after });
    }
    let row = REASONS.iter().find(|row| fault.reasons().any(|reason| reason == row.0));
    if let Some((_, code, disposition, message)) = row.filter(|_| refusal.status != StatusCode::UNAUTHORIZED)
    {
        let disposition = match disposition {
            Disposition::RetryLater { after: None } => {
                Disposition::RetryLater { after: fault.wait_named_in_message(refusal.now) }
            }
            other => *other,
        };
        return ConnectorError::new(code, *message, disposition);
    }
    by_status(refusal, &fault)
}

fn by_status(refusal: &Refusal<'_>, fault: &Fault) -> ConnectorError {
    fn error(code: &'static str, message: impl Into<String>, disposition: Disposition) -> ConnectorError {
        ConnectorError::new(code, message, disposition)
    }
    match refusal.status {
        StatusCode::TOO_MANY_REQUESTS => {
            let after = fault.wait_named_in_message(refusal.now);
            error("rate_limit", "Google asks for fewer calls", Disposition::RetryLater { after })
        }
        // The handle has replaced the token by now: a fresh one is refused, which proves nothing about
        // the grant. Whether that is dead is for the refresh to say.
        StatusCode::UNAUTHORIZED => error("unauthorized", "Google refuses a fresh access token", LATER),
        StatusCode::NOT_FOUND if fault.is_googles() => error(
            "not_found",
            "it does not exist at Google, or is not shared with the connected account",
            Disposition::Gone,
        ),
        StatusCode::GONE => {
            let message = "Google no longer accepts this place in the list";
            error("page_token_rejected", message, Disposition::RestartFeed)
        }
        StatusCode::FORBIDDEN if fault.is_about_usage() => {
            let after = fault.wait_named_in_message(refusal.now);
            error("rate_limit", "Google asks for fewer calls", Disposition::RetryLater { after })
        }
        StatusCode::FORBIDDEN => {
            error("forbidden", format!("Google refuses access{}", fault.told()), Disposition::SkipItem)
        }
        StatusCode::REQUEST_TIMEOUT => error("server_error", "Google Drive did not answer in time", LATER),
        StatusCode::INTERNAL_SERVER_ERROR => {
            error("internal_error", "Google Drive has a problem of its own", LATER)
        }
        status if status.is_server_error() => {
            error("server_error", format!("Google Drive answered {}", status.as_u16()), LATER)
        }
        // Somebody between us and Google, or a wrong address: proves nothing about the item.
        StatusCode::NOT_FOUND => {
            error("unexpected_answer", "a 404 that is not Google's: is the address right?", LATER)
        }
        StatusCode::BAD_REQUEST => {
            error("bad_request", format!("Google cannot use the request{}", fault.told()), Disposition::Fail)
        }
        status => error(
            "unexpected_answer",
            format!("Google Drive answered {}{}", status.as_u16(), fault.told()),
            Disposition::Fail,
        ),
    }
}

/// Drive counts days in Pacific time, to within the hour of daylight saving.
fn until_quota_resets(now: Timestamp) -> Duration {
    const DAY: i64 = 24 * 3600;
    const PACIFIC_MIDNIGHT: i64 = 8 * 3600;
    let into_day = (now.timestamp() - PACIFIC_MIDNIGHT).rem_euclid(DAY);
    Duration::from_secs((DAY - into_day).unsigned_abs())
}

/// Drive's error object.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Fault {
    code: Option<i64>,
    message: Option<String>,
    errors: Vec<Detail>,
    details: Vec<Detail>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Detail {
    reason: Option<String>,
    domain: Option<String>,
    location: Option<String>,
}

impl Fault {
    fn read(body: &[u8]) -> Self {
        let mut envelope: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
        match envelope.remove("error") {
            Some(fault @ Value::Object(_)) => serde_json::from_value(fault).unwrap_or_default(),
            _ => Fault::default(),
        }
    }

    fn reasons(&self) -> impl Iterator<Item = &str> {
        self.errors.iter().chain(&self.details).filter_map(|detail| detail.reason.as_deref())
    }

    /// Whether it is Google's error format at all.
    fn is_googles(&self) -> bool {
        self.code.is_some() || !self.errors.is_empty()
    }

    fn is_about_page_token(&self) -> bool {
        self.errors.iter().any(|detail| detail.location.as_deref() == Some("pageToken"))
    }

    fn is_about_usage(&self) -> bool {
        self.errors.iter().any(|detail| detail.domain.as_deref() == Some("usageLimits"))
    }

    /// Reads `Retry after 2026-05-01T10:00:00.000Z` out of the message; the header is usually absent.
    fn wait_named_in_message(&self, now: Timestamp) -> Option<Duration> {
        let (_, rest) = self.message.as_deref()?.split_once("etry after ")?;
        let word = rest.split_whitespace().next()?.trim_end_matches(['.', ',', ')']);
        let at = chrono::DateTime::parse_from_rfc3339(word).ok()?;
        Some((Timestamp::from(at) - now).to_std().unwrap_or_default())
    }

    fn told(&self) -> String {
        let Some(message) = &self.message else { return String::new() };
        let line = message.lines().next().unwrap_or_default().trim_end_matches('.');
        format!(": {}", line.chars().take(LONGEST_MESSAGE).collect::<String>())
    }
}
