//! The demo's data folder: keys, a configuration file, and `demo.env` for programs used beside it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use gangway_emulators::google::{DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, GoogleEmulator};
use gangway_model::{ExposeSecret, SecretString};
use gangway_vault::KeyRing;
use serde_json::{Value, json};
use url::Url;

use crate::client::Client;
use crate::client::wire::User;
use crate::commands::keys::{write_admin_key, write_private};
use crate::config::{self, Config, ConfigArgs};
use crate::failure::Failure;
use crate::serving::Server;

/// A folder that a demo runs in.
pub struct DemoFolder {
    pub path: PathBuf,
    config_file: PathBuf,
}

/// What the walk needs to call the public API, as a product's back end and as a user.
pub struct Access {
    pub client: Client,
    pub url: String,
    pub emulator: String,
    pub env_file: PathBuf,
}

impl DemoFolder {
    /// Makes what is missing; what a former demo left stays in use.
    pub fn prepare(
        path: &Path,
        listen: SocketAddr,
        emulator: &GoogleEmulator,
        log_level: &str,
    ) -> Result<Self, Failure> {
        let master_key = path.join("master.key");
        if !master_key.exists() {
            KeyRing::create(&master_key).map_err(anyhow::Error::from)?;
        }
        let admin_key = path.join("admin.key");
        if !admin_key.exists() {
            write_admin_key(&admin_key)?;
        }
        let config_file = path.join("gangway.toml");
        write_private(&config_file, &config_text(path, listen, &emulator.base_url(), log_level)?)?;
        Ok(Self { path: path.to_owned(), config_file })
    }

    /// The configuration that was written; the environment of this process is left out of it.
    pub fn config(&self) -> Result<Config, Failure> {
        let args = ConfigArgs { config: Some(self.config_file.clone()), ..ConfigArgs::default() };
        let settings = config::load(&args, &BTreeMap::new(), &crate::descriptors())?;
        Ok(Config::from_settings(&settings)?)
    }

    /// Makes the demo's user with a token, by the admin API, and writes `demo.env`.
    pub async fn give_access(&self, server: &Server, emulator: &GoogleEmulator) -> Result<Access, Failure> {
        let url = server.public_url().clone();
        let admin_key = self.config()?.admin_key.unwrap_or_default();
        let admin = Client::new(url.clone(), None, Some(admin_key.clone()))?;
        let user = demo_user(&admin).await?;
        let made =
            admin.post(&["admin", "users", &user, "tokens"]).json(&json!({ "label": "demo" })).send().await?;
        let token = SecretString::from(made["token"].as_str().unwrap_or_default());
        let shown = url.as_str().trim_end_matches('/').to_owned();
        let emulated = emulator.base_url().as_str().trim_end_matches('/').to_owned();
        let env_file = self.path.join("demo.env");
        let text = format!(
            "# Of the demo that was started last. For a shell: set -a; . {}; set +a\n\
             GANGWAY_URL={shown}\nGANGWAY_TOKEN={}\nGANGWAY_ADMIN_KEY={}\nGANGWAY_EMULATOR_GOOGLE={emulated}\n",
            env_file.display(),
            token.expose_secret(),
            admin_key.expose_secret(),
        );
        write_private(&env_file, &text)?;
        let client = Client::new(url, Some(token), Some(admin_key))?;
        Ok(Access { client, url: shown, emulator: emulated, env_file })
    }
}

/// Deletes a former demo; refuses a folder that is none.
pub fn wipe(path: &Path) -> Result<(), Failure> {
    if !path.exists() {
        return Ok(());
    }
    let is_empty = std::fs::read_dir(path)?.next().is_none();
    if !is_empty && !path.join("demo.env").is_file() {
        return Err(Failure::usage(format!("{} is not the folder of a demo", path.display()))
            .why("there is no demo.env in it, so nothing is deleted")
            .remedy("name another by --data-dir, or leave --fresh out"));
    }
    std::fs::remove_dir_all(path)
        .map_err(|error| Failure::failed(format!("cannot delete {}", path.display())).why(error))
}

/// The demo's user on the plan that includes every connector.
async fn demo_user(admin: &Client) -> Result<String, Failure> {
    const EXTERNAL_ID: &str = "demo";
    let named = [("external_id", EXTERNAL_ID.to_owned())];
    let users: Vec<User> = admin.list_all(&["admin", "users"], &named, "users", 1).await?;
    if let Some(user) = users.into_iter().next() {
        return Ok(user.id);
    }
    let body = json!({ "external_id": EXTERNAL_ID, "name": "Demo", "plan": "enterprise" });
    let made: Value = admin.post(&["admin", "users"]).json(&body).send().await?;
    Ok(made["id"].as_str().unwrap_or_default().to_owned())
}

/// A configuration in which every address of Google is the emulator's.
fn config_text(path: &Path, listen: SocketAddr, emulator: &Url, log_level: &str) -> Result<String, Failure> {
    let mut text = format!(
        "# Written by `gangway demo` at each start.\nlisten = {}\ndata_dir = {}\n\n[log]\nlevel = {}\n\n\
         [sync]\npoll_interval_seconds = 2\n",
        quoted(&listen.to_string()),
        quoted(&path.to_string_lossy()),
        quoted(log_level),
    );
    for descriptor in crate::descriptors().into_iter().filter(|descriptor| descriptor.id == "google_drive") {
        if let Some(facts) = descriptor.oauth {
            text.push_str(&format!("\n[providers.{}]\n", descriptor.provider));
            text.push_str(&format!("client_id = {}\n", quoted(DEFAULT_CLIENT_ID)));
            text.push_str(&format!("client_secret = {}\n", quoted(DEFAULT_CLIENT_SECRET)));
            text.push_str(&format!("authorize_url = {}\n", quoted(&moved(facts.authorize_url, emulator)?)));
            text.push_str(&format!("token_url = {}\n", quoted(&moved(facts.token_url, emulator)?)));
            if let Some(revoke) = facts.revoke_url {
                text.push_str(&format!("revoke_url = {}\n", quoted(&moved(revoke, emulator)?)));
            }
        }
        text.push_str(&format!("\n[connectors.{}.endpoints]\n", descriptor.id));
        for endpoint in descriptor.endpoints {
            text.push_str(&format!(
                "{} = {}\n",
                endpoint.name,
                quoted(&moved(endpoint.default_url, emulator)?)
            ));
        }
    }
    Ok(text)
}

/// The same path at the emulator, which answers for all of the provider's hosts.
fn moved(address: &str, emulator: &Url) -> Result<String, Failure> {
    let path = Url::parse(address).map_err(anyhow::Error::from)?.path().to_owned();
    Ok(format!("{}{}", emulator.as_str().trim_end_matches('/'), path.trim_end_matches('/')))
}

/// Text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}
