//! The authorization endpoint: exact redirects, consent, denial.

use super::harness::{ADA, DRIVE, GRACE, READONLY, REDIRECT, empty};

#[tokio::test]
async fn a_wrong_redirect_uri_is_shown_and_not_followed() {
    let world = empty().await;
    for wrong in ["http://localhost:9999/callback/", "http://LOCALHOST:9999/callback", "https://evil.example"]
    {
        let url = world.authorize_url(&[("redirect_uri", wrong)]);
        let answer = world.http.get(url).send().await.unwrap();
        assert_eq!(answer.status(), 400);
        assert!(answer.headers().get("location").is_none());
        assert!(answer.text().await.unwrap().contains("Error 400: redirect_uri_mismatch"));
    }
}

#[tokio::test]
async fn bad_requests_stay_on_googles_page() {
    let world = empty().await;
    for (change, status, word) in [
        (("client_id", "nobody"), 401, "invalid_client"),
        (("response_type", ""), 400, "response_type"),
        (("scope", ""), 400, "scope"),
        (("scope", "drive.readonly"), 400, "invalid_scope"),
        (("access_type", "forever"), 400, "invalid_request"),
        (("code_challenge_method", "S256"), 400, "code_challenge"),
    ] {
        let answer = world.http.get(world.authorize_url(&[change])).send().await.unwrap();
        assert_eq!(answer.status(), status, "{change:?}");
        assert!(answer.text().await.unwrap().contains(word), "{change:?}");
    }
}

#[tokio::test]
async fn the_callback_carries_code_scope_and_state() {
    let world = empty().await;
    let callback = world.consent(&[], ADA, "allow", &[]).await;
    assert!(callback["code"].starts_with("4/0A"), "codes hold a slash");
    assert_eq!(callback["scope"], READONLY);
    assert_eq!(callback["state"], "st&te");
    assert!(callback.contains_key("authuser") && callback.contains_key("prompt"));
}

#[tokio::test]
async fn denial_comes_back_as_access_denied() {
    let world = empty().await;
    let callback = world.consent(&[], ADA, "deny", &[]).await;
    assert_eq!(callback["error"], "access_denied");
    assert_eq!(callback["state"], "st&te");
    assert!(!callback.contains_key("code"));
}

#[tokio::test]
async fn an_unticked_scope_is_missing_from_callback_and_token() {
    let world = empty().await;
    let asked = format!("openid email {READONLY} {DRIVE}");
    let callback = world.consent(&[("scope", &asked)], ADA, "allow", &[DRIVE]).await;
    let expected = format!("openid https://www.googleapis.com/auth/userinfo.email {READONLY}");
    assert_eq!(callback["scope"], expected);
    assert_eq!(world.redeem(&callback["code"]).await.body["scope"], expected);
}

#[tokio::test]
async fn without_granular_consent_it_is_all_or_nothing() {
    let world = empty().await;
    world.control.set_switches(|switches| switches.granular_consent = false);
    let callback = world.consent(&[], ADA, "allow", &[READONLY]).await;
    assert_eq!(callback["scope"], READONLY);
}

#[tokio::test]
async fn include_granted_scopes_widens_the_answer() {
    let world = empty().await;
    world.consent(&[("scope", READONLY)], ADA, "allow", &[]).await;
    let changes = [("scope", "openid"), ("include_granted_scopes", "true")];
    let callback = world.consent(&changes, ADA, "allow", &[]).await;
    assert_eq!(callback["scope"], format!("openid {READONLY}"));
    let narrow = world.consent(&[("scope", "openid")], ADA, "allow", &[]).await;
    assert_eq!(narrow["scope"], "openid");
}

#[tokio::test]
async fn login_hint_preselects_and_auto_approve_skips_the_page() {
    let world = empty().await;
    let url = world.authorize_url(&[("login_hint", GRACE)]);
    let html = world.http.get(&url).send().await.unwrap().text().await.unwrap();
    assert!(html.contains(r#"value="grace@example.com" checked"#));
    world.control.set_switches(|switches| switches.auto_approve = true);
    let answer = world.http.get(&url).send().await.unwrap();
    assert_eq!(answer.status(), 302);
    assert!(answer.headers()["location"].to_str().unwrap().starts_with(REDIRECT));
    assert_eq!(world.control.list_grants()[0].subject, GRACE);
}

#[tokio::test]
async fn prompt_none_needs_an_earlier_grant() {
    let world = empty().await;
    let url = world.authorize_url(&[("prompt", "none"), ("login_hint", ADA)]);
    let location = |answer: reqwest::Response| answer.headers()["location"].to_str().unwrap().to_owned();
    let before = location(world.http.get(&url).send().await.unwrap());
    assert!(before.contains("error=interaction_required"));
    world.consent(&[], ADA, "allow", &[]).await;
    let after = location(world.http.get(&url).send().await.unwrap());
    assert!(after.contains("code=4%2F0A"), "the slash travels encoded: {after}");
}

#[tokio::test]
async fn an_administrator_can_block_the_app() {
    let world = empty().await;
    world.control.set_switches(|switches| switches.admin_policy_block = true);
    let answer = world.http.get(world.authorize_url(&[])).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    assert!(answer.text().await.unwrap().contains("admin_policy_enforced"));
}
