//! When the handle tries again, how long it waits, and when it gives up.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::server::{Server, answer, cut_off, handle, handle_with};
use crate::error::{ConnectorError, Disposition};
use crate::http::{RateLimit, RateLimiter, RateLimits, WORKSPACE_LIMIT};

#[tokio::test]
async fn waits_grow_until_the_provider_answers() {
    let server = Server::start(|call, _| match call {
        0..4 => answer(503, ""),
        _ => answer(200, r#"{"ok":1}"#),
    })
    .await;
    let setup = handle(&server);
    let value: Value = setup.http.get(server.url("/a")).send_json().await.unwrap();
    assert_eq!(value, json!({"ok": 1}));
    assert_eq!(setup.clock.seconds_slept(), [1, 2, 4, 8]);
}

#[tokio::test]
async fn trying_ends_and_the_error_says_that_later_may_be_better() {
    let server = Server::start(|_, _| answer(500, "")).await;
    let setup = handle(&server);
    let error = setup.http.get(server.url("/a")).send_bytes().await.unwrap_err();
    assert_eq!(error.code, "server_error");
    assert_eq!(error.disposition, Disposition::RetryLater { after: None });
    assert_eq!(server.calls(), 8);
    assert_eq!(setup.clock.seconds_slept(), [1, 2, 4, 8, 16, 32, 64]);
    let fewer = Server::start(|_, _| answer(500, "")).await;
    handle(&fewer).http.get(fewer.url("/a")).tries(2).send_bytes().await.unwrap_err();
    assert_eq!(fewer.calls(), 2);
}

#[tokio::test]
async fn retry_after_is_honoured_in_seconds_and_as_a_date() {
    for header in ["7", "Fri, 15 Jan 2027 08:00:07 GMT"] {
        let server = Server::start(move |call, _| {
            let mut response = answer(if call == 0 { 429 } else { 200 }, "");
            response.headers_mut().insert("retry-after", header.parse().unwrap());
            response
        })
        .await;
        let setup = handle(&server);
        setup.http.get(server.url("/a")).send_bytes().await.unwrap();
        assert_eq!(setup.clock.seconds_slept(), [7], "{header}");
    }
}

#[tokio::test]
async fn a_wish_to_wait_that_is_too_long_is_handed_on_at_once() {
    let server = Server::start(|_, _| {
        let mut response = answer(429, "");
        response.headers_mut().insert("retry-after", "3600".parse().unwrap());
        response
    })
    .await;
    let setup = handle(&server);
    let error = setup.http.get(server.url("/a")).send_bytes().await.unwrap_err();
    let after = Some(Duration::from_secs(3600));
    assert_eq!(error.disposition, Disposition::RetryLater { after });
    assert_eq!((server.calls(), setup.clock.seconds_slept()), (1, vec![]));
}

#[tokio::test]
async fn the_connectors_own_table_decides() {
    let server = Server::start(|call, _| match call {
        0 => answer(403, "slow down"),
        _ => answer(403, "forbidden"),
    })
    .await;
    let setup = handle(&server);
    let http = setup.http.classified_by(|refusal| match refusal.body {
        b"slow down" => {
            let after = Some(Duration::from_secs(9));
            ConnectorError::new("rate_limit", "slower", Disposition::RetryLater { after })
        }
        _ => ConnectorError::new("forbidden", "no", Disposition::SkipItem),
    });
    let error = http.get(server.url("/a")).send_bytes().await.unwrap_err();
    assert_eq!((error.code, server.calls()), ("forbidden", 2));
    assert_eq!(setup.clock.seconds_slept(), [9]);
}

#[tokio::test]
async fn what_may_have_happened_is_not_repeated_unless_it_does_no_harm() {
    let lost = || Server::start(|_, _| cut_off(200, &[], 100, b"{"));
    let server = lost().await;
    let error = handle(&server).http.post(server.url("/a")).json(&1).send_bytes().await.unwrap_err();
    assert_eq!((error.code, server.calls()), ("connection_lost", 1));

    let server = Server::start(|_, _| answer(500, "")).await;
    handle(&server).http.post(server.url("/a")).send_bytes().await.unwrap_err();
    assert_eq!(server.calls(), 1);

    let server = lost().await;
    handle(&server).http.post(server.url("/a")).idempotent().send_bytes().await.unwrap_err();
    assert_eq!(server.calls(), 8);

    // A refusal to take the call says that nothing happened.
    let server = Server::start(|call, _| answer(if call == 0 { 429 } else { 200 }, "")).await;
    handle(&server).http.post(server.url("/a")).send_bytes().await.unwrap();
    assert_eq!(server.calls(), 2);
}

#[tokio::test]
async fn an_answer_that_ends_early_is_asked_for_again() {
    let server = Server::start(|call, _| match call {
        0 => cut_off(200, &[], 100, br#"{"a":"#),
        _ => answer(200, r#"{"a":1}"#),
    })
    .await;
    let value: Value = handle(&server).http.get(server.url("/a")).send_json().await.unwrap();
    assert_eq!((value, server.calls()), (json!({"a": 1}), 2));
}

#[tokio::test]
async fn answers_are_bounded_and_unreadable_ones_quote_nothing() {
    let server = Server::start(|_, _| answer(200, vec![b'x'; 33 << 20])).await;
    let error = handle(&server).http.get(server.url("/a")).send_bytes().await.unwrap_err();
    assert_eq!(error.code, "answer_too_long");

    let server = Server::start(|_, _| answer(200, r#""secret-in-body""#)).await;
    let error = handle(&server).http.get(server.url("/a?sig=secret")).send_json::<u32>().await.unwrap_err();
    assert_eq!(error.code, "malformed_answer");
    assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
}

#[tokio::test]
async fn an_unreachable_host_is_named_without_its_path() {
    let server = Server::start(|_, _| answer(200, "")).await;
    let setup = handle(&server);
    let url = "http://127.0.0.1:1/secret-path?secret=query".parse().unwrap();
    let error = setup.http.get(url).without_token().tries(1).send_bytes().await.unwrap_err();
    assert_eq!(error.code, "unreachable");
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("127.0.0.1") && !shown.contains("secret"), "{shown}");
}

#[tokio::test]
async fn a_rate_is_kept_and_a_limit_rests_the_whole_connection() {
    let server = Server::start(|call, _| {
        let mut response = answer(if call == 2 { 429 } else { 200 }, "");
        response.headers_mut().insert("retry-after", "30".parse().unwrap());
        response
    })
    .await;
    let setup = handle_with(&server, |options| {
        let rate = RateLimit { per_second: 1.0, burst: 2 };
        options.limiter = Some(Arc::new(RateLimits::new(options.clock.clone(), vec![("", rate)])));
    });
    for _ in 0..3 {
        setup.http.get(server.url("/a")).send_bytes().await.unwrap();
    }
    // The third call waits for its turn, is refused, and waits as it was told.
    assert_eq!(setup.clock.seconds_slept(), [1, 30]);
}

/// A refusal that names a wait counts for everybody who shares the pace, also when the call that met it gives up.
#[tokio::test]
async fn a_wait_that_one_call_gives_up_over_is_kept_by_the_others() {
    let server = Server::start(|call, _| {
        let mut response = answer(if call == 0 { 429 } else { 200 }, "");
        response.headers_mut().insert("retry-after", "300".parse().unwrap());
        response
    })
    .await;
    let shared = std::sync::OnceLock::new();
    let connection = || {
        handle_with(&server, |options| {
            let clock = options.clock.clone();
            let limits = shared.get_or_init(|| Arc::new(RateLimits::new(clock, Vec::new())));
            options.limiter = Some(Arc::clone(limits));
        })
    };
    let (one, other) = (connection(), connection());
    // It names more than a call has patience for; and nothing is left to repeat.
    one.http.get(server.url("/a")).tries(1).send_bytes().await.unwrap_err();
    let error = other.http.get(server.url("/b")).send_bytes().await.unwrap_err();
    let Disposition::RetryLater { after: Some(after) } = error.disposition else { panic!("{error:?}") };
    assert_eq!((error.code, after.as_secs(), server.calls()), ("rate_limit", 300, 1));
    // Calls that are counted by themselves go on.
    other.http.get(server.url("/c")).lane("other").send_bytes().await.unwrap();
    assert_eq!(server.calls(), 2);
}

/// A server error that names a wait says nothing about the pace of others.
#[tokio::test]
async fn only_a_limit_lets_others_rest() {
    let server = Server::start(|call, _| {
        let mut response = answer(if call == 0 { 503 } else { 200 }, "");
        response.headers_mut().insert("retry-after", "300".parse().unwrap());
        response
    })
    .await;
    let setup = handle_with(&server, |options| {
        options.limiter = Some(Arc::new(RateLimits::new(options.clock.clone(), Vec::new())));
    });
    setup.http.get(server.url("/a")).send_bytes().await.unwrap_err();
    setup.http.get(server.url("/a")).send_bytes().await.unwrap();
    assert_eq!(server.calls(), 2);
}

/// A limit that counts a whole workspace rests all connections into it, each of which keeps its own pace otherwise.
#[tokio::test]
async fn a_limit_of_a_workspace_rests_all_its_connections() {
    let server = Server::start(|call, _| {
        let mut response = answer(if call == 0 { 429 } else { 200 }, "");
        response.headers_mut().insert("retry-after", "300".parse().unwrap());
        response
    })
    .await;
    let workspace = std::sync::OnceLock::new();
    let connection = |is_inside: bool| {
        handle_with(&server, |options| {
            let clock = options.clock.clone();
            let shared = workspace.get_or_init(|| Arc::new(RateLimiter::for_rests(clock.clone())));
            let limits = RateLimits::new(clock, Vec::new());
            let limits = if is_inside { limits.resting_with(Arc::clone(shared)) } else { limits };
            options.limiter = Some(Arc::new(limits));
        })
    };
    let (one, other, outside) = (connection(true), connection(true), connection(false));
    let http = one.http.classified_by(|_| {
        let later = Disposition::RetryLater { after: None };
        ConnectorError::new(WORKSPACE_LIMIT, "fewer calls, all of you", later)
    });
    http.get(server.url("/a")).lane("some").send_bytes().await.unwrap_err();
    let error = other.http.get(server.url("/b")).send_bytes().await.unwrap_err();
    assert_eq!((error.code, server.calls()), ("rate_limit", 1));
    outside.http.get(server.url("/c")).send_bytes().await.unwrap();
    assert_eq!(server.calls(), 2);
}
