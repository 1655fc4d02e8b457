//! The token: where it goes, and what happens when it is refused.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use http::HeaderName;

use super::server::{Server, Tokens, answer, handle, handle_with};
use crate::error::Disposition;

#[tokio::test]
async fn a_refused_token_is_replaced_once_and_the_call_repeated() {
    let server = Server::start(|_, request| {
        let is_fresh = request.headers()["authorization"] == "Bearer token-2";
        answer(if is_fresh { 200 } else { 401 }, "")
    })
    .await;
    let setup = handle(&server);
    // Also for calls that may not be repeated: a refused token means that nothing happened.
    setup.http.post(server.url("/a")).send_bytes().await.unwrap();
    assert_eq!(setup.tokens.replaced.load(Ordering::SeqCst), 1);
    assert_eq!(server.calls(), 2);
    assert!(setup.clock.seconds_slept().is_empty());
}

#[tokio::test]
async fn a_fresh_token_that_is_refused_ends_the_call() {
    let server = Server::start(|_, _| answer(401, "")).await;
    let setup = handle(&server);
    let error = setup.http.get(server.url("/a")).send_bytes().await.unwrap_err();
    assert_eq!((error.code, server.calls()), ("unauthorized", 2));
    assert_eq!(setup.tokens.replaced.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_dead_grant_asks_to_be_connected_again() {
    let server = Server::start(|_, _| answer(401, "")).await;
    let setup = handle_with(&server, |options| {
        options.tokens = Some(Arc::new(Tokens { is_dead: true, ..Tokens::default() }));
    });
    let error = setup.http.get(server.url("/a")).send_bytes().await.unwrap_err();
    assert_eq!(error.disposition, Disposition::Reconnect);
    assert_eq!(server.calls(), 1);
}

#[tokio::test]
async fn the_token_goes_to_the_connectors_own_hosts_only() {
    let home = Server::start(|_, _| answer(200, "")).await;
    let away = Server::start(|_, _| answer(200, "")).await;
    let setup = handle(&home);
    let error = setup.http.get(away.url("/a")).send_bytes().await.unwrap_err();
    assert_eq!(error.code, "host_not_allowed");
    assert_eq!(away.calls(), 0);
    setup.http.get(away.url("/a")).without_token().send_bytes().await.unwrap();
    assert_eq!(away.header(0, "authorization"), None);
    setup.http.get(home.url("/a")).send_bytes().await.unwrap();
    assert_eq!(home.header(0, "authorization").unwrap(), "Bearer token-1");
}

#[tokio::test]
async fn headers_are_sent_and_bad_ones_are_told() {
    let server = Server::start(|_, _| answer(200, "")).await;
    let setup = handle(&server);
    let name = HeaderName::from_static("x-resource-key");
    setup.http.get(server.url("/a")).header(name.clone(), "id/key").send_bytes().await.unwrap();
    assert_eq!(server.header(0, "x-resource-key").unwrap(), "id/key");
    let error = setup.http.get(server.url("/a")).header(name, "a\nb").send_bytes().await.unwrap_err();
    assert_eq!((error.code, server.calls()), ("bad_request", 1));
}
