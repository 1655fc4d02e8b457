//! Rate limits: buckets per method and workspace, and the regime of one call a minute.

use std::time::Duration;

use gangway_emulators::slack::Generate;
use serde_json::Value;

use super::harness::{ADA, GRACE, READ, empty};

#[tokio::test]
async fn a_tier_is_counted_per_method_and_not_per_token() {
    let world = empty().await;
    let (ada, grace) = (world.ada().await, world.user_token(GRACE, READ).await);
    world.control.set_clock("2026-01-01T00:00:00Z").unwrap();
    world.control.set_switches(|switches| switches.rate_limits = true);
    for number in 0..20 {
        let token = if number % 2 == 0 { &ada } else { &grace };
        world.ok(token, "conversations.list", &[]).await;
    }
    let limited = world.get(&grace, "conversations.list", &[]).await;
    assert_eq!(limited.status(), 429);
    let seconds: u64 = limited.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert_eq!(seconds, 3, "twenty a minute");
    let body: Value = limited.json().await.unwrap();
    assert_eq!(body, serde_json::json!({"ok": false, "error": "ratelimited"}));
    world.ok(&ada, "users.list", &[]).await;
    world.control.advance_clock(Duration::from_secs(seconds));
    world.ok(&grace, "conversations.list", &[]).await;
}

#[tokio::test]
async fn one_call_a_minute_and_fifteen_rows() {
    let world = empty().await;
    let token = world.ada().await;
    let general = world.channel("general");
    world.control.set_clock("2026-01-01T00:00:00Z").unwrap();
    let wish = Generate { channel: "general".into(), count: 40, ..Generate::default() };
    world.control.generate(&wish).unwrap();
    world.control.set_switches(|switches| switches.restricted_history = true);
    let query = [("channel", general.as_str()), ("limit", "200")];
    let body = world.ok(&token, "conversations.history", &query).await;
    assert_eq!(body["messages"].as_array().unwrap().len(), 15);
    assert_eq!(body["has_more"], true);
    let limited = world.get(&token, "conversations.history", &query).await;
    assert_eq!((limited.status().as_u16(), &limited.headers()["retry-after"]), (429, &"60".parse().unwrap()));
    // Replies have a bucket of their own, other methods keep their tier.
    let ts = body["messages"][0]["ts"].as_str().unwrap();
    world.ok(&token, "conversations.replies", &[("channel", &general), ("ts", ts)]).await;
    world.ok(&token, "conversations.list", &[]).await;
    world.ok(&token, "conversations.list", &[]).await;
    world.control.advance_clock(Duration::from_secs(60));
    let body = world.ok(&token, "conversations.history", &[("channel", &general)]).await;
    assert_eq!(body["messages"].as_array().unwrap().len(), 15, "the default is fifteen as well");
    let _ = ADA;
}
