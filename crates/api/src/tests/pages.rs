//! The callback page: it tells listed origins only, shows whom it connects, and lets nothing be injected.

use axum::body::Body;
use axum::http::Request;
use gangway_model::Plan;
use serde_json::{Value, json};

use super::house::{Answer, House};

/// What the page's script is given.
fn data_of(page: &Answer) -> Value {
    let text = page.text();
    let (_, rest) = text.split_once("id=\"data\"").unwrap();
    let json = rest.split_once('>').unwrap().1.split_once("</script>").unwrap().0;
    serde_json::from_str(json).unwrap()
}

#[tokio::test]
async fn the_code_is_handed_to_listed_origins_only() {
    let house = House::build().await;
    let user = house.user(Plan::Pro).await;
    user.post("/rest/connectors/stub_drive/authorize", json!({ "state": "s1" })).await.ok();
    let page = house.get("/oauth/callback?code=c1&state=s1&scope=x").await;
    assert_eq!(page.status.as_u16(), 200);
    let data = data_of(&page);
    assert_eq!(data["message"], json!({ "type": "oauth_callback", "code": "c1", "state": "s1" }));
    assert_eq!(data["origins"], json!(["https://app.example", "https://gw.example"]));
    assert_eq!(data["connector"], "Stub Drive");
    assert!(!page.text().contains("'*'") && !page.text().contains("\"*\""));
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.starts_with("default-src 'none'; script-src 'nonce-") && !policy.contains("unsafe"),
        "{policy}"
    );
    assert_eq!(page.headers["cache-control"], "no-store");
    let again = house.get("/oauth/callback?code=c1&state=s1").await;
    assert_ne!(
        again.headers["content-security-policy"], page.headers["content-security-policy"],
        "a fresh nonce"
    );
}

#[tokio::test]
async fn a_denial_is_passed_on_and_markup_stays_text() {
    let house = House::build().await;
    let page = house
        .get("/oauth/callback?error=access_denied&error_description=%3C/script%3E%3Cimg%20src=x%3E&state=s")
        .await;
    let data = data_of(&page);
    assert_eq!((&data["message"]["error"], &data["connector"]), (&json!("access_denied"), &Value::Null));
    assert_eq!(data["message"]["error_description"], "</script><img src=x>");
    assert!(!page.text().contains("<img"));
    assert_eq!(house.get("/oauth/callback").await.status.as_u16(), 400);
}

#[tokio::test]
async fn the_page_completes_by_itself_when_nobody_opened_it() {
    let house = House::build().await;
    let user = house.user(Plan::Pro).await;
    user.post("/rest/connectors/stub_drive/authorize", json!({ "state": "s1" })).await.ok();
    let body = json!({ "code": "good-code", "state": "s1" }).to_string();
    let press = |origin: &str| {
        let request = Request::post("/oauth/callback/complete").header("content-type", "application/json");
        request.header("origin", origin).body(Body::from(body.clone())).unwrap()
    };
    house.send(press("https://evil.example")).await.flat_error(403, "forbidden");
    let done = house.send(press("https://gw.example")).await.ok();
    assert_eq!(done["user_info"]["email"], "ada@stub.example");
    assert!(done.get("access_token").is_none());
    house.send(press("https://gw.example")).await.flat_error(400, "invalid_grant");
    assert_eq!(user.get("/rest/connectors/stub_drive").await.ok()["connected"], true);
}

#[tokio::test]
async fn health_and_metrics_need_no_token() {
    let house = House::build().await;
    assert_eq!(house.get("/healthz").await.ok()["status"], "ok");
    assert_eq!(house.get("/readyz").await.ok()["status"], "ok");
    let metrics = house.get("/metrics").await;
    assert!(metrics.headers["content-type"].to_str().unwrap().starts_with("text/plain"));
    let forged = Request::post("/webhooks/stub_drive").body(Body::from("{}")).unwrap();
    house.send(forged).await.error(404, "not_found");
}
