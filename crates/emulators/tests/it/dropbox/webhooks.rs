//! Webhooks: the challenge, the signature, who is told, retries, duplicates, merging.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::hmac;
use axum::extract::{Query, State};
use axum::routing::get;
use gangway_emulators::dropbox::{Access, FileTarget, Share};
use gangway_emulators::kernel::webhooks::DeliveryMode;
use http::HeaderMap;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::harness::*;

#[derive(Clone, Default)]
struct Seen {
    posts: Arc<Mutex<Vec<(HeaderMap, String)>>>,
    challenges: Arc<Mutex<Vec<HeaderMap>>>,
    statuses: Arc<Mutex<Vec<u16>>>,
}

/// A receiver that echoes challenges; `statuses` are its first answers to notifications.
async fn echo(statuses: &[u16]) -> (String, Seen) {
    let seen = Seen { statuses: Arc::new(Mutex::new(statuses.to_vec())), ..Seen::default() };
    let challenge = |State(seen): State<Seen>, headers: HeaderMap, Query(query): Query<Value>| async move {
        seen.challenges.lock().unwrap().push(headers);
        query["challenge"].as_str().unwrap().to_owned()
    };
    let notify = |State(seen): State<Seen>, headers: HeaderMap, body: String| async move {
        seen.posts.lock().unwrap().push((headers, body));
        let mut statuses = seen.statuses.lock().unwrap();
        StatusCode::from_u16(if statuses.is_empty() { 200 } else { statuses.remove(0) }).unwrap()
    };
    let router = axum::Router::new().route("/hook", get(challenge).post(notify)).with_state(seen.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, seen)
}

impl Seen {
    fn accounts(&self) -> Vec<Vec<String>> {
        let posts = self.posts.lock().unwrap();
        let read = |body: &String| {
            let body: Value = serde_json::from_str(body).unwrap();
            serde_json::from_value(body["list_folder"]["accounts"].clone()).unwrap()
        };
        posts.iter().map(|(_, body)| read(body)).collect()
    }
}

fn is_signed(headers: &HeaderMap, body: &str, secret: &str) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let expected: String =
        hmac::sign(&key, body.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    headers["x-dropbox-signature"] == expected.as_str()
}

#[tokio::test]
async fn an_address_is_taken_only_after_the_challenge() {
    let world = empty().await;
    let (url, seen) = echo(&[]).await;
    world.control.add_webhook(CLIENT, &url).await.unwrap();
    let challenge = seen.challenges.lock().unwrap()[0].clone();
    assert!(challenge.get("x-dropbox-signature").is_none(), "the challenge is unsigned");
    let silent = receiver(&[]).await;
    assert!(world.control.add_webhook(CLIENT, &silent.url).await.is_err(), "no echo, no webhook");
    assert_eq!(world.control.app(CLIENT).webhook_uris, [url]);
}

#[tokio::test]
async fn a_notification_says_who_and_is_signed() {
    let world = empty().await;
    let (url, seen) = echo(&[]).await;
    world.control.add_webhook(CLIENT, &url).await.unwrap();
    world.write("/early.txt", "x");
    let tokens = world.sign_in(ADA, READ).await;
    world.write("/a.txt", "x");
    world.control.write_text(&FileTarget::of(GRACE, "/b.txt"), "x").unwrap();
    world.control.flush_webhooks().await;
    let id = tokens.body["account_id"].as_str().unwrap();
    assert_eq!(seen.accounts(), [[id]], "only linked people");
    let (headers, body) = seen.posts.lock().unwrap()[0].clone();
    let parsed: Value = serde_json::from_str(&body).unwrap();
    let uid: u64 = tokens.body["uid"].as_str().unwrap().parse().unwrap();
    assert_eq!(parsed, json!({"list_folder": {"accounts": [id]}, "delta": {"users": [uid]}}));
    assert_eq!(headers["content-type"], "application/json");
    assert!(is_signed(&headers, &body, SECRET));
    world.control.revoke_grants(ADA);
    world.write("/c.txt", "x");
    world.control.flush_webhooks().await;
    assert_eq!(seen.accounts().len(), 1, "unlinked people fall silent");
}

#[tokio::test]
async fn a_change_in_a_shared_folder_tells_every_member() {
    let world = empty().await;
    let (url, seen) = echo(&[]).await;
    world.control.create_folder(&FileTarget::path("/Shared")).unwrap();
    let share = Share { email: GRACE.into(), access: Access::Viewer, mount: false };
    world.control.share(&FileTarget::path("/Shared"), &share).unwrap();
    world.sign_in(ADA, READ).await;
    world.sign_in(GRACE, READ).await;
    world.control.add_webhook(CLIENT, &url).await.unwrap();
    world.write("/Shared/a.txt", "x");
    world.control.flush_webhooks().await;
    assert_eq!(
        seen.accounts(),
        [[world.control.account_id(ADA).unwrap(), world.control.account_id(GRACE).unwrap()]]
    );
}

#[tokio::test]
async fn refused_notifications_are_tried_again() {
    let world = empty().await;
    let (url, seen) = echo(&[500, 404]).await;
    world.control.set_webhook_backoff(Duration::from_millis(1));
    world.control.add_webhook(CLIENT, &url).await.unwrap();
    world.sign_in(ADA, READ).await;
    world.write("/a.txt", "x");
    world.control.flush_webhooks().await;
    assert_eq!(seen.accounts().len(), 3, "anything but 200 is a failure");
    let outcome = world.control.webhook_outcomes().pop().unwrap();
    assert_eq!((outcome.attempts, outcome.delivered), (3, true));
}

#[tokio::test]
async fn notifications_are_dropped_doubled_merged_and_forged() {
    let world = empty().await;
    let (url, seen) = echo(&[]).await;
    world.control.add_webhook(CLIENT, &url).await.unwrap();
    world.sign_in(ADA, READ).await;
    world.sign_in(GRACE, READ).await;
    world.control.set_delivery_mode(DeliveryMode::Drop);
    world.write("/a.txt", "1");
    world.control.set_delivery_mode(DeliveryMode::Duplicate);
    world.write("/a.txt", "2");
    world.control.flush_webhooks().await;
    assert_eq!(seen.accounts().len(), 2);
    world.control.set_delivery_mode(DeliveryMode::Normal);
    world.control.set_switches(|switches| switches.merge_webhooks = true);
    for number in 0..5 {
        world.write("/a.txt", &number.to_string());
        world.control.write_text(&FileTarget::of(GRACE, "/b.txt"), "x").unwrap();
    }
    world.control.release_webhooks();
    world.control.flush_webhooks().await;
    assert_eq!(seen.accounts().len(), 3, "a burst becomes one message");
    assert_eq!(seen.accounts()[2].len(), 2);
    let unknown = vec!["dbid:unknown".to_owned()];
    world.control.send_webhook(CLIENT, &unknown, Some("wrong secret")).unwrap();
    world.control.flush_webhooks().await;
    let (headers, body) = seen.posts.lock().unwrap()[3].clone();
    assert!(!is_signed(&headers, &body, SECRET) && body.contains("dbid:unknown"));
}
