//! A running emulator and a client that speaks to it as a browser and an app would.

use std::collections::HashMap;

use gangway_emulators::slack::{
    self, Control, DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, Seed, SlackEmulator, SlackOptions,
};
use reqwest::{Client, Response, StatusCode, redirect};
use serde_json::Value;
use url::Url;

use crate::browser::fields;

pub const REDIRECT: &str = "http://localhost:9999/callback";
pub const ADA: &str = "ada@example.com";
pub const GRACE: &str = "grace@example.com";
pub const READ: &str = "channels:read,groups:read,im:read,mpim:read,channels:history,groups:history,\
    im:history,mpim:history,users:read,users:read.email,files:read,team:read,emoji:read,usergroups:read,\
    reactions:read,pins:read,bookmarks:read";
pub const SEARCH: &str = "search:read";

pub struct World {
    /// Kept so that it goes on running.
    _emulator: SlackEmulator,
    pub control: Control,
    pub http: Client,
    pub base: String,
    pub files: String,
}

pub async fn empty() -> World {
    start(Seed::Empty).await
}

pub async fn demo() -> World {
    start(Seed::Demo).await
}

pub async fn start(seed: Seed) -> World {
    let emulator = slack::start(SlackOptions { seed, ..SlackOptions::default() }).await.unwrap();
    let control = emulator.control();
    control.add_redirect_uri(DEFAULT_CLIENT_ID, REDIRECT);
    control.set_switches(|switches| switches.rate_limits = false);
    let http = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
    let base = emulator.base_url().as_str().trim_end_matches('/').to_owned();
    let files = emulator.files_url().as_str().trim_end_matches('/').to_owned();
    World { _emulator: emulator, control, http, base, files }
}

impl World {
    pub fn authorize_url(&self, path: &str, changes: &[(&str, &str)]) -> String {
        let mut pairs: Vec<(&str, &str)> =
            vec![("client_id", DEFAULT_CLIENT_ID), ("redirect_uri", REDIRECT), ("state", "st&te")];
        for (name, value) in changes {
            pairs.retain(|(known, _)| known != name);
            if !value.is_empty() {
                pairs.push((name, value));
            }
        }
        Url::parse_with_params(&format!("{}{path}", self.base), pairs).unwrap().into()
    }

    /// Reads the consent page and sends its form, as a browser does.
    pub async fn decide(
        &self,
        path: &str,
        changes: &[(&str, &str)],
        account: &str,
        decision: &str,
    ) -> Response {
        let page = self.http.get(self.authorize_url(path, changes)).send().await.unwrap();
        assert_eq!(page.status(), StatusCode::OK);
        let html = page.text().await.unwrap();
        let mut form = fields(&html, |field| field.kind != "radio" || field.value == account);
        form.push(("decision".into(), decision.into()));
        self.http.post(format!("{}{path}", self.base)).form(&form).send().await.unwrap()
    }

    /// Returns the callback's parameters.
    pub async fn consent(&self, changes: &[(&str, &str)], account: &str) -> HashMap<String, String> {
        self.callback("/oauth/v2/authorize", changes, account, "allow").await
    }

    pub async fn callback(
        &self,
        path: &str,
        changes: &[(&str, &str)],
        account: &str,
        decision: &str,
    ) -> HashMap<String, String> {
        let answer = self.decide(path, changes, account, decision).await;
        assert_eq!(answer.status(), StatusCode::FOUND, "{}", answer.text().await.unwrap());
        let location = answer.headers()["location"].to_str().unwrap();
        Url::parse(location).unwrap().query_pairs().into_owned().collect()
    }

    /// Calls an OAuth method with the client's own id and secret over HTTP Basic.
    pub async fn oauth(&self, method: &str, form: &[(&str, &str)]) -> Value {
        let request = self.http.post(format!("{}/api/{method}", self.base)).form(form);
        let answer = request.basic_auth(DEFAULT_CLIENT_ID, Some(DEFAULT_CLIENT_SECRET)).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    }

    pub async fn redeem(&self, code: &str) -> Value {
        self.oauth("oauth.v2.access", &[("code", code), ("redirect_uri", REDIRECT)]).await
    }

    /// Installs with these bot and user scopes and returns the whole answer.
    pub async fn install(&self, account: &str, bot: &str, user: &str) -> Value {
        let callback = self.consent(&[("scope", bot), ("user_scope", user)], account).await;
        let body = self.redeem(&callback["code"]).await;
        assert_eq!(body["ok"], true, "{body}");
        body
    }

    pub async fn user_token(&self, account: &str, scopes: &str) -> String {
        let body = self.install(account, "", scopes).await;
        body["authed_user"]["access_token"].as_str().unwrap().to_owned()
    }

    pub async fn bot_token(&self, scopes: &str) -> String {
        self.install(ADA, scopes, "").await["access_token"].as_str().unwrap().to_owned()
    }

    pub async fn ada(&self) -> String {
        self.user_token(ADA, &format!("{READ},{SEARCH},chat:write")).await
    }

    pub async fn get(&self, token: &str, method: &str, query: &[(&str, &str)]) -> Response {
        let url = format!("{}/api/{method}", self.base);
        self.http.get(url).query(query).bearer_auth(token).send().await.unwrap()
    }

    /// Calls a method that must succeed.
    pub async fn ok(&self, token: &str, method: &str, query: &[(&str, &str)]) -> Value {
        let body = self.any(token, method, query).await;
        assert_eq!(body["ok"], true, "{method}: {body}");
        body
    }

    /// Calls a method that must be refused with status 200, and returns the body.
    pub async fn refused(&self, token: &str, method: &str, query: &[(&str, &str)]) -> Value {
        let body = self.any(token, method, query).await;
        assert_eq!(body["ok"], false, "{method}: {body}");
        body
    }

    /// Returns the word of a refusal.
    pub async fn error(&self, token: &str, method: &str, query: &[(&str, &str)]) -> String {
        self.refused(token, method, query).await["error"].as_str().unwrap().to_owned()
    }

    pub async fn any(&self, token: &str, method: &str, query: &[(&str, &str)]) -> Value {
        let answer = self.get(token, method, query).await;
        assert_eq!(answer.status(), 200, "{method}");
        answer.json().await.unwrap()
    }

    pub async fn post(&self, token: &str, method: &str, body: Value) -> Value {
        let request = self.http.post(format!("{}/api/{method}", self.base)).bearer_auth(token);
        let request = request.header("content-type", "application/json; charset=utf-8");
        let answer = request.body(body.to_string()).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{method}");
        answer.json().await.unwrap()
    }

    pub fn channel(&self, name: &str) -> String {
        self.control.channel_id(name).unwrap()
    }

    /// Returns the texts of a channel's history, newest first.
    pub async fn texts(&self, token: &str, channel: &str) -> Vec<String> {
        let body = self.ok(token, "conversations.history", &[("channel", channel), ("limit", "999")]).await;
        texts(&body)
    }
}

pub fn texts(body: &Value) -> Vec<String> {
    let messages = body["messages"].as_array().unwrap();
    messages.iter().map(|message| message["text"].as_str().unwrap().to_owned()).collect()
}

/// Returns a string field of every row.
pub fn column(rows: &Value, key: &str) -> Vec<String> {
    let rows = rows.as_array().unwrap();
    rows.iter().map(|row| row[key].as_str().unwrap_or("").to_owned()).collect()
}
