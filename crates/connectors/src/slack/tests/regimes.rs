//! Rates: each method by itself, and the regime of one page of 15 messages a minute.

use gangway_connector::Disposition;
use gangway_connector::conformance::{Habits, StandIn};
use gangway_emulators::slack::Generate;
use gangway_model::FeedKey;
use serde_json::json;

use super::harness::{list, start};

#[tokio::test]
async fn fifteen_messages_a_minute_are_lived_with() {
    let stage = start().await;
    let home = stage.home();
    let wish = Generate { channel: home.to_string(), count: 40, size: 10, ..Generate::default() };
    stage.control.generate(&wish).unwrap();
    stage.control.set_switches(|switches| switches.restricted_history = true);
    let feed = FeedKey::from(format!("channel:{home}"));
    let mut next = None;
    let mut found = 0;
    let mut pages = 0;
    loop {
        let page = stage.source().list(&home, next.as_ref()).await;
        let page = match page {
            Ok(page) => page,
            // Each page is a place to resume, a minute later.
            Err(error) => {
                assert!(matches!(error.disposition, Disposition::RetryLater { .. }), "{error:?}");
                stage.set_clock(stage.now() + chrono::Duration::minutes(1));
                continue;
            }
        };
        assert!(page.entries.len() <= 15);
        found += page.entries.len();
        pages += 1;
        stage.set_clock(stage.now() + chrono::Duration::minutes(1));
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    assert_eq!((found, pages), (40, 4), "three pages of messages and one of files");
    // A poll notices the regime and looks back no further than a page.
    let cursor = stage.source().start_cursor(&feed).await.unwrap();
    for number in 0..16 {
        stage.say(&home, &format!("new {number}"));
    }
    let mut cursor = cursor;
    let mut told = 0;
    for _ in 0..10 {
        stage.set_clock(stage.now() + chrono::Duration::minutes(1));
        let page = stage.source().changes(&feed, &cursor).await.unwrap();
        told += page.changes.len();
        cursor = page.cursor;
        if !page.more {
            break;
        }
    }
    assert_eq!(told, 16);
    assert!(cursor.as_str().contains(r#""slow":true"#), "{}", cursor.as_str());
    stage.control.reset_calls();
    stage.set_clock(stage.now() + chrono::Duration::minutes(1));
    let page = stage.source().changes(&feed, &cursor).await.unwrap();
    assert!(!page.more && page.changes.is_empty());
    assert_eq!(stage.control.call_count("conversations.history"), 1);
}

#[tokio::test]
async fn a_limit_on_one_method_is_waited_for_as_told() {
    let stage = start().await;
    stage.say(&stage.home(), "words");
    let effect = json!({"status": 429, "reason": "ratelimited", "retry_after": 30});
    stage.fault("conversations.history", 2, effect);
    assert_eq!(list(&stage, &stage.home()).await.len(), 1);
    assert_eq!(stage.clock.seconds_slept(), [30, 30]);
}

#[test]
fn each_method_has_a_lane_of_its_own() {
    use gangway_connector::Connector;
    let rates = crate::slack::Slack.descriptor().rates;
    let mut lanes: Vec<&str> = rates.iter().map(|rate| rate.lane).collect();
    lanes.dedup();
    assert_eq!(lanes.len(), rates.len());
    assert!(rates.iter().all(|rate| !rate.lane.is_empty() && rate.per_second > 0.0 && rate.burst > 0));
    let _ = Habits::default();
}

#[tokio::test]
async fn pages_of_very_long_messages_are_read_in_smaller_ones() {
    let stage = start().await;
    let home = stage.home();
    stage.say(&home, "words");
    let long = json!({"ok": true, "messages": [], "padding": "x".repeat(33 << 20)});
    stage.fault("conversations.history", 1, json!({"status": 200, "body": long}));
    assert_eq!(list(&stage, &home).await.len(), 1);
    let limits: Vec<String> = stage.control.recent_calls().into_iter().map(|call| call.query).collect();
    assert!(limits.iter().any(|query| query.contains("limit=50")), "{limits:?}");
}
