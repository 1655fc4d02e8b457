//! The token endpoint, refresh, revocation, identity.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gangway_emulators::google::{DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET};
use serde_json::{Value, json};

use super::harness::{ADA, READONLY, REDIRECT, empty};

const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test]
async fn the_first_answer_has_everything_and_the_refresh_less() {
    let world = empty().await;
    let tokens = world.sign_in(ADA, &format!("openid {READONLY}")).await;
    assert!(tokens.access.starts_with("ya29."));
    assert!(tokens.refresh.as_ref().unwrap().starts_with("1//0g"));
    assert_eq!(tokens.body["expires_in"], 3599);
    assert_eq!(tokens.body["token_type"], "Bearer");
    assert!(tokens.body.get("refresh_token_expires_in").is_none());
    let (status, body) = world.refresh(&tokens.refresh.unwrap()).await;
    assert_eq!(status, 200);
    assert_eq!(body["expires_in"], 3599);
    assert!(body.get("refresh_token").is_none(), "google does not rotate");
    assert!(body.get("id_token").is_some());
    assert_ne!(body["access_token"], tokens.access);
}

#[tokio::test]
async fn refresh_tokens_come_only_offline_and_only_once_without_prompt() {
    let world = empty().await;
    let sign_in = async |changes: &[(&str, &str)]| {
        let callback = world.consent(changes, ADA, "allow", &[]).await;
        world.redeem(&callback["code"]).await.refresh
    };
    assert!(sign_in(&[("access_type", "online")]).await.is_none());
    assert!(sign_in(&[("access_type", "")]).await.is_none());
    assert!(sign_in(&[]).await.is_some(), "the first offline grant");
    assert!(sign_in(&[]).await.is_none(), "the second without prompt=consent");
    assert!(sign_in(&[("prompt", "consent")]).await.is_some());
    assert!(sign_in(&[("prompt", "select_account consent")]).await.is_some());
}

#[tokio::test]
async fn a_code_is_single_use_and_lives_ten_minutes() {
    let world = empty().await;
    let callback = world.consent(&[], ADA, "allow", &[]).await;
    let code = callback["code"].as_str();
    world.redeem(code).await;
    let pairs = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", REDIRECT)];
    let bad = json!({"error": "invalid_grant", "error_description": "Bad Request"});
    assert_eq!(world.post_token(&pairs).await, (http::StatusCode::BAD_REQUEST, bad.clone()));

    let callback = world.consent(&[], ADA, "allow", &[]).await;
    world.control.advance_clock(Duration::from_secs(600));
    let code = callback["code"].as_str();
    let pairs = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", REDIRECT)];
    assert_eq!(world.post_token(&pairs).await.1, bad);
}

#[tokio::test]
async fn pkce_is_checked_for_web_clients_too() {
    let world = empty().await;
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let changes = [("code_challenge", challenge), ("code_challenge_method", "S256")];
    let callback = world.consent(&changes, ADA, "allow", &[]).await;
    let redeem = async |verifier: &str, secret: &str| {
        let pairs = [
            ("grant_type", "authorization_code"),
            ("code", callback["code"].as_str()),
            ("redirect_uri", REDIRECT),
            ("code_verifier", verifier),
            ("client_secret", secret),
        ];
        world.post_token(&pairs).await
    };
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let (status, body) = redeem("", DEFAULT_CLIENT_SECRET).await;
    assert_eq!((status.as_u16(), &body["error"]), (400, &json!("invalid_grant")));
    let (_, body) = redeem("wrong-wrong-wrong-wrong-wrong-wrong-wrong-wrong", DEFAULT_CLIENT_SECRET).await;
    assert_eq!(body["error"], "invalid_grant");
    let (status, body) = redeem(verifier, "").await;
    assert_eq!((status.as_u16(), &body["error"]), (400, &json!("invalid_request")));
    assert_eq!(redeem(verifier, DEFAULT_CLIENT_SECRET).await.0, 200);
}

#[tokio::test]
async fn client_failures() {
    let world = empty().await;
    let base = [("grant_type", "refresh_token"), ("refresh_token", "x")];
    let with = async |change: (&str, &str)| {
        let pairs = [base[0], base[1], change];
        let (status, body) = world.post_token(&pairs).await;
        (status.as_u16(), body["error"].as_str().unwrap().to_owned())
    };
    assert_eq!(with(("client_secret", "wrong")).await, (401, "invalid_client".into()));
    assert_eq!(with(("client_id", "nobody")).await, (401, "invalid_client".into()));
    assert_eq!(with(("grant_type", "password")).await, (400, "unsupported_grant_type".into()));
    assert_eq!(with(("refresh_token", "dead")).await, (400, "invalid_grant".into()));
}

#[tokio::test]
async fn the_secret_may_come_as_basic() {
    let world = empty().await;
    let refresh = world.sign_in(ADA, READONLY).await.refresh.unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    let answer = world
        .http
        .post(format!("{}/token", world.base))
        .basic_auth(DEFAULT_CLIENT_ID, Some(DEFAULT_CLIENT_SECRET))
        .form(&form)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn revoking_any_token_ends_the_whole_grant() {
    let world = empty().await;
    let first = world.sign_in(ADA, READONLY).await;
    let second = world.sign_in(ADA, READONLY).await;
    let url = format!("{}/revoke", world.base);
    let revoke = async |token: &str| {
        let answer = world.http.post(&url).form(&[("token", token)]).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    assert_eq!(revoke(&first.access).await, (200, json!({})));
    let dead = json!({"error": "invalid_token", "error_description": "Token expired or revoked"});
    assert_eq!(revoke(&first.access).await, (400, dead));
    let (status, body) = world.refresh(&second.refresh.unwrap()).await;
    assert_eq!(status, 400);
    assert_eq!(body["error"], "invalid_grant");
    assert_eq!(body["error_description"], "Token has been expired or revoked.");
    assert_eq!(world.get(&second.access, "files", &[]).await.status(), 401);
}

#[tokio::test]
async fn a_token_in_the_query_can_be_revoked_and_the_next_grant_is_a_first_one() {
    let world = empty().await;
    let tokens = world.sign_in(ADA, READONLY).await;
    let url = format!("{}/revoke", world.base);
    let answer = world.http.post(url).query(&[("token", &tokens.refresh)]).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let callback = world.consent(&[], ADA, "allow", &[]).await;
    assert!(world.redeem(&callback["code"]).await.refresh.is_some());
}

#[tokio::test]
async fn the_hundred_and_first_refresh_token_pushes_out_the_oldest() {
    let world = empty().await;
    world.control.set_switches(|switches| switches.auto_approve = true);
    let mut tokens = Vec::new();
    for number in 0..101 {
        world.control.advance_clock(Duration::from_millis(10));
        let url = world.authorize_url(&[("prompt", "consent"), ("login_hint", ADA)]);
        let answer = world.http.get(url).send().await.unwrap();
        let location = url::Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
        let code = location.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
        tokens.push(world.redeem(&code).await.refresh.unwrap());
        if number == 99 {
            assert_eq!(world.refresh(&tokens[0]).await.0, 200);
        }
    }
    assert_eq!(world.refresh(&tokens[0]).await.0, 400);
    assert_eq!(world.refresh(&tokens[1]).await.0, 200);
}

#[tokio::test]
async fn testing_mode_ends_refresh_tokens_after_seven_days_even_when_published_later() {
    let world = empty().await;
    world.control.set_switches(|switches| switches.testing_mode = true);
    let tokens = world.sign_in(ADA, READONLY).await;
    assert_eq!(tokens.body["refresh_token_expires_in"], 604_799);
    world.control.set_switches(|switches| switches.testing_mode = false);
    let refresh = tokens.refresh.unwrap();
    world.control.advance_clock(DAY * 6);
    assert_eq!(world.refresh(&refresh).await.0, 200);
    world.control.advance_clock(DAY);
    assert_eq!(world.refresh(&refresh).await.0, 400);
}

#[tokio::test]
async fn six_idle_months_kill_a_refresh_token() {
    let world = empty().await;
    let refresh = world.sign_in(ADA, READONLY).await.refresh.unwrap();
    world.control.advance_clock(DAY * 180);
    assert_eq!(world.refresh(&refresh).await.0, 200);
    world.control.advance_clock(DAY * 184);
    assert_eq!(world.refresh(&refresh).await.0, 400);
}

#[tokio::test]
async fn access_tokens_end_on_the_emulators_clock() {
    let world = empty().await;
    let token = world.ada().await;
    world.control.advance_clock(Duration::from_secs(3598));
    assert_eq!(world.get(&token, "files", &[]).await.status(), 200);
    world.control.advance_clock(Duration::from_secs(2));
    assert_eq!(world.get(&token, "files", &[]).await.status(), 401);
}

#[tokio::test]
async fn the_identity_token_is_signed_by_the_published_key() {
    let world = empty().await;
    let tokens = world.sign_in(ADA, "openid email profile").await;
    let token = tokens.body["id_token"].as_str().unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let certs: Value =
        world.http.get(format!("{}/oauth2/v3/certs", world.base)).send().await.unwrap().json().await.unwrap();
    let part = |name: &str| URL_SAFE_NO_PAD.decode(certs["keys"][0][name].as_str().unwrap()).unwrap();
    let key = aws_lc_rs::signature::RsaPublicKeyComponents { n: part("n"), e: part("e") };
    key.verify(&aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature).unwrap();
    let claims = URL_SAFE_NO_PAD.decode(signed.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["iss"], "https://accounts.google.com");
    assert_eq!(claims["aud"], DEFAULT_CLIENT_ID);
    assert_eq!(claims["email"], ADA);
    let userinfo = async |path: &str| -> Value {
        let url = format!("{}{path}", world.base);
        world.http.get(url).bearer_auth(&tokens.access).send().await.unwrap().json().await.unwrap()
    };
    let modern = userinfo("/v1/userinfo").await;
    assert_eq!(modern["sub"], claims["sub"]);
    assert_eq!(modern["email_verified"], true);
    assert_eq!(modern["given_name"], "Ada");
    let legacy = userinfo("/oauth2/v2/userinfo").await;
    assert_eq!(legacy["id"], claims["sub"]);
    assert_eq!(legacy["verified_email"], true);
}

#[tokio::test]
async fn without_openid_there_is_no_identity_token() {
    let world = empty().await;
    assert!(world.sign_in(ADA, READONLY).await.body.get("id_token").is_none());
}
