//! The table of refusals, row by row.

use gangway_connector::http::{Classifier, Refusal, WORKSPACE_LIMIT};
use gangway_connector::{ConnectorError, Disposition};
use http::{HeaderMap, StatusCode};
use serde_json::json;

use super::make::refusal;
use crate::notion::error::{classify, classify_file_host};

const LATER: Disposition = Disposition::RetryLater { after: None };

fn by(classify: Classifier, status: u16, body: &str) -> ConnectorError {
    let status = StatusCode::from_u16(status).unwrap();
    let now = "2026-05-01T10:00:00Z".parse().unwrap();
    classify(&Refusal { status, headers: &HeaderMap::new(), body: body.as_bytes(), now })
}

fn classified(status: u16, code: &str, message: &str) -> ConnectorError {
    by(classify, status, &refusal(status, code, message).to_string())
}

#[test]
fn each_code_has_its_meaning() {
    for (status, code, ours, disposition) in [
        (400, "invalid_json", "bad_request", Disposition::Fail),
        (400, "invalid_request_url", "bad_request", Disposition::Fail),
        (400, "invalid_request", "bad_request", Disposition::Fail),
        (400, "missing_version", "bad_request", Disposition::Fail),
        (400, "validation_error", "bad_request", Disposition::Fail),
        (400, "invalid_beta", "bad_request", Disposition::Fail),
        (401, "unauthorized", "unauthorized", LATER),
        (403, "restricted_resource", "missing_capability", Disposition::SkipItem),
        (404, "object_not_found", "not_found", Disposition::Gone),
        (409, "conflict_error", "conflict", LATER),
        (429, "rate_limited", "rate_limit", LATER),
        (529, "service_overload", "rate_limit", LATER),
        (500, "internal_server_error", "server_error", LATER),
        (502, "bad_gateway", "server_error", LATER),
        (503, "service_unavailable", "server_error", LATER),
        (503, "database_connection_unavailable", "server_error", LATER),
        (504, "gateway_timeout", "server_error", LATER),
        (418, "something_new", "unexpected_answer", Disposition::Fail),
        (500, "object_not_found", "server_error", LATER),
        (403, "something_new", "forbidden", Disposition::SkipItem),
    ] {
        let error = classified(status, code, "words");
        assert_eq!((error.code, error.disposition), (ours, disposition), "{status} {code}");
    }
}

#[test]
fn a_cursor_is_told_from_other_bad_requests() {
    let message = "body failed validation: body.start_cursor should be a valid uuid or `undefined`";
    assert_eq!(classified(400, "validation_error", message).disposition, Disposition::RestartFeed);
    let message = "The start_cursor provided is invalid: 1234";
    assert_eq!(classified(400, "validation_error", message).disposition, Disposition::RestartFeed);
    let message = "path failed validation: path.page_id should be a valid uuid";
    assert_eq!(classified(400, "validation_error", message).disposition, Disposition::Fail);
}

#[test]
fn a_limit_of_the_whole_workspace_says_so() {
    let mut body = refusal(429, "rate_limited", "slow down");
    body["additional_data"] = json!({"rate_limit_reason": "public_api_space_request_rate_limit"});
    let error = by(classify, 429, &body.to_string());
    assert_eq!((error.code, error.disposition), (WORKSPACE_LIMIT, LATER), "all connections into it rest");
    assert!(error.message.contains("workspace"), "{error}");
    body["additional_data"] = json!({"rate_limit_reason": "public_api_request_rate_limit"});
    let error = by(classify, 429, &body.to_string());
    assert_eq!(error.code, "rate_limit", "this one alone rests");
    assert!(!error.message.contains("workspace"), "{error}");
}

#[test]
fn pages_of_somebody_else_prove_nothing() {
    let almost = r#"{"object":"page","code":"object_not_found"}"#;
    for body in ["", "<html>404</html>", "[]", "null", "{}", almost, "{\"object\":"] {
        assert_eq!(by(classify, 404, body).disposition, LATER, "{body}");
        assert_eq!(by(classify, 502, body).disposition, LATER, "{body}");
        assert_eq!(by(classify, 529, body).code, "rate_limit", "{body}");
        assert_eq!(by(classify, 403, body).disposition, Disposition::SkipItem, "{body}");
        assert_eq!(by(classify, 413, body).disposition, Disposition::Fail, "{body}");
    }
}

#[test]
fn a_file_host_speaks_of_its_link_only() {
    for status in [400, 401, 403, 404, 410, 416, 451] {
        let error = by(classify_file_host, status, &refusal(status, "object_not_found", "x").to_string());
        assert_eq!(error.disposition, Disposition::SkipItem, "{status}");
    }
    for status in [408, 429, 500, 503] {
        assert_eq!(by(classify_file_host, status, "").disposition, LATER, "{status}");
    }
}

#[test]
fn notions_own_words_are_kept_short() {
    let error = classified(400, "validation_error", &format!("a\n{}", "b".repeat(10_000)));
    assert_eq!(error.message, "Notion cannot use the request: a");
    assert!(classified(400, "validation_error", &"b".repeat(10_000)).message.len() < 250);
}
