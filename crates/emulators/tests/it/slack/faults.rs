//! Failures on demand: status codes, HTML, cut and halved bodies, cursor tricks.

use std::time::Duration;

use serde_json::{Value, json};

use super::harness::{ADA, World, empty};

async fn with_messages() -> (World, String, String) {
    let world = empty().await;
    let token = world.ada().await;
    for number in 0..5 {
        world.control.say("general", ADA, &format!("m{number}")).unwrap();
    }
    let general = world.channel("general");
    (world, token, general)
}

#[tokio::test]
async fn rate_limits_outages_and_words() {
    let (world, token, general) = with_messages().await;
    let query = [("channel", general.as_str())];
    let add = |effect: Value| {
        let fault = json!({"operation": "conversations.history", "times": 1, "effect": effect});
        world.control.add_fault_json(fault).unwrap()
    };
    add(json!({"status": 429, "retry_after": 7}));
    let answer = world.get(&token, "conversations.history", &query).await;
    assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"]), (429, &"7".parse().unwrap()));
    assert_eq!(answer.json::<Value>().await.unwrap()["error"], "ratelimited");
    add(json!({"status": 429, "body": "slow down"}));
    let answer = world.get(&token, "conversations.history", &query).await;
    assert!(answer.headers().get("retry-after").is_none());
    assert_eq!(answer.text().await.unwrap(), "slow down");
    add(json!({"status": 503}));
    let answer = world.get(&token, "conversations.history", &query).await;
    assert_eq!(answer.status(), 503);
    assert!(answer.text().await.unwrap().starts_with("<!DOCTYPE html>"));
    for word in ["team_added_to_org", "org_login_required", "fatal_error", "ekm_access_denied"] {
        add(json!({"reason": word}));
        assert_eq!(world.error(&token, "conversations.history", &query).await, word);
    }
    add(json!({"truncate_body": true}));
    let answer = world.get(&token, "conversations.history", &query).await;
    assert!(answer.json::<Value>().await.is_err());
    add(json!({"cut_after_bytes": 20}));
    let answer = world.get(&token, "conversations.history", &query).await;
    assert!(answer.bytes().await.is_err(), "the connection drops");
    world.ok(&token, "conversations.history", &query).await;
}

#[tokio::test]
async fn cursors_can_stop_leading_anywhere() {
    let (world, token, general) = with_messages().await;
    let query = [("channel", general.as_str()), ("limit", "2")];
    let add = |hint: &str| {
        let fault = json!({"operation": "conversations.*", "times": 1, "effect": {"hint": hint}});
        world.control.add_fault_json(fault).unwrap()
    };
    add("empty_page");
    let empty = world.ok(&token, "conversations.history", &query).await;
    assert!(empty["messages"].as_array().unwrap().is_empty());
    let cursor = empty["response_metadata"]["next_cursor"].as_str().unwrap();
    let with_cursor = [("channel", general.as_str()), ("limit", "2"), ("cursor", cursor)];
    assert_eq!(world.ok(&token, "conversations.history", &with_cursor).await["messages"][0]["text"], "m2");
    add("repeat_page_token");
    let page = world.ok(&token, "conversations.history", &with_cursor).await;
    assert_eq!(page["response_metadata"]["next_cursor"], cursor);
    add("expired_cursor");
    assert_eq!(world.error(&token, "conversations.history", &with_cursor).await, "invalid_cursor");
    add("empty_page");
    let list = world.ok(&token, "conversations.list", &[]).await;
    assert!(list["channels"].as_array().unwrap().is_empty());
    assert_ne!(list["response_metadata"]["next_cursor"], "");
}

#[tokio::test]
async fn the_file_host_and_sign_in_fail_too() {
    let (world, token, _) = with_messages().await;
    let wish = gangway_emulators::slack::FileWish {
        name: Some("a".into()),
        filler: Some(5000),
        channels: vec!["general".into()],
        ..Default::default()
    };
    let id = world.control.upload(&wish).unwrap();
    let file = world.control.find_file(&id).unwrap();
    let url = file["url_private"].as_str().unwrap();
    world
        .control
        .add_fault_json(
            json!({"operation": "files.download", "times": 1, "effect": {"cut_after_bytes": 100}}),
        )
        .unwrap();
    let answer = world.http.get(url).bearer_auth(&token).send().await.unwrap();
    assert!(answer.bytes().await.is_err());
    let answer = world.http.get(url).bearer_auth(&token).send().await.unwrap();
    assert_eq!(answer.bytes().await.unwrap().len(), 5000);
    world
        .control
        .add_fault_json(json!({"operation": "oauth.v2.access", "effect": {"reason": "invalid_code"}}))
        .unwrap();
    assert_eq!(world.redeem("any").await["error"], "invalid_code");
    world.control.add_fault_json(json!({"operation": "users.list", "effect": {"delay_ms": 500}})).unwrap();
    let request = world.http.get(format!("{}/api/users.list", world.base)).bearer_auth(&token);
    assert!(request.timeout(Duration::from_millis(30)).send().await.unwrap_err().is_timeout());
    assert_eq!(world.control.call_count("oauth.v2.access"), 2);
}
