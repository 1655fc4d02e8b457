//! The token endpoint: authentication, codes, rotation, revocation, introspection.

use std::time::Duration;

use gangway_emulators::notion::{DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, ErrorShape, OwnerShape, UserInfo};
use serde_json::{Value, json};

use super::harness::{ADA, REDIRECT, demo};

#[tokio::test]
async fn a_code_becomes_a_pair_without_an_expiry() {
    let world = demo().await;
    let body = world.sign_in(ADA, &[]).await.body;
    assert!(body["access_token"].as_str().unwrap().starts_with("ntn_"));
    assert!(body["refresh_token"].as_str().unwrap().starts_with("nrt_"));
    assert_eq!(body["token_type"], "bearer");
    assert_eq!(body["workspace_name"], "Lantern Tea Company");
    assert_eq!(body["owner"]["user"]["person"]["email"], ADA);
    assert_eq!(body["duplicated_template_id"], Value::Null);
    assert!(body["request_id"].is_string());
    assert!(body.get("expires_in").is_none() && body.get("scope").is_none());
}

#[tokio::test]
async fn a_code_works_once_and_for_ten_minutes() {
    let world = demo().await;
    let code = world.consent(&[], ADA, "allow", &[]).await["code"].clone();
    let body = json!({"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT});
    assert_eq!(world.oauth("token", body.clone()).await.0, 200);
    let (status, again) = world.oauth("token", body).await;
    assert_eq!((status, &again["error"]), (400, &json!("invalid_grant")));
    let code = world.consent(&[], ADA, "allow", &[]).await["code"].clone();
    world.control.advance_clock(Duration::from_secs(601));
    let body = json!({"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT});
    assert_eq!(world.oauth("token", body).await.1["error"], "invalid_grant");
}

#[tokio::test]
async fn the_redirect_uri_of_the_request_must_come_again() {
    let world = demo().await;
    let code = world.consent(&[], ADA, "allow", &[]).await["code"].clone();
    let body = json!({"grant_type": "authorization_code", "code": code});
    assert_eq!(world.oauth("token", body).await.1["error"], "invalid_request");
    let body =
        json!({"grant_type": "authorization_code", "code": code, "redirect_uri": "http://localhost/x"});
    assert_eq!(world.oauth("token", body).await.1["error"], "invalid_grant");
    world.redeem(&code).await;
}

#[tokio::test]
async fn only_basic_authentication_and_json_are_understood() {
    let world = demo().await;
    let url = format!("{}/v1/oauth/token", world.base);
    let code = world.consent(&[], ADA, "allow", &[]).await["code"].clone();
    let body = json!({"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT});
    let mut in_body = body.clone();
    in_body["client_id"] = json!(DEFAULT_CLIENT_ID);
    in_body["client_secret"] = json!(DEFAULT_CLIENT_SECRET);
    let answer = world.http.post(&url).json(&in_body).send().await.unwrap();
    assert_eq!(answer.status(), 401);
    assert_eq!(answer.json::<Value>().await.unwrap()["error"], "invalid_client");
    let wrong = world.http.post(&url).basic_auth(DEFAULT_CLIENT_ID, Some("wrong")).json(&body);
    assert_eq!(wrong.send().await.unwrap().status(), 401);
    let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", REDIRECT)];
    let form = world.http.post(&url).basic_auth(DEFAULT_CLIENT_ID, Some(DEFAULT_CLIENT_SECRET)).form(&form);
    assert_eq!(form.send().await.unwrap().status(), 400);
    assert_eq!(world.oauth("token", in_body).await.0, 400, "unknown keys are refused");
    let other = json!({"grant_type": "client_credentials"});
    assert_eq!(world.oauth("token", other).await.1["error"], "unsupported_grant_type");
    world.redeem(&code).await;
}

#[tokio::test]
async fn a_refresh_rotates_both_tokens() {
    let world = demo().await;
    let first = world.sign_in(ADA, &[]).await;
    let (status, second) = world.refresh(first.refresh.as_ref().unwrap()).await;
    assert_eq!(status, 200);
    assert_ne!(second["access_token"], first.body["access_token"]);
    assert_ne!(second["refresh_token"], first.body["refresh_token"]);
    assert_eq!(second["bot_id"], first.bot);
    let (status, again) = world.refresh(first.refresh.as_ref().unwrap()).await;
    assert_eq!((status, &again["error"]), (400, &json!("invalid_grant")));
    assert_eq!(world.refused(&first.access, "users/me").await.0, 401);
    world.json(second["access_token"].as_str().unwrap(), "users/me").await;
}

#[tokio::test]
async fn the_old_access_token_may_outlive_a_refresh() {
    let world = demo().await;
    world.control.set_switches(|switches| switches.refresh_ends_old_access = false);
    let first = world.sign_in(ADA, &[]).await;
    world.refresh(first.refresh.as_ref().unwrap()).await;
    world.json(&first.access, "users/me").await;
}

#[tokio::test]
async fn access_tokens_live_as_long_as_the_switch_says() {
    let world = demo().await;
    let lasting = world.ada().await;
    world.control.set_switches(|switches| switches.access_token_seconds = Some(3600));
    let short = world.sign_in(ADA, &[]).await;
    assert!(short.body.get("expires_in").is_none());
    world.control.advance_clock(Duration::from_secs(3599));
    world.json(&short.access, "users/me").await;
    world.control.advance_clock(Duration::from_secs(1));
    let (status, code, message) = world.refused(&short.access, "users/me").await;
    assert_eq!((status, code.as_str(), message.as_str()), (401, "unauthorized", "API token is invalid."));
    world.json(&lasting, "users/me").await;
    world.control.expire_access_tokens();
    assert_eq!(world.refused(&lasting, "users/me").await.0, 401);
    assert_eq!(world.refresh(short.refresh.as_ref().unwrap()).await.0, 200);
}

#[tokio::test]
async fn both_error_shapes_and_nullable_fields() {
    let world = demo().await;
    world.control.set_switches(|switches| {
        switches.oauth_error_shape = ErrorShape::Notion;
        switches.null_refresh_tokens = true;
        switches.null_workspace = true;
        switches.owner_shape = OwnerShape::PartialUser;
    });
    let (status, refusal) = world.refresh("nrt_nothing").await;
    assert_eq!(status, 400);
    assert_eq!(refusal["object"], "error");
    assert_eq!(refusal["code"], "invalid_grant");
    let body = world.sign_in(ADA, &[]).await.body;
    assert_eq!(body["refresh_token"], Value::Null);
    assert_eq!(body["workspace_name"], Value::Null);
    assert_eq!(body["owner"]["user"].as_object().unwrap().len(), 2);
    world.control.set_switches(|switches| switches.owner_shape = OwnerShape::Workspace);
    let body = world.sign_in(ADA, &[]).await.body;
    assert_eq!(body["owner"], json!({"type": "workspace", "workspace": true}));
    world.control.set_switches(|switches| {
        switches.owner_shape = OwnerShape::User;
        switches.capabilities.user_info = UserInfo::WithoutEmail;
    });
    let body = world.sign_in(ADA, &[]).await.body;
    assert_eq!(body["owner"]["user"]["person"], json!({}));
}

#[tokio::test]
async fn revocation_ends_everything_and_introspection_says_so() {
    let world = demo().await;
    let tokens = world.sign_in(ADA, &[]).await;
    let (_, told) = world.oauth("introspect", json!({"token": tokens.access})).await;
    assert_eq!(told["active"], true);
    assert!(told["iat"].is_number() && told["scope"].is_string());
    let (status, body) = world.oauth("revoke", json!({"token": tokens.access})).await;
    assert_eq!(status, 200);
    assert_eq!(body.as_object().unwrap().len(), 1);
    assert_eq!(world.refused(&tokens.access, "users/me").await.0, 401);
    assert_eq!(world.refresh(tokens.refresh.as_ref().unwrap()).await.1["error"], "invalid_grant");
    let (_, told) = world.oauth("introspect", json!({"token": tokens.access})).await;
    assert_eq!(told["active"], false);
}

#[tokio::test]
async fn each_authorization_has_its_own_bot_and_may_end_the_one_before() {
    let world = demo().await;
    let first = world.sign_in(ADA, &[]).await;
    let second = world.sign_in(ADA, &[]).await;
    assert_ne!(first.bot, second.bot);
    world.json(&first.access, "users/me").await;
    world.control.set_switches(|switches| switches.second_grant_ends_first = true);
    let third = world.sign_in(ADA, &[]).await;
    assert_eq!(world.refused(&second.access, "users/me").await.0, 401);
    assert_eq!(world.refresh(second.refresh.as_ref().unwrap()).await.0, 400);
    world.json(&third.access, "users/me").await;
}

#[tokio::test]
async fn a_removed_connection_or_person_answers_401() {
    let world = demo().await;
    let one = world.sign_in(ADA, &[]).await;
    world.control.disconnect(&one.bot).unwrap();
    assert_eq!(world.refused(&one.access, "users/me").await.1, "unauthorized");
    let two = world.sign_in(ADA, &[]).await;
    world.control.set_deactivated(ADA, true).unwrap();
    assert_eq!(world.refused(&two.access, "users/me").await.0, 401);
    assert_eq!(world.refresh(two.refresh.as_ref().unwrap()).await.0, 400);
    world.control.set_deactivated(ADA, false).unwrap();
    let three = world.sign_in(ADA, &[]).await;
    world.control.revoke_grants(ADA);
    assert_eq!(world.refused(&three.access, "users/me").await.0, 401);
}

#[tokio::test]
async fn the_version_header_can_be_made_mandatory_here_too() {
    let world = demo().await;
    world.control.set_switches(|switches| switches.token_requires_version = true);
    let (status, body) = world.refresh("nrt_nothing").await;
    assert_eq!((status, &body["code"]), (400, &json!("missing_version")));
}
