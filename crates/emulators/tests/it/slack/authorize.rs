//! The authorization pages: redirects, scopes, denial, approval.

use super::harness::{ADA, GRACE, REDIRECT, empty};

#[tokio::test]
async fn bad_requests_stay_on_slacks_page() {
    let world = empty().await;
    for (changes, word) in [
        (vec![("scope", "chat:write"), ("client_id", "1.2")], "invalid_client_id"),
        (vec![("scope", "chat:write"), ("redirect_uri", "http://localhost:9999/other")], "bad_redirect_uri"),
        (vec![], "no_scopes"),
        (vec![("scope", "chat:wrote")], "invalid_scope"),
        (vec![("scope", "channels:read groups:read")], "invalid_scope"),
        (vec![("scope", "search:read")], "invalid_scope"),
        (vec![("user_scope", "channels:join")], "invalid_scope"),
        (vec![("scope", "chat:write"), ("code_challenge", "x")], "invalid_code_challenge_method"),
    ] {
        let url = world.authorize_url("/oauth/v2/authorize", &changes);
        let answer = world.http.get(url).send().await.unwrap();
        assert!(answer.headers().get("location").is_none());
        assert!(answer.text().await.unwrap().contains(word), "{changes:?}");
    }
}

#[tokio::test]
async fn a_redirect_may_lie_below_the_configured_one() {
    let world = empty().await;
    let below = format!("{REDIRECT}/slack");
    let answer = world
        .decide(
            "/oauth/v2/authorize",
            &[("user_scope", "users:read"), ("redirect_uri", &below)],
            ADA,
            "allow",
        )
        .await;
    assert!(answer.headers()["location"].to_str().unwrap().starts_with(&format!("{below}?code=")));
}

#[tokio::test]
async fn the_callback_carries_code_and_state() {
    let world = empty().await;
    let callback = world.consent(&[("user_scope", "users:read")], ADA).await;
    assert_eq!(callback["code"].matches('.').count(), 2);
    assert_eq!(callback["state"], "st&te");
}

#[tokio::test]
async fn denial_comes_back_as_access_denied() {
    let world = empty().await;
    let callback = world.callback("/oauth/v2/authorize", &[("user_scope", "users:read")], ADA, "deny").await;
    assert_eq!(callback["error"], "access_denied");
    assert_eq!(callback["state"], "st&te");
    assert!(!callback.contains_key("code"));
}

#[tokio::test]
async fn waiting_for_an_administrator_brings_nobody_back() {
    let world = empty().await;
    world.control.set_switches(|switches| switches.admin_approval = true);
    let answer = world.decide("/oauth/v2/authorize", &[("user_scope", "users:read")], GRACE, "allow").await;
    assert_eq!(answer.status(), 200);
    assert!(answer.headers().get("location").is_none());
    assert!(answer.text().await.unwrap().contains("request has been sent"));
}

#[tokio::test]
async fn auto_approve_skips_the_page() {
    let world = empty().await;
    world.control.set_switches(|switches| switches.auto_approve = true);
    let url = world.authorize_url("/oauth/v2/authorize", &[("user_scope", "users:read")]);
    let answer = world.http.get(url).send().await.unwrap();
    assert_eq!(answer.status(), 302);
    assert!(answer.headers()["location"].to_str().unwrap().contains("code="));
}

#[tokio::test]
async fn a_bot_cannot_be_asked_for_on_a_local_redirect_with_pkce() {
    let world = empty().await;
    world.control.set_switches(|switches| switches.pkce = true);
    let changes = [("scope", "chat:write"), ("code_challenge", "x"), ("code_challenge_method", "S256")];
    let answer = world.http.get(world.authorize_url("/oauth/v2/authorize", &changes)).send().await.unwrap();
    assert!(answer.text().await.unwrap().contains("invalid_scope"));
}
