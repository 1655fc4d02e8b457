//! The world that is measured: emulator and server as processes of their own, a connected user, many small files.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::caller::{Caller, send, text};
use crate::process::{Process, gangway};
use crate::start::wait_for;

pub struct World {
    pub server: Process,
    _emulator: Process,
    _folder: tempfile::TempDir,
    /// A user of the server, connected.
    pub person: Caller,
    pub emulator_url: String,
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
        let person = Caller::new(&url, admin_key.trim())?.new_user().await?;
        let mut world = World {
            server,
            _emulator: emulator,
            _folder: folder,
            person,
            emulator_url,
            corpus: String::new(),
            files,
            client_id: client_id.to_owned(),
            client_secret: client_secret.to_owned(),
        };
        world
            .control("PATCH", "switches", json!({ "auto_approve": true, "quotas": { "enabled": false } }))
            .await?;
        println!("making {files} files at the emulator");
        world
            .control("POST", "generate", json!({ "folder": "Corpus", "count": files, "size": 1000 }))
            .await?;
        let found = world
            .person
            .http
            .get(format!("{}/_emulator/files?path=Corpus", world.emulator_url))
            .send()
            .await?;
        world.corpus = text(&found.error_for_status()?.json().await?, "id")?;
        world.person.connect("google_drive", None).await?;
        Ok(world)
    }

    /// A call of the person's that must succeed.
    pub async fn call(&self, method: &str, path: &str, body: Value) -> anyhow::Result<Value> {
        self.person.call(method, path, body).await
    }

    /// A call to the emulator's control API.
    pub async fn control(&self, method: &str, path: &str, body: Value) -> anyhow::Result<Value> {
        let url = format!("{}/_emulator/{path}", self.emulator_url);
        send(&self.person.http, method, &url, None, body).await
    }
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
