//! Deliveries that fail, come twice, come in disorder, or are too many.

use std::time::Duration;

use gangway_emulators::kernel::webhooks::DeliveryMode;
use gangway_emulators::slack::{DEFAULT_CLIENT_ID, DEFAULT_SIGNING_SECRET, RepliedEvents, signature};
use serde_json::Value;

use super::harness::{ADA, GRACE};
use super::inbox::{listening, types};

#[tokio::test]
async fn failures_are_tried_again_three_times_with_reasons() {
    let (world, inbox) = listening().await;
    *inbox.answers.lock().unwrap() = vec![500, 302, 404, 503];
    world.control.say("general", ADA, "try").unwrap();
    world.control.flush_webhooks().await;
    let came = inbox.take();
    assert_eq!(came.len(), 4, "one attempt and three retries");
    for (number, (headers, body)) in came.iter().enumerate().skip(1) {
        assert_eq!(headers["x-slack-retry-num"], number.to_string());
        assert_eq!(headers["x-slack-retry-reason"], "http_error");
        assert_eq!(body["event_id"], came[0].1["event_id"]);
    }
    let outcome = world.control.webhook_outcomes().pop().unwrap();
    assert_eq!((outcome.attempts, outcome.delivered), (4, false));
}

#[tokio::test]
async fn a_retry_is_signed_anew() {
    let (world, inbox) = listening().await;
    world.control.set_clock("2026-01-01T00:00:00Z").unwrap();
    *inbox.answers.lock().unwrap() = vec![500];
    world.control.say("general", ADA, "try").unwrap();
    world.control.flush_webhooks().await;
    let raw = inbox.received.lock().unwrap().clone();
    assert_eq!(raw.len(), 2);
    for (headers, body) in raw {
        assert_eq!(headers["x-slack-request-timestamp"], "1767225600");
        assert_eq!(
            headers["x-slack-signature"],
            signature(DEFAULT_SIGNING_SECRET, 1_767_225_600, body.as_bytes())
        );
    }
}

#[tokio::test]
async fn slow_receivers_and_the_no_retry_header() {
    let (world, inbox) = listening().await;
    world.control.set_switches(|switches| switches.ack_timeout_ms = 50);
    *inbox.answers.lock().unwrap() = vec![0];
    world.control.say("general", ADA, "slow").unwrap();
    world.control.flush_webhooks().await;
    let came = inbox.take();
    assert_eq!(came.len(), 2);
    assert_eq!(came[1].0["x-slack-retry-reason"], "http_timeout");
    *inbox.answers.lock().unwrap() = vec![500];
    *inbox.no_retry.lock().unwrap() = true;
    world.control.say("general", ADA, "never again").unwrap();
    world.control.flush_webhooks().await;
    assert_eq!(inbox.take().len(), 1);
}

#[tokio::test]
async fn nobody_at_home_is_a_failed_connection() {
    let (world, inbox) = listening().await;
    // The address is closed now; only the outcome can tell.
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert!(world.control.subscribe(DEFAULT_CLIENT_ID, &format!("http://{closed}/"), &["*"]).await.is_err());
    world.control.enable_subscription(DEFAULT_CLIENT_ID, true).unwrap();
    world.control.say("general", ADA, "x").unwrap();
    world.control.flush_webhooks().await;
    let outcome = world.control.webhook_outcomes().pop().unwrap();
    assert_eq!((outcome.attempts, outcome.status), (4, None));
    assert!(inbox.take().is_empty());
}

#[tokio::test]
async fn duplicates_disorder_and_loss_on_demand() {
    let (world, inbox) = listening().await;
    world.control.set_delivery_mode(DeliveryMode::Duplicate);
    world.control.say("general", ADA, "twice").unwrap();
    world.control.flush_webhooks().await;
    let came = inbox.take();
    assert_eq!(came.len(), 2);
    assert_eq!(came[0].1["event_id"], came[1].1["event_id"]);
    world.control.set_delivery_mode(DeliveryMode::Reorder);
    for text in ["a", "b", "c"] {
        world.control.say("general", ADA, text).unwrap();
    }
    world.control.flush_webhooks().await;
    let texts: Vec<Value> = inbox.events().into_iter().map(|event| event["text"].clone()).collect();
    assert_eq!(texts, ["c", "b", "a"]);
    world.control.set_delivery_mode(DeliveryMode::Drop);
    world.control.say("general", ADA, "lost").unwrap();
    world.control.flush_webhooks().await;
    assert!(inbox.take().is_empty());
}

#[tokio::test]
async fn a_storm_of_changes_without_a_change() {
    let (world, inbox) = listening().await;
    let ts = world.control.say("general", ADA, "https link").unwrap();
    world.control.storm("general", &ts, 20).unwrap();
    world.control.flush_webhooks().await;
    let events = inbox.events();
    assert_eq!(events.len(), 21);
    for event in &events[1..] {
        assert_eq!(event["subtype"], "message_changed");
        assert_eq!(event["message"]["text"], event["previous_message"]["text"]);
        assert!(event["message"].get("edited").is_none());
    }
}

#[tokio::test]
async fn replied_events_come_without_their_subtype() {
    let (world, inbox) = listening().await;
    world.control.set_switches(|switches| switches.message_replied = RepliedEvents::WithoutSubtype);
    let root = world.control.say("general", ADA, "root").unwrap();
    world.control.reply("general", &root, GRACE, "reply").unwrap();
    world.control.flush_webhooks().await;
    let events = inbox.events();
    assert_eq!(types(&events), ["message", "message", "message"]);
    assert_eq!(events[2]["message"]["thread_ts"], root);
    assert_eq!(events[2]["message"]["replies"].as_array().unwrap().len(), 1);
    world.control.set_switches(|switches| switches.message_replied = RepliedEvents::WithSubtype);
    world.control.reply("general", &root, GRACE, "again").unwrap();
    world.control.flush_webhooks().await;
    assert_eq!(types(&inbox.events()), ["message", "message/message_replied"]);
}

#[tokio::test]
async fn too_many_events_bring_app_rate_limited_instead() {
    let (world, inbox) = listening().await;
    world.control.set_clock("2026-01-01T00:00:30Z").unwrap();
    world.control.set_switches(|switches| switches.deliveries_per_hour = 2);
    for number in 0..5 {
        world.control.say("general", ADA, &format!("m{number}")).unwrap();
    }
    world.control.flush_webhooks().await;
    let bodies: Vec<Value> = inbox.take().into_iter().map(|(_, body)| body).collect();
    assert_eq!(bodies.len(), 3);
    assert_eq!(bodies[2]["type"], "app_rate_limited");
    assert_eq!(bodies[2]["minute_rate_limited"], 1_767_225_600);
    assert!(bodies[2].get("event").is_none(), "it stands at the outer level");
    world.control.advance_clock(Duration::from_secs(3600));
    world.control.say("general", ADA, "again").unwrap();
    world.control.send_rate_limited(DEFAULT_CLIENT_ID);
    world.control.flush_webhooks().await;
    let bodies: Vec<Value> = inbox.take().into_iter().map(|(_, body)| body).collect();
    assert_eq!(
        (bodies[0]["event"]["text"].as_str(), bodies[1]["type"].as_str()),
        (Some("again"), Some("app_rate_limited"))
    );
}

#[tokio::test]
async fn at_most_two_redirects_are_followed() {
    let world = super::harness::empty().await;
    let inbox = super::inbox::inbox().await;
    let target = inbox.url.clone();
    let hop = |to: String| {
        axum::routing::post(
            move || async move { (reqwest::StatusCode::TEMPORARY_REDIRECT, [("location", to)]) },
        )
    };
    let router = axum::Router::new()
        .route("/loop", hop("/loop".into()))
        .route("/two", hop("/one".into()))
        .route("/one", hop(target));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    world.control.subscribe(DEFAULT_CLIENT_ID, &format!("{base}/two"), &["*"]).await.unwrap();
    let refused = world.control.subscribe(DEFAULT_CLIENT_ID, &format!("{base}/loop"), &["*"]).await;
    assert!(refused.unwrap_err().to_string().contains("too_many_redirects"));
}
