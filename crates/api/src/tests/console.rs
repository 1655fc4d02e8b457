//! Signing in to the console, what a session may do and when it ends, and the console's files.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request};
use gangway_app::ExposeSecret;
use gangway_model::Plan;
use serde_json::{Value, json};

use super::house::{ADMIN_KEY, Answer, House};

/// A browser with a cookie jar for one cookie.
struct Browser<'a> {
    house: &'a House,
    cookie: String,
    csrf: String,
}

async fn sign_in_as(house: &House, token: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::post("/console/session").header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    house.send(request.body(Body::from(json!({ "token": token }).to_string())).unwrap()).await
}

/// The pair that a browser would send back.
fn cookie_of(answer: &Answer) -> String {
    answer.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

impl<'a> Browser<'a> {
    async fn sign_in(house: &'a House, token: &str) -> Self {
        let answer = sign_in_as(house, token, &[("origin", "https://gw.example")]).await;
        let csrf = answer.ok()["csrf_token"].as_str().unwrap().to_owned();
        Self { house, cookie: cookie_of(&answer), csrf }
    }

    /// Calls as a page of ours does.
    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let headers = [("x-csrf-token", self.csrf.as_str()), ("origin", "https://gw.example")];
        self.call_with(method, path, body, &headers).await
    }

    async fn call_with(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("cookie", &self.cookie);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        self.house.send(request.body(Body::from(body)).unwrap()).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.call_with(Method::GET, path, None, &[]).await
    }
}

#[tokio::test]
async fn a_session_stands_for_the_token_it_was_got_with() {
    let house = House::build().await;
    let user = house.user(Plan::Pro).await;
    let answer = sign_in_as(&house, &user.token, &[]).await;
    let session = answer.ok();
    assert_eq!(session["role"], "user");
    assert_eq!(session["user"]["id"], user.get("/rest/me").await.ok()["id"]);
    assert!(!answer.text().contains(&user.token), "the token stays out of the answer");
    let set = answer.headers["set-cookie"].to_str().unwrap();
    assert!(set.starts_with("__Host-gangway_session=gws_"), "{set}");
    for word in ["; Path=/", "; HttpOnly", "; SameSite=Strict", "; Secure", "; Max-Age=604800"] {
        assert!(set.contains(word), "{word}: {set}");
    }
    assert!(!set.contains("Domain"), "{set}");
    assert!(
        !answer.text().contains(cookie_of(&answer).split_once('=').unwrap().1),
        "no script sees the cookie"
    );

    let browser = Browser::sign_in(&house, &user.token).await;
    assert_eq!(browser.get("/console/session").await.ok()["csrf_token"], browser.csrf.as_str());
    assert_eq!(browser.get("/rest/me").await.ok()["id"], session["user"]["id"]);
    assert!(browser.get("/rest/connectors").await.ok()["connectors"].is_array());
    let made = browser.call(Method::POST, "/rest/collections", Some(json!({ "name": "Mine" }))).await.ok();
    let path = format!("/rest/collections/{}", made["uuid"].as_str().unwrap());
    assert_eq!(user.get(&path).await.ok()["name"], "Mine");
    browser.get("/rest/admin/users").await.error(403, "forbidden");
}

#[tokio::test]
async fn changes_need_the_csrf_token_and_a_page_of_ours() {
    let house = House::build().await;
    let user = house.user(Plan::Pro).await;
    let browser = Browser::sign_in(&house, &user.token).await;
    let other = Browser::sign_in(&house, &user.token).await;
    let create = async |headers: &[(&str, &str)]| {
        let body = Some(json!({ "name": "Forged" }));
        browser.call_with(Method::POST, "/rest/collections", body, headers).await
    };
    let csrf = ("x-csrf-token", browser.csrf.as_str());
    create(&[]).await.error(403, "forbidden");
    create(&[("x-csrf-token", "guessed")]).await.error(403, "forbidden");
    create(&[("x-csrf-token", &other.csrf)]).await.error(403, "forbidden");
    create(&[csrf, ("origin", "https://evil.example")]).await.error(403, "forbidden");
    create(&[csrf, ("origin", "https://app.example")]).await.error(403, "forbidden");
    create(&[csrf, ("origin", "null")]).await.error(403, "forbidden");
    create(&[csrf, ("sec-fetch-site", "same-site")]).await.error(403, "forbidden");
    for (method, path) in [
        (Method::DELETE, "/console/session"),
        (Method::DELETE, "/rest/connectors/stub_drive"),
        (Method::POST, "/rest/connectors/stub_drive/authorize"),
    ] {
        let refused = browser.call_with(method.clone(), path, None, &[]).await;
        assert_eq!(refused.status.as_u16(), 403, "{method} {path}");
    }
    let foreign = [("origin", "https://evil.example")];
    browser.call_with(Method::GET, "/rest/me", None, &foreign).await.error(403, "forbidden");
    assert_eq!(user.get("/rest/collections").await.ok()["collections"], json!([]), "nothing happened");
    assert_eq!(browser.get("/console/session").await.status.as_u16(), 200, "and nobody was signed out");
    create(&[csrf]).await.ok();
}

#[tokio::test]
async fn foreign_pages_and_wrong_tokens_sign_nobody_in() {
    let house = House::build().await;
    let user = house.user(Plan::Pro).await;
    for headers in [[("origin", "https://evil.example")], [("sec-fetch-site", "cross-site")]] {
        let refused = sign_in_as(&house, &user.token, &headers).await;
        refused.error(403, "forbidden");
        assert!(refused.headers.get("set-cookie").is_none());
    }
    sign_in_as(&house, "gw_unknown", &[]).await.error(401, "unauthorized");
    sign_in_as(&house, "", &[]).await.error(400, "invalid_request");
    sign_in_as(&house, &"x".repeat(513), &[]).await.error(400, "invalid_request");
    let plain = Request::post("/console/session").body(Body::from(format!("token={}", user.token))).unwrap();
    house.send(plain).await.error(415, "unsupported_media_type");
    let extra = Request::post("/console/session").header("content-type", "application/json");
    let body = json!({ "token": user.token, "admin": true }).to_string();
    house.send(extra.body(Body::from(body)).unwrap()).await.error(400, "invalid_request");
    house.get("/console/session").await.error(401, "unauthorized");
    let guessed =
        Browser { house: &house, cookie: "__Host-gangway_session=gws_guessed".into(), csrf: String::new() };
    guessed.get("/console/session").await.error(401, "unauthorized");
    guessed.get("/rest/connectors").await.error(401, "unauthorized");
}

#[tokio::test]
async fn a_session_ends_by_itself_with_its_token_and_by_signing_out() {
    let house = House::build().await;
    let admin = house.admin();
    let user = house.user(Plan::Pro).await;
    let id = user.get("/rest/me").await.ok()["id"].as_str().unwrap().to_owned();
    let tokens = format!("/rest/admin/users/{id}/tokens");

    let out = Browser::sign_in(&house, &user.token).await;
    let left = out.call(Method::DELETE, "/console/session", None).await;
    assert_eq!(left.status.as_u16(), 204);
    assert!(left.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    out.get("/rest/me").await.error(401, "unauthorized");

    let before = Browser::sign_in(&house, &user.token).await;
    sign_in_as(&house, &user.token, &[("cookie", &before.cookie)]).await.ok();
    before.get("/rest/me").await.error(401, "unauthorized");

    let made = admin.post(&tokens, json!({})).await.ok();
    let revoked = Browser::sign_in(&house, made["token"].as_str().unwrap()).await;
    revoked.get("/rest/me").await.ok();
    admin.delete(&format!("{tokens}/{}", made["id"].as_str().unwrap())).await;
    for path in ["/rest/me", "/rest/connectors", "/console/session"] {
        revoked.get(path).await.error(401, "unauthorized");
    }

    let made = admin.post(&tokens, json!({ "expires_in": 60 })).await.ok();
    let short = Browser::sign_in(&house, made["token"].as_str().unwrap()).await;
    house.clock.advance(Duration::from_secs(61));
    short.get("/rest/me").await.error(401, "unauthorized");

    let long = Browser::sign_in(&house, &user.token).await;
    house.clock.advance(Duration::from_secs(7 * 24 * 3600 - 1));
    long.get("/rest/me").await.ok();
    house.clock.advance(Duration::from_secs(2));
    for path in ["/rest/me", "/rest/connectors", "/console/session"] {
        long.get(path).await.error(401, "unauthorized");
    }
    user.get("/rest/me").await.ok();
}

#[tokio::test]
async fn the_admin_signs_in_and_acts_for_no_user() {
    let house = House::build().await;
    let browser = Browser::sign_in(&house, ADMIN_KEY).await;
    let session = browser.get("/console/session").await.ok();
    assert_eq!((&session["role"], session.get("user")), (&json!("admin"), None));
    browser.get("/rest/admin/users").await.ok();
    browser.get("/rest/me").await.error(403, "forbidden");
    let body = json!({ "name": "Acme", "plan": "pro" });
    browser.call(Method::POST, "/rest/admin/organizations", Some(body.clone())).await.ok();
    let forged = browser.call_with(Method::POST, "/rest/admin/organizations", Some(body), &[]).await;
    forged.error(403, "forbidden");
    let log = browser.get("/rest/admin/audit").await.ok();
    assert_eq!(
        (&log["entries"][0]["deed"], &log["entries"][0]["details"]["as"]),
        (&json!("sign_in"), &json!("admin"))
    );
    house.clock.advance(Duration::from_secs(12 * 3600 + 1));
    browser.get("/rest/admin/users").await.error(401, "unauthorized");
}

#[tokio::test]
async fn the_pages_are_served_with_a_strict_policy_and_kept_by_browsers_no_longer_than_true() {
    let house = House::build().await;
    let page = house.get("/console/").await;
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    assert_eq!(page.headers["cache-control"], "no-cache");
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains('*') && !policy.contains("http"), "{policy}");
    assert!(!page.text().contains("<style") && !page.text().contains("style="), "nothing inline");
    assert_eq!(house.get("/console/files/google_drive").await.text(), page.text(), "places within the page");

    let text = page.text();
    let script = text.split_once("src=\"/console/assets/").unwrap().1.split_once('"').unwrap().0;
    let script = house.get(&format!("/console/assets/{script}")).await;
    assert_eq!(script.headers["content-type"], "text/javascript; charset=utf-8");
    assert_eq!(script.headers["cache-control"], "public, max-age=31536000, immutable");
    let etag = page.headers["etag"].to_str().unwrap();
    let again = Request::get("/console/").header("if-none-match", format!("\"other\", W/{etag}"));
    let again = house.send(again.body(Body::empty()).unwrap()).await;
    assert_eq!((again.status.as_u16(), again.bytes.len()), (304, 0));
    assert_eq!(house.get("/console/assets/none.js").await.status.as_u16(), 404);
    assert_eq!(house.get("/console/../Cargo.toml").await.headers["content-type"], "text/html; charset=utf-8");

    let browser = Request::get("/").header("accept", "text/html,*/*").body(Body::empty()).unwrap();
    assert_eq!(house.send(browser).await.headers["location"], "/console/");
}

#[tokio::test]
async fn the_front_door_says_what_this_is() {
    let house = House::build().await;
    let told = house.get("/").await;
    assert_eq!((&told.ok()["name"], &told.ok()["docs"]), (&json!("gangway"), &json!("/docs")));
    assert_eq!(told.ok()["console"], "/console/");
    let links = told.headers["link"].to_str().unwrap();
    assert!(links.contains("</openapi.json>; rel=\"service-desc\""), "{links}");
    for door in ["/docs", "/openapi.json", "/console/"] {
        assert_eq!(house.get(door).await.status.as_u16(), 200, "{door}");
    }
}

#[tokio::test]
async fn a_console_that_is_off_is_nowhere_and_its_sessions_count_for_nothing() {
    let house = House::build_with(|settings| settings.console = false).await;
    let user = house.user(Plan::Pro).await;
    for path in ["/console", "/console/", "/console/search", "/console/theme.js", "/console/session"] {
        house.get(path).await.error(404, "not_found");
    }
    sign_in_as(&house, &user.token, &[]).await.error(404, "not_found");
    // One that was begun while it was on.
    let secret = house.app.start_session(&user.token.as_str().into(), None).await.unwrap().secret;
    let cookie = format!("__Host-gangway_session={}", secret.expose_secret());
    let left = Browser { house: &house, cookie, csrf: String::new() };
    left.get("/rest/me").await.error(401, "unauthorized");
    user.get("/rest/me").await.ok();
    house.get("/consoles").await.error(404, "not_found");

    assert_eq!(house.get("/").await.ok()["console"], json!(null));
    let browser = Request::get("/").header("accept", "text/html").body(Body::empty()).unwrap();
    let page = house.send(browser).await;
    assert_eq!(page.status.as_u16(), 200);
    assert!(page.text().contains("href=\"/docs\"") && !page.text().contains("/console"), "{}", page.text());
    let docs = house.get("/docs").await;
    assert!(docs.status.is_success() && !docs.text().contains("/console/\""), "no way to what is not there");
    for file in ["style.css", "script.js", "theme.js", "mark.svg", "inter-latin.woff2"] {
        assert_eq!(house.get(&format!("/docs/{file}")).await.status.as_u16(), 200, "{file}");
    }
}
