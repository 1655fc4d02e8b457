//! A running emulator and a client that speaks to it as a browser and an app would.

use std::collections::HashMap;

use gangway_emulators::notion::{self, Control, NotionEmulator, NotionOptions, Seed, Target};
use reqwest::{Client, Method, Response, StatusCode, redirect};
use serde_json::{Value, json};
use url::Url;

use crate::browser::fields;

pub const REDIRECT: &str = "http://localhost:9999/callback";
pub const ADA: &str = "ada@example.com";
pub const GRACE: &str = "grace@example.com";
pub const NOW: &str = "2026-03-02T12:34:56.789Z";

pub struct World {
    /// Kept so that the emulator runs as long as the test.
    _emulator: NotionEmulator,
    pub control: Control,
    pub http: Client,
    pub base: String,
}

/// What the token endpoint gave.
#[derive(Debug, Clone)]
pub struct Tokens {
    pub access: String,
    pub refresh: Option<String>,
    pub bot: String,
    pub body: Value,
}

pub async fn empty() -> World {
    start(Seed::Empty).await
}

pub async fn demo() -> World {
    start(Seed::Demo).await
}

/// Starts an emulator whose clock stands still.
pub async fn start(seed: Seed) -> World {
    let emulator = notion::start(NotionOptions { seed, ..NotionOptions::default() }).await.unwrap();
    let control = emulator.control();
    control.set_clock(NOW).unwrap();
    control.add_redirect_uri(notion::DEFAULT_CLIENT_ID, REDIRECT);
    let http = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
    let base = emulator.base_url().as_str().trim_end_matches('/').to_owned();
    World { _emulator: emulator, control, http, base }
}

/// Names a node of the demo by its key.
pub fn key(key: &str) -> Target {
    Target::id(key)
}

/// Lays changes over pairs; an empty value removes.
fn with_changes<'a>(
    mut pairs: Vec<(&'a str, &'a str)>,
    changes: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    for (name, value) in changes {
        pairs.retain(|(known, _)| known != name);
        if !value.is_empty() {
            pairs.push((name, value));
        }
    }
    pairs
}

impl World {
    pub fn id(&self, name: &str) -> String {
        self.control.find(&key(name)).unwrap().id
    }

    /// Returns the authorization address with these parameters over the usual ones; an empty value removes.
    pub fn authorize_url(&self, changes: &[(&str, &str)]) -> String {
        let usual = vec![
            ("client_id", notion::DEFAULT_CLIENT_ID),
            ("redirect_uri", REDIRECT),
            ("response_type", "code"),
            ("owner", "user"),
            ("state", "st&te"),
        ];
        let pairs = with_changes(usual, changes);
        Url::parse_with_params(&format!("{}/v1/oauth/authorize", self.base), pairs).unwrap().into()
    }

    /// Reads the consent page and sends its form, as a browser does. Returns the callback's parameters.
    pub async fn consent(
        &self,
        changes: &[(&str, &str)],
        account: &str,
        decision: &str,
        unticked: &[&str],
    ) -> HashMap<String, String> {
        let page = self.http.get(self.authorize_url(changes)).send().await.unwrap();
        assert_eq!(page.status(), StatusCode::OK);
        let html = page.text().await.unwrap();
        let mut form = fields(&html, |field| match field.kind.as_str() {
            "radio" => field.value == account,
            "checkbox" => !unticked.contains(&field.value.as_str()),
            _ => true,
        });
        form.push(("decision".into(), decision.into()));
        let action = format!("{}/v1/oauth/authorize", self.base);
        let answer = self.http.post(action).form(&form).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FOUND, "{}", answer.text().await.unwrap());
        let location = answer.headers()["location"].to_str().unwrap();
        assert!(location.starts_with(REDIRECT), "{location}");
        Url::parse(location).unwrap().query_pairs().into_owned().collect()
    }

    /// Posts JSON with the client's Basic authentication.
    pub async fn oauth(&self, endpoint: &str, body: Value) -> (u16, Value) {
        let answer = self
            .http
            .post(format!("{}/v1/oauth/{endpoint}", self.base))
            .basic_auth(notion::DEFAULT_CLIENT_ID, Some(notion::DEFAULT_CLIENT_SECRET))
            .json(&body)
            .send()
            .await
            .unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub async fn redeem(&self, code: &str) -> Tokens {
        let body = json!({"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT});
        let (status, body) = self.oauth("token", body).await;
        assert_eq!(status, 200, "{body}");
        tokens(body)
    }

    pub async fn refresh(&self, token: &str) -> (u16, Value) {
        self.oauth("token", json!({"grant_type": "refresh_token", "refresh_token": token})).await
    }

    /// Signs an account in; these roots are left unticked.
    pub async fn sign_in(&self, account: &str, unticked: &[&str]) -> Tokens {
        let ids: Vec<String> = unticked.iter().map(|name| self.id(name)).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let callback = self.consent(&[], account, "allow", &ids).await;
        self.redeem(&callback["code"]).await
    }

    pub async fn ada(&self) -> String {
        self.sign_in(ADA, &[]).await.access
    }

    pub async fn call(
        &self,
        method: Method,
        token: &str,
        path: &str,
        version: &str,
        body: Option<&Value>,
    ) -> Response {
        let mut request = self.http.request(method, format!("{}/v1/{path}", self.base)).bearer_auth(token);
        if !version.is_empty() {
            request = request.header("notion-version", version);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        request.send().await.unwrap()
    }

    pub async fn get(&self, token: &str, path: &str) -> Response {
        self.call(Method::GET, token, path, "2026-03-11", None).await
    }

    pub async fn json(&self, token: &str, path: &str) -> Value {
        self.json_in("2026-03-11", token, path).await
    }

    pub async fn json_in(&self, version: &str, token: &str, path: &str) -> Value {
        good(self.call(Method::GET, token, path, version, None).await).await
    }

    pub async fn post(&self, token: &str, path: &str, body: Value) -> Value {
        good(self.call(Method::POST, token, path, "2026-03-11", Some(&body)).await).await
    }

    pub async fn search(&self, token: &str, body: Value) -> Value {
        self.post(token, "search", body).await
    }

    /// Returns the titles that a search finds, sorted.
    pub async fn titles(&self, token: &str, body: Value) -> Vec<String> {
        let mut titles: Vec<String> =
            self.search(token, body).await["results"].as_array().unwrap().iter().map(title).collect();
        titles.sort();
        titles
    }

    /// Sends a GET that must fail and returns status, code and message.
    pub async fn refused(&self, token: &str, path: &str) -> (u16, String, String) {
        bad(self.get(token, path).await).await
    }

    pub async fn post_refused(&self, token: &str, path: &str, body: Value) -> (u16, String, String) {
        bad(self.call(Method::POST, token, path, "2026-03-11", Some(&body)).await).await
    }

    pub async fn children(&self, token: &str, id: &str) -> Vec<Value> {
        let list = self.json(token, &format!("blocks/{id}/children")).await;
        list["results"].as_array().unwrap().clone()
    }
}

fn tokens(body: Value) -> Tokens {
    Tokens {
        access: body["access_token"].as_str().unwrap().to_owned(),
        refresh: body["refresh_token"].as_str().map(str::to_owned),
        bot: body["bot_id"].as_str().unwrap().to_owned(),
        body,
    }
}

pub async fn good(answer: Response) -> Value {
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert_eq!(status, 200, "{text}");
    serde_json::from_str(&text).unwrap()
}

pub async fn bad(answer: Response) -> (u16, String, String) {
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap();
    assert!(status >= 400, "{body}");
    assert_eq!(body["object"], "error");
    assert_eq!(body["status"], status);
    assert!(body["request_id"].is_string());
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    (status, text("code"), text("message"))
}

/// Returns the plain title of a page, database or data source.
pub fn title(object: &Value) -> String {
    let properties = object["properties"].as_object().into_iter().flat_map(|all| all.values());
    let own = properties.into_iter().find(|one| one["id"] == "title").map(|one| &one["title"]);
    let items = if object["object"] == "page" { own.unwrap_or(&Value::Null) } else { &object["title"] };
    let items = items.as_array().into_iter().flatten();
    items.filter_map(|item| item["plain_text"].as_str()).collect()
}

/// Returns the text of a block.
pub fn words(block: &Value) -> String {
    let kind = block["type"].as_str().unwrap();
    let items = block[kind]["rich_text"].as_array().into_iter().flatten();
    items.filter_map(|item| item["plain_text"].as_str()).collect()
}
