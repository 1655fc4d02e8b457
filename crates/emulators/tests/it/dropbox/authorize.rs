//! The authorization page: what it refuses, what it shows, and the way back.

use super::harness::*;

#[tokio::test]
async fn allowing_comes_back_with_code_and_state_and_refusing_with_access_denied() {
    let world = empty().await;
    let allowed = world.consent(&[], ADA, "allow").await;
    assert_eq!(allowed["state"], "st&te");
    assert!(!allowed["code"].is_empty());
    let denied = world.consent(&[], ADA, "deny").await;
    assert_eq!((denied["error"].as_str(), denied["state"].as_str()), ("access_denied", "st&te"));
    assert!(denied.contains_key("error_description") && !denied.contains_key("code"));
}

#[tokio::test]
async fn bad_requests_end_on_a_page_and_never_redirect() {
    let world = empty().await;
    for change in [
        ("client_id", "nobody"),
        ("redirect_uri", "http://localhost:9999/callback/"),
        ("response_type", "token"),
        ("scope", "files.metadata.read team_data.member"),
        ("token_access_type", "forever"),
        ("code_challenge_method", "S256"),
        ("code_challenge", "short"),
        ("include_granted_scopes", "user"),
    ] {
        let answer = world.http.get(world.authorize_url(&[change])).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{change:?}");
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    }
    world.control.add_redirect_uri(CLIENT, "http://example.com/callback");
    let url = world.authorize_url(&[("redirect_uri", "http://example.com/callback")]);
    assert_eq!(world.http.get(url).send().await.unwrap().status(), 400, "http beyond localhost");
}

#[tokio::test]
async fn only_scopes_ticked_for_the_app_may_be_asked_for() {
    let world = empty().await;
    world.control.change_app(CLIENT, |app| app.scopes = vec!["account_info.read".into()]);
    let answer = world.http.get(world.authorize_url(&[])).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    let callback = world.consent(&[("scope", "")], ADA, "allow").await;
    let (_, body) = world.redeem(&callback["code"], &[]).await;
    assert_eq!(body["scope"], "account_info.read", "without a scope: everything ticked");
}

#[tokio::test]
async fn without_a_redirect_uri_the_code_is_shown() {
    let world = empty().await;
    let answer = world.press(&[("redirect_uri", "")], ADA, "allow").await;
    assert_eq!(answer.status(), 200);
    let html = answer.text().await.unwrap();
    let code = html.split("data-token=\"").nth(1).unwrap().split('"').next().unwrap();
    let (status, body) = world.redeem(code, &[("redirect_uri", "")]).await;
    assert_eq!(status, 200, "{body}");
}

#[tokio::test]
async fn granted_scopes_are_merged_on_request_and_known_users_bounced() {
    let world = empty().await;
    world.sign_in(ADA, "account_info.read").await;
    let changes = [("scope", "files.metadata.read"), ("include_granted_scopes", "user")];
    let callback = world.consent(&changes, ADA, "allow").await;
    let (_, body) = world.redeem(&callback["code"], &[]).await;
    assert_eq!(body["scope"], "files.metadata.read account_info.read");
    world.control.set_switches(|switches| switches.bounce_approved = true);
    let bounced =
        world.http.get(world.authorize_url(&[("scope", "account_info.read")])).send().await.unwrap();
    assert_eq!(bounced.status(), 302);
    let asked = [("scope", "account_info.read"), ("force_reapprove", "true")];
    assert_eq!(world.http.get(world.authorize_url(&asked)).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn the_switch_approves_at_once() {
    let world = empty().await;
    world.control.set_switches(|switches| switches.auto_approve = true);
    let answer = world.http.get(world.authorize_url(&[])).send().await.unwrap();
    assert_eq!(answer.status(), 302);
}
