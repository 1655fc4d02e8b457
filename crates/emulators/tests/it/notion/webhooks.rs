//! Webhooks: the handshake, signatures over exact bytes, gathering, retries, duplicates, disorder.

use std::time::Duration;

use aws_lc_rs::hmac;
use gangway_emulators::kernel::webhooks::DeliveryMode;
use gangway_emulators::notion::{Generate, NewSubscription, Subscription};
use serde_json::{Value, json};

use super::harness::{ADA, Tokens, World, demo, key};
use crate::receiver::{Receiver, receiver};

fn wish(receiver: &Receiver) -> NewSubscription {
    NewSubscription {
        url: receiver.url.clone(),
        event_types: Vec::new(),
        api_version: None,
        client_id: None,
        auto_verify: true,
    }
}

/// A signed-in world with a verified subscription, the handshake already forgotten.
async fn listening(statuses: &[u16]) -> (World, Tokens, Subscription, Receiver) {
    let world = demo().await;
    let tokens = world.sign_in(ADA, &[]).await;
    let mut first = vec![200];
    first.extend(statuses);
    let receiver = receiver(&first).await;
    let subscription = world.control.subscribe(&wish(&receiver)).unwrap();
    world.control.set_webhook_backoff(Duration::from_millis(1));
    world.control.flush_webhooks().await;
    receiver.received.lock().unwrap().clear();
    (world, tokens, subscription, receiver)
}

fn events(receiver: &Receiver) -> Vec<Value> {
    let received = receiver.received.lock().unwrap();
    received.iter().map(|message| serde_json::from_str(&message.body).unwrap()).collect()
}

fn kinds(receiver: &Receiver) -> Vec<String> {
    events(receiver).iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_handshake_comes_first_and_unsigned() {
    let world = demo().await;
    world.sign_in(ADA, &[]).await;
    let receiver = receiver(&[]).await;
    let wish = NewSubscription { auto_verify: false, ..wish(&receiver) };
    let subscription = world.control.subscribe(&wish).unwrap();
    world.control.rename(&key("home"), "Before").unwrap();
    world.control.flush_webhooks().await;
    {
        let received = receiver.received.lock().unwrap();
        assert_eq!(received.len(), 1, "a pending subscription gets no events");
        assert!(!received[0].headers.contains_key("x-notion-signature"));
    }
    let told = events(&receiver)[0].clone();
    assert_eq!(told.as_object().unwrap().len(), 1);
    let token = told["verification_token"].as_str().unwrap();
    assert!(token.starts_with("secret_"));
    world.control.resend_token(&subscription.id).unwrap();
    world.control.flush_webhooks().await;
    assert_eq!(events(&receiver)[1], told);
    assert!(world.control.verify_subscription(&subscription.id, "secret_wrong").is_err());
    world.control.verify_subscription(&subscription.id, token).unwrap();
    assert!(world.control.resend_token(&subscription.id).is_err());
    world.control.rename(&key("home"), "After").unwrap();
    world.control.flush_webhooks().await;
    assert_eq!(kinds_after(&receiver, 2), ["page.properties_updated"]);
}

fn kinds_after(receiver: &Receiver, skip: usize) -> Vec<String> {
    events(receiver)[skip..].iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn events_are_signed_over_their_bytes_and_carry_no_content() {
    let (world, tokens, subscription, receiver) = listening(&[]).await;
    world
        .control
        .append_blocks(&key("refund-policy"), &[json!({"paragraph": "A secret line"})], None)
        .unwrap();
    world.control.flush_webhooks().await;
    let message = receiver.received.lock().unwrap()[0].clone();
    let secret = hmac::Key::new(hmac::HMAC_SHA256, subscription.verification_token.as_bytes());
    let signature = message.headers["x-notion-signature"].strip_prefix("sha256=").unwrap().to_owned();
    let bytes: Vec<u8> =
        (0..64).step_by(2).map(|at| u8::from_str_radix(&signature[at..at + 2], 16).unwrap()).collect();
    hmac::verify(&secret, message.body.as_bytes(), &bytes).unwrap();
    assert!(!message.body.contains("A secret line"));
    let event: Value = serde_json::from_str(&message.body).unwrap();
    assert_eq!(event["type"], "page.content_updated");
    assert_eq!(event["entity"], json!({"id": world.id("refund-policy"), "type": "page"}));
    assert_eq!(event["data"]["parent"], json!({"id": world.id("policies"), "type": "page"}));
    assert_eq!(event["data"]["updated_blocks"][0]["type"], "block");
    assert_eq!(event["attempt_number"], 1);
    assert_eq!(event["api_version"], "2026-03-11");
    assert_eq!(event["workspace_id"], tokens.body["workspace_id"]);
    assert_eq!(event["subscription_id"], subscription.id);
    assert_eq!(event["authors"][0]["type"], "person");
    let bot = json!({"id": tokens.bot, "type": "bot"});
    assert!(event["accessible_by"].as_array().unwrap().contains(&bot));
    assert_eq!(event["timestamp"], "2026-03-02T12:34:56.789Z");
}

#[tokio::test]
async fn frequent_events_wait_for_their_window() {
    let (world, _, _, receiver) = listening(&[]).await;
    for text in ["one", "two", "three"] {
        world.control.append_blocks(&key("onboarding"), &[json!({"paragraph": text})], None).unwrap();
        world.control.advance_clock(Duration::from_secs(10));
    }
    world.control.add_comment(&key("onboarding"), "At once", None).unwrap();
    world.control.webhooks.flush().await;
    assert_eq!(kinds(&receiver), ["comment.created"]);
    world.control.advance_clock(Duration::from_secs(29));
    world.control.webhooks.flush().await;
    assert_eq!(kinds(&receiver).len(), 1);
    world.control.advance_clock(Duration::from_secs(1));
    world.control.webhooks.flush().await;
    assert_eq!(kinds(&receiver), ["comment.created", "page.content_updated"]);
    assert_eq!(events(&receiver)[1]["data"]["updated_blocks"].as_array().unwrap().len(), 3);
    assert_eq!(events(&receiver)[0]["data"]["page_id"], world.id("onboarding"));
    world.control.set_switches(|switches| switches.aggregation_ms = 0);
    world.control.rename(&key("onboarding"), "Now").unwrap();
    world.control.webhooks.flush().await;
    assert_eq!(kinds(&receiver).len(), 3);
}

#[tokio::test]
async fn every_deed_has_its_event() {
    let (world, _, _, receiver) = listening(&[]).await;
    let seen = async || {
        world.control.flush_webhooks().await;
        let mut found = kinds(&receiver);
        receiver.received.lock().unwrap().clear();
        found.sort();
        found
    };
    world.control.create_page(Some(&key("handbook")), &json!({"title": "New"})).unwrap();
    assert_eq!(seen().await, ["page.content_updated", "page.created"]);
    world.control.rename(&key("onboarding"), "First weeks").unwrap();
    assert_eq!(seen().await, ["page.properties_updated"]);
    world.control.move_to(&key("onboarding"), Some(&key("meetings"))).unwrap();
    assert_eq!(seen().await, ["page.moved"]);
    world.control.trash(&key("onboarding")).unwrap();
    assert_eq!(seen().await, ["page.deleted"]);
    world.control.restore(&key("onboarding")).unwrap();
    assert_eq!(seen().await, ["page.undeleted"]);
    world.control.edit_page(&key("onboarding"), &json!({"locked": true})).unwrap();
    assert_eq!(seen().await, ["page.locked"]);
    world.control.edit_page(&key("onboarding"), &json!({"locked": false})).unwrap();
    assert_eq!(seen().await, ["page.unlocked"]);
    world.control.add_rows(&key("projects-db"), &[json!({"properties": {"Name": "Row"}})]).unwrap();
    assert_eq!(seen().await, ["data_source.content_updated", "page.created"]);
    world.control.edit_page(&key("project-list"), &json!({"properties": {"Extra": "number"}})).unwrap();
    assert_eq!(seen().await, ["data_source.schema_updated"]);
    world.control.create_database(Some(&key("home")), &json!({"title": "Small"})).unwrap();
    assert_eq!(seen().await, ["data_source.created", "database.created", "page.content_updated"]);
    world.control.trash(&key("projects-db")).unwrap();
    assert_eq!(seen().await, ["database.deleted"]);
    let comment = world.control.add_comment(&key("home"), "Hi", None).unwrap();
    world.control.edit_comment(&comment, Some("Ho"), None).unwrap();
    world.control.delete_comment(&comment).unwrap();
    assert_eq!(seen().await, ["comment.created", "comment.deleted", "comment.updated"]);
    // Nobody is told about these.
    world.control.unshare(&key("home"), None).unwrap();
    world.control.delete(&key("suppliers")).unwrap();
    world.control.rename(&key("private"), "Hidden").unwrap();
    world.control.rename(&key("home"), "Gone").unwrap();
    assert_eq!(seen().await, Vec::<String>::new());
}

#[tokio::test]
async fn made_and_thrown_away_within_a_window_is_silence() {
    let (world, _, _, receiver) = listening(&[]).await;
    let page = world.control.create_page(None, &json!({"title": "Short life"})).unwrap();
    world.control.share(&key(&page.id), None).unwrap();
    let child = world.control.create_page(Some(&key(&page.id)), &json!({"title": "Child"})).unwrap();
    world.control.trash(&key(&child.id)).unwrap();
    world.control.flush_webhooks().await;
    assert!(!events(&receiver).iter().any(|event| event["entity"]["id"] == child.id));
}

#[tokio::test]
async fn eight_attempts_each_with_its_number() {
    let (world, _, _, receiver) = listening(&[500, 404, 503, 302, 500, 500, 500, 500]).await;
    world.control.rename(&key("home"), "Try").unwrap();
    world.control.flush_webhooks().await;
    let numbers: Vec<u64> =
        events(&receiver).iter().map(|event| event["attempt_number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8]);
    let ids: std::collections::BTreeSet<String> =
        events(&receiver).iter().map(|event| event["id"].to_string()).collect();
    assert_eq!(ids.len(), 1);
    let outcome = world.control.webhook_outcomes().pop().unwrap();
    assert!(!outcome.delivered && outcome.attempts == 8);
    let signatures: std::collections::BTreeSet<String> = {
        let received = receiver.received.lock().unwrap();
        received.iter().map(|message| message.headers["x-notion-signature"].clone()).collect()
    };
    assert_eq!(signatures.len(), 8, "another body, another signature");
}

#[tokio::test]
async fn duplicates_disorder_and_loss() {
    let (world, _, _, receiver) = listening(&[]).await;
    world.control.set_delivery_mode(DeliveryMode::Duplicate);
    world.control.rename(&key("home"), "Twice").unwrap();
    world.control.flush_webhooks().await;
    let twice = events(&receiver);
    assert_eq!(twice.len(), 2);
    assert_eq!(twice[0]["id"], twice[1]["id"]);
    receiver.received.lock().unwrap().clear();
    world.control.set_delivery_mode(DeliveryMode::Reorder);
    world.control.add_comment(&key("home"), "first", None).unwrap();
    world.control.rename(&key("home"), "Second").unwrap();
    world.control.flush_webhooks().await;
    assert_eq!(kinds(&receiver), ["page.properties_updated", "comment.created"]);
    receiver.received.lock().unwrap().clear();
    world.control.set_delivery_mode(DeliveryMode::Drop);
    world.control.rename(&key("home"), "Lost").unwrap();
    world.control.flush_webhooks().await;
    assert!(events(&receiver).is_empty());
}

#[tokio::test]
async fn chosen_types_and_old_versions() {
    let world = demo().await;
    world.sign_in(ADA, &[]).await;
    let (some, old) = (receiver(&[]).await, receiver(&[]).await);
    let chosen = NewSubscription { event_types: vec!["page.moved".into()], ..wish(&some) };
    world.control.subscribe(&chosen).unwrap();
    let wish = NewSubscription { api_version: Some("2022-06-28".into()), ..wish(&old) };
    world.control.subscribe(&wish).unwrap();
    world.control.add_rows(&key("supplier-list"), &[json!({"properties": {"Supplier": "Row"}})]).unwrap();
    world.control.flush_webhooks().await;
    assert_eq!(kinds_after(&some, 1), Vec::<String>::new());
    let event = events(&old).into_iter().find(|event| event["type"] == "database.content_updated").unwrap();
    assert_eq!(event["entity"], json!({"id": world.id("suppliers-db"), "type": "database"}));
    assert_eq!(event["api_version"], "2022-06-28");
}

#[tokio::test]
async fn a_removed_connection_hears_nothing_more() {
    let (world, tokens, subscription, receiver) = listening(&[]).await;
    world.control.disconnect(&tokens.bot).unwrap();
    world.control.rename(&key("home"), "Quiet").unwrap();
    world.control.flush_webhooks().await;
    assert!(events(&receiver).is_empty());
    world.sign_in(ADA, &[]).await;
    let many = Generate { parent: Some(key("home")), count: 3, size: 0, prefix: "P".into() };
    world.control.generate(&many).unwrap();
    world.control.flush_webhooks().await;
    assert_eq!(events(&receiver).len(), 3);
    world.control.unsubscribe(&subscription.id).unwrap();
    world.control.rename(&key("home"), "Over").unwrap();
    world.control.flush_webhooks().await;
    assert_eq!(events(&receiver).len(), 3);
}
