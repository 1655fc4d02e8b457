//! Codes, PKCE, expiry, refresh and revocation.

use std::time::Duration;

use base64::Engine;
use serde_json::{Value, json};

use super::harness::*;
use crate::shared::keys;

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

async fn works(world: &World, token: &str) -> Result<(), (u16, String)> {
    let answer = world.rpc(token, "users/get_current_account", Value::Null).await;
    if answer.status() == 200 {
        return Ok(());
    }
    let (status, summary, _) = outcome(answer).await;
    Err((status, summary))
}

#[tokio::test]
async fn token_access_type_decides_on_the_refresh_token() {
    let world = empty().await;
    for (kind, refreshable) in [("offline", true), ("online", false), ("", false)] {
        let callback = world.consent(&[("token_access_type", kind)], ADA, "allow").await;
        let (status, body) = world.redeem(&callback["code"], &[]).await;
        assert_eq!(status, 200);
        assert_eq!(body["refresh_token"].is_string(), refreshable, "{kind}");
        assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("bearer"), &json!(14_400)));
        assert!(body["account_id"].as_str().unwrap().starts_with("dbid:"));
        assert!(body["uid"].as_str().unwrap().parse::<u64>().is_ok());
        assert_eq!(body["scope"], READ);
    }
}

#[tokio::test]
async fn a_code_works_once_with_its_redirect_and_in_time() {
    let world = empty().await;
    let callback = world.consent(&[], ADA, "allow").await;
    let (status, body) = world.redeem(&callback["code"], &[("redirect_uri", "")]).await;
    assert_eq!((status, &body["error"]), (400, &json!("invalid_grant")), "the redirect is required");
    assert_eq!(world.redeem(&callback["code"], &[]).await.0, 200);
    let (status, body) = world.redeem(&callback["code"], &[]).await;
    assert_eq!((status, &body["error"]), (400, &json!("invalid_grant")));
    let callback = world.consent(&[], ADA, "allow").await;
    world.control.advance_clock(Duration::from_secs(601));
    let (_, body) = world.redeem(&callback["code"], &[]).await;
    assert_eq!(body["error_description"], "code doesn't exist or has expired");
}

#[tokio::test]
async fn pkce_takes_the_place_of_the_secret() {
    let world = empty().await;
    let with = |method| {
        vec![
            ("code_challenge", if method == "S256" { CHALLENGE } else { VERIFIER }),
            ("code_challenge_method", method),
        ]
    };
    for method in ["S256", "plain"] {
        let wrong = world.consent(&with(method), ADA, "allow").await;
        let bad = "x".repeat(43);
        let (status, body) =
            world.redeem(&wrong["code"], &[("client_secret", ""), ("code_verifier", &bad)]).await;
        assert_eq!((status, &body["error"]), (400, &json!("invalid_grant")), "{method}");
        let right = world.consent(&with(method), ADA, "allow").await;
        let (status, body) =
            world.redeem(&right["code"], &[("client_secret", ""), ("code_verifier", VERIFIER)]).await;
        assert_eq!(status, 200, "{body}");
        let refresh = body["refresh_token"].as_str().unwrap();
        let pairs = [("grant_type", "refresh_token"), ("refresh_token", refresh), ("client_secret", "")];
        assert_eq!(world.post_token(&pairs).await.0, 200, "a PKCE grant needs no secret");
    }
    let missing = world.consent(&with("S256"), ADA, "allow").await;
    assert_eq!(world.redeem(&missing["code"], &[]).await.0, 400, "the verifier is not optional");
    let plain = world.consent(&[], ADA, "allow").await;
    let pairs = [("client_secret", ""), ("code_verifier", VERIFIER)];
    assert_eq!(world.redeem(&plain["code"], &pairs).await.0, 400, "a verifier alone proves nothing");
}

#[tokio::test]
async fn a_refresh_answers_three_fields_and_never_rotates() {
    let world = empty().await;
    let tokens = world.sign_in(ADA, READ).await;
    let refresh = tokens.refresh.unwrap();
    let mut seen = vec![tokens.access];
    for _ in 0..2 {
        let (status, body) = world.refresh(&refresh).await;
        assert_eq!(status, 200);
        assert_eq!(keys(&body), ["access_token", "expires_in", "token_type"]);
        seen.push(body["access_token"].as_str().unwrap().to_owned());
    }
    for token in &seen {
        assert_eq!(works(&world, token).await, Ok(()), "siblings live side by side");
    }
    let pairs = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    let narrow = [pairs[0], pairs[1], ("scope", "account_info.read")];
    let (_, body) = world.post_token(&narrow).await;
    let token = body["access_token"].as_str().unwrap();
    let (status, summary, _) = world.refused(token, "files/list_folder", json!({"path": ""})).await;
    assert_eq!((status, summary.as_str()), (401, "missing_scope"));
    let wide = [pairs[0], pairs[1], ("scope", "files.content.write")];
    assert_eq!(world.post_token(&wide).await.0, 400);
    let no_secret = [pairs[0], pairs[1], ("client_secret", "")];
    assert_eq!(world.post_token(&no_secret).await.0, 400);
}

#[tokio::test]
async fn an_access_token_dies_after_four_hours_and_says_so() {
    let world = empty().await;
    let tokens = world.sign_in(ADA, READ).await;
    world.control.advance_clock(Duration::from_secs(14_399));
    assert_eq!(works(&world, &tokens.access).await, Ok(()));
    world.control.advance_clock(Duration::from_secs(1));
    let expired = Err((401, "expired_access_token".to_owned()));
    assert_eq!(works(&world, &tokens.access).await, expired);
    assert_eq!(works(&world, "sl.u.never").await, Err((401, "invalid_access_token".to_owned())));
    let (_, body) = world.refresh(&tokens.refresh.unwrap()).await;
    let fresh = body["access_token"].as_str().unwrap();
    assert_eq!(works(&world, fresh).await, Ok(()));
    world.control.expire_access_tokens();
    assert_eq!(works(&world, fresh).await, expired);
}

#[tokio::test]
async fn dead_and_garbage_refresh_tokens_have_their_own_words() {
    let world = empty().await;
    let tokens = world.sign_in(ADA, READ).await;
    let refresh = tokens.refresh.unwrap();
    world.control.revoke_grants(ADA);
    let (status, body) = world.refresh(&refresh).await;
    let dead = json!({"error": "invalid_grant", "error_description": "refresh token is invalid or revoked"});
    assert_eq!((status, body), (400, dead));
    let (status, body) = world.refresh("garbage").await;
    let garbage = json!({"error": "invalid_grant", "error_description": "refresh token is malformed"});
    assert_eq!((status, body), (400, garbage));
    assert_eq!(works(&world, &tokens.access).await, Err((401, "invalid_access_token".to_owned())));
}

#[tokio::test]
async fn a_bad_client_finds_the_description_inside_the_error() {
    let world = empty().await;
    let expected = json!({"error": "invalid_client: Invalid client_id or client_secret"});
    for change in [("client_secret", "wrong"), ("client_id", "nobody")] {
        let pairs = [("grant_type", "refresh_token"), ("refresh_token", "x"), change];
        assert_eq!(world.post_token(&pairs).await, (400, expected.clone()));
    }
    let url = format!("{}/oauth2/token", world.emulator.api_url());
    let form = [("grant_type", "refresh_token"), ("refresh_token", "x")];
    let basic = world.http.post(&url).basic_auth(CLIENT, Some(SECRET)).form(&form).send().await.unwrap();
    let body: Value = basic.json().await.unwrap();
    assert_eq!(body["error_description"], "refresh token is malformed", "Basic is as good as the body");
    let two = format!("{}/2/oauth2/token", world.emulator.api_url());
    assert_eq!(world.http.post(two).form(&form).send().await.unwrap().status(), 400, "not below /2/");
}

#[tokio::test]
async fn revoking_kills_the_refresh_token_and_all_siblings_but_no_other_link() {
    let world = empty().await;
    let first = world.sign_in(ADA, READ).await;
    let other = world.sign_in(ADA, READ).await;
    let (_, body) = world.refresh(first.refresh.as_deref().unwrap()).await;
    let sibling = body["access_token"].as_str().unwrap().to_owned();
    let answer = world.rpc(&first.access, "auth/token/revoke", Value::Null).await;
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap()), (200, "null".to_owned()));
    let dead = Err((401, "invalid_access_token".to_owned()));
    assert_eq!(works(&world, &first.access).await, dead);
    assert_eq!(works(&world, &sibling).await, dead);
    assert_eq!(world.refresh(first.refresh.as_deref().unwrap()).await.0, 400);
    assert_eq!(works(&world, &other.access).await, Ok(()));
    let refused = world.rpc(&first.access, "auth/token/revoke", Value::Null).await;
    assert_eq!(refused.status(), 401, "it needs a live token");
}

#[tokio::test]
async fn identity_comes_with_the_openid_scopes() {
    let world = empty().await;
    let tokens = world.sign_in(ADA, "openid email profile").await;
    let payload = tokens.body["id_token"].as_str().unwrap().split('.').nth(1).unwrap().to_owned();
    let decoded = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap();
    let claims: Value = serde_json::from_slice(&decoded).unwrap();
    assert_eq!((&claims["email"], &claims["sub"]), (&json!(ADA), &tokens.body["account_id"]));
    let info = world.json(&tokens.access, "openid/userinfo", json!({})).await;
    assert_eq!(info["email"], ADA);
    assert_eq!((&info["given_name"], &info["family_name"]), (&json!("Ada"), &json!("Example")));
    assert_eq!(info["email_verified"], true);
    let plain = world.sign_in(ADA, READ).await;
    assert!(plain.body.get("id_token").is_none());
}

#[tokio::test]
async fn a_suspended_user_is_told_so() {
    let world = empty().await;
    let token = world.ada().await;
    let edit = |suspended| gangway_emulators::dropbox::AccountEdit {
        suspended: Some(suspended),
        ..Default::default()
    };
    world.control.edit_account(ADA, &edit(true)).unwrap();
    assert_eq!(works(&world, &token).await, Err((401, "user_suspended".to_owned())));
    world.control.edit_account(ADA, &edit(false)).unwrap();
    assert_eq!(works(&world, &token).await, Ok(()));
}
