//! Scopes: what is missing is named, one missing kind refuses the whole call, headers tell.

use super::harness::{ADA, empty};

#[tokio::test]
async fn a_missing_scope_is_named_beside_those_there_are() {
    let world = empty().await;
    let general = world.channel("general");
    let token = world.user_token(ADA, "users:read").await;
    let refused = world.refused(&token, "conversations.list", &[]).await;
    assert_eq!(refused["error"], "missing_scope");
    assert_eq!(refused["needed"], "channels:read,groups:read,mpim:read,im:read");
    assert_eq!(refused["provided"], "identify,users:read");
    let token = world.user_token(ADA, "channels:read,im:history").await;
    let refused = world.refused(&token, "conversations.history", &[("channel", &general)]).await;
    assert_eq!(refused["needed"], "channels:history");
}

#[tokio::test]
async fn one_missing_kind_refuses_the_whole_call() {
    let world = empty().await;
    let token = world.user_token(ADA, "channels:read").await;
    let refused =
        world.refused(&token, "conversations.list", &[("types", "public_channel,private_channel")]).await;
    assert_eq!(refused["error"], "missing_scope");
    assert_eq!(refused["needed"], "groups:read");
    let refused = world
        .refused(&token, "users.conversations", &[("types", "im,public_channel,mpim,private_channel")])
        .await;
    assert_eq!(refused["needed"], "groups:read,mpim:read,im:read");
    world.ok(&token, "conversations.list", &[("types", "public_channel")]).await;
    assert_eq!(world.error(&token, "conversations.list", &[("types", "channels")]).await, "invalid_types");
}

#[tokio::test]
async fn headers_tell_granted_and_accepted_scopes() {
    let world = empty().await;
    let token = world.bot_token("channels:read,users:read").await;
    let answer = world.get(&token, "users.list", &[]).await;
    assert_eq!(answer.headers()["x-oauth-scopes"], "channels:read,users:read");
    assert_eq!(answer.headers()["x-accepted-oauth-scopes"], "users:read");
    assert!(answer.headers().contains_key("x-slack-req-id"));
    let refused = world.get(&token, "team.info", &[]).await;
    assert_eq!(refused.headers()["x-accepted-oauth-scopes"], "team:read");
}

#[tokio::test]
async fn search_is_for_people_only() {
    let world = empty().await;
    let token = world.bot_token("channels:read").await;
    assert_eq!(world.error(&token, "search.messages", &[("query", "x")]).await, "not_allowed_token_type");
}

#[tokio::test]
async fn calls_that_slack_does_not_understand() {
    let world = empty().await;
    let token = world.ada().await;
    let refused = world.refused(&token, "conversations.nope", &[]).await;
    assert_eq!(
        (refused["error"].as_str(), refused["req_method"].as_str()),
        (Some("unknown_method"), Some("conversations.nope"))
    );
    let refused = world.refused(&token, "conversations.history", &[]).await;
    assert_eq!(refused["error"], "invalid_arguments");
    assert_eq!(refused["response_metadata"]["messages"][0], "[ERROR] missing required field: channel");
    // Reading methods do not look into JSON bodies.
    let general = world.channel("general");
    let refused = world.post(&token, "conversations.history", serde_json::json!({"channel": general})).await;
    assert_eq!(refused["error"], "invalid_arguments");
    // A token in the address is not looked at, one in a form is.
    let url = format!("{}/api/auth.test", world.base);
    let answer = world.http.get(&url).query(&[("token", &token)]).send().await.unwrap();
    assert!(answer.text().await.unwrap().contains("not_authed"));
    let answer = world.http.post(&url).form(&[("token", &token)]).send().await.unwrap();
    assert!(answer.text().await.unwrap().contains(r#""ok":true"#));
    let answer = world.http.post(&url).bearer_auth(&token).body("x").send().await.unwrap();
    assert!(answer.text().await.unwrap().contains("missing_post_type"));
    // JSON without a charset is a success with a warning.
    let url = format!("{}/api/chat.postMessage", world.base);
    let body = serde_json::json!({"channel": general, "text": "hi"});
    let answer: serde_json::Value =
        world.http.post(&url).bearer_auth(&token).json(&body).send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["warning"], "missing_charset");
    assert_eq!(answer["response_metadata"]["warnings"][0], "missing_charset");
    assert_eq!(answer["ok"], true);
}
