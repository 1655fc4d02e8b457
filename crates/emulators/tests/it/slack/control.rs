//! The control API over HTTP: every endpoint does its deed.

use serde_json::{Value, json};

use super::harness::{ADA, GRACE, World, empty};

async fn call(world: &World, method: &str, path: &str, body: Value) -> Value {
    let (status, answer) = try_call(world, method, path, body).await;
    assert_eq!(status, 200, "{method} {path}: {answer}");
    answer
}

async fn try_call(world: &World, method: &str, path: &str, body: Value) -> (u16, Value) {
    let url = format!("{}/_emulator{path}", world.base);
    let request = world.http.request(method.parse().unwrap(), url);
    let request = if body.is_null() { request } else { request.json(&body) };
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or(Value::Null))
}

#[tokio::test]
async fn conversations_and_messages() {
    let world = empty().await;
    let token = world.ada().await;
    assert_eq!(call(&world, "GET", "/health", Value::Null).await["provider"], "slack");
    let wish = json!({"name": "plans", "kind": "private", "members": [ADA]});
    let id = call(&world, "POST", "/channels", wish).await["id"].as_str().unwrap().to_owned();
    call(&world, "POST", "/channels/plans/members", json!({"user": GRACE})).await;
    let wish = json!({"channel": "plans", "user": GRACE, "text": "Ask <@{user:ada@example.com}> in <#{channel:general}>"});
    let posted = call(&world, "POST", "/messages", wish).await;
    let ts = posted["ts"].as_str().unwrap();
    let found = call(&world, "GET", &format!("/messages?channel=plans&ts={ts}"), Value::Null).await;
    let ada = world.control.user_id(ADA).unwrap();
    assert_eq!(found["text"], format!("Ask <@{ada}> in <#{}>", world.channel("general")));
    let reply = json!({"channel": "plans", "thread_ts": ts, "text": "yes", "reactions": {"tea": [ADA]}});
    call(&world, "POST", "/messages", reply).await;
    call(&world, "PATCH", "/messages", json!({"channel": "plans", "ts": ts, "text": "new"})).await;
    call(
        &world,
        "POST",
        "/messages/react",
        json!({"channel": "plans", "ts": ts, "name": "tea", "user": ADA}),
    )
    .await;
    call(&world, "POST", "/messages/storm", json!({"channel": "plans", "ts": ts, "count": 2})).await;
    assert_eq!(world.texts(&token, &id).await[0], "new");
    call(&world, "DELETE", &format!("/channels/plans/members/{GRACE}"), Value::Null).await;
    let gone = call(&world, "DELETE", &format!("/messages?channel=plans&ts={ts}"), Value::Null).await;
    assert_eq!(gone["tombstone"], true);
    call(
        &world,
        "PATCH",
        "/channels/plans",
        json!({"name": "plans-2", "topic": "t", "purpose": "p", "is_archived": true}),
    )
    .await;
    let info = world.ok(&token, "conversations.info", &[("channel", &id)]).await;
    assert_eq!(
        (info["channel"]["is_archived"].as_bool(), info["channel"]["topic"]["value"].as_str()),
        (Some(true), Some("t"))
    );
    call(&world, "DELETE", "/channels/plans-2", Value::Null).await;
    assert_eq!(try_call(&world, "DELETE", "/channels/plans-2", Value::Null).await.0, 400);
    call(&world, "POST", "/channels/general/change_id", Value::Null).await;
    let purged = call(&world, "POST", "/channels/general/purge", json!({"before": "2090-01-01"})).await;
    assert!(purged["removed"].is_u64());
    assert_eq!(try_call(&world, "POST", "/messages", json!({"channel": "general", "txt": "x"})).await.0, 422);
}

#[tokio::test]
async fn people_files_and_bulk() {
    let world = empty().await;
    let token = world.ada().await;
    let new = json!({"email": "kim@example.com", "name": "Kim", "is_restricted": true});
    let id = call(&world, "POST", "/accounts", new).await["id"].as_str().unwrap().to_owned();
    call(&world, "PATCH", "/accounts/kim@example.com", json!({"deleted": true})).await;
    assert_eq!(world.ok(&token, "users.info", &[("user", &id)]).await["user"]["deleted"], true);
    call(&world, "POST", "/groups", json!({"handle": "ops", "name": "Ops", "users": [ADA]})).await;
    call(&world, "PATCH", "/groups/ops", json!({"users": [ADA, GRACE]})).await;
    let wish = json!({"name": "a.txt", "content": "abc", "channels": ["general"], "comment": "see"});
    let file = call(&world, "POST", "/files", wish).await["id"].as_str().unwrap().to_owned();
    call(&world, "PATCH", &format!("/files/{file}"), json!({"title": "A", "content": "abcd"})).await;
    call(&world, "POST", &format!("/files/{file}/publish"), Value::Null).await;
    assert_eq!(call(&world, "GET", &format!("/files/{file}"), Value::Null).await["size"], 4);
    call(&world, "DELETE", &format!("/files/{file}"), Value::Null).await;
    let wish = json!({"channel": "general", "count": 12, "size": 40, "replies": 2});
    assert_eq!(call(&world, "POST", "/generate", wish).await["created"], 12);
    assert_eq!(call(&world, "GET", "/channels", Value::Null).await["channels"].as_array().unwrap().len(), 1);
    assert_eq!(call(&world, "GET", "/accounts", Value::Null).await["accounts"][0]["email"], ADA);
}

#[tokio::test]
async fn apps_switches_installs_and_reset() {
    let world = empty().await;
    let token = world.ada().await;
    let app = call(&world, "GET", "/app", Value::Null).await;
    assert_eq!(app["signing_secret"], "emulated-signing-secret");
    assert!(app["app_id"].as_str().unwrap().starts_with('A'));
    let installs = call(&world, "GET", "/installs", Value::Null).await;
    assert_eq!(installs["installs"][0]["kind"], "user");
    assert!(!installs.to_string().contains(&token));
    let (status, _) = try_call(&world, "PUT", "/events", json!({"url": "http://127.0.0.1:1/"})).await;
    assert_eq!(status, 400, "the request URL does not answer");
    call(&world, "PATCH", "/events", json!({"enabled": true})).await;
    call(&world, "PATCH", "/events", json!({"enabled": false})).await;
    call(&world, "POST", "/events/send", json!({"event": {"type": "team_rename", "name": "x"}})).await;
    call(&world, "POST", "/events/rate_limited", json!({})).await;
    let switches = call(&world, "PATCH", "/switches", json!({"grid": "workspace"})).await;
    assert_eq!(switches["grid"], "workspace");
    assert_eq!(try_call(&world, "PATCH", "/switches", json!({"nope": 1})).await.0, 400);
    assert_eq!(call(&world, "DELETE", &format!("/installs/{ADA}"), Value::Null).await["ended"], 1);
    assert_eq!(world.error(&token, "auth.test", &[]).await, "token_revoked");
    world.ada().await;
    assert_eq!(call(&world, "DELETE", "/installs", Value::Null).await["ended"], 1);
    let calls = call(&world, "GET", "/calls", Value::Null).await;
    assert_eq!(calls["counts"]["auth.test"], 1);
    assert!(!calls.to_string().contains(&token));
    call(&world, "POST", "/reset", json!({"seed": "demo"})).await;
    assert_eq!(call(&world, "GET", "/switches", Value::Null).await["grid"], "off");
    assert!(world.control.channel_id("support").is_ok());
    assert_eq!(world.error(&token, "auth.test", &[]).await, "invalid_auth");
}
