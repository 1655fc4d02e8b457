//! A house: emulator and server, put together as `gangway serve` does, on folders and ports of their own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use gangway_api::ApiState;
use gangway_app::{App, AppSettings, DocumentReads, RecentOffers, SecretHash, Senders, UploadTurns};
use gangway_connector::conformance::StandIn;
use gangway_effects::{Clock, Network, NetworkOptions, SharedClock, SteppedClock};
use gangway_emulators::google::{
    self, Control, DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, GoogleEmulator, GoogleOptions, Seed,
};
use gangway_extract::{Extractor, ExtractorOptions, Limits, Recognition, Tools, WorkerCommand};
use gangway_mcp::McpSettings;
use gangway_oauth::{OAuthApp, OAuthClient, OAuthEndpoints};
use gangway_search::{
    Embedder, FolderVectors, HybridIndex, HybridOptions, SearchIndex, TantivyIndex, TantivyOptions,
};
use gangway_store::testing::TestStore;
use gangway_store::{Backend, Blobs, Store, StoreOptions};
use gangway_sync::{Embeddings, Engine, EngineParts, Opener, SyncSettings};
use gangway_vault::{AppDirectory, ConnectorSettings, KeyRing, Vault, VaultOptions};
use url::Url;

use crate::person::Person;

pub const ADMIN_KEY: &str = "the admin key of the tests";

/// What a story may want to have otherwise.
pub struct HouseOptions {
    pub backend: Backend,
    pub seed: Seed,
    /// The worker program, from `env!("CARGO_BIN_EXE_gangway-test-worker")`.
    pub worker: PathBuf,
    /// Whether the emulator may push to this server.
    pub webhooks: bool,
    /// Providers beside Google, or in its place, each with an account of a person in it.
    pub stand_ins: Vec<Arc<dyn StandIn>>,
    /// What connectors' own paces are multiplied by. Stories that do not step the clock keep no pace.
    pub pace: f64,
    pub settings: fn(&mut SyncSettings),
    /// Programs that help to read; none, unless a story wants them.
    pub tools: Tools,
    pub recognition: Recognition,
    /// Switches search by meaning on.
    pub embedder: Option<Arc<dyn Embedder>>,
}

impl HouseOptions {
    pub fn new(worker: impl Into<PathBuf>) -> Self {
        Self {
            backend: Backend::Sqlite,
            seed: Seed::Empty,
            worker: worker.into(),
            webhooks: false,
            stand_ins: Vec::new(),
            pace: 1e9,
            settings: |_| {},
            tools: Tools::default(),
            recognition: Recognition::default(),
            embedder: None,
        }
    }
}

pub struct House {
    pub google: GoogleEmulator,
    pub clock: SteppedClock,
    pub url: Url,
    pub http: reqwest::Client,
    pub app: Arc<App>,
    pub engine: Arc<Engine>,
    /// To start the engine once more, as after a kill.
    pub parts: EngineParts,
    pub store: Arc<Store>,
    pub vault: Vault,
    pub index: Arc<dyn SearchIndex>,
    /// With search by meaning.
    pub vectors: Option<Arc<FolderVectors>>,
    pub extractor: Arc<Extractor>,
    pub blobs_folder: PathBuf,
    pub stand_ins: Vec<Arc<dyn StandIn>>,
    server: tokio::task::JoinHandle<()>,
    rows: TestStore,
    _folder: tempfile::TempDir,
}

impl House {
    pub async fn start(options: HouseOptions) -> Self {
        // RUST_LOG shows what happens in a story; without it the stories are silent.
        let filter = tracing_subscriber::EnvFilter::from_default_env();
        let _ = tracing_subscriber::fmt().with_env_filter(filter).with_test_writer().try_init();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let google = google::start(GoogleOptions { seed: options.seed.clone(), ..GoogleOptions::default() })
            .await
            .expect("the emulator starts");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url: Url =
            format!("http://{}/", listener.local_addr().expect("an address")).parse().expect("a URL");
        let callback = url.join("oauth/callback").expect("a URL");
        google.control().add_redirect_uri(DEFAULT_CLIENT_ID, callback.as_str());
        google.control().set_switches(|switches| {
            switches.auto_approve = true;
            switches.quotas.enabled = false;
        });

        let rows = TestStore::open(options.backend).await;
        let clock = rows.clock.clone();
        let shared: SharedClock = Arc::new(clock.clone());
        google.control().set_clock(&clock.now().to_rfc3339()).expect("a moment");
        let store = Arc::clone(&rows.store);
        for stand_in in &options.stand_ins {
            stand_in.add_redirect_uri(callback.as_str());
            stand_in.set_clock(clock.now());
        }
        let apps = Arc::new(directory(&google.base_url(), &options));
        let network = Network::new(NetworkOptions { allow_private_addresses: true, ..Default::default() })
            .expect("a network");
        let oauth = OAuthClient::new(network.clone(), Arc::clone(&shared));
        let keys = Arc::new(KeyRing::create(&folder.path().join("master.keys")).expect("keys"));
        let vault = Vault::new(VaultOptions {
            store: Arc::clone(&store),
            keys,
            oauth: oauth.clone(),
            apps: Arc::clone(&apps),
            facts: Arc::new(|connector| gangway_connectors::find(connector)?.descriptor().oauth),
            clock: Arc::clone(&shared),
        });
        let opener = Opener::new(
            &gangway_connectors::ALL,
            Arc::clone(&apps),
            vault.clone(),
            network,
            Arc::clone(&shared),
        );
        let blobs_folder = folder.path().join("blobs");
        let blobs = Arc::new(Blobs::open_folder(&blobs_folder).await.expect("a blob folder"));
        let spool = folder.path().join("spool");
        std::fs::create_dir_all(&spool).expect("a spool folder");
        let (index, _) =
            TantivyIndex::open_or_recreate(&folder.path().join("search"), &TantivyOptions::default())
                .expect("an index");
        let vectors = options.embedder.clone().map(|embedder| {
            let vectors = FolderVectors::open_or_recreate(&folder.path().join("vectors"), embedder.model());
            (Arc::new(vectors.expect("an index of vectors")), embedder)
        });
        let embeddings = vectors.as_ref().map(|(vectors, embedder)| Embeddings {
            embedder: Arc::clone(embedder),
            vectors: vectors.clone(),
            batch: 4,
        });
        let index: Arc<dyn SearchIndex> = match &vectors {
            Some((vectors, embedder)) => Arc::new(HybridIndex::new(
                index,
                vectors.clone(),
                Arc::clone(embedder),
                // Everything that has anything to do with the question.
                HybridOptions { at_least: 0.05 },
            )),
            None => Arc::new(index),
        };
        let extractor = extractor(&options.worker, options.tools.clone(), options.recognition.clone());
        let mut settings = SyncSettings::with_spool(spool);
        settings.webhook_base = options.webhooks.then(|| url.clone());
        (options.settings)(&mut settings);
        let parts = EngineParts {
            store: Arc::clone(&store),
            blobs: Arc::clone(&blobs),
            vault: vault.clone(),
            index: Arc::clone(&index),
            embeddings,
            extractor: Arc::clone(&extractor),
            opener: opener.clone(),
            clock: Arc::clone(&shared),
            settings,
        };
        let engine = Arc::new(Engine::start(parts.clone()));
        let app = App {
            store: Arc::clone(&store),
            blobs,
            vault: vault.clone(),
            oauth,
            registry: &gangway_connectors::ALL,
            apps,
            opener,
            index: Arc::clone(&index),
            engine: Arc::clone(&engine),
            clock: shared,
            upload_turns: UploadTurns::default(),
            recent_offers: RecentOffers::default(),
            senders: Senders::default(),
            document_reads: DocumentReads::default(),
            settings: AppSettings {
                admin_key: Some(SecretHash::of(ADMIN_KEY)),
                // Measured on the clock that stories step.
                longest_request: Duration::from_secs(86_400 * 365),
                webhook_base: options.webhooks.then(|| url.clone()),
                ..AppSettings::for_public_url(url.clone())
            },
        }
        .open();
        let mcp = gangway_mcp::router(Arc::clone(&app), &McpSettings::default());
        let state = ApiState { app: Arc::clone(&app), render_metrics: Arc::new(String::new) };
        let router = gangway_api::router_with(state, mcp);
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("the server serves");
        });
        let http =
            reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        House {
            google,
            clock,
            url,
            http,
            app,
            engine,
            parts,
            store,
            vault,
            index,
            vectors: vectors.map(|(vectors, _)| vectors),
            extractor,
            blobs_folder,
            stand_ins: options.stand_ins,
            server,
            rows,
            _folder: folder,
        }
    }

    /// What edits the emulated Google from behind.
    pub fn control(&self) -> Control {
        self.google.control()
    }

    /// To open the same rows once more, as another process would.
    pub fn store_options(&self) -> StoreOptions {
        self.rows.options.clone()
    }

    /// Steps the server's clock and every provider's together; a provider whose clock is off stays as much off.
    pub fn advance(&self, by: Duration) {
        let ahead: Vec<_> = self.stand_ins.iter().map(|stand_in| stand_in.now() - self.clock.now()).collect();
        self.clock.advance(by);
        self.control().advance_clock(by);
        for (stand_in, ahead) in self.stand_ins.iter().zip(ahead) {
            stand_in.set_clock(self.clock.now() + ahead);
        }
    }

    /// Where a provider pushes to for the whole OAuth app of a connector.
    pub fn webhook_address(&self, connector: &str) -> Url {
        self.url.join(&format!("webhooks/{connector}")).expect("an address")
    }

    /// Steps the clocks until something has happened that waits on them: retries come round, rests end. Between two
    /// steps the database is asked, so that what is under way in real time keeps up.
    pub async fn step_until<T>(&self, happened: impl Future<Output = T>) -> T {
        let stepping = async {
            loop {
                self.advance(Duration::from_secs(2));
                self.engine.wake();
                for _ in 0..3 {
                    self.store.count_due_tasks().await.expect("the queue can be counted");
                    tokio::task::yield_now().await;
                }
            }
        };
        tokio::select! {
            result = happened => result,
            () = stepping => unreachable!("stepping never ends"),
        }
    }

    /// Looks for due work and lets it finish: polls, renewals, cleaning.
    pub async fn let_due_work_happen(&self) {
        self.engine.schedule_now().await.expect("due work can be looked up");
        self.settle().await;
    }

    /// Waits until the queue holds nothing that is due.
    pub async fn settle(&self) {
        let settled = async {
            loop {
                self.engine.wake();
                let (waiting, running) =
                    self.store.count_due_tasks().await.expect("the queue can be counted");
                if waiting + running == 0 {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), settled)
            .await
            .expect("the queue runs dry within a minute");
    }

    /// A new user of a plan, with a token.
    pub async fn user(&self, plan: &str) -> Person<'_> {
        let created =
            self.as_admin("POST", "rest/admin/users", Some(serde_json::json!({ "plan": plan }))).await;
        let id = created["id"].as_str().expect("a user id").to_owned();
        let path = format!("rest/admin/users/{id}/tokens");
        let token = self.as_admin("POST", &path, Some(serde_json::json!({}))).await;
        Person::new(self, id, token["token"].as_str().expect("a token").to_owned())
    }

    /// A call with the admin key, which must succeed.
    pub async fn as_admin(
        &self,
        method: &str,
        path: &str,
        body: Option<serde_json::Value>,
    ) -> serde_json::Value {
        let method = method.parse().expect("a method");
        let mut request =
            self.http.request(method, self.url.join(path).expect("a path")).bearer_auth(ADMIN_KEY);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        let text = answer.text().await.expect("a body");
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    pub async fn stop(self) {
        self.engine.shut_down().await;
        self.server.abort();
        self.google.shutdown().await;
    }
}

/// Reads files with one worker, and with these programs.
pub fn extractor(worker: &Path, tools: Tools, recognition: Recognition) -> Arc<Extractor> {
    Arc::new(Extractor::new(ExtractorOptions {
        worker: WorkerCommand { program: worker.to_owned(), args: Vec::new() },
        workers: 1,
        limits: Limits::default(),
        tools,
        recognition,
    }))
}

/// The configuration that points every provider's host at the emulated Google, or at the stand-in of its own.
fn directory(base: &Url, options: &HouseOptions) -> AppDirectory {
    let mut settings = BTreeMap::new();
    for connector in gangway_connectors::ALL {
        let descriptor = connector.descriptor();
        let own = options.stand_ins.iter().find(|stand_in| stand_in.connector_id() == descriptor.id);
        if let Some(stand_in) = own {
            let access = stand_in.access();
            let set = ConnectorSettings {
                app: Some(access.app),
                oauth: Some(access.oauth),
                endpoints: Arc::new(access.endpoints),
                webhook_secret: access.webhook_secret,
                pace: options.pace,
            };
            settings.insert(descriptor.id.to_owned(), set);
            continue;
        }
        let on_emulator = |address: &str| {
            let path = address.parse::<Url>().expect("a descriptor's address").path().to_owned();
            base.join(&path).expect("an address")
        };
        let oauth = descriptor.oauth.map(|facts| OAuthEndpoints {
            authorize: on_emulator(facts.authorize_url),
            token: on_emulator(facts.token_url),
            revoke: facts.revoke_url.map(on_emulator),
        });
        let app = descriptor.is_built().then(|| OAuthApp {
            client_id: DEFAULT_CLIENT_ID.to_owned(),
            client_secret: DEFAULT_CLIENT_SECRET.into(),
        });
        let endpoints = descriptor
            .endpoints
            .iter()
            .map(|fact| (fact.name.to_owned(), on_emulator(fact.default_url)))
            .collect();
        let set = ConnectorSettings { app, oauth, endpoints: Arc::new(endpoints), ..Default::default() };
        settings.insert(descriptor.id.to_owned(), set);
    }
    AppDirectory::new(settings)
}
