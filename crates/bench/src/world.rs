//! The world that is measured: emulator and server as processes of their own, a connected user, many small files.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use serde_json::{Value, json};

use crate::process::{Process, gangway};
use crate::start::wait_for;

pub struct World {
    pub server: Process,
    _emulator: Process,
    _folder: tempfile::TempDir,
    pub http: reqwest::Client,
    pub url: String,
    pub emulator_url: String,
    pub token: String,
    /// The folder with the small files.
    pub corpus: String,
    pub files: u64,
    pub client_id: String,
    pub client_secret: String,
}

impl World {
    pub async fn start(program: &Path, files: u64) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let url = format!("http://127.0.0.1:{port}");
        let callback = format!("{url}/oauth/callback");
        let (client_id, client_secret) = ("bench-client", "bench-secret");
        let mut command = gangway(program, folder.path());
        command.args(["emulate", "google", "--seed", "empty", "--redirect-uri", &callback]);
        command.args(["--client-id", client_id, "--client-secret", client_secret]);
        let (emulator, emulator_url) = Process::start_and_read(&mut command, |line| {
            line.strip_prefix("google emulator: ").map(|base| base.trim().trim_end_matches('/').to_owned())
        })?;
        std::fs::write(folder.path().join("gangway.toml"), config(&emulator_url, client_id, client_secret)?)?;
        let made = gangway(program, folder.path()).args(["keys", "new"]).output()?;
        anyhow::ensure!(made.status.success(), "no keys");
        let listen = format!("127.0.0.1:{port}");
        let server = Process::start(gangway(program, folder.path()).args([
            "serve",
            "--listen",
            &listen,
            "--ready-file",
            "ready",
        ]))?;
        wait_for(&folder.path().join("ready")).await?;
        let admin_key = std::fs::read_to_string(folder.path().join("gangway-data/admin.key"))?;
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
        let mut world = World {
            server,
            _emulator: emulator,
            _folder: folder,
            http,
            url,
            emulator_url,
            token: admin_key.trim().to_owned(),
            corpus: String::new(),
            files,
            client_id: client_id.to_owned(),
            client_secret: client_secret.to_owned(),
        };
        let user = world.call("POST", "rest/admin/users", json!({ "plan": "enterprise" })).await?;
        let path = format!("rest/admin/users/{}/tokens", text(&user, "id")?);
        let token = world.call("POST", &path, json!({})).await?;
        world.token = text(&token, "token")?;
        world
            .control("PATCH", "switches", json!({ "auto_approve": true, "quotas": { "enabled": false } }))
            .await?;
        println!("making {files} files at the emulator");
        world
            .control("POST", "generate", json!({ "folder": "Corpus", "count": files, "size": 1000 }))
            .await?;
        let found =
            world.http.get(format!("{}/_emulator/files?path=Corpus", world.emulator_url)).send().await?;
        world.corpus = text(&found.error_for_status()?.json().await?, "id")?;
        world.connect().await?;
        Ok(world)
    }

    /// A call to the server that must succeed.
    pub async fn call(&self, method: &str, path: &str, body: Value) -> anyhow::Result<Value> {
        let url = format!("{}/{path}", self.url);
        self.send(method, &url, Some(&self.token), body).await
    }

    /// A call to the emulator's control API.
    pub async fn control(&self, method: &str, path: &str, body: Value) -> anyhow::Result<Value> {
        let url = format!("{}/_emulator/{path}", self.emulator_url);
        self.send(method, &url, None, body).await
    }

    async fn send(&self, method: &str, url: &str, token: Option<&str>, body: Value) -> anyhow::Result<Value> {
        let mut request = self.http.request(method.parse()?, url);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        anyhow::ensure!(status.is_success(), "{method} {url}: {status} {text}");
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }

    async fn connect(&self) -> anyhow::Result<()> {
        let begun = self.call("POST", "rest/connectors/google_drive/authorize", json!({})).await?;
        let (code, state) = self.consent(&text(&begun, "auth_url")?).await?;
        let body = json!({ "code": code, "state": state });
        self.call("POST", "rest/connectors/google_drive/token", body).await?;
        Ok(())
    }

    /// Goes to an authorization address and comes back with code and state.
    pub async fn consent(&self, address: &str) -> anyhow::Result<(String, String)> {
        let answer = self.http.get(address).send().await?;
        let back = answer.headers().get("location").context("no redirect back")?.to_str()?;
        let back: url::Url = back.parse()?;
        let get = |name: &str| {
            back.query_pairs()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
                .unwrap_or_default()
        };
        Ok((get("code"), get("state")))
    }

    /// Waits for a job's end.
    pub async fn finished(&self, job: &str) -> anyhow::Result<Value> {
        loop {
            let path = format!("rest/connectors/google_drive/sync/{job}");
            let now = self.call("GET", &path, Value::Null).await?;
            if matches!(now["status"].as_str(), Some("completed" | "partial" | "failed" | "cancelled")) {
                return Ok(now);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

pub fn text(value: &Value, field: &str) -> anyhow::Result<String> {
    Ok(value[field].as_str().with_context(|| format!("no {field} in {value}"))?.to_owned())
}

fn config(emulator: &str, client_id: &str, client_secret: &str) -> anyhow::Result<String> {
    let mut text = String::new();
    write!(
        text,
        "[log]\nlevel = \"warn\"\n[outgoing]\nallow_private_addresses = true\n[sync]\npoll_interval_seconds = 3600\n\
         [providers.google]\nclient_id = \"{client_id}\"\nclient_secret = \"{client_secret}\"\n\
         authorize_url = \"{emulator}/o/oauth2/v2/auth\"\ntoken_url = \"{emulator}/token\"\n\
         revoke_url = \"{emulator}/revoke\"\n[connectors.google_drive.endpoints]\napi = \"{emulator}\"\n\
         userinfo = \"{emulator}\"\ndocs = \"{emulator}\"\n"
    )?;
    Ok(text)
}
