//! A receiver of events, and an emulator that sends to it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gangway_emulators::slack::DEFAULT_CLIENT_ID;
use reqwest::StatusCode;
use serde_json::Value;

use super::harness::{ADA, READ, World, empty};

/// A receiver that echoes challenges and then answers as told.
#[derive(Default)]
pub struct Inbox {
    pub url: String,
    pub received: Arc<Mutex<Vec<(http::HeaderMap, String)>>>,
    /// Statuses of the next answers; 0 never answers.
    pub answers: Arc<Mutex<Vec<u16>>>,
    pub no_retry: Arc<Mutex<bool>>,
}

pub async fn inbox() -> Inbox {
    let mut inbox = Inbox::default();
    let (seen, answers, no_retry) =
        (Arc::clone(&inbox.received), Arc::clone(&inbox.answers), Arc::clone(&inbox.no_retry));
    let handler = move |headers: http::HeaderMap, body: String| async move {
        let json: Value = serde_json::from_str(&body).unwrap();
        seen.lock().unwrap().push((headers, body));
        let challenge = json["challenge"].as_str().unwrap_or("").to_owned();
        let status = {
            let mut answers = answers.lock().unwrap();
            if answers.is_empty() { 200 } else { answers.remove(0) }
        };
        if status == 0 {
            std::future::pending::<()>().await;
        }
        let mut headers = http::HeaderMap::new();
        if *no_retry.lock().unwrap() {
            headers.insert("x-slack-no-retry", "1".parse().unwrap());
        }
        (StatusCode::from_u16(status).unwrap(), headers, challenge)
    };
    let router = axum::Router::new().route("/hook", axum::routing::post(handler));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    inbox.url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    inbox
}

impl Inbox {
    /// Returns and forgets what came.
    pub fn take(&self) -> Vec<(http::HeaderMap, Value)> {
        let taken = std::mem::take(&mut *self.received.lock().unwrap());
        taken.into_iter().map(|(headers, body)| (headers, serde_json::from_str(&body).unwrap())).collect()
    }

    pub fn bodies(&self) -> Vec<Value> {
        self.take().into_iter().map(|(_, body)| body).collect()
    }

    pub fn events(&self) -> Vec<Value> {
        self.take().into_iter().map(|(_, body)| body["event"].clone()).collect()
    }
}

/// An emulator with ada's install and a subscription to everything.
pub async fn listening() -> (World, Inbox) {
    let world = empty().await;
    world.user_token(ADA, READ).await;
    let inbox = inbox().await;
    world.control.subscribe(DEFAULT_CLIENT_ID, &inbox.url, &["*"]).await.unwrap();
    world.control.set_webhook_backoff(Duration::ZERO);
    inbox.take();
    (world, inbox)
}

/// Returns types and subtypes, as `message/message_changed`.
pub fn types(events: &[Value]) -> Vec<String> {
    let word = |event: &Value| {
        let subtype = event["subtype"].as_str().map_or(String::new(), |text| format!("/{text}"));
        format!("{}{subtype}", event["type"].as_str().unwrap())
    };
    events.iter().map(word).collect()
}
