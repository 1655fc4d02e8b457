//! A running emulator and a client that speaks to it as a browser and an app would.

use std::collections::HashMap;

use gangway_emulators::google::{self, Control, GoogleEmulator, GoogleOptions, Seed};
use reqwest::{Client, Response, StatusCode, redirect};
use serde_json::Value;
use url::Url;

use crate::browser;
pub use crate::receiver::{Receiver, receiver};

pub const REDIRECT: &str = "http://localhost:9999/callback";
pub const DRIVE: &str = "https://www.googleapis.com/auth/drive";
pub const READONLY: &str = "https://www.googleapis.com/auth/drive.readonly";
pub const ADA: &str = "ada@example.com";
pub const GRACE: &str = "grace@example.com";

pub struct World {
    pub emulator: GoogleEmulator,
    pub control: Control,
    pub http: Client,
    pub base: String,
}

/// What the token endpoint gave.
#[derive(Debug, Clone)]
pub struct Tokens {
    pub access: String,
    pub refresh: Option<String>,
    pub body: Value,
}

pub async fn empty() -> World {
    start(Seed::Empty).await
}

pub async fn demo() -> World {
    start(Seed::Demo).await
}

pub async fn start(seed: Seed) -> World {
    let emulator = google::start(GoogleOptions { seed, ..GoogleOptions::default() }).await.unwrap();
    let control = emulator.control();
    control.add_redirect_uri(google::DEFAULT_CLIENT_ID, REDIRECT);
    control.set_switches(|switches| switches.quotas.enabled = false);
    let http = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
    let base = emulator.base_url().as_str().trim_end_matches('/').to_owned();
    World { emulator, control, http, base }
}

impl World {
    /// Returns the authorization address with these parameters over the usual ones; an empty value removes.
    pub fn authorize_url(&self, changes: &[(&str, &str)]) -> String {
        let mut pairs: Vec<(&str, &str)> = vec![
            ("client_id", google::DEFAULT_CLIENT_ID),
            ("redirect_uri", REDIRECT),
            ("response_type", "code"),
            ("scope", READONLY),
            ("state", "st&te"),
            ("access_type", "offline"),
        ];
        for (name, value) in changes {
            pairs.retain(|(known, _)| known != name);
            if !value.is_empty() {
                pairs.push((name, value));
            }
        }
        Url::parse_with_params(&format!("{}/o/oauth2/v2/auth", self.base), pairs).unwrap().into()
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
        let mut form = browser::fields(&html, |field| match field.kind.as_str() {
            "radio" => field.value == account,
            "checkbox" => !unticked.contains(&field.value.as_str()),
            _ => true,
        });
        form.push(("decision".into(), decision.into()));
        let action = format!("{}/o/oauth2/v2/auth", self.base);
        let answer = self.http.post(action).form(&form).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FOUND, "{}", answer.text().await.unwrap());
        let location = answer.headers()["location"].to_str().unwrap();
        assert!(location.starts_with(REDIRECT));
        Url::parse(location).unwrap().query_pairs().into_owned().collect()
    }

    pub async fn post_token(&self, changes: &[(&str, &str)]) -> (StatusCode, Value) {
        let mut pairs: Vec<(&str, &str)> =
            vec![("client_id", google::DEFAULT_CLIENT_ID), ("client_secret", google::DEFAULT_CLIENT_SECRET)];
        for (name, value) in changes {
            pairs.retain(|(known, _)| known != name);
            if !value.is_empty() {
                pairs.push((name, value));
            }
        }
        let answer = self.http.post(format!("{}/token", self.base)).form(&pairs).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    pub async fn redeem(&self, code: &str) -> Tokens {
        let pairs = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", REDIRECT)];
        let (status, body) = self.post_token(&pairs).await;
        assert_eq!(status, 200, "{body}");
        Tokens {
            access: body["access_token"].as_str().unwrap().to_owned(),
            refresh: body["refresh_token"].as_str().map(str::to_owned),
            body,
        }
    }

    pub async fn refresh(&self, token: &str) -> (StatusCode, Value) {
        self.post_token(&[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// Signs an account in with these scopes.
    pub async fn sign_in(&self, account: &str, scopes: &str) -> Tokens {
        let callback = self.consent(&[("scope", scopes), ("prompt", "consent")], account, "allow", &[]).await;
        self.redeem(&callback["code"]).await
    }

    pub async fn ada(&self) -> String {
        self.sign_in(ADA, DRIVE).await.access
    }

    /// Sends a GET below `/drive/v3/`.
    pub async fn get(&self, token: &str, path: &str, query: &[(&str, &str)]) -> Response {
        let url = format!("{}/drive/v3/{path}", self.base);
        self.http.get(url).query(query).bearer_auth(token).send().await.unwrap()
    }

    pub async fn json(&self, token: &str, path: &str, query: &[(&str, &str)]) -> Value {
        let answer = self.get(token, path, query).await;
        let status = answer.status();
        let body: Value = answer.json().await.unwrap();
        assert_eq!(status, 200, "{body}");
        body
    }

    /// Sends a GET that must fail and returns status, first reason and the whole body.
    pub async fn refused(&self, token: &str, path: &str, query: &[(&str, &str)]) -> (u16, String, Value) {
        let answer = self.get(token, path, query).await;
        let status = answer.status().as_u16();
        let body: Value = answer.json().await.unwrap();
        let reason = body["error"]["errors"][0]["reason"].as_str().unwrap_or("").to_owned();
        assert!(status >= 400, "{body}");
        assert_eq!(body["error"]["code"], status);
        (status, reason, body)
    }

    /// Returns the names a listing finds, sorted.
    pub async fn names(&self, token: &str, query: &[(&str, &str)]) -> Vec<String> {
        let mut all = query.to_vec();
        all.push(("fields", "files(name)"));
        all.push(("pageSize", "1000"));
        let body = self.json(token, "files", &all).await;
        let mut names: Vec<String> = body["files"]
            .as_array()
            .unwrap()
            .iter()
            .map(|file| file["name"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    }

    pub async fn post(&self, token: &str, path: &str, query: &[(&str, &str)], body: Value) -> Response {
        let url = format!("{}/drive/v3/{path}", self.base);
        self.http.post(url).query(query).bearer_auth(token).json(&body).send().await.unwrap()
    }
}

/// Returns what Google said happened, message by message.
pub fn states(receiver: &Receiver) -> Vec<String> {
    let received = receiver.received.lock().unwrap();
    received.iter().map(|message| message.headers["x-goog-resource-state"].clone()).collect()
}
