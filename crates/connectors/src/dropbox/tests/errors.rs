//! The table of refusals, row by row.

use std::time::Duration;

use gangway_connector::http::Refusal;
use gangway_connector::{ConnectorError, Disposition};
use gangway_model::Timestamp;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::dropbox::error::{ROOT_CHANGED, RULES};

const LATER: Disposition = Disposition::RetryLater { after: None };

fn with_refusal<T>(status: u16, body: &str, look: impl Fn(&Refusal<'_>) -> T) -> T {
    let (headers, now) = (HeaderMap::new(), Timestamp::default());
    let status = StatusCode::from_u16(status).unwrap();
    look(&Refusal { status, headers: &headers, body: body.as_bytes(), now })
}

fn classified(status: u16, body: &str) -> ConnectorError {
    with_refusal(status, body, RULES.classify)
}

fn dropbox_error(status: u16, summary: &str, error: Value) -> ConnectorError {
    classified(status, &json!({"error_summary": summary, "error": error}).to_string())
}

/// The error object of `path/not_found`.
fn union(tags: &str) -> Value {
    let mut inner = Value::Null;
    for tag in tags.rsplit('/') {
        let mut outer = json!({ ".tag": tag });
        if let Some(inner_tag) = inner[".tag"].as_str().map(str::to_owned) {
            // Members with a value lie under the name of the tag.
            assert!(!inner_tag.is_empty());
            outer[tag] = inner;
        }
        inner = outer;
    }
    inner
}

#[test]
fn each_tag_of_a_409_has_its_meaning_however_many_dots_follow() {
    for (tags, code, disposition) in [
        ("path/not_found", "not_found", Disposition::Gone),
        ("reset", "cursor_reset", Disposition::RestartFeed),
        ("invalid_cursor", "cursor_reset", Disposition::RestartFeed),
        ("path/not_folder", "not_a_container", Disposition::SkipItem),
        ("path/not_file", "not_a_file", Disposition::SkipItem),
        ("path/restricted_content", "restricted_content", Disposition::SkipItem),
        ("path/locked", "locked", Disposition::SkipItem),
        ("path/unsupported_content_type", "unsupported_content_type", Disposition::SkipItem),
        ("path/malformed_path", "refused", Disposition::SkipItem),
        ("unsupported_file", "unsupported_file", Disposition::SkipItem),
        ("non_exportable", "no_export", Disposition::SkipItem),
        ("invalid_export_format", "invalid_export_format", Disposition::SkipItem),
        ("retry_error", "export_not_ready", LATER),
        ("internal_error", "internal_error", LATER),
        ("access_error/invalid_file", "not_found", Disposition::Gone),
        ("access_error/no_permission", "forbidden", Disposition::SkipItem),
        ("user_error/email_unverified", "email_not_verified", Disposition::SkipItem),
        ("invalid_id", "not_found", Disposition::Gone),
        ("not_a_member", "not_found", Disposition::Gone),
        ("shared_link_not_found", "not_found", Disposition::Gone),
        ("shared_link_access_denied", "forbidden", Disposition::SkipItem),
        ("something_new", "refused", Disposition::SkipItem),
        ("path/something_new", "refused", Disposition::SkipItem),
    ] {
        for dots in ["", ".", "..", "...", "/", "/.", "/.."] {
            let error = dropbox_error(409, &format!("{tags}{dots}"), union(tags));
            assert_eq!((error.code, error.disposition), (code, disposition), "{tags}{dots}");
            // Without tags the summary has to do.
            let error = dropbox_error(409, &format!("{tags}/{dots}"), Value::Null);
            assert_eq!((error.code, error.disposition), (code, disposition), "{tags}/{dots} alone");
        }
    }
}

#[test]
fn a_member_written_by_its_bare_name_is_read_as_well() {
    let error = dropbox_error(409, "", json!({".tag": "path", "path": "not_found"}));
    assert!(error.is_gone());
    let error = dropbox_error(
        409,
        "",
        json!({".tag": "path", "path": {".tag": "malformed_path", "malformed_path": null}}),
    );
    assert_eq!(error.code, "refused");
}

#[test]
fn only_an_ended_token_is_replaced() {
    let is_about_token = |status, tag: &str| {
        let body = json!({"error_summary": format!("{tag}/.."), "error": {".tag": tag}});
        with_refusal(status, &body.to_string(), RULES.refuses_token)
    };
    assert!(is_about_token(401, "expired_access_token") && is_about_token(401, "invalid_access_token"));
    for tag in ["missing_scope", "user_suspended", "invalid_select_user", "route_access_denied", "other"] {
        assert!(!is_about_token(401, tag), "{tag}");
    }
    assert!(!is_about_token(409, "expired_access_token") && !is_about_token(403, "invalid_access_token"));
    assert!(!with_refusal(401, "<html>", RULES.refuses_token));
}

#[test]
fn a_401_says_by_its_tag_what_to_do() {
    let error = |tag: &str| dropbox_error(401, &format!("{tag}/..."), json!({".tag": tag}));
    for (tag, code, disposition) in [
        ("expired_access_token", "unauthorized", LATER),
        ("invalid_access_token", "unauthorized", LATER),
        ("other", "unauthorized", LATER),
        ("something_new", "unauthorized", LATER),
        ("invalid_select_user", "account_left_team", Disposition::Reconnect),
        ("route_access_denied", "route_access_denied", Disposition::FixConfiguration),
    ] {
        let error = error(tag);
        assert_eq!((error.code, error.disposition), (code, disposition), "{tag}");
    }
    assert_eq!(classified(401, "who are you?").disposition, LATER);
}

#[test]
fn a_missing_scope_is_named() {
    let body = json!({".tag": "missing_scope", "required_scope": "files.metadata.read"});
    let error = dropbox_error(401, "missing_scope/..", body);
    assert_eq!((error.code, error.disposition), ("insufficient_scope", Disposition::SkipItem));
    assert!(error.message.contains("files.metadata.read"), "{error}");
    let odd = json!({".tag": "missing_scope", "required_scope": "<b>words of somebody</b>"});
    assert!(!dropbox_error(401, "missing_scope", odd).message.contains("somebody"));
}

#[test]
fn a_suspended_account_is_looked_at_once_a_day_and_nothing_is_concluded() {
    let error = dropbox_error(401, "user_suspended/", json!({".tag": "user_suspended"}));
    let after = Some(Duration::from_secs(24 * 3600));
    assert_eq!((error.code, error.disposition), ("account_suspended", Disposition::RetryLater { after }));
}

#[test]
fn policies_are_told_and_prove_nothing() {
    for (tags, code) in [
        ("invalid_account_type/feature", "forbidden_by_plan"),
        ("paper_access_denied/paper_disabled", "paper_access_denied"),
        ("team_access_denied", "forbidden_by_policy"),
        ("no_permission", "forbidden"),
        ("something_new", "forbidden"),
    ] {
        let error = dropbox_error(403, tags, union(tags));
        assert_eq!((error.code, error.disposition), (code, Disposition::SkipItem), "{tags}");
    }
}

#[test]
fn a_root_that_changed_is_told_from_one_that_is_closed() {
    let body = json!({".tag": "invalid_root", "root_info":
        {".tag": "team", "root_namespace_id": "2", "home_namespace_id": "3", "home_path": "/Ada"}});
    let error = dropbox_error(422, "invalid_root/...", body);
    assert_eq!((error.code, error.disposition), (ROOT_CHANGED, Disposition::RestartFeed));
    let flat = json!({".tag": "invalid_root", "root_namespace_id": "2"});
    assert_eq!(dropbox_error(422, "invalid_root", flat).code, ROOT_CHANGED);
    let nested = json!({".tag": "invalid_root", "invalid_root": {".tag": "team", "root_namespace_id": "2"}});
    assert_eq!(dropbox_error(422, "invalid_root", nested).code, ROOT_CHANGED);
    let closed = dropbox_error(422, "no_permission/", json!({".tag": "no_permission"}));
    assert_eq!(closed.disposition, Disposition::SkipItem);
    assert_eq!(classified(422, "words").disposition, LATER);
}

#[test]
fn a_rate_limit_is_read_as_json_and_as_text() {
    let reason = json!({"reason": {".tag": "too_many_requests"}, "retry_after": 15});
    let error = dropbox_error(429, "too_many_requests/..", reason);
    let after = Some(Duration::from_secs(15));
    assert_eq!((error.code, error.disposition), ("rate_limit", Disposition::RetryLater { after }));
    let writes = json!({"reason": {".tag": "too_many_write_operations"}, "retry_after": 300});
    let after = Some(Duration::from_secs(300));
    assert_eq!(dropbox_error(429, "", writes).disposition, Disposition::RetryLater { after });
    // The wait is then in the header, which the handle reads.
    for text in ["too_many_requests", "", "{", r#"{"error":"x"}"#, r#"{"error":{"retry_after":"soon"}}"#] {
        let error = classified(429, text);
        assert_eq!((error.code, error.disposition), ("rate_limit", LATER), "{text}");
    }
}

#[test]
fn a_malformed_request_names_the_call_and_quotes_nothing() {
    let body = "Error in call to API function \"files/list_folder\": request body: path: 'secret plans' did not match";
    let error = classified(400, body);
    assert_eq!(error.disposition, Disposition::Fail);
    assert_eq!(error.message, "Dropbox cannot use the request to files/list_folder");
    for odd in
        ["", "words", "Error in call to API function \"a b<c>\": x", "Error in call to API function \""]
    {
        assert_eq!(classified(400, odd).message, "Dropbox cannot use the request", "{odd}");
    }
}

#[test]
fn pages_of_somebody_else_prove_nothing() {
    for body in ["", "<html>404</html>", "[]", "null", r#"{"error":"x"}"#, r#"{"error":[1]}"#, "{\"error\":"]
    {
        for status in [404, 409, 410, 422] {
            assert!(!classified(status, body).is_gone(), "{status} {body}");
        }
        for status in [404, 409, 500, 502, 503] {
            assert_eq!(classified(status, body).disposition, LATER, "{status} {body}");
        }
        assert_eq!(classified(403, body).disposition, Disposition::SkipItem, "{body}");
    }
}

#[test]
fn nothing_that_somebody_wrote_is_passed_on() {
    let odd = json!({".tag": "A sentence", "A sentence": {".tag": "<script>"}});
    let error = dropbox_error(409, "A sentence/<script>/..", odd);
    assert!(!error.message.contains("sentence") && !error.message.contains("script"), "{error}");
    let mut deep = json!({".tag": "x"});
    for _ in 0..100 {
        deep = json!({".tag": "x", "x": deep});
    }
    assert!(dropbox_error(409, "", deep).message.len() < 60);
}
