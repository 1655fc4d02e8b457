//! Tokens: the three kinds of install, rotation, PKCE, exchange, every way to die.

use std::time::Duration;

use gangway_emulators::slack::{DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET};
use serde_json::{Value, json};

use super::harness::{ADA, GRACE, REDIRECT, World, empty};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

async fn refresh(world: &World, token: &str) -> Value {
    world.oauth("oauth.v2.access", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
}

#[tokio::test]
async fn bot_only_user_only_and_both() {
    let world = empty().await;
    let bot = world.install(ADA, "channels:read,chat:write", "").await;
    assert!(text(&bot["access_token"]).starts_with("xoxb-"));
    assert_eq!(bot["token_type"], "bot");
    assert_eq!(bot["scope"], "channels:read,chat:write");
    assert!(text(&bot["bot_user_id"]).starts_with('U'));
    assert_eq!(bot["authed_user"], json!({"id": world.control.user_id(ADA).unwrap()}));
    assert_eq!(bot["enterprise"], Value::Null);
    assert_eq!(bot["is_enterprise_install"], false);
    assert!(bot.get("expires_in").is_none() && bot.get("refresh_token").is_none());

    let user = world.install(GRACE, "", "users:read").await;
    assert!(user.get("access_token").is_none(), "a user's token is never at the top: {user}");
    assert!(user.get("scope").is_none() && user.get("bot_user_id").is_none());
    assert!(text(&user["authed_user"]["access_token"]).starts_with("xoxp-"));
    assert_eq!(user["authed_user"]["token_type"], "user");
    assert_eq!(user["authed_user"]["scope"], "users:read");

    let both = world.install(ADA, "chat:write", "users:read").await;
    assert!(text(&both["access_token"]).starts_with("xoxb-"));
    assert!(text(&both["authed_user"]["access_token"]).starts_with("xoxp-"));
}

#[tokio::test]
async fn scopes_add_up_and_the_token_stays_the_same() {
    let world = empty().await;
    let first = world.install(ADA, "", "users:read").await;
    let second = world.install(ADA, "", "team:read").await;
    assert_eq!(first["authed_user"]["access_token"], second["authed_user"]["access_token"]);
    assert_eq!(second["authed_user"]["scope"], "users:read,team:read");
    // The twin of a revoked connection is dead too.
    let token = text(&second["authed_user"]["access_token"]).to_owned();
    world.ok(&token, "auth.revoke", &[]).await;
    assert_eq!(world.error(&token, "auth.test", &[]).await, "token_revoked");
}

#[tokio::test]
async fn every_error_code_of_the_token_method() {
    let world = empty().await;
    let code = world.consent(&[("user_scope", "users:read")], ADA).await["code"].clone();
    let url = format!("{}/api/oauth.v2.access", world.base);
    let post = async |form: &[(&str, &str)]| -> String {
        let answer = world.http.post(&url).form(form).send().await.unwrap();
        assert_eq!(answer.status(), 200, "refusals come with status 200");
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["ok"], false);
        body["error"].as_str().unwrap().to_owned()
    };
    let id = ("client_id", DEFAULT_CLIENT_ID);
    let secret = ("client_secret", DEFAULT_CLIENT_SECRET);
    let code_pair = ("code", code.as_str());
    let redirect = ("redirect_uri", REDIRECT);
    assert_eq!(post(&[("client_id", "1.2"), secret, code_pair]).await, "invalid_client_id");
    assert_eq!(post(&[id, ("client_secret", "wrong"), code_pair]).await, "bad_client_secret");
    assert_eq!(post(&[id, code_pair, redirect]).await, "bad_client_secret");
    assert_eq!(post(&[id, secret, ("code", "nope"), redirect]).await, "invalid_code");
    assert_eq!(post(&[id, secret, code_pair]).await, "bad_redirect_uri");
    assert_eq!(post(&[id, secret, ("grant_type", "password")]).await, "invalid_grant_type");
    assert_eq!(post(&[id, secret, code_pair, redirect, ("code_verifier", "x")]).await, "pkce_not_allowed");
    let refresh = [id, secret, ("grant_type", "refresh_token"), ("refresh_token", "xoxe-1-x")];
    assert_eq!(post(&refresh).await, "invalid_refresh_token");
    assert_eq!(world.redeem(&code).await["ok"], true);
    assert_eq!(world.redeem(&code).await["error"], "invalid_code");
    world.control.set_switches(|switches| switches.name_used_codes = true);
    assert_eq!(world.redeem(&code).await["error"], "code_already_used");
    let late = world.consent(&[("user_scope", "users:read")], ADA).await["code"].clone();
    world.control.advance_clock(Duration::from_secs(601));
    assert_eq!(world.redeem(&late).await["error"], "invalid_code");
}

#[tokio::test]
async fn a_redirect_that_was_never_named_need_not_be_repeated() {
    let world = empty().await;
    let changes = [("user_scope", "users:read"), ("redirect_uri", "")];
    let code = world.consent(&changes, ADA).await["code"].clone();
    assert_eq!(world.oauth("oauth.v2.access", &[("code", &code)]).await["ok"], true);
}

#[tokio::test]
async fn without_rotation_tokens_live_for_ever() {
    let world = empty().await;
    let token = world.user_token(ADA, "users:read").await;
    world.control.advance_clock(Duration::from_secs(3 * 365 * 86_400));
    assert!(world.ok(&token, "auth.test", &[]).await.get("expires_in").is_none());
}

#[tokio::test]
async fn rotation_gives_two_pairs_and_each_is_refreshed_by_itself() {
    let world = empty().await;
    world.control.set_clock("2026-01-01T00:00:00Z").unwrap();
    world.control.set_switches(|switches| switches.token_rotation = true);
    let body = world.install(ADA, "chat:write", "users:read").await;
    assert_eq!(body["expires_in"], 43_200);
    assert_eq!(body["authed_user"]["expires_in"], 43_200);
    let (bot, user) = (text(&body["access_token"]), text(&body["authed_user"]["access_token"]));
    assert!(bot.starts_with("xoxe.xoxb-1-") && user.starts_with("xoxe.xoxp-1-"));
    let bot_refresh = text(&body["refresh_token"]);
    let user_refresh = text(&body["authed_user"]["refresh_token"]);
    assert!(bot_refresh.starts_with("xoxe-1-") && bot_refresh != user_refresh);
    assert_eq!(world.ok(user, "auth.test", &[]).await["expires_in"], 43_200);

    world.control.advance_clock(Duration::from_secs(43_200));
    assert_eq!(world.error(user, "auth.test", &[]).await, "token_expired");
    let fresh = refresh(&world, user_refresh).await;
    assert_eq!(fresh["ok"], true, "{fresh}");
    assert_eq!(fresh["token_type"], "user");
    assert_eq!(fresh["scope"], "users:read");
    assert!(text(&fresh["access_token"]).starts_with("xoxe.xoxp-1-"), "the pair is at the top");
    assert_ne!(text(&fresh["refresh_token"]), user_refresh);
    world.ok(text(&fresh["access_token"]), "auth.test", &[]).await;
    assert_eq!(refresh(&world, user_refresh).await["error"], "invalid_refresh_token", "used once");
    assert_eq!(refresh(&world, text(&fresh["refresh_token"])).await["ok"], true);
    let fresh_bot = refresh(&world, bot_refresh).await;
    assert_eq!(fresh_bot["token_type"], "bot");
}

#[tokio::test]
async fn the_old_access_token_lives_on_after_a_refresh() {
    let world = empty().await;
    world.control.set_switches(|switches| switches.token_rotation = true);
    let body = world.install(ADA, "", "users:read").await;
    refresh(&world, text(&body["authed_user"]["refresh_token"])).await;
    world.ok(text(&body["authed_user"]["access_token"]), "auth.test", &[]).await;
}

#[tokio::test]
async fn an_unused_refresh_token_ages_only_with_pkce() {
    let world = empty().await;
    world.control.set_switches(|switches| switches.token_rotation = true);
    let old = world.install(ADA, "", "users:read").await;
    world.control.advance_clock(Duration::from_secs(400 * 86_400));
    assert_eq!(refresh(&world, text(&old["authed_user"]["refresh_token"])).await["ok"], true);
    world.control.set_switches(|switches| switches.pkce = true);
    let young = world.install(ADA, "", "users:read").await;
    world.control.advance_clock(Duration::from_secs(30 * 86_400));
    let refused = refresh(&world, text(&young["authed_user"]["refresh_token"])).await;
    assert_eq!(refused["error"], "invalid_refresh_token");
}

#[tokio::test]
async fn pkce_makes_a_public_client() {
    let world = empty().await;
    world.control.set_switches(|switches| switches.pkce = true);
    let changes =
        [("user_scope", "users:read"), ("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    let url = format!("{}/api/oauth.v2.access", world.base);
    let redeem = async |verifier: Option<&str>| -> Value {
        let code = world.consent(&changes, ADA).await["code"].clone();
        let mut form =
            vec![("client_id", DEFAULT_CLIENT_ID), ("code", code.as_str()), ("redirect_uri", REDIRECT)];
        form.extend(verifier.map(|verifier| ("code_verifier", verifier)));
        let body: Value = world.http.post(&url).form(&form).send().await.unwrap().json().await.unwrap();
        body
    };
    assert_eq!(redeem(Some("wrong")).await["error"], "invalid_code_verifier");
    assert_eq!(redeem(None).await["error"], "bad_client_secret");
    let body = redeem(Some(VERIFIER)).await;
    assert_eq!(body["ok"], true, "{body}");
    let refresh_token = text(&body["authed_user"]["refresh_token"]).to_owned();
    let form = [
        ("client_id", DEFAULT_CLIENT_ID),
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh_token.as_str()),
    ];
    let fresh: Value = world.http.post(&url).form(&form).send().await.unwrap().json().await.unwrap();
    assert_eq!(fresh["ok"], true, "no secret is needed: {fresh}");
}

#[tokio::test]
async fn old_tokens_are_exchanged_once() {
    let world = empty().await;
    let token = world.user_token(ADA, "users:read").await;
    let exchange = async || world.oauth("oauth.v2.exchange", &[("token", &token)]).await;
    assert_eq!(exchange().await["error"], "token_rotation_not_enabled");
    world.control.set_switches(|switches| switches.token_rotation = true);
    let body = exchange().await;
    assert!(text(&body["access_token"]).starts_with("xoxe.xoxp-1-"), "{body}");
    assert_eq!(body["expires_in"], 43_200);
    assert_eq!(exchange().await["error"], "token_already_exchanged");
    world.ok(text(&body["access_token"]), "auth.test", &[]).await;
    assert_eq!(world.error(&token, "auth.test", &[]).await, "token_revoked");
}

#[tokio::test]
async fn tokens_die_with_their_own_words() {
    let world = empty().await;
    let body = world.install(ADA, "chat:write", "users:read").await;
    let (bot, user) = (text(&body["access_token"]), text(&body["authed_user"]["access_token"]));
    assert_eq!(world.error("xoxb-junk", "auth.test", &[]).await, "invalid_auth");
    let url = format!("{}/api/auth.test", world.base);
    let nobody: Value = world.http.get(&url).send().await.unwrap().json().await.unwrap();
    assert_eq!(nobody["error"], "not_authed");
    assert_eq!(world.ok(user, "auth.revoke", &[("test", "1")]).await["revoked"], false);
    world.ok(user, "auth.test", &[]).await;
    assert_eq!(world.ok(user, "auth.revoke", &[]).await["revoked"], true);
    assert_eq!(world.error(user, "auth.test", &[]).await, "token_revoked");
    world.ok(bot, "auth.test", &[]).await;

    let form = [("client_id", DEFAULT_CLIENT_ID), ("client_secret", "wrong")];
    assert_eq!(world.error(bot, "apps.uninstall", &form).await, "bad_client_secret");
    let form = [("client_id", DEFAULT_CLIENT_ID), ("client_secret", DEFAULT_CLIENT_SECRET)];
    world.ok(bot, "apps.uninstall", &form).await;
    assert_eq!(world.error(bot, "auth.test", &[]).await, "account_inactive");

    let grace = world.user_token(GRACE, "users:read").await;
    world.control.deactivate_user(GRACE).unwrap();
    assert_eq!(world.error(&grace, "auth.test", &[]).await, "account_inactive");
}

#[tokio::test]
async fn the_kernels_deeds_reach_slacks_tokens() {
    let world = empty().await;
    world.control.set_switches(|switches| switches.token_rotation = true);
    let body = world.install(ADA, "", "users:read").await;
    let user = text(&body["authed_user"]["access_token"]);
    assert_eq!(world.control.expire_access_tokens(), 1);
    assert_eq!(world.error(user, "auth.test", &[]).await, "token_expired");
    assert_eq!(world.control.revoke_grants(ADA), 1);
    assert_eq!(world.error(user, "auth.test", &[]).await, "token_revoked");
    let refused = refresh(&world, text(&body["authed_user"]["refresh_token"])).await;
    assert_eq!(refused["error"], "invalid_refresh_token");
}

#[tokio::test]
async fn the_user_flow_and_its_code_are_their_own() {
    let world = empty().await;
    let path = "/oauth/v2_user/authorize";
    let code = world.callback(path, &[("scope", "users:read")], ADA, "allow").await["code"].clone();
    assert_eq!(world.redeem(&code).await["error"], "oauth_authorization_url_mismatch");
    let body = world.oauth("oauth.v2.user.access", &[("code", &code), ("redirect_uri", REDIRECT)]).await;
    assert!(text(&body["authed_user"]["access_token"]).starts_with("xoxp-"), "{body}");
}

#[tokio::test]
async fn sign_in_with_openid_connect() {
    let world = empty().await;
    let changes = [("scope", "openid email profile"), ("response_type", "code"), ("nonce", "n-1")];
    let code = world.callback("/openid/connect/authorize", &changes, ADA, "allow").await["code"].clone();
    let body = world.oauth("openid.connect.token", &[("code", &code), ("redirect_uri", REDIRECT)]).await;
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(text(&body["id_token"]).matches('.').count(), 2);
    let info = world.ok(text(&body["access_token"]), "openid.connect.userInfo", &[]).await;
    assert_eq!(info["email"], ADA);
    assert_eq!(info["email_verified"], true);
    assert_eq!(info["https://slack.com/team_id"], "T0LANTERN01");
}
