//! Notification channels.

use std::time::Duration;

use gangway_emulators::google::FileTarget;
use gangway_emulators::kernel::webhooks::DeliveryMode;
use serde_json::{Value, json};

use super::harness::{ADA, DRIVE, GRACE, World, empty, receiver, states};

const DAY_MS: i64 = 86_400_000;

async fn watch(world: &World, token: &str, id: &str, url: &str, more: Value) -> (u16, Value) {
    let start = world.json(token, "changes/startPageToken", &[]).await;
    let page = start["startPageToken"].as_str().unwrap();
    let mut body = json!({"id": id, "type": "web_hook", "address": url, "token": "our secret"});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    let answer = world.post(token, "changes/watch", &[("pageToken", page)], body).await;
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn a_channel_says_sync_and_then_change() {
    let world = empty().await;
    let hook = receiver(&[]).await;
    let token = world.ada().await;
    let (status, channel) = watch(&world, &token, "ch-1", &hook.url, json!({})).await;
    assert_eq!(status, 200, "{channel}");
    assert_eq!(channel["kind"], "api#channel");
    let expires: i64 = channel["expiration"].as_str().unwrap().parse().unwrap();
    let life = expires - world.control.now_ms();
    assert!((3_590_000..=3_600_000).contains(&life), "one hour by default: {life}");
    world.control.write_text(&FileTarget::path("a.txt"), "x").unwrap();
    world.control.flush_webhooks().await;
    assert_eq!(states(&hook), ["sync", "change"]);
    let received = hook.received.lock().unwrap().clone();
    let headers = &received[1].headers;
    assert_eq!(headers["x-goog-channel-id"], "ch-1");
    assert_eq!(headers["x-goog-message-number"], "2");
    assert_eq!(headers["x-goog-resource-id"], channel["resourceId"].as_str().unwrap());
    assert_eq!(headers["x-goog-resource-uri"], channel["resourceUri"].as_str().unwrap());
    assert_eq!(headers["x-goog-channel-token"], "our secret");
    assert!(headers["x-goog-channel-expiration"].ends_with(" GMT"));
    assert_eq!(received[0].body, "");
}

#[tokio::test]
async fn lives_are_cut_and_end() {
    let world = empty().await;
    let hook = receiver(&[]).await;
    let token = world.ada().await;
    let far = world.control.now_ms() + 30 * DAY_MS;
    let (_, channel) = watch(&world, &token, "ch-1", &hook.url, json!({"expiration": far})).await;
    let expires: i64 = channel["expiration"].as_str().unwrap().parse().unwrap();
    assert!(expires <= world.control.now_ms() + 7 * DAY_MS);
    let file = world.control.write_text(&FileTarget::path("a.txt"), "x").unwrap();
    let body = json!({"id": "ch-2", "type": "web_hook", "address": hook.url, "expiration": far.to_string()});
    let answer = world.post(&token, &format!("files/{}/watch", file.id), &[], body).await;
    let channel: Value = answer.json().await.unwrap();
    let expires: i64 = channel["expiration"].as_str().unwrap().parse().unwrap();
    assert!(expires <= world.control.now_ms() + DAY_MS);
    world.control.flush_webhooks().await;
    let before = states(&hook).len();
    world.control.advance_clock(Duration::from_secs(8 * 86_400));
    world.control.write_text(&FileTarget::path("a.txt"), "y").unwrap();
    world.control.flush_webhooks().await;
    assert_eq!(states(&hook).len(), before);
}

#[tokio::test]
async fn bad_channels_are_refused() {
    let world = empty().await;
    let token = world.ada().await;
    let reason = |body: &Value| body["error"]["errors"][0]["reason"].as_str().unwrap().to_owned();
    let local = "http://127.0.0.1:9/hook";
    assert_eq!(watch(&world, &token, "a", local, json!({})).await.0, 200);
    let (status, body) = watch(&world, &token, "a", local, json!({})).await;
    assert_eq!((status, reason(&body).as_str()), (400, "channelIdNotUnique"));
    let (status, body) = watch(&world, &token, "b", "http://hooks.example.com/x", json!({})).await;
    assert_eq!((status, reason(&body).as_str()), (400, "webhookUrlNotHttps"));
    assert_eq!(watch(&world, &token, "c", "https://hooks.example.com/x", json!({})).await.0, 200);
    assert_eq!(watch(&world, &token, &"x".repeat(65), local, json!({})).await.0, 400);
    assert_eq!(watch(&world, &token, "d", local, json!({"token": "x".repeat(257)})).await.0, 400);
    assert_eq!(watch(&world, &token, "e", local, json!({"type": "carrier_pigeon"})).await.0, 400);
    let start = world.json(&token, "changes/startPageToken", &[]).await;
    let page = start["startPageToken"].as_str().unwrap();
    let url = format!("{}/drive/v3/changes/watch", world.base);
    let in_query = [("pageToken", page), ("id", "f"), ("type", "web_hook"), ("address", local)];
    let answer = world.http.post(url).query(&in_query).bearer_auth(&token).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    let in_query = [("pageToken", page)];
    let url = format!("{}/drive/v3/changes/watch", world.base);
    let answer = world.http.post(url).query(&in_query).bearer_auth(&token).send().await.unwrap();
    let body: Value = answer.json().await.unwrap();
    assert!(body["error"]["message"].as_str().unwrap().contains("entityResource"));
}

#[tokio::test]
async fn stopping_works_once_and_only_for_its_owner() {
    let world = empty().await;
    let hook = receiver(&[]).await;
    let token = world.ada().await;
    let grace = world.sign_in(GRACE, DRIVE).await.access;
    let (_, channel) = watch(&world, &token, "ch-1", &hook.url, json!({})).await;
    let body = json!({"id": "ch-1", "resourceId": channel["resourceId"]});
    let stop =
        async |token: &str| world.post(token, "channels/stop", &[], body.clone()).await.status().as_u16();
    assert_eq!(stop(&grace).await, 404);
    assert_eq!(stop(&token).await, 204);
    assert_eq!(stop(&token).await, 404);
    world.control.write_text(&FileTarget::path("a.txt"), "x").unwrap();
    world.control.flush_webhooks().await;
    assert_eq!(states(&hook), ["sync"]);
}

#[tokio::test]
async fn only_some_failures_are_retried() {
    for (status, deliveries) in
        [(500, 2), (502, 2), (503, 2), (504, 2), (400, 1), (429, 1), (302, 1), (204, 1)]
    {
        let world = empty().await;
        world.control.set_webhook_backoff(Duration::from_millis(1));
        let hook = receiver(&[status]).await;
        let token = world.ada().await;
        watch(&world, &token, "ch-1", &hook.url, json!({})).await;
        world.control.flush_webhooks().await;
        assert_eq!(states(&hook).len(), deliveries, "{status}");
    }
}

#[tokio::test]
async fn file_channels_name_what_happened() {
    let world = empty().await;
    let hook = receiver(&[]).await;
    let token = world.ada().await;
    let target = FileTarget::path("a.txt");
    let file = world.control.write_text(&target, "x").unwrap();
    let body = json!({"id": "ch-1", "type": "web_hook", "address": hook.url});
    world.post(&token, &format!("files/{}/watch", file.id), &[], body).await;
    world.control.write_text(&target, "y").unwrap();
    world.control.set_trashed(&target, true).unwrap();
    world.control.set_trashed(&target, false).unwrap();
    world.control.delete_file(&target).unwrap();
    world.control.flush_webhooks().await;
    assert_eq!(states(&hook), ["sync", "update", "trash", "untrash", "remove"]);
    let received = hook.received.lock().unwrap();
    assert_eq!(received[1].headers["x-goog-changed"], "content,properties");
    assert!(received.iter().all(|message| message.body.is_empty()));
}

#[tokio::test]
async fn an_ended_grant_falls_silent() {
    let world = empty().await;
    let hook = receiver(&[]).await;
    let token = world.ada().await;
    watch(&world, &token, "ch-1", &hook.url, json!({})).await;
    world.control.flush_webhooks().await;
    world.control.revoke_grants(ADA);
    world.control.write_text(&FileTarget::path("a.txt"), "x").unwrap();
    world.control.flush_webhooks().await;
    assert_eq!(states(&hook), ["sync"]);
}

#[tokio::test]
async fn deliveries_can_be_dropped_doubled_and_turned_round() {
    let world = empty().await;
    let hook = receiver(&[]).await;
    let token = world.ada().await;
    watch(&world, &token, "ch-1", &hook.url, json!({})).await;
    world.control.flush_webhooks().await;
    let numbers = |from: usize| -> Vec<String> {
        let received = hook.received.lock().unwrap();
        received[from..].iter().map(|m| m.headers["x-goog-message-number"].clone()).collect()
    };
    let write = |text: &str| world.control.write_text(&FileTarget::path("a.txt"), text).unwrap();
    world.control.set_delivery_mode(DeliveryMode::Drop);
    write("2");
    world.control.set_delivery_mode(DeliveryMode::Duplicate);
    write("3");
    world.control.flush_webhooks().await;
    assert_eq!(numbers(1), ["3", "3"]);
    world.control.set_delivery_mode(DeliveryMode::Reorder);
    write("4");
    write("5");
    world.control.flush_webhooks().await;
    assert_eq!(numbers(3), ["5", "4"]);
}
