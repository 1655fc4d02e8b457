//! A running emulator and a client that speaks to it as a browser and an app would.

use std::collections::HashMap;

use gangway_emulators::dropbox::{self, Control, DropboxEmulator, DropboxOptions, FileTarget, Seed};
use reqwest::{Client, Response, StatusCode, redirect};
use serde_json::{Value, json};
use url::Url;

use crate::browser;
pub use crate::receiver::receiver;

pub const REDIRECT: &str = "http://localhost:9999/callback";
pub const ADA: &str = "ada@example.com";
pub const GRACE: &str = "grace@example.com";
pub const CLIENT: &str = dropbox::DEFAULT_CLIENT_ID;
pub const SECRET: &str = dropbox::DEFAULT_CLIENT_SECRET;
pub const READ: &str = "account_info.read files.metadata.read files.content.read sharing.read";
pub const ALL: &str = "account_info.read files.metadata.read files.content.read files.content.write \
                       files.permanent_delete sharing.read sharing.write";

pub struct World {
    pub emulator: DropboxEmulator,
    pub control: Control,
    pub http: Client,
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
    let emulator = dropbox::start(DropboxOptions { seed, ..DropboxOptions::default() }).await.unwrap();
    let control = emulator.control();
    control.add_redirect_uri(CLIENT, REDIRECT);
    let http = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
    World { emulator, control, http }
}

/// Lays changes over pairs; an empty value removes.
fn changed<'a>(pairs: &[(&'a str, &'a str)], changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut pairs = pairs.to_vec();
    for (name, value) in changes {
        pairs.retain(|(known, _)| known != name);
        if !value.is_empty() {
            pairs.push((name, value));
        }
    }
    pairs
}

impl World {
    pub fn authorize_url(&self, changes: &[(&str, &str)]) -> String {
        let usual = [
            ("client_id", CLIENT),
            ("redirect_uri", REDIRECT),
            ("response_type", "code"),
            ("scope", READ),
            ("state", "st&te"),
            ("token_access_type", "offline"),
        ];
        let url = format!("{}/oauth2/authorize", self.emulator.www_url());
        Url::parse_with_params(&url, changed(&usual, changes)).unwrap().into()
    }

    /// Sends the consent page's form as a browser does and returns the answer.
    pub async fn press(&self, changes: &[(&str, &str)], account: &str, decision: &str) -> Response {
        let page = self.http.get(self.authorize_url(changes)).send().await.unwrap();
        assert_eq!(page.status(), StatusCode::OK);
        let html = page.text().await.unwrap();
        let mut form = browser::fields(&html, |field| field.kind != "radio" || field.value == account);
        form.push(("decision".into(), decision.into()));
        let action = format!("{}/oauth2/authorize", self.emulator.www_url());
        self.http.post(action).form(&form).send().await.unwrap()
    }

    /// Returns the callback's parameters.
    pub async fn consent(
        &self,
        changes: &[(&str, &str)],
        account: &str,
        decision: &str,
    ) -> HashMap<String, String> {
        let answer = self.press(changes, account, decision).await;
        assert_eq!(answer.status(), StatusCode::FOUND);
        let location = answer.headers()["location"].to_str().unwrap();
        assert!(location.starts_with(REDIRECT));
        Url::parse(location).unwrap().query_pairs().into_owned().collect()
    }

    pub async fn post_token(&self, changes: &[(&str, &str)]) -> (u16, Value) {
        let pairs = changed(&[("client_id", CLIENT), ("client_secret", SECRET)], changes);
        let url = format!("{}/oauth2/token", self.emulator.api_url());
        let answer = self.http.post(url).form(&pairs).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub async fn redeem(&self, code: &str, changes: &[(&str, &str)]) -> (u16, Value) {
        let pairs = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", REDIRECT)];
        self.post_token(
            &changed(&pairs, changes).into_iter().chain(changes.iter().copied()).collect::<Vec<_>>(),
        )
        .await
    }

    pub async fn refresh(&self, token: &str) -> (u16, Value) {
        self.post_token(&[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    pub async fn sign_in(&self, account: &str, scopes: &str) -> Tokens {
        let callback = self.consent(&[("scope", scopes)], account, "allow").await;
        let (status, body) = self.redeem(&callback["code"], &[]).await;
        assert_eq!(status, 200, "{body}");
        Tokens {
            access: body["access_token"].as_str().unwrap().to_owned(),
            refresh: body["refresh_token"].as_str().map(str::to_owned),
            body,
        }
    }

    pub async fn ada(&self) -> String {
        self.sign_in(ADA, ALL).await.access
    }

    pub async fn grace(&self) -> String {
        self.sign_in(GRACE, ALL).await.access
    }

    /// Calls an RPC route with a JSON body.
    pub async fn rpc(&self, token: &str, route: &str, body: Value) -> Response {
        self.rpc_with(token, route, body, &[]).await
    }

    pub async fn rpc_with(
        &self,
        token: &str,
        route: &str,
        body: Value,
        headers: &[(&str, &str)],
    ) -> Response {
        let url = format!("{}/2/{route}", self.emulator.api_url());
        let mut request = self.http.post(url).bearer_auth(token).json(&body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    pub async fn json(&self, token: &str, route: &str, body: Value) -> Value {
        self.json_with(token, route, body, &[]).await
    }

    pub async fn json_with(&self, token: &str, route: &str, body: Value, headers: &[(&str, &str)]) -> Value {
        let answer = self.rpc_with(token, route, body, headers).await;
        let status = answer.status();
        let value: Value = answer.json().await.unwrap();
        assert_eq!(status, 200, "{value}");
        value
    }

    /// Makes a call that must fail with JSON; returns status, summary without its dots, and the body.
    pub async fn refused(&self, token: &str, route: &str, body: Value) -> (u16, String, Value) {
        self.refused_with(token, route, body, &[]).await
    }

    pub async fn refused_with(
        &self,
        token: &str,
        route: &str,
        body: Value,
        headers: &[(&str, &str)],
    ) -> (u16, String, Value) {
        outcome(self.rpc_with(token, route, body, headers).await).await
    }

    /// Makes a call that must be answered with 400 in plain text.
    pub async fn malformed(&self, token: &str, route: &str, body: Value) -> String {
        let answer = self.rpc(token, route, body).await;
        assert_eq!(answer.status(), 400);
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/plain"));
        let text = answer.text().await.unwrap();
        assert!(text.starts_with(&format!("Error in call to API function \"{route}\": ")), "{text}");
        text
    }

    /// Calls a content route with the argument in a header.
    pub async fn content(&self, token: &str, route: &str, arg: &str, headers: &[(&str, &str)]) -> Response {
        let url = format!("{}/2/{route}", self.emulator.content_url());
        let mut request = self.http.post(url).bearer_auth(token).header("Dropbox-API-Arg", arg);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    /// Downloads a path and returns the result beside the bytes.
    pub async fn download(&self, token: &str, path: &str) -> (Value, Vec<u8>) {
        let arg = ascii(&json!({"path": path}));
        let answer = self.content(token, "files/download", &arg, &[]).await;
        assert_eq!(answer.status(), 200);
        let result = serde_json::from_slice(answer.headers()["dropbox-api-result"].as_bytes()).unwrap();
        (result, answer.bytes().await.unwrap().to_vec())
    }

    /// Lists to the end and returns all entries and the last cursor.
    pub async fn list_all(&self, token: &str, arg: Value) -> (Vec<Value>, String) {
        self.list_all_with(token, arg, &[]).await
    }

    pub async fn list_all_with(
        &self,
        token: &str,
        arg: Value,
        headers: &[(&str, &str)],
    ) -> (Vec<Value>, String) {
        let first = self.json_with(token, "files/list_folder", arg, headers).await;
        let mut entries = first["entries"].as_array().unwrap().clone();
        let cursor = first["cursor"].as_str().unwrap().to_owned();
        if first["has_more"] == false {
            return (entries, cursor);
        }
        let (rest, cursor) = self.follow_with(token, &cursor, headers).await;
        entries.extend(rest);
        (entries, cursor)
    }

    /// Continues a cursor to its end.
    pub async fn follow(&self, token: &str, cursor: &str) -> (Vec<Value>, String) {
        self.follow_with(token, cursor, &[]).await
    }

    pub async fn follow_with(
        &self,
        token: &str,
        cursor: &str,
        headers: &[(&str, &str)],
    ) -> (Vec<Value>, String) {
        let (mut entries, mut cursor) = (Vec::new(), cursor.to_owned());
        loop {
            let arg = json!({"cursor": cursor});
            let page = self.json_with(token, "files/list_folder/continue", arg, headers).await;
            entries.extend(page["entries"].as_array().unwrap().iter().cloned());
            cursor = page["cursor"].as_str().unwrap().to_owned();
            if page["has_more"] == false {
                return (entries, cursor);
            }
        }
    }

    /// Writes a text file into the first account's Dropbox.
    pub fn write(&self, path: &str, text: &str) -> String {
        self.control.write_text(&FileTarget::path(path), text).unwrap().id
    }
}

pub async fn outcome(answer: Response) -> (u16, String, Value) {
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap();
    let summary = body["error_summary"].as_str().unwrap().trim_end_matches('.').to_owned();
    assert!(summary.ends_with('/'), "{summary}");
    (status, summary.trim_end_matches('/').to_owned(), body)
}

/// Writes an argument as a header may carry it.
pub fn ascii(value: &Value) -> String {
    let mut out = String::new();
    for character in value.to_string().chars() {
        if character.is_ascii() && character != '\u{7f}' {
            out.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out
}

/// Shows entries as `tag path`, in the order they came.
pub fn lines(entries: &[Value]) -> Vec<String> {
    let line = |entry: &Value| {
        let path = entry["path_lower"].as_str().or(entry["name"].as_str()).unwrap();
        format!("{} {path}", entry[".tag"].as_str().unwrap())
    };
    entries.iter().map(line).collect()
}

pub fn sorted(entries: &[Value]) -> Vec<String> {
    let mut lines = lines(entries);
    lines.sort();
    lines
}
