//! Redirects: followed by hand, without anything secret where the host differs.

use std::collections::BTreeSet;

use gangway_effects::{Network, NetworkOptions};
use http::HeaderName;

use super::server::{Server, answer, handle, handle_with};
use crate::error::Disposition;

fn redirect(status: u16, to: &str) -> axum::http::Response<axum::body::Body> {
    let mut response = answer(status, "");
    response.headers_mut().insert("location", to.parse().unwrap());
    response
}

fn port(request: &axum::extract::Request) -> &str {
    request.headers()["host"].to_str().unwrap().rsplit_once(':').unwrap().1
}

#[tokio::test]
async fn another_host_gets_no_token_and_no_headers_of_ours() {
    let away = Server::start(|_, _| answer(200, "bytes")).await;
    let target = away.url("/signed?sig=1").to_string();
    let home = Server::start(move |_, _| redirect(302, &target)).await;
    let key = HeaderName::from_static("x-resource-key");
    let request = handle(&home).http.get(home.url("/a")).header(key, "secret");
    assert_eq!(request.send_bytes().await.unwrap(), "bytes");
    assert!(home.header(0, "authorization").is_some());
    assert!(home.header(0, "x-resource-key").is_some());
    assert_eq!(away.header(0, "authorization"), None);
    assert_eq!(away.header(0, "x-resource-key"), None);
}

#[tokio::test]
async fn the_way_back_home_restores_nothing() {
    // Home sends away, away sends back: whoever stands between must not steer our token.
    let home = Server::start(|_, request| match request.uri().path() {
        "/a" => redirect(302, &format!("http://localhost:{}/b", port(request))),
        "/b" => redirect(302, &format!("http://127.0.0.1:{}/c", port(request))),
        _ => answer(200, ""),
    })
    .await;
    handle(&home).http.get(home.url("/a")).send_bytes().await.unwrap();
    assert_eq!(home.calls(), 3);
    assert!(home.header(0, "authorization").is_some());
    assert_eq!(home.header(1, "authorization"), None);
    assert_eq!(home.header(2, "authorization"), None);
}

#[tokio::test]
async fn who_was_sent_away_stays_a_stranger_there() {
    let away = Server::start(|call, _| match call {
        0 => redirect(302, "/b"),
        _ => answer(200, ""),
    })
    .await;
    let target = away.url("/a").to_string();
    let home = Server::start(move |_, _| redirect(302, &target)).await;
    handle(&home).http.get(home.url("/a")).send_bytes().await.unwrap();
    assert_eq!(away.calls(), 2);
    assert_eq!(away.header(1, "authorization"), None);
}

#[tokio::test]
async fn the_same_host_keeps_the_token_and_the_method() {
    let home = Server::start(|call, request| match call {
        0 => redirect(307, "/b"),
        _ => answer(200, request.method().as_str().to_owned()),
    })
    .await;
    let body = handle(&home).http.post(home.url("/a")).json(&1).send_bytes().await.unwrap();
    assert_eq!(body, "POST");
    assert_eq!(home.header(1, "authorization").unwrap(), "Bearer token-1");
    let home = Server::start(|call, request| match call {
        0 => redirect(303, "/b"),
        _ => answer(200, request.method().as_str().to_owned()),
    })
    .await;
    assert_eq!(handle(&home).http.post(home.url("/a")).json(&1).send_bytes().await.unwrap(), "GET");
}

#[tokio::test]
async fn endless_and_unsafe_redirects_are_refused() {
    let home = Server::start(|_, _| redirect(302, "/again")).await;
    let error = handle(&home).http.get(home.url("/a")).tries(1).send_bytes().await.unwrap_err();
    assert_eq!((error.code, home.calls()), ("too_many_redirects", 6));

    let away = Server::start(|_, _| answer(200, "")).await;
    let target = away.url("/a").to_string();
    let home = Server::start(move |_, _| redirect(307, &target)).await;
    let error = handle(&home).http.post(home.url("/a")).json(&1).send_bytes().await.unwrap_err();
    assert_eq!((error.code, away.calls()), ("unsafe_redirect", 0));

    let home = Server::start(|_, _| redirect(302, "file:///etc/passwd")).await;
    let error = handle(&home).http.get(home.url("/a")).send_bytes().await.unwrap_err();
    assert_eq!(error.code, "address_refused");
}

#[tokio::test]
async fn an_address_that_may_not_be_called_is_told_without_the_operators_words() {
    let home =
        Server::start(|_, request| redirect(302, &format!("http://localhost:{}/signed", port(request))))
            .await;
    let known = NetworkOptions {
        allowed_hosts: BTreeSet::from(["127.0.0.1".to_owned()]),
        ..NetworkOptions::default()
    };
    let only = NetworkOptions { only_allowed_hosts: true, allow_private_addresses: true, ..known.clone() };
    // Refused before the name is looked up, and when it turns out to be a private address.
    for options in [only, known] {
        let setup = handle_with(&home, |http| http.network = Network::new(options).unwrap());
        let error = setup.http.get(home.url("/a")).send_bytes().await.unwrap_err();
        assert_eq!((error.code, error.disposition), ("address_refused", Disposition::FixConfiguration));
        assert!(error.message.contains("whoever runs this server"), "{error}");
        assert!(!error.message.contains("localhost") && !error.message.contains("outgoing."), "{error}");
    }
    assert_eq!(home.calls(), 2, "nothing was sent where it was refused");
}
