//! The consent page and its page picker.

use gangway_emulators::notion;
use serde_json::json;

use super::harness::{ADA, GRACE, REDIRECT, demo};

#[tokio::test]
async fn the_page_shows_capabilities_accounts_and_roots_all_ticked() {
    let world = demo().await;
    let html = world.http.get(world.authorize_url(&[])).send().await.unwrap().text().await.unwrap();
    for part in
        ["View pages you select", "ada@example.com", "Handbook", "Block gallery", "name=\"granted_pages\""]
    {
        assert!(html.contains(part), "{part}");
    }
    assert!(!html.contains("taster@partner"), "guests cannot hand pages on");
    assert_eq!(html.matches("name=\"granted_pages\"").count(), html.matches("checked> ").count() - 1);
}

#[tokio::test]
async fn the_request_must_be_right() {
    let world = demo().await;
    for changes in [
        [("client_id", "")],
        [("client_id", "nobody")],
        [("redirect_uri", "http://localhost:9999/callback/")],
        [("response_type", "token")],
        [("owner", "")],
        [("owner", "workspace")],
    ] {
        let answer = world.http.get(world.authorize_url(&changes)).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{changes:?}");
    }
}

#[tokio::test]
async fn a_cancelled_consent_says_access_denied() {
    let world = demo().await;
    let callback = world.consent(&[], ADA, "deny", &[]).await;
    assert_eq!(callback["error"], "access_denied");
    assert_eq!(callback["state"], "st&te");
    assert!(!callback.contains_key("code"));
    world.control.set_switches(|switches| switches.empty_state_on_deny = true);
    assert_eq!(world.consent(&[], ADA, "deny", &[]).await["state"], "");
}

#[tokio::test]
async fn a_picked_page_grants_its_subtree_and_no_other() {
    let world = demo().await;
    let unticked = ["home", "projects-db", "meetings", "suppliers", "gallery"];
    let token = world.sign_in(ADA, &unticked).await.access;
    let deep = world.id("refund-exceptions-2026");
    assert_eq!(world.json(&token, &format!("pages/{deep}")).await["id"], deep);
    for other in ["home", "meetings", "weekly-2026-03-02", "row-coldbrew"] {
        let path = format!("pages/{}", world.id(other));
        assert_eq!(world.refused(&token, &path).await.0, 404, "{other}");
    }
}

#[tokio::test]
async fn only_pages_with_full_access_can_be_picked() {
    let world = demo().await;
    let path = format!("pages/{}", world.id("private"));
    let token = world.sign_in(ADA, &[]).await.access;
    assert_eq!(world.refused(&token, &path).await.0, 404);
    let token = world.sign_in(GRACE, &[]).await.access;
    world.json(&token, &path).await;
}

#[tokio::test]
async fn a_request_may_leave_the_redirect_uri_out() {
    let world = demo().await;
    let callback = world.consent(&[("redirect_uri", "")], ADA, "allow", &[]).await;
    // It was not in the request and only one is registered: then it must not come here either.
    let body =
        json!({"grant_type": "authorization_code", "code": callback["code"], "redirect_uri": REDIRECT});
    let (status, refusal) = world.oauth("token", body).await;
    assert_eq!((status, &refusal["error"]), (400, &json!("invalid_request")));
    let callback = world.consent(&[("redirect_uri", "")], ADA, "allow", &[]).await;
    let body = json!({"grant_type": "authorization_code", "code": callback["code"]});
    assert_eq!(world.oauth("token", body).await.0, 200);
    // With several registered it is wanted.
    world.control.add_redirect_uri(notion::DEFAULT_CLIENT_ID, "http://localhost:1/other");
    let callback = world.consent(&[("redirect_uri", "")], ADA, "allow", &[]).await;
    let body = json!({"grant_type": "authorization_code", "code": callback["code"]});
    assert_eq!(world.oauth("token", body).await.0, 400);
    let callback = world.consent(&[("redirect_uri", "")], ADA, "allow", &[]).await;
    let body =
        json!({"grant_type": "authorization_code", "code": callback["code"], "redirect_uri": REDIRECT});
    assert_eq!(world.oauth("token", body).await.0, 200);
}

#[tokio::test]
async fn auto_approve_skips_the_page() {
    let world = demo().await;
    world.control.set_switches(|switches| switches.auto_approve = true);
    let answer = world.http.get(world.authorize_url(&[])).send().await.unwrap();
    assert_eq!(answer.status(), 302);
    assert!(answer.headers()["location"].to_str().unwrap().contains("code="));
}
