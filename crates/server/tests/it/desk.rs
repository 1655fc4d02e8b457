//! A person's desk: a server beside Google's emulator, their token, and the program that is run with it.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Child, Command};

use gangway_emulators::google::{
    self, DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, FileTarget, GoogleEmulator, GoogleOptions,
};
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{Ran, Running, gangway, run};

/// A server with nothing in it, and one user.
pub struct Desk {
    pub folder: TempDir,
    pub google: GoogleEmulator,
    pub server: Running,
    admin_key: String,
    token: String,
}

impl Desk {
    pub async fn set(args: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        run(folder.path(), &["keys", "new"]).expect_ok();
        let google = google::start(GoogleOptions::default()).await.unwrap();
        google.control().set_switches(|switches| switches.auto_approve = true);
        write_config(folder.path(), &google);
        let server = Running::start(folder.path(), args);
        let callback = format!("{}/oauth/callback", server.url.trim_end_matches('/'));
        google.control().add_redirect_uri(DEFAULT_CLIENT_ID, &callback);
        let admin_key = std::fs::read_to_string(folder.path().join("gangway-data/admin.key")).unwrap();
        let mut desk =
            Self { folder, google, server, admin_key: admin_key.trim().to_owned(), token: String::new() };
        let made = desk.admin(&["users", "create", "--plan", "pro", "--with-token", "--json"]).expect_ok();
        let made: Value = serde_json::from_str(&made).unwrap();
        desk.token = made["token"].as_str().unwrap().to_owned();
        desk
    }

    /// Writes a text into the Drive of the first account.
    pub fn write(&self, path: &str, text: &str) {
        self.google.control().write_text(&FileTarget::path(path), text).unwrap();
    }

    /// Connects the Drive of an account.
    pub async fn connect(&self, account: &str) {
        connect(&self.caller(), &self.server, Some(account)).await;
    }

    /// Runs the program as the user.
    pub fn run(&self, args: &[&str]) -> Ran {
        self.run_with("GANGWAY_TOKEN", &self.token, args)
    }

    /// Runs the program as the operator.
    pub fn admin(&self, args: &[&str]) -> Ran {
        self.run_with("GANGWAY_ADMIN_KEY", &self.admin_key, args)
    }

    /// Starts the program as the user, to be watched.
    pub fn start(&self, args: &[&str]) -> Child {
        self.command("GANGWAY_TOKEN", &self.token, args).spawn().unwrap()
    }

    /// The user at the API.
    pub fn caller(&self) -> Caller {
        Caller::new(&self.token)
    }

    fn run_with(&self, name: &str, key: &str, args: &[&str]) -> Ran {
        Ran(self.command(name, key, args).output().unwrap())
    }

    fn command(&self, name: &str, key: &str, args: &[&str]) -> Command {
        let mut command = gangway(self.folder.path());
        command.args(args).env("GANGWAY_URL", &self.server.url).env(name, key);
        command
    }
}

/// Calls the API as a user.
pub struct Caller {
    http: reqwest::Client,
    token: String,
}

impl Caller {
    pub fn new(token: &str) -> Self {
        let http = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
        Self { http, token: token.to_owned() }
    }

    /// A call that must succeed.
    pub async fn ask(&self, server: &Running, method: &str, path: &str, body: Value) -> Value {
        let url = format!("{}/{path}", server.url.trim_end_matches('/'));
        let mut request = self.http.request(method.parse().unwrap(), url).bearer_auth(&self.token);
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{method} {path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }
}

/// Connects Google Drive: the consent is given at once, by the first account or the one that is named.
pub async fn connect(caller: &Caller, server: &Running, account: Option<&str>) {
    let wish = json!({ "login_hint": account });
    let wish = if account.is_some() { wish } else { json!({}) };
    let begun = caller.ask(server, "POST", "rest/connectors/google_drive/authorize", wish).await;
    consent(caller, server, begun["auth_url"].as_str().unwrap()).await;
}

/// Allows what the address of a consent page asks for, and completes the connection.
pub async fn consent(caller: &Caller, server: &Running, address: &str) {
    let back = caller.http.get(address).send().await.unwrap();
    let back: url::Url = back.headers()["location"].to_str().unwrap().parse().unwrap();
    let given = |name: &str| back.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    let code = json!({ "code": given("code"), "state": given("state") });
    caller.ask(server, "POST", "rest/connectors/google_drive/token", code).await;
}

/// A configuration whose Google is the emulator.
pub fn write_config(folder: &Path, emulator: &GoogleEmulator) {
    let base = emulator.base_url();
    let base = base.as_str().trim_end_matches('/');
    let mut text = String::from("[providers.google]\n");
    write!(
        text,
        "client_id = \"{DEFAULT_CLIENT_ID}\"\nclient_secret = \"{DEFAULT_CLIENT_SECRET}\"\n\
         authorize_url = \"{base}/o/oauth2/v2/auth\"\ntoken_url = \"{base}/token\"\nrevoke_url = \"{base}/revoke\"\n\
         [connectors.google_drive.endpoints]\napi = \"{base}\"\nuserinfo = \"{base}\"\ndocs = \"{base}\"\n"
    )
    .unwrap();
    std::fs::write(folder.join("gangway.toml"), text).unwrap();
}
