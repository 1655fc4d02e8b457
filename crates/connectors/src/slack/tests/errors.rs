//! From Slack's refusals to our errors.

use gangway_connector::http::Refusal;
use gangway_connector::{ConnectorError, Disposition};
use http::{HeaderMap, StatusCode};

use crate::slack::error::RULES;

fn refusal<T>(status: u16, body: &str, look: impl FnOnce(&Refusal<'_>) -> T) -> T {
    let headers = HeaderMap::new();
    let status = StatusCode::from_u16(status).unwrap();
    look(&Refusal { status, headers: &headers, body: body.as_bytes(), now: Default::default() })
}

fn told(code: &str) -> ConnectorError {
    refusal(200, &format!(r#"{{"ok":false,"error":"{code}"}}"#), RULES.classify)
}

#[test]
fn refusals_are_told_from_successes_by_the_body() {
    let refuses = |body: &str| refusal(200, body, RULES.refuses_in_success);
    assert!(refuses(r#"{"ok":false,"error":"channel_not_found"}"#));
    assert!(refuses(r#"{ "error": "x", "ok": false }"#));
    assert!(!refuses(r#"{"ok":true,"warning":"missing_charset"}"#));
    assert!(!refuses(r#"{"channel":{},"ok":true}"#));
    assert!(
        !refuses("<html>sign in</html>") && !refuses("") && !refuses("[]"),
        "unreadable is another matter"
    );
}

#[test]
fn each_code_says_what_to_do() {
    let later = Disposition::RetryLater { after: None };
    for (code, ours, disposition) in [
        ("ratelimited", "rate_limit", later),
        ("internal_error", "server_error", later),
        ("fatal_error", "server_error", later),
        ("service_unavailable", "server_error", later),
        ("token_expired", "unauthorized", later),
        ("token_revoked", "access_ended", Disposition::Reconnect),
        ("account_inactive", "access_ended", Disposition::Reconnect),
        ("invalid_auth", "access_ended", Disposition::Reconnect),
        ("not_authed", "access_ended", Disposition::Reconnect),
        ("channel_not_found", "not_found", Disposition::Gone),
        ("thread_not_found", "not_found", Disposition::Gone),
        ("file_not_found", "not_found", Disposition::Gone),
        ("file_deleted", "deleted", Disposition::Gone),
        ("not_visible", "not_found", Disposition::Gone),
        ("missing_scope", "insufficient_scope", Disposition::SkipItem),
        ("not_in_channel", "not_in_channel", Disposition::SkipItem),
        ("no_permission", "forbidden", Disposition::SkipItem),
        ("ekm_access_denied", "forbidden", Disposition::SkipItem),
        ("invalid_cursor", "page_token_rejected", Disposition::RestartFeed),
        ("not_allowed_token_type", "wrong_token", Disposition::FixConfiguration),
        ("missing_argument", "bad_request", Disposition::Fail),
        ("something_new", "bad_request", Disposition::Fail),
    ] {
        let error = told(code);
        assert_eq!((error.code, error.disposition), (ours, disposition), "{code}");
    }
}

#[test]
fn a_workspace_that_moves_is_waited_for() {
    for code in ["team_added_to_org", "org_login_required"] {
        let error = told(code);
        let Disposition::RetryLater { after: Some(after) } = error.disposition else { panic!("{error:?}") };
        assert!(after.as_secs() >= 3600);
    }
}

#[test]
fn refusals_of_the_token_may_be_mended_by_a_fresh_one() {
    let about = |body: &str| refusal(200, body, RULES.refuses_token);
    for code in ["token_expired", "token_revoked", "invalid_auth", "account_inactive", "not_authed"] {
        assert!(about(&format!(r#"{{"ok":false,"error":"{code}"}}"#)), "{code}");
    }
    assert!(!about(r#"{"ok":false,"error":"missing_scope"}"#) && !about("<html>"));
}

#[test]
fn a_missing_permission_is_named() {
    let body = r#"{"ok":false,"error":"missing_scope","needed":"groups:history","provided":"identify"}"#;
    let error = refusal(200, body, RULES.classify);
    assert!(error.message.contains("(groups:history)"), "{}", error.message);
    let hostile = format!(r#"{{"ok":false,"error":"missing_scope","needed":"<b>{}"}}"#, "x".repeat(5000));
    let error = refusal(200, &hostile, RULES.classify);
    assert!(error.message.len() < 250 && !error.message.contains('<'), "{}", error.message);
}

#[test]
fn pages_of_somebody_else_prove_nothing() {
    for body in ["", "<html>404</html>", "[]", "null", r#"{"error":7}"#, r#"{"error":"#] {
        for status in [404, 410, 502, 503, 429, 418] {
            let error = refusal(status, body, RULES.classify);
            assert!(matches!(error.disposition, Disposition::RetryLater { .. }), "{status} {body} {error:?}");
        }
        let error = refusal(403, body, RULES.classify);
        assert_eq!(error.disposition, Disposition::SkipItem, "{body}");
    }
}
