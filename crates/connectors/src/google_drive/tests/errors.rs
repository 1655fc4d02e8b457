//! The table of refusals, row by row.

use std::time::Duration;

use gangway_connector::http::Refusal;
use gangway_connector::{ConnectorError, Disposition};
use gangway_model::Timestamp;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::google_drive::error::classify;

fn now() -> Timestamp {
    "2026-05-01T10:00:00Z".parse().unwrap()
}

fn classified(status: u16, body: &str) -> ConnectorError {
    let status = StatusCode::from_u16(status).unwrap();
    let headers = HeaderMap::new();
    classify(&Refusal { status, headers: &headers, body: body.as_bytes(), now: now() })
}

fn drive_error(status: u16, reason: &str, message: &str, more: Value) -> ConnectorError {
    let mut detail = json!({"message": message, "domain": "global", "reason": reason});
    detail.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    let body = json!({"error": {"code": status, "message": message, "errors": [detail]}});
    classified(status, &body.to_string())
}

#[test]
fn each_reason_has_its_meaning() {
    let later = |after| Disposition::RetryLater { after };
    for (status, reason, code, disposition) in [
        (403, "rateLimitExceeded", "rate_limit", later(None)),
        (403, "userRateLimitExceeded", "rate_limit", later(None)),
        (429, "rateLimitExceeded", "rate_limit", later(None)),
        (429, "somethingNew", "rate_limit", later(None)),
        (
            403,
            "subscriptionRateLimitExceeded",
            "subscription_rate_limit",
            later(Some(Duration::from_secs(900))),
        ),
        // Until midnight Pacific: 08:00 UTC of the next day.
        (403, "dailyLimitExceeded", "daily_quota", later(Some(Duration::from_secs(22 * 3600)))),
        (500, "internalError", "internal_error", later(None)),
        (503, "backendError", "server_error", later(None)),
        (403, "accessNotConfigured", "api_disabled", Disposition::FixConfiguration),
        (403, "domainPolicy", "forbidden_by_policy", Disposition::SkipItem),
        (403, "insufficientFilePermissions", "forbidden", Disposition::SkipItem),
        (403, "insufficientPermissions", "insufficient_scope", Disposition::SkipItem),
        (403, "somethingNew", "forbidden", Disposition::SkipItem),
        (403, "exportSizeLimitExceeded", "export_too_large", Disposition::SkipItem),
        (403, "fileNotDownloadable", "not_downloadable", Disposition::SkipItem),
        (403, "cannotDownloadAbusiveFile", "flagged_as_abuse", Disposition::SkipItem),
        (404, "notFound", "not_found", Disposition::Gone),
        (410, "gone", "page_token_rejected", Disposition::RestartFeed),
        (401, "authError", "unauthorized", later(None)),
        (400, "badRequest", "bad_request", Disposition::Fail),
    ] {
        let error = drive_error(status, reason, "words", json!({}));
        assert_eq!((error.code, error.disposition), (code, disposition), "{status} {reason}");
    }
}

#[test]
fn a_page_token_is_told_from_other_bad_requests() {
    let place = json!({"location": "pageToken", "locationType": "parameter"});
    let error = drive_error(400, "invalid", "Invalid Value", place);
    assert_eq!(error.disposition, Disposition::RestartFeed);
    let error = drive_error(400, "invalid", "Invalid Value", json!({"location": "q"}));
    assert_eq!(error.disposition, Disposition::Fail);
}

#[test]
fn a_wait_named_in_the_message_is_read() {
    let message = "User Rate Limit Exceeded.  Retry after 2026-05-01T10:00:42.500Z";
    let error = drive_error(403, "userRateLimitExceeded", message, json!({}));
    let after = Some(Duration::from_millis(42_500));
    assert_eq!(error.disposition, Disposition::RetryLater { after });
    let past = "Retry after 2020-01-01T00:00:00Z";
    let error = drive_error(429, "rateLimitExceeded", past, json!({}));
    assert_eq!(error.disposition, Disposition::RetryLater { after: Some(Duration::ZERO) });
}

#[test]
fn newer_shapes_are_read_too() {
    let body = json!({"error": {"code": 403, "message": "m", "status": "PERMISSION_DENIED",
        "details": [{"@type": "t", "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "domain": "googleapis.com"}]}});
    assert_eq!(classified(403, &body.to_string()).code, "insufficient_scope");
    let disabled = json!({"error": {"code": 403, "details": [{"reason": "SERVICE_DISABLED"}]}});
    assert_eq!(classified(403, &disabled.to_string()).disposition, Disposition::FixConfiguration);
    let usage = json!({"error": {"code": 403, "errors": [{"domain": "usageLimits", "reason": "newLimit"}]}});
    assert_eq!(classified(403, &usage.to_string()).code, "rate_limit");
}

#[test]
fn pages_of_somebody_else_prove_nothing() {
    for body in ["", "<html>404</html>", "[]", "null", r#"{"error":"x"}"#, r#"{"error":[1]}"#, "{\"error\":"]
    {
        assert!(!classified(404, body).is_gone(), "{body}");
        let later = matches!(classified(502, body).disposition, Disposition::RetryLater { .. });
        assert!(later, "{body}");
        assert_eq!(classified(403, body).disposition, Disposition::SkipItem, "{body}");
    }
}

#[test]
fn googles_own_words_are_kept_short() {
    let error = drive_error(400, "badRequest", &format!("a\n{}", "b".repeat(10_000)), json!({}));
    assert_eq!(error.message, "Google cannot use the request: a");
    let error = drive_error(400, "badRequest", &"b".repeat(10_000), json!({}));
    assert!(error.message.len() < 250);
}
