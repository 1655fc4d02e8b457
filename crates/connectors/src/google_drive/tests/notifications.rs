//! Push messages, header by header.

use gangway_connector::conformance::Harness;
use gangway_connector::{Connector, NotificationKey, NotificationRequest, SubscribeRequest, Verdict};
use gangway_model::{ExposeSecret, SecretString};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::harness::GoogleHarness;
use crate::google_drive::GoogleDrive;

fn message(headers: &[(&'static str, &'static str)]) -> NotificationRequest {
    let pairs =
        headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
    let headers = HeaderMap::from_iter(pairs);
    NotificationRequest { method: Method::POST, headers, query: None, body: Default::default() }
}

fn verdict(request: &NotificationRequest) -> Result<Verdict, &'static str> {
    let secret = SecretString::from("the-secret");
    GoogleDrive.verify_notification(request, &secret).map_err(|rejected| rejected.0)
}

const TOKEN: (&str, &str) = ("x-goog-channel-token", "the-secret");

#[test]
fn the_channel_id_names_the_subscription() {
    let key = |request: &NotificationRequest| GoogleDrive.notification_key(request).map_err(|r| r.0);
    let mut request = message(&[("x-goog-channel-id", "sub-1")]);
    assert_eq!(key(&request), Ok(NotificationKey::Subscription { id: "sub-1".to_owned() }));
    request.method = Method::GET;
    assert_eq!(key(&request), Err("not_a_post"));
    assert_eq!(key(&message(&[])), Err("no_channel_id"));
    let long: &'static str = String::leak("x".repeat(65));
    assert_eq!(key(&message(&[("x-goog-channel-id", long)])), Err("bad_channel_id"));
}

#[test]
fn only_the_token_opens_and_sync_asks_for_nothing() {
    assert_eq!(verdict(&message(&[("x-goog-resource-state", "change")])), Err("no_channel_token"));
    for wrong in ["the-secreT", "the-secret2", "the-secre", ""] {
        let request = message(&[("x-goog-channel-token", wrong), ("x-goog-resource-state", "change")]);
        assert_eq!(verdict(&request), Err("wrong_channel_token"));
    }
    assert_eq!(verdict(&message(&[TOKEN])), Err("no_resource_state"));
    assert_eq!(verdict(&message(&[TOKEN, ("x-goog-resource-state", "sync")])), Ok(Verdict::Nothing));
}

#[test]
fn the_watched_address_names_the_feed() {
    let feeds = |uri: &'static str| {
        let request = message(&[TOKEN, ("x-goog-resource-state", "change"), ("x-goog-resource-uri", uri)]);
        match verdict(&request) {
            Ok(Verdict::Poll { feeds }) => feeds.iter().map(|feed| feed.to_string()).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(feeds("https://www.googleapis.com/drive/v3/changes?alt=json&pageToken=1"), ["user"]);
    assert_eq!(feeds("https://www.googleapis.com/drive/v3/changes?driveId=0AB&pageToken=1"), ["drive:0AB"]);
    assert!(feeds("no address").is_empty());
}

#[tokio::test]
async fn a_channel_is_asked_to_live_a_week_and_carries_our_secret() {
    let harness = GoogleHarness::start().await;
    let source = harness.source();
    let feed = source.default_feed();
    let request = SubscribeRequest {
        id: "sub-1".to_owned(),
        cursor: source.start_cursor(&feed).await.unwrap(),
        feed,
        secret: SecretString::from("the-secret"),
        address: harness.push_address(),
        now: harness.now(),
    };
    let subscription = source.subscribe(&request).await.unwrap();
    assert!(subscription.resource_id.is_some());
    let life = subscription.expires_at.unwrap() - harness.now();
    assert!(life > chrono::Duration::days(6), "{life}");
    let hello = harness.pushes().await.pop().unwrap();
    assert_eq!(hello.headers["x-goog-channel-token"], request.secret.expose_secret());
    assert_eq!(verdict(&hello), Ok(Verdict::Nothing));
    assert_eq!(source.subscribe(&request).await.unwrap_err().code, "bad_request", "ids are used once");
    let http = SubscribeRequest { address: "http://example.org/hook".parse().unwrap(), ..request };
    let error = source.subscribe(&http).await.unwrap_err();
    assert_eq!(error.code, "webhook_address_refused");
}
