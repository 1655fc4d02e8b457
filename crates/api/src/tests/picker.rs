//! The picker: opened with the key of its page, used once, told to listed places only; and the script for products.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request};
use gangway_model::Plan;
use serde_json::{Value, json};

use super::house::{Answer, Caller, House};

const PICKER: &str = "/rest/connectors/stub_drive/picker";

/// An open picker, as its page knows it.
struct Open<'a> {
    house: &'a House,
    path: String,
    key: String,
    /// Where its owner asks what became of it.
    session: String,
}

impl<'a> Open<'a> {
    async fn with(house: &'a House, user: &Caller<'_>, asked: Value) -> Self {
        let made = user.post(PICKER, asked).await.ok();
        let (page, key) = made["picker_url"].as_str().unwrap().split_once('#').unwrap();
        let path = page.strip_prefix("https://gw.example").unwrap().to_owned();
        let session = format!("{PICKER}/{}", made["session_id"].as_str().unwrap());
        Self { house, path, key: key.to_owned(), session }
    }

    async fn get(&self, tail: &str) -> Answer {
        self.send(Method::GET, tail, &self.key, None).await
    }

    async fn post(&self, tail: &str, body: Option<Value>) -> Answer {
        self.send(Method::POST, tail, &self.key, body).await
    }

    async fn pick(&self, ids: &[&str]) -> Answer {
        self.post("pick", Some(json!({ "file_ids": ids }))).await
    }

    async fn send(&self, method: Method, tail: &str, key: &str, body: Option<Value>) -> Answer {
        let path = format!("{}/{tail}", self.path);
        let mut request = Request::builder().method(method).uri(path).header("x-picker-key", key);
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        self.house.send(request.body(Body::from(body)).unwrap()).await
    }
}

#[tokio::test]
async fn a_person_picks_once_with_the_key_of_the_page() {
    let house = House::build().await;
    let (user, other) = (house.user(Plan::Pro).await, house.user(Plan::Pro).await);
    user.connect().await;
    other.connect().await;
    let asked = json!({ "max_files": 1, "mime_types": ["text/*"], "origin": "https://app.example" });
    let picker = Open::with(&house, &user, asked).await;
    assert_eq!(user.get(&picker.session).await.ok(), json!({ "status": "open", "files": [] }));
    other.get(&picker.session).await.error(404, "not_found");

    picker.send(Method::GET, "about", "pk_wrong", None).await.error(404, "not_found");
    house.get(&format!("{}/files", picker.path)).await.error(401, "unauthorized");
    let about = picker.get("about").await.ok();
    assert_eq!((&about["max_files"], &about["connector_name"]), (&json!(1), &json!("Stub Drive")));
    assert_eq!(about["account"]["email"], "ada@stub.example");
    let files = picker.get("files?limit=5").await.ok();
    assert_eq!(files["files"][0]["id"], "folder");

    picker.pick(&["one", "two"]).await.error(400, "invalid_request");
    let picked = picker.pick(&["one"]).await.ok();
    assert_eq!(
        (&picked["files"][0]["id"], &picked["files"][0]["mimeType"]),
        (&json!("one"), &json!("text/plain"))
    );
    for answer in [picker.pick(&["one"]).await, picker.get("about").await, picker.post("cancel", None).await]
    {
        answer.error(409, "conflict");
    }
    assert_eq!(user.get(&picker.session).await.ok()["status"], "picked");
}

#[tokio::test]
async fn of_two_choices_at_the_same_moment_one_counts() {
    let house = House::build().await;
    let user = house.user(Plan::Pro).await;
    user.connect().await;
    let picker = Open::with(&house, &user, json!({})).await;
    let (first, second) = tokio::join!(picker.pick(&["one"]), picker.pick(&["two"]));
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort();
    assert_eq!(statuses, [200, 409]);
}

#[tokio::test]
async fn what_is_chosen_is_what_the_source_says_and_the_session_allows() {
    let house = House::build().await;
    let user = house.user(Plan::Pro).await;
    user.connect().await;
    let pdf = Open::with(&house, &user, json!({ "mime_types": ["application/pdf"] })).await;
    let refused = pdf.pick(&["folder", "one"]).await.error(400, "invalid_request");
    assert_eq!(refused["error"]["details"]["file_id"], "one", "{refused}");
    let picker = Open::with(&house, &user, json!({ "max_files": 2 })).await;
    let refused = picker.pick(&["one", "gone"]).await.error(400, "invalid_request");
    assert_eq!(
        refused["error"]["details"]["file_id"], "gone",
        "a file that is gone ends no session: {refused}"
    );
    let picked = picker.pick(&["two", "two", "folder", "two"]).await.ok();
    let ids: Vec<&Value> = picked["files"].as_array().unwrap().iter().map(|file| &file["id"]).collect();
    assert_eq!(ids, ["two", "folder"], "each once, in the order of the choice");
    let single = Open::with(&house, &user, json!({ "multiple": false, "max_files": 9 })).await;
    single.pick(&["one", "two"]).await.error(400, "invalid_request");
    for odd in ["pdf", "*/*", "image/p*", ".pdf"] {
        user.post(PICKER, json!({ "mime_types": [odd] })).await.error(400, "invalid_request");
    }
}

#[tokio::test]
async fn listed_places_are_told_and_no_others() {
    let house = House::build().await;
    let user = house.user(Plan::Pro).await;
    user.connect().await;
    for (field, odd) in [
        ("origin", "https://evil.example"),
        ("origin", "https://app.example/"),
        ("origin", "*"),
        ("redirect_uri", "https://evil.example/cb"),
        ("redirect_uri", "https://app.example/cb?x=1"),
        ("redirect_uri", "https://app.example/"),
    ] {
        let refused = user.post(PICKER, json!({ field: odd })).await.error(400, "invalid_request");
        assert_eq!(refused["error"]["details"]["field"], field, "{odd}");
    }
    let asked = json!({
        "origin": "https://app.example", "redirect_uri": "https://app.example/cb", "state": "s-1 <&>",
    });
    let about = Open::with(&house, &user, asked).await.get("about").await.ok();
    assert_eq!(about["origins"], json!(["https://app.example"]));
    assert_eq!(
        (&about["redirect_uri"], &about["state"]),
        (&json!("https://app.example/cb"), &json!("s-1 <&>"))
    );
    let about = Open::with(&house, &user, json!({})).await.get("about").await.ok();
    assert_eq!(about["origins"], json!(["https://app.example", "https://gw.example"]));
    assert_eq!((&about["redirect_uri"], &about["state"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn a_session_ends_by_itself() {
    let house = House::build().await;
    let user = house.user(Plan::Pro).await;
    user.connect().await;
    let picker = Open::with(&house, &user, json!({})).await;
    house.clock.advance(Duration::from_secs(1790));
    assert_eq!(picker.get("about").await.ok()["expires_in"], 10);
    house.clock.advance(Duration::from_secs(11));
    picker.get("about").await.error(409, "conflict");
    picker.pick(&["one"]).await.error(409, "conflict");
    assert_eq!(user.get(&picker.session).await.ok(), json!({ "status": "expired", "files": [] }));
}

#[tokio::test]
async fn a_grant_that_died_is_mended_in_the_picker() {
    let house = House::build().await;
    let user = house.user(Plan::Pro).await;
    user.connect().await;
    let picker = Open::with(&house, &user, json!({})).await;
    assert_eq!(picker.get("about").await.ok()["needs_reauth"], false);
    house.provider.answer_with(400, json!({ "error": "invalid_grant" }));
    user.post("/rest/connectors/stub_drive/refresh", json!({})).await.error(409, "needs_reauth");
    assert_eq!(picker.get("about").await.ok()["needs_reauth"], true);
    picker.get("files").await.error(409, "needs_reauth");
    picker.pick(&["one"]).await.error(409, "needs_reauth");
    let late = Open::with(&house, &user, json!({})).await;
    assert_eq!(late.get("about").await.ok()["needs_reauth"], true, "one can be opened to mend it");

    house.provider.script.lock().unwrap().answer = None;
    picker.send(Method::POST, "reconnect", "pk_wrong", None).await.error(404, "not_found");
    let address = picker.post("reconnect", None).await.ok()["auth_url"].as_str().unwrap().to_owned();
    assert!(
        address.contains("login_hint=ada%40stub.example") || !address.contains("login_hint"),
        "{address}"
    );
    assert!(address.contains("redirect_uri=https%3A%2F%2Fgw.example%2Foauth%2Fcallback"), "{address}");
    let query = address.split_once('?').unwrap().1;
    let state = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "state").unwrap().1;
    let body = json!({ "code": "good-code", "state": state }).to_string();
    let request = Request::post("/oauth/callback/complete").header("content-type", "application/json");
    let request = request.header("origin", "https://gw.example").body(Body::from(body)).unwrap();
    house.send(request).await.ok();
    assert_eq!(picker.get("about").await.ok()["needs_reauth"], false);
    picker.pick(&["one"]).await.ok();
}

#[tokio::test]
async fn the_page_is_framed_by_listed_origins_and_loads_nothing_from_elsewhere() {
    let house = House::build().await;
    let page = house.get("/picker/00000000-0000-4000-8000-000000000000").await;
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    assert!(page.text().contains("<title>Choose files</title>"));
    assert!(!page.text().contains("<script>") && !page.text().contains("<style"), "nothing inline");
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'"), "{policy}");
    assert!(policy.ends_with("; frame-ancestors 'self' https://app.example"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
    // At an address of the console it is the console, which nobody frames.
    let console = house.get("/console/picker.html").await;
    assert!(console.text().contains("<title>Gangway</title>"));
    assert!(console.headers["content-security-policy"].to_str().unwrap().ends_with("frame-ancestors 'none'"));
}

#[tokio::test]
async fn the_script_for_products_can_be_loaded_from_anywhere_and_stays_small() {
    let house = House::build().await;
    let script = house.get("/embed.js").await;
    assert_eq!(script.status.as_u16(), 200);
    assert_eq!(script.headers["content-type"], "text/javascript; charset=utf-8");
    assert_eq!(script.headers["cross-origin-resource-policy"], "cross-origin");
    assert_eq!(script.headers["x-content-type-options"], "nosniff");
    assert_eq!(script.headers["cache-control"], "public, max-age=300, stale-while-revalidate=86400");
    // docs/embed.md says so.
    assert!(script.bytes.len() <= 24_000, "{} bytes", script.bytes.len());
    for foreign in ["https://", "eval(", "new Function", ".innerHTML"] {
        assert!(!script.text().contains(foreign), "{foreign}");
    }
    let etag = script.headers["etag"].to_str().unwrap();
    let again = Request::get("/embed.js").header("if-none-match", etag).body(Body::empty()).unwrap();
    let again = house.send(again).await;
    assert_eq!((again.status.as_u16(), again.bytes.len()), (304, 0));
    assert_eq!(again.headers["cross-origin-resource-policy"], "cross-origin");
}
