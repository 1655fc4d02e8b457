//! The only place that picks adapters and puts the rooms together.

mod client_documents;

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use gangway_api::{ApiState, RenderMetrics};
use gangway_app::{
    App, AppSettings, AssistantSettings, DocumentReads, RecentOffers, SecretHash, Senders, UploadLimits,
    UploadTurns,
};
use gangway_connector::Descriptor;
use gangway_effects::{Network, SharedClock, SystemClock};
use gangway_extract::{Extractor, ExtractorOptions, Limits, Recognition, Tools, WorkerCommand};
use gangway_mcp::McpSettings;
use gangway_model::ExposeSecret;
use gangway_oauth::{OAuthApp, OAuthClient, OAuthEndpoints, OAuthFacts};
use gangway_search::{SearchIndex, TantivyIndex, TantivyOptions};
use gangway_store::{Blobs, Store, StoreOptions};
use gangway_sync::{Engine, EngineParts, Opener, SyncSettings, payload};
use gangway_vault::{AppDirectory, ConnectorSettings, KeyRing, KeyRingError, Vault, VaultOptions};
use url::Url;

use self::client_documents::document_settings;
use crate::config::Config;
use crate::failure::{Exit, Failure};
use crate::meaning::Meaning;

/// All rooms of one process, put together and running.
pub struct House {
    app: Arc<App>,
    engine: Arc<Engine>,
    store: Arc<Store>,
    /// `None` when it is switched off.
    mcp: Option<McpSettings>,
}

impl House {
    /// Opens the database, the blobs and the index, and starts the engine.
    pub async fn build(config: &Config, public_url: Url) -> Result<Self, Failure> {
        let clock = SystemClock::shared();
        let keys = Arc::new(key_ring(config)?);
        let store = Arc::new(open_store(config, &clock).await?);
        if !config.uses_postgres() {
            // The data folder is locked: whoever held leases and claims in it is gone.
            store.release_leases_at_start().await.context("cannot take over from the process before")?;
            store
                .release_refresh_claims_at_start()
                .await
                .context("cannot take over from the process before")?;
            store
                .age_announced_entries_at_start()
                .await
                .context("cannot take over from the process before")?;
        }
        let network = Network::new(config.network.clone())
            .map_err(|error| Failure::new(Exit::Usage, "cannot set up outgoing calls").why(error))?;
        let blobs = Blobs::open_folder(&config.data_dir.join("blobs"))
            .await
            .context("cannot open the folder of blobs")?;
        let blobs = Arc::new(blobs);
        let words = open_index(config).await?;
        if words.stats().await.context("cannot read the search index")?.items == 0 {
            // Damaged, deleted or simply new: what the rows know is indexed again, and if that is nothing it costs nothing.
            store.enqueue(&payload::rebuild_index(clock.now())).await.context("cannot queue work")?;
        }
        let meaning = Meaning::open(config, &network, &clock, &store).await?;
        let embeddings = meaning.as_ref().map(Meaning::embeddings);
        let index: Arc<dyn SearchIndex> = match meaning {
            Some(meaning) => Arc::new(meaning.beside(words)),
            None => Arc::new(words),
        };
        let apps = Arc::new(apps(config)?);
        let oauth = OAuthClient::new(network.clone(), clock.clone());
        let vault = vault(&store, &keys, &oauth, &apps, &clock);
        let opener =
            Opener::new(&gangway_connectors::ALL, apps.clone(), vault.clone(), network, clock.clone());
        let extractor = extractor(config, None)?;
        extractor.announce();
        let engine = Arc::new(Engine::start(EngineParts {
            store: store.clone(),
            blobs: blobs.clone(),
            vault: vault.clone(),
            index: index.clone(),
            embeddings,
            extractor: Arc::new(extractor),
            opener: opener.clone(),
            clock: clock.clone(),
            settings: sync_settings(config, &public_url)?,
        }));
        let app = App {
            store: store.clone(),
            blobs,
            vault,
            oauth,
            registry: &gangway_connectors::ALL,
            apps,
            opener,
            index,
            engine: engine.clone(),
            clock,
            upload_turns: UploadTurns::default(),
            recent_offers: RecentOffers::default(),
            senders: Senders::default(),
            document_reads: DocumentReads::default(),
            settings: app_settings(config, public_url),
        }
        .open();
        Ok(Self { app, engine, store, mcp: config.mcp_enabled.then(|| mcp_settings(config)) })
    }

    pub fn router(&self, render_metrics: RenderMetrics) -> Router {
        let mcp = self.mcp.as_ref().map(|settings| gangway_mcp::router(self.app.clone(), settings));
        gangway_api::router_with(ApiState { app: self.app.clone(), render_metrics }, mcp.unwrap_or_default())
    }

    /// Stops claiming, lets tasks reach their next checkpoint, gives leases back.
    pub async fn shut_down(&self) {
        self.engine.shut_down().await;
        self.store.close().await;
    }
}

/// The OpenAPI document, as it is served.
pub fn openapi() -> String {
    gangway_api::document_text()
}

/// The master keys in force, or how to make them.
pub fn key_ring(config: &Config) -> Result<KeyRing, Failure> {
    let ring = match &config.master_key {
        Some(text) => KeyRing::from_text(text.expose_secret()),
        None => KeyRing::load(&config.master_key_file),
    };
    ring.map_err(|error| {
        let remedy = match &error {
            KeyRingError::Missing { .. } => {
                "`gangway keys new` makes one; if there was one before, bring it back instead: \
                 nothing sealed with it can be opened without it"
            }
            _ => "`gangway keys status` looks at the keys; docs/operate.md says how they are kept",
        };
        Failure::new(Exit::Usage, "cannot start without a master key").why(error).remedy(remedy)
    })
}

pub async fn open_store(config: &Config, clock: &SharedClock) -> Result<Store, Failure> {
    let options = match &config.database_url {
        Some(url) => StoreOptions::new(url.expose_secret()),
        None => StoreOptions::sqlite_file(&config.data_dir.join("gangway.db"))
            .context("cannot name the database")?,
    };
    Store::open(&options, clock.clone()).await.map_err(|error| {
        let what = match config.uses_postgres() {
            true => "cannot open the PostgreSQL database".to_owned(),
            false => format!("cannot open the database in {}", config.data_dir.display()),
        };
        Failure::failed(what).why(error).remedy("`gangway doctor` checks the database and the data folder")
    })
}

async fn open_index(config: &Config) -> Result<TantivyIndex, Failure> {
    let folder = config.data_dir.join("search");
    let options =
        TantivyOptions { writer_bytes: config.search_writer_memory_bytes, ..TantivyOptions::default() };
    let (index, is_fresh) = TantivyIndex::open_or_recreate(&folder, &options)
        .with_context(|| format!("cannot open the search index in {}", folder.display()))?;
    if is_fresh {
        tracing::warn!(
            "the search index was damaged or of another version and has been started over; it is filled again from what is \
             stored"
        );
    }
    Ok(index)
}

fn vault(
    store: &Arc<Store>,
    keys: &Arc<KeyRing>,
    oauth: &OAuthClient,
    apps: &Arc<AppDirectory>,
    clock: &SharedClock,
) -> Vault {
    Vault::new(VaultOptions {
        store: store.clone(),
        keys: keys.clone(),
        oauth: oauth.clone(),
        apps: apps.clone(),
        facts: Arc::new(|connector| gangway_connectors::find(connector)?.descriptor().oauth),
        clock: clock.clone(),
    })
}

/// Reads files in as many processes as there are cores, unless it is set.
pub fn extractor(config: &Config, workers: Option<usize>) -> Result<Extractor, Failure> {
    let worker = worker_command()?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let configured = if config.extract_workers == 0 { cores } else { config.extract_workers };
    let limits = Limits {
        input_bytes: config.sync_max_file_bytes.max(config.upload_max_file_bytes),
        time_per_file: config.extract_timeout,
        worker_memory_bytes: config.extract_memory_bytes,
        ..Limits::default()
    };
    let recognition = Recognition {
        enabled: config.ocr_enabled,
        languages: config.ocr_languages.clone(),
        data_folder: config.ocr_data_folder.clone(),
        pages_per_file: config.ocr_pages_per_file,
        time_per_page: config.ocr_page_time,
        time_per_file: config.ocr_file_time,
        at_once: config.ocr_workers,
        ..Recognition::default()
    };
    let workers = workers.unwrap_or(configured);
    Ok(Extractor::new(ExtractorOptions { worker, workers, limits, tools: Tools::find(), recognition }))
}

/// This very program, in its other role.
pub fn worker_command() -> Result<WorkerCommand, Failure> {
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    Ok(WorkerCommand { program, args: vec!["extract-worker".to_owned()] })
}

fn sync_settings(config: &Config, public_url: &Url) -> Result<SyncSettings, Failure> {
    let spool = config.data_dir.join("spool");
    std::fs::create_dir_all(&spool).with_context(|| format!("cannot make {}", spool.display()))?;
    Ok(SyncSettings {
        workers: config.sync_workers,
        workers_per_user: config.sync_workers_per_user,
        fetch_concurrency: config.sync_fetch_concurrency,
        poll_interval: config.sync_poll_interval,
        max_file_bytes: config.sync_max_file_bytes,
        webhook_base: webhook_base(config, public_url),
        reuse: config.extract_reuse,
        ..SyncSettings::with_spool(spool)
    })
}

/// Where providers reach this server with pushes, if they can and may.
fn webhook_base(config: &Config, public_url: &Url) -> Option<Url> {
    (config.sync_webhooks && can_be_pushed_to(config, public_url)).then(|| public_url.clone())
}

/// Providers push to https only; an emulator, which may be private, pushes to whatever it is told.
pub fn can_be_pushed_to(config: &Config, public_url: &Url) -> bool {
    public_url.scheme() == "https" || config.network.allow_private_addresses
}

fn app_settings(config: &Config, public_url: Url) -> AppSettings {
    AppSettings {
        redirect_uris: config.redirect_uris.iter().cloned().collect(),
        allowed_origins: config.allowed_origins.iter().cloned().collect(),
        admin_key: config.admin_key.as_ref().map(|key| SecretHash::of(key.expose_secret())),
        upload: UploadLimits {
            max_file_bytes: config.upload_max_file_bytes,
            max_files: config.upload_max_files,
            max_unfinished: config.upload_max_unfinished,
            unfinished_lifetime: config.upload_unfinished_lifetime,
            ..UploadLimits::default()
        },
        console: config.console_enabled,
        webhook_base: webhook_base(config, &public_url),
        assistants: assistant_settings(config),
        ..AppSettings::for_public_url(public_url)
    }
}

/// People sign in here for assistants, unless the operator has other servers for that.
fn assistant_settings(config: &Config) -> Option<AssistantSettings> {
    let wanted = config.mcp_enabled
        && config.mcp_own_authorization_server
        && config.mcp_authorization_servers.is_empty();
    wanted.then(|| AssistantSettings {
        redirect_schemes: config.mcp_redirect_schemes.iter().cloned().collect(),
        registration: config.mcp_registration,
        documents: document_settings(config, gangway_effects::uses_a_proxy()),
    })
}

fn mcp_settings(config: &Config) -> McpSettings {
    McpSettings {
        authorization_servers: config.mcp_authorization_servers.clone(),
        scopes: config.mcp_scopes.clone(),
    }
}

/// What configuration says about every connector, laid over what its descriptor says.
pub fn apps(config: &Config) -> Result<AppDirectory, Failure> {
    let mut settings = BTreeMap::new();
    for descriptor in crate::descriptors() {
        let set = config.providers.get(descriptor.provider);
        let app = set.and_then(|set| {
            Some(OAuthApp { client_id: set.client_id.clone()?, client_secret: set.client_secret.clone()? })
        });
        let oauth = descriptor.oauth.map(|facts| oauth_endpoints(config, descriptor, facts)).transpose()?;
        let endpoints = Arc::new(endpoints(config, descriptor)?);
        let set = ConnectorSettings {
            app,
            oauth,
            endpoints,
            webhook_secret: config.webhook_secrets.get(descriptor.id).cloned(),
            pace: config.paces.get(descriptor.id).map_or(1.0, |percent| *percent as f64 / 100.0),
        };
        settings.insert(descriptor.id.to_owned(), set);
    }
    Ok(AppDirectory::new(settings))
}

fn oauth_endpoints(
    config: &Config,
    descriptor: &Descriptor,
    facts: &OAuthFacts,
) -> Result<OAuthEndpoints, Failure> {
    let set = config.providers.get(descriptor.provider).cloned().unwrap_or_default();
    Ok(OAuthEndpoints {
        authorize: set.authorize_url.map_or_else(|| known(facts.authorize_url), Ok)?,
        token: set.token_url.map_or_else(|| known(facts.token_url), Ok)?,
        revoke: match (set.revoke_url, facts.revoke_url) {
            (Some(url), _) => Some(url),
            (None, Some(text)) => Some(known(text)?),
            (None, None) => None,
        },
    })
}

fn endpoints(config: &Config, descriptor: &Descriptor) -> Result<BTreeMap<String, Url>, Failure> {
    let mut all = BTreeMap::new();
    for endpoint in descriptor.endpoints {
        let set = config.endpoints.get(descriptor.id).and_then(|named| named.get(endpoint.name));
        let url = set.cloned().map_or_else(|| known(endpoint.default_url), Ok)?;
        all.insert(endpoint.name.to_owned(), url);
    }
    Ok(all)
}

fn known(text: &str) -> Result<Url, Failure> {
    Ok(Url::parse(text).with_context(|| format!("a connector names {text:?} as an address"))?)
}

/// The rows that hold wrapped data keys, for `gangway keys`. Works beside a running server.
pub struct KeyRows {
    store: Arc<Store>,
    keys: Arc<KeyRing>,
    vault: Vault,
}

impl KeyRows {
    pub async fn open(config: &Config) -> Result<Self, Failure> {
        let clock = SystemClock::shared();
        let keys = Arc::new(key_ring(config)?);
        let store = Arc::new(open_store(config, &clock).await?);
        let network = Network::new(config.network.clone()).context("cannot set up outgoing calls")?;
        let oauth = OAuthClient::new(network, clock.clone());
        let vault = vault(&store, &keys, &oauth, &Arc::new(AppDirectory::default()), &clock);
        Ok(Self { store, keys, vault })
    }

    pub fn ring(&self) -> &KeyRing {
        &self.keys
    }

    /// Wraps every data key with the newest master key. Returns how many there were to do.
    pub async fn rewrap_all(&self) -> Result<usize, Failure> {
        let mut done = self.vault.rewrap_app_secrets().await.context("cannot wrap webhook secrets anew")?;
        loop {
            let some = self.vault.rewrap_users(100).await.context("cannot wrap the users' data keys anew")?;
            if some == 0 {
                return Ok(done);
            }
            done += some;
        }
    }

    /// How many data keys (of users, and of webhook secrets) are wrapped by a master key older than `version`.
    pub async fn keys_behind(&self, version: i64) -> Result<usize, Failure> {
        let users = self.store.list_users_with_key_version_below(version, i32::MAX as u32).await;
        let secrets = self.store.list_app_secrets_with_key_version_below(version).await;
        let users = users.context("cannot read the users' keys")?.len();
        Ok(users + secrets.context("cannot read the webhook secrets' keys")?.len())
    }

    pub async fn close(self) {
        self.store.close().await;
    }
}
