//! Push messages, header by header.

use gangway_connector::conformance::StandIn;
use gangway_connector::{
    Connector, Hint, NotificationKey, NotificationRequest, SubscribeRequest, Verdict, Whose,
};
use gangway_model::{ExposeSecret, SecretString};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::harness::start;
use crate::google_drive::GoogleDrive;

fn message(headers: &[(&'static str, &'static str)]) -> NotificationRequest {
    let pairs =
        headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
    let headers = HeaderMap::from_iter(pairs);
    NotificationRequest {
        method: Method::POST,
        headers,
        query: None,
        body: Default::default(),
        received_at: Default::default(),
    }
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
fn every_other_message_asks_for_a_look_at_the_feeds() {
    let hint = Hint { whose: Whose::Subscription, items: Vec::new(), within: Vec::new(), feeds: true };
    for state in ["change", "update", "something new"] {
        assert_eq!(
            verdict(&message(&[TOKEN, ("x-goog-resource-state", state)])),
            Ok(Verdict::Look(hint.clone()))
        );
    }
}

#[tokio::test]
async fn a_channel_is_asked_to_live_a_week_and_carries_our_secret() {
    let stage = start().await;
    let source = stage.source();
    let feed = source.default_feed();
    let request = SubscribeRequest {
        id: "sub-1".to_owned(),
        cursor: source.start_cursor(&feed).await.unwrap(),
        feed,
        secret: SecretString::from("the-secret"),
        address: stage.push_address(),
        now: stage.now(),
    };
    let subscription = source.subscribe(&request).await.unwrap();
    assert!(subscription.resource_id.is_some());
    let life = subscription.expires_at.unwrap() - stage.now();
    assert!(life > chrono::Duration::days(6), "{life}");
    let hello = stage.pushes().await.pop().unwrap();
    assert_eq!(hello.headers["x-goog-channel-token"], request.secret.expose_secret());
    assert_eq!(verdict(&hello), Ok(Verdict::Nothing));
    assert_eq!(source.subscribe(&request).await.unwrap_err().code, "bad_request", "ids are used once");
    let http = SubscribeRequest { address: "http://example.org/hook".parse().unwrap(), ..request };
    let error = source.subscribe(&http).await.unwrap_err();
    assert_eq!(error.code, "webhook_address_refused");
}
