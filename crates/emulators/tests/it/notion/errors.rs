//! Errors in Notion's words, limits, and the failures of its edge.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::harness::{bad, demo, key};

#[tokio::test]
async fn absent_and_unshared_are_told_in_the_same_words() {
    let world = demo().await;
    let token = world.ada().await;
    let absent = "00000000-0000-4000-8000-000000000000";
    let unshared = world.id("private");
    for kind in ["pages", "blocks", "databases", "data_sources"] {
        let (status, code, one) = world.refused(&token, &format!("{kind}/{absent}")).await;
        assert_eq!((status, code.as_str()), (404, "object_not_found"));
        let (_, _, other) = world.refused(&token, &format!("{kind}/{unshared}")).await;
        assert_eq!(one.replace(absent, ""), other.replace(&unshared, ""));
        assert!(one.contains("Make sure the relevant pages and databases are shared with your integration"));
    }
}

#[tokio::test]
async fn requests_are_validated() {
    let world = demo().await;
    let token = world.ada().await;
    let (status, code, message) = world.refused(&token, "pages/not-an-id").await;
    assert_eq!((status, code.as_str()), (400, "validation_error"));
    assert!(message.contains("path.page_id should be a valid uuid"), "{message}");
    let bare = world.id("handbook").replace('-', "").to_uppercase();
    assert_eq!(world.json(&token, &format!("pages/{bare}")).await["id"], world.id("handbook"));
    let (status, code, _) = world.refused(&token, "teapots").await;
    assert_eq!((status, code.as_str()), (400, "invalid_request_url"));
    let request = world
        .http
        .post(format!("{}/v1/search", world.base))
        .bearer_auth(&token)
        .header("notion-version", "2026-03-11")
        .body("{\"query\":");
    let (status, code, message) = bad(request.send().await.unwrap()).await;
    assert_eq!((status, code.as_str(), message.as_str()), (400, "invalid_json", "Error parsing JSON body."));
    let big = json!({"query": "x".repeat(600_000)});
    assert_eq!(world.post_refused(&token, "search", big).await.1, "validation_error");
}

#[tokio::test]
async fn a_wrong_token_is_unauthorized() {
    let world = demo().await;
    for token in ["ntn_wrong", ""] {
        let (status, code, message) = world.refused(token, "users/me").await;
        assert_eq!((status, code.as_str(), message.as_str()), (401, "unauthorized", "API token is invalid."));
    }
}

#[tokio::test]
async fn three_calls_a_second_on_average() {
    let world = demo().await;
    let (one, two) = (world.ada().await, world.ada().await);
    world.control.set_switches(|switches| {
        switches.rate_limit.enabled = true;
        switches.rate_limit.burst = 5.0;
    });
    for _ in 0..5 {
        world.json(&one, "users/me").await;
    }
    let answer = world.get(&one, "users/me").await;
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["retry-after"], "1");
    assert!(!answer.headers().keys().any(|name| name.as_str().starts_with("x-ratelimit")));
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["code"], "rate_limited");
    assert_eq!(body["additional_data"]["rate_limit_reason"], "public_api_request_rate_limit");
    world.json(&two, "users/me").await;
    world.control.advance_clock(Duration::from_secs(1));
    for _ in 0..3 {
        world.json(&one, "users/me").await;
    }
    assert_eq!(world.get(&one, "users/me").await.status(), 429);
    world.control.advance_clock(Duration::from_secs(60));
    world.control.set_switches(|switches| switches.rate_limit.workspace_per_second = Some(1.0));
    world.json(&one, "users/me").await;
    let body: Value = world.get(&two, "users/me").await.json().await.unwrap();
    assert_eq!(body["additional_data"]["rate_limit_reason"], "public_api_space_request_rate_limit");
}

#[tokio::test]
async fn failures_on_demand() {
    let world = demo().await;
    let token = world.ada().await;
    let strike = |effect: Value| {
        let fault = json!({"operation": "users.me", "times": 1, "effect": effect});
        world.control.add_fault_json(fault).unwrap();
    };
    strike(json!({"status": 529, "retry_after": 7}));
    let answer = world.get(&token, "users/me").await;
    assert_eq!(answer.headers()["retry-after"], "7");
    assert_eq!(
        bad(answer).await,
        (529, "service_overload".into(), "Notion is currently overloaded. Please try again later.".into())
    );
    strike(json!({"status": 429}));
    let answer = world.get(&token, "users/me").await;
    assert!(!answer.headers().contains_key("retry-after"));
    assert_eq!(answer.json::<Value>().await.unwrap()["code"], "rate_limited");
    strike(json!({"status": 502, "body": "<html><head><title>502 Bad Gateway</title></head></html>"}));
    let answer = world.get(&token, "users/me").await;
    assert_eq!(answer.status(), 502);
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    for (reason, status) in [
        ("conflict_error", 409),
        ("internal_server_error", 500),
        ("database_connection_unavailable", 503),
        ("gateway_timeout", 504),
        ("unauthorized", 401),
        ("invalid_beta", 400),
    ] {
        strike(json!({"reason": reason}));
        let refusal = world.refused(&token, "users/me").await;
        assert_eq!((refusal.0, refusal.1.as_str()), (status, reason));
    }
    strike(json!({"truncate_body": true}));
    assert!(world.get(&token, "users/me").await.json::<Value>().await.is_err());
    strike(json!({"cut_after_bytes": 5}));
    assert!(world.get(&token, "users/me").await.bytes().await.is_err());
    let fault =
        json!({"operation": "oauth.token", "times": 1, "effect": {"status": 400, "reason": "invalid_grant"}});
    world.control.add_fault_json(fault).unwrap();
    assert_eq!(world.refresh("nrt_x").await.1["error"], "invalid_grant");
    world.json(&token, "users/me").await;
}

#[tokio::test]
async fn answers_carry_the_id_of_the_request() {
    let world = demo().await;
    let token = world.ada().await;
    let answer = world.get(&token, "users/me").await;
    let header = answer.headers()["x-notion-request-id"].to_str().unwrap().to_owned();
    assert_eq!(answer.json::<Value>().await.unwrap()["request_id"], header);
    let answer = world.call(Method::GET, &token, "pages/x", "2026-03-11", None).await;
    let header = answer.headers()["x-notion-request-id"].to_str().unwrap().to_owned();
    assert_eq!(answer.json::<Value>().await.unwrap()["request_id"], header);
    world.control.delete(&key("home")).unwrap();
}
