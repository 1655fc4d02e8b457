//! The demo's data folder: keys, a configuration file, and `demo.env` for programs used beside it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gangway_connector::{AppSecret, Descriptor, Push};
use gangway_effects::{Clock, SystemClock};
use gangway_model::{ExposeSecret, SecretString};
use gangway_vault::KeyRing;
use serde_json::{Value, json};

use super::emulators::{Emulated, Emulators, front_page};
use super::{DemoArgs, operator};
use crate::client::Client;
use crate::client::wire::{Connectors, User};
use crate::commands::keys::{write_admin_key, write_private};
use crate::config::{self, Config, ConfigArgs};
use crate::failure::Failure;
use crate::output;
use crate::serving::Server;

/// How a demo's configuration begins.
const MADE_HERE: &str = "# Written by `gangway demo`";

/// How often it is looked whether something is over, and how many times.
const LOOK_EVERY: Duration = Duration::from_millis(100);
const MOST_LOOKS: u32 = 200;

/// A folder that a demo runs in.
pub struct DemoFolder {
    pub path: PathBuf,
    config_file: PathBuf,
}

/// What the walk needs to call the public API, as a product's back end and as a user.
pub struct Access {
    pub client: Client,
    pub url: String,
    pub env_file: PathBuf,
    /// Where addresses of webhooks were entered at the provider, by name.
    pub webhooks: Vec<String>,
}

impl DemoFolder {
    /// Makes what is missing; what a former demo left stays in use.
    pub fn prepare(args: &DemoArgs, listen: SocketAddr, emulators: &Emulators) -> Result<Self, Failure> {
        let path = &args.data_dir;
        let master_key = path.join("master.key");
        if !master_key.exists() {
            KeyRing::create(&master_key).map_err(anyhow::Error::from)?;
        }
        let admin_key = path.join("admin.key");
        if !admin_key.exists() {
            write_admin_key(&admin_key)?;
        }
        let config_file = path.join("gangway.toml");
        write_private(&config_file, &config_text(args, listen, &emulators.all())?)?;
        Ok(Self { path: path.to_owned(), config_file })
    }

    /// The configuration that was written; the environment of this process is left out of it.
    pub fn config(&self) -> Result<Config, Failure> {
        let args = ConfigArgs { config: Some(self.config_file.clone()), ..ConfigArgs::default() };
        let settings = config::load(&args, &BTreeMap::new(), &crate::descriptors())?;
        Ok(Config::from_settings(&settings)?)
    }

    /// Makes the demo's user with a token, by the admin API, sets up webhooks, and writes `demo.env`.
    pub async fn give_access(&self, server: &Server, emulators: &Emulators) -> Result<Access, Failure> {
        let url = server.public_url().clone();
        let admin_key = self.config()?.admin_key.unwrap_or_default();
        let admin = Client::new(url.clone(), None, Some(admin_key.clone()))?;
        let user = demo_user(&admin).await?;
        let made =
            admin.post(&["admin", "users", &user, "tokens"]).json(&json!({ "label": "demo" })).send().await?;
        let token = SecretString::from(made["token"].as_str().unwrap_or_default());
        let shown = url.as_str().trim_end_matches('/').to_owned();
        let env_file = self.path.join("demo.env");
        let mut text = format!(
            "# Of the demo that was started last. For a shell: set -a; . {}; set +a\n\
             GANGWAY_URL={shown}\nGANGWAY_TOKEN={}\nGANGWAY_ADMIN_KEY={}\n",
            env_file.display(),
            token.expose_secret(),
            admin_key.expose_secret(),
        );
        for emulated in emulators.all() {
            let name = emulated.provider.to_uppercase();
            text.push_str(&format!("GANGWAY_EMULATOR_{name}={}\n", emulated.address));
        }
        let client = Client::new(url, Some(token), Some(admin_key))?;
        disconnect_former(&client).await?;
        let webhooks = operator::set_up_webhooks(&admin, emulators).await?;
        // Last: whoever waits for it finds everything set up.
        write_private(&env_file, &text)?;
        Ok(Access { client, url: shown, env_file, webhooks })
    }
}

/// Deletes a former demo; refuses a folder that is none.
pub fn wipe(path: &Path) -> Result<(), Failure> {
    if !path.exists() {
        return Ok(());
    }
    let is_empty = std::fs::read_dir(path)?.next().is_none();
    let config = std::fs::read_to_string(path.join("gangway.toml")).unwrap_or_default();
    if !is_empty && !config.starts_with(MADE_HERE) {
        return Err(Failure::usage(format!("{} is not the folder of a demo", path.display()))
            .why("there is no gangway.toml of a demo in it, so nothing is deleted")
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

/// Ends what a former demo connected: its emulators are gone, and those of now know nothing of their grants.
async fn disconnect_former(client: &Client) -> Result<(), Failure> {
    let mut tries = 0;
    loop {
        let listed: Connectors = client.get(&["connectors"]).read().await?;
        let connections = listed.connectors.iter().flat_map(|connector| {
            connector.consents().into_iter().map(|consent| (connector.id.clone(), consent.connection_id))
        });
        let former: Vec<_> = connections.collect();
        if former.is_empty() {
            return Ok(());
        }
        if tries == MOST_LOOKS {
            return Err(Failure::failed("what a former demo connected is still being disconnected")
                .remedy("--fresh starts with an empty folder"));
        }
        if tries == 0 {
            output::line("disconnecting what a former demo connected");
            for (connector, connection) in &former {
                client.delete(&["connectors", connector]).query("connection", connection).send().await?;
            }
        }
        tries += 1;
        SystemClock.sleep(LOOK_EVERY).await;
    }
}

/// A configuration in which every address of the providers is an emulator's.
fn config_text(args: &DemoArgs, listen: SocketAddr, emulated: &[Emulated]) -> Result<String, Failure> {
    let back: Vec<String> = args.products.iter().map(|origin| front_page(origin)).collect();
    let mut text = format!(
        "{MADE_HERE} at each start.\nlisten = {}\ndata_dir = {}\n\
         # Products whose pages may embed this server, and where people may be led back to.\n\
         allowed_origins = {}\nredirect_uris = {}\n\n[log]\nlevel = {}\n\n\
         # The emulators are on this machine, and push to it without https. Off with real providers.\n\
         # No other host is called: nothing is fetched while the demo runs, whatever its documents link to.\n\
         [outgoing]\nallow_private_addresses = true\nonly_allowed_hosts = true\n\n\
         # Webhooks tell of changes; this is for when one is lost.\n\
         [sync]\npoll_interval_seconds = 30\n",
        quoted(&listen.to_string()),
        quoted(&args.data_dir.to_string_lossy()),
        toml::Value::from(args.products.clone()),
        toml::Value::from(back),
        quoted(&args.log_level),
    );
    for descriptor in crate::descriptors().into_iter().filter(|descriptor| descriptor.is_built()) {
        if let Some(emulated) = emulated.iter().find(|emulated| emulated.provider == descriptor.provider) {
            text.push_str(&connector_text(descriptor, emulated)?);
        }
    }
    Ok(text)
}

fn connector_text(descriptor: &Descriptor, emulated: &Emulated) -> Result<String, Failure> {
    let mut text = String::new();
    if let Some(facts) = descriptor.oauth {
        text.push_str(&format!("\n[providers.{}]\n", descriptor.provider));
        text.push_str(&format!("client_id = {}\n", quoted(&emulated.client.client_id)));
        text.push_str(&format!("client_secret = {}\n", quoted(&emulated.client.client_secret)));
        let addresses = [
            ("authorize_url", Some(facts.authorize_url)),
            ("token_url", Some(facts.token_url)),
            ("revoke_url", facts.revoke_url),
        ];
        for (name, address) in addresses {
            if let Some(address) = address {
                text.push_str(&format!("{name} = {}\n", quoted(&emulated.moved(address)?)));
            }
        }
    }
    let mut own = String::new();
    let takes_secret = descriptor.capabilities.push == Push::PerApp(AppSecret::Configured);
    if let (true, Some(secret)) = (takes_secret, &emulated.signing_secret) {
        own.push_str(&format!("webhook_secret = {}\n", quoted(secret)));
    }
    if !descriptor.rates.is_empty() {
        own.push_str(
            "# A thousand times the provider's pace: the emulator keeps no limits here, so nothing is waited for.\n\
             # Leave this out with the real provider.\n\
             pace_percent = 100000\n",
        );
    }
    if !own.is_empty() {
        text.push_str(&format!("\n[connectors.{}]\n{own}", descriptor.id));
    }
    text.push_str(&format!("\n[connectors.{}.endpoints]\n", descriptor.id));
    for endpoint in descriptor.endpoints {
        let address = emulated.moved(endpoint.default_url)?;
        text.push_str(&format!("{} = {}\n", endpoint.name, quoted(&address)));
    }
    Ok(text)
}

/// Text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}
