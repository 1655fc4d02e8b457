//! The configuration as the wiring wants it: named fields, secrets hidden, defaults worked out.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gangway_effects::NetworkOptions;
use gangway_embeddings::{HttpEmbedderOptions, LocalModelOptions};
use gangway_model::{ExposeSecret, SecretString};
use gangway_oauth::{check_client_address, place};
use gangway_sync::Reuse;
use url::Url;

use super::error::{ConfigError, Problem};
use super::layers::Settings;
use super::value::{Value, languages};

/// The values in force.
#[derive(Clone, Debug)]
pub struct Config {
    pub listen: String,
    pub public_url: Option<Url>,
    pub data_dir: PathBuf,
    /// PostgreSQL; `None` for SQLite in the data folder.
    pub database_url: Option<SecretString>,
    pub master_key_file: PathBuf,
    pub master_key: Option<SecretString>,
    pub admin_key: Option<SecretString>,
    pub admin_key_file: PathBuf,
    pub redirect_uris: Vec<String>,
    pub allowed_origins: Vec<String>,
    pub threads: usize,
    pub shutdown: Duration,
    pub log_format: String,
    pub log_level: String,
    pub network: NetworkOptions,
    pub sync_workers: usize,
    pub sync_workers_per_user: Option<usize>,
    pub sync_fetch_concurrency: usize,
    pub sync_poll_interval: Duration,
    pub sync_max_file_bytes: u64,
    pub sync_webhooks: bool,
    pub extract_workers: usize,
    pub extract_memory_bytes: u64,
    pub extract_timeout: Duration,
    pub extract_reuse: Reuse,
    pub ocr_enabled: bool,
    pub ocr_languages: Vec<String>,
    pub ocr_data_folder: Option<PathBuf>,
    pub ocr_pages_per_file: usize,
    pub ocr_page_time: Duration,
    pub ocr_file_time: Duration,
    pub ocr_workers: usize,
    pub search_writer_memory_bytes: usize,
    /// `None` while search by meaning is off.
    pub embeddings: Option<EmbeddingsConfig>,
    pub upload_max_file_bytes: u64,
    pub upload_max_files: usize,
    pub upload_max_unfinished: u64,
    pub upload_unfinished_lifetime: Duration,
    pub console_enabled: bool,
    pub mcp_enabled: bool,
    pub mcp_own_authorization_server: bool,
    pub mcp_registration: bool,
    pub mcp_client_documents: bool,
    pub mcp_client_document_hosts: Vec<String>,
    pub mcp_redirect_schemes: Vec<String>,
    pub mcp_authorization_servers: Vec<String>,
    pub mcp_scopes: Vec<String>,
    pub providers: BTreeMap<String, ProviderConfig>,
    /// Endpoints set by hand, by connector and name.
    pub endpoints: BTreeMap<String, BTreeMap<String, Url>>,
    /// By connector.
    pub webhook_secrets: BTreeMap<String, SecretString>,
    /// By connector, in percent of its own pace.
    pub paces: BTreeMap<String, u64>,
}

/// What is set for search by meaning.
#[derive(Clone, Debug)]
pub struct EmbeddingsConfig {
    pub embedder: EmbedderConfig,
    pub batch: usize,
    pub deadline: Duration,
    /// The least cosine.
    pub at_least: f32,
}

/// Who makes vectors.
#[derive(Clone, Debug)]
pub enum EmbedderConfig {
    Endpoint(HttpEmbedderOptions),
    Folder(LocalModelOptions),
}

/// What is set for one provider.
#[derive(Clone, Debug, Default)]
pub struct ProviderConfig {
    pub client_id: Option<String>,
    pub client_secret: Option<SecretString>,
    pub authorize_url: Option<Url>,
    pub token_url: Option<Url>,
    pub revoke_url: Option<Url>,
}

impl Config {
    /// Works the values out; reads the files that hold secrets.
    pub fn from_settings(settings: &Settings) -> Result<Self, ConfigError> {
        let mut reader = Reader { settings, problems: Vec::new() };
        let config = reader.config();
        match reader.problems.is_empty() {
            true => Ok(config),
            false => Err(ConfigError { problems: reader.problems }),
        }
    }

    pub fn uses_postgres(&self) -> bool {
        self.database_url.as_ref().is_some_and(|url| url.expose_secret().starts_with("postgres"))
    }

    /// The address under which this server is reached, once it listens.
    pub fn public_url(&self, listening: SocketAddr) -> Url {
        if let Some(url) = &self.public_url {
            return url.clone();
        }
        let host = match listening.ip() {
            ip if ip.is_unspecified() => "127.0.0.1".to_owned(),
            std::net::IpAddr::V6(ip) => format!("[{ip}]"),
            ip => ip.to_string(),
        };
        let text = format!("http://{host}:{}", listening.port());
        Url::parse(&text).expect("an address makes a URL")
    }
}

struct Reader<'a> {
    settings: &'a Settings,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn config(&mut self) -> Config {
        let data_dir = self.path("data_dir").unwrap_or_default();
        let admin_key_file = self.path("admin_key_file");
        let mut endpoints: BTreeMap<String, BTreeMap<String, Url>> = BTreeMap::new();
        let mut providers: BTreeMap<String, ProviderConfig> = BTreeMap::new();
        let mut webhook_secrets = BTreeMap::new();
        let mut paces = BTreeMap::new();
        let table = &self.settings.table;
        for setting in table {
            let parts: Vec<&str> = setting.key.split('.').collect();
            match parts[..] {
                ["connectors", connector, "endpoints", name] => {
                    if let Some(url) = self.url(&setting.key) {
                        endpoints.entry(connector.to_owned()).or_default().insert(name.to_owned(), url);
                    }
                }
                ["connectors", connector, "webhook_secret"] => {
                    let file = self.path(&format!("{}_file", setting.key));
                    if let Some(secret) = self.secret_or_file(&setting.key, file.as_deref(), || None) {
                        webhook_secrets.insert(connector.to_owned(), secret);
                    }
                }
                ["connectors", connector, "pace_percent"] => {
                    paces.insert(connector.to_owned(), self.number(&setting.key));
                }
                ["providers", provider, "client_id"] => {
                    providers.insert(provider.to_owned(), self.provider(provider));
                }
                _ => {}
            }
        }
        let embeddings = self.embeddings();
        let admin_key = self.secret_or_file("admin_key", admin_key_file.as_deref(), || {
            let usual = data_dir.join("admin.key");
            usual.is_file().then_some(usual)
        });
        if admin_key.as_ref().is_some_and(|key| key.expose_secret().len() < 16) {
            self.problem(
                "admin_key",
                "the admin key is shorter than 16 characters; make one with `gangway keys new`",
            );
        }
        Config {
            listen: self.text("listen").unwrap_or_default(),
            public_url: self.url("public_url"),
            database_url: self.database_url(),
            master_key_file: self.path("master_key_file").unwrap_or_else(|| data_dir.join("master.key")),
            master_key: self.secret("master_key"),
            admin_key,
            admin_key_file: admin_key_file.unwrap_or_else(|| data_dir.join("admin.key")),
            data_dir,
            redirect_uris: self.list("redirect_uris"),
            allowed_origins: self.list("allowed_origins"),
            threads: self.number("threads") as usize,
            shutdown: self.seconds("shutdown_seconds"),
            log_format: self.text("log.format").unwrap_or_default(),
            log_level: self.text("log.level").unwrap_or_default(),
            network: self.network(&providers, &endpoints, embeddings.as_ref()),
            sync_workers: self.number("sync.workers") as usize,
            sync_workers_per_user: Some(self.number("sync.workers_per_user") as usize)
                .filter(|most| *most > 0),
            sync_fetch_concurrency: self.number("sync.fetch_concurrency") as usize,
            sync_poll_interval: self.seconds("sync.poll_interval_seconds"),
            sync_max_file_bytes: self.number("sync.max_file_bytes"),
            sync_webhooks: self.switch("sync.webhooks"),
            extract_workers: self.number("extract.workers") as usize,
            extract_memory_bytes: self.number("extract.memory_mb") << 20,
            extract_timeout: self.seconds("extract.timeout_seconds"),
            extract_reuse: self.reuse(),
            ocr_enabled: self.switch("ocr.enabled"),
            ocr_languages: self.parts("ocr.languages"),
            ocr_data_folder: self.path("ocr.data_folder"),
            ocr_pages_per_file: self.number("ocr.pages_per_file") as usize,
            ocr_page_time: self.seconds("ocr.page_seconds"),
            ocr_file_time: self.seconds("ocr.file_seconds"),
            ocr_workers: self.number("ocr.workers") as usize,
            search_writer_memory_bytes: (self.number("search.writer_memory_mb") as usize) << 20,
            embeddings,
            upload_max_file_bytes: self.number("upload.max_file_bytes"),
            upload_max_files: self.number("upload.max_files") as usize,
            upload_max_unfinished: self.number("upload.max_unfinished"),
            upload_unfinished_lifetime: self.seconds("upload.unfinished_seconds"),
            console_enabled: self.switch("console.enabled"),
            mcp_enabled: self.switch("mcp.enabled"),
            mcp_own_authorization_server: self.switch("mcp.own_authorization_server"),
            mcp_registration: self.switch("mcp.registration"),
            mcp_client_documents: self.switch("mcp.client_documents"),
            mcp_client_document_hosts: self.document_hosts("mcp.client_document_hosts"),
            mcp_redirect_schemes: self.schemes("mcp.redirect_schemes"),
            mcp_authorization_servers: self.list("mcp.authorization_servers"),
            mcp_scopes: self.list("mcp.scopes"),
            providers,
            endpoints,
            webhook_secrets,
            paces,
        }
    }

    fn provider(&mut self, provider: &str) -> ProviderConfig {
        let key = |name: &str| format!("providers.{provider}.{name}");
        let secret_file = self.path(&key("client_secret_file"));
        ProviderConfig {
            client_id: self.text(&key("client_id")),
            client_secret: self.secret_or_file(&key("client_secret"), secret_file.as_deref(), || None),
            authorize_url: self.url(&key("authorize_url")),
            token_url: self.url(&key("token_url")),
            revoke_url: self.url(&key("revoke_url")),
        }
    }

    fn embeddings(&mut self) -> Option<EmbeddingsConfig> {
        let of = |name: &str| format!("search.embeddings.{name}");
        let key_file = self.path(&of("api_key_file"));
        let api_key = self.secret_or_file(&of("api_key"), key_file.as_deref(), || None);
        let (url, folder) = (self.url(&of("url")), self.path(&of("model_folder")));
        if url.is_some() && folder.is_some() {
            self.problem(&of("model_folder"), "search.embeddings.url is set as well; keep one of the two");
            return None;
        }
        let prefix = |name: &str| self.text(&of(name)).unwrap_or_default();
        let (query_prefix, passage_prefix) = (prefix("query_prefix"), prefix("passage_prefix"));
        let embedder = match (url, folder) {
            (Some(url), _) => {
                let Some(model) = self.text(&of("model")) else {
                    self.problem(
                        &of("url"),
                        "search.embeddings.model is not set: which model is to be asked?",
                    );
                    return None;
                };
                let dimensions =
                    u32::try_from(self.number(&of("dimensions"))).ok().filter(|count| *count > 0);
                EmbedderConfig::Endpoint(HttpEmbedderOptions {
                    url,
                    model,
                    api_key,
                    dimensions,
                    query_prefix,
                    passage_prefix,
                })
            }
            (None, Some(folder)) => {
                let cores = std::thread::available_parallelism().map_or(1, usize::from);
                let set = self.number(&of("threads")) as usize;
                let threads = if set == 0 { (cores / 2).max(1) } else { set };
                EmbedderConfig::Folder(LocalModelOptions { folder, threads, query_prefix, passage_prefix })
            }
            (None, None) => return None,
        };
        Some(EmbeddingsConfig {
            embedder,
            batch: self.number(&of("batch")) as usize,
            deadline: Duration::from_millis(self.number(&of("deadline_ms"))),
            at_least: self.number(&of("min_similarity_percent")) as f32 / 100.0,
        })
    }

    fn network(
        &self,
        providers: &BTreeMap<String, ProviderConfig>,
        endpoints: &BTreeMap<String, BTreeMap<String, Url>>,
        embeddings: Option<&EmbeddingsConfig>,
    ) -> NetworkOptions {
        let mut allowed_hosts: BTreeSet<String> = self.list("outgoing.allowed_hosts").into_iter().collect();
        let called = providers.values().flat_map(|provider| [&provider.token_url, &provider.revoke_url]);
        let named = called.flatten().chain(endpoints.values().flat_map(BTreeMap::values));
        let asked = embeddings.and_then(|embeddings| match &embeddings.embedder {
            EmbedderConfig::Endpoint(endpoint) => Some(&endpoint.url),
            EmbedderConfig::Folder(_) => None,
        });
        let named = named.chain(asked);
        allowed_hosts.extend(named.filter_map(host_of));
        NetworkOptions {
            allow_private_addresses: self.switch("outgoing.allow_private_addresses"),
            allowed_hosts,
            only_allowed_hosts: self.switch("outgoing.only_allowed_hosts"),
            extra_ca_file: self.path("outgoing.extra_ca_file"),
            connect_timeout: self.seconds("outgoing.connect_timeout_seconds"),
            read_timeout: self.seconds("outgoing.read_timeout_seconds"),
        }
    }

    fn database_url(&mut self) -> Option<SecretString> {
        let url = self.secret("database_url")?;
        let text = url.expose_secret();
        if text.is_empty() {
            return None;
        }
        if !["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme)) {
            self.problem("database_url", "expected postgres://user:password@host/database");
        }
        Some(url)
    }

    /// The secret itself, or what its file holds; both at once is a mistake.
    fn secret_or_file(
        &mut self,
        key: &str,
        file: Option<&Path>,
        usual: impl FnOnce() -> Option<PathBuf>,
    ) -> Option<SecretString> {
        let file_key = format!("{key}_file");
        let secret = self.secret(key).filter(|secret| !secret.expose_secret().is_empty());
        if secret.is_some() && file.is_some() {
            self.problem(&file_key, &format!("{key} is set as well; keep one of the two"));
        }
        if secret.is_some() {
            return secret;
        }
        let path = file.map(Path::to_owned).or_else(usual)?;
        match std::fs::read_to_string(&path) {
            Ok(text) if !text.trim().is_empty() => Some(SecretString::from(text.trim())),
            Ok(_) => {
                self.problem(&file_key, &format!("{} is empty", path.display()));
                None
            }
            Err(error) => {
                self.problem(&file_key, &format!("cannot read {}: {error}", path.display()));
                None
            }
        }
    }

    fn problem(&mut self, key: &str, message: &str) {
        let source = self.settings.source(key);
        self.problems.push(Problem { source, message: format!("{key}: {message}") });
    }

    fn value(&self, key: &str) -> Option<&Value> {
        self.settings.find(key).map(|given| &given.value)
    }

    fn text(&self, key: &str) -> Option<String> {
        match self.value(key) {
            Some(Value::Text(text)) => Some(text.clone()),
            _ => None,
        }
    }

    fn path(&self, key: &str) -> Option<PathBuf> {
        self.text(key).map(PathBuf::from)
    }

    fn url(&self, key: &str) -> Option<Url> {
        self.text(key).and_then(|text| Url::parse(&text).ok())
    }

    fn secret(&self, key: &str) -> Option<SecretString> {
        match self.value(key) {
            Some(Value::Secret(secret)) => Some(secret.clone()),
            _ => None,
        }
    }

    fn number(&self, key: &str) -> u64 {
        match self.value(key) {
            Some(Value::Number(number)) => *number,
            _ => 0,
        }
    }

    fn seconds(&self, key: &str) -> Duration {
        Duration::from_secs(self.number(key))
    }

    fn switch(&self, key: &str) -> bool {
        matches!(self.value(key), Some(Value::Switch(true)))
    }

    fn reuse(&self) -> Reuse {
        match self.text("extract.reuse").as_deref() {
            Some("own") => Reuse::Own,
            Some("open") => Reuse::Open,
            _ => Reuse::Quiet,
        }
    }

    /// The parts of a text that are joined by `+` or commas.
    fn parts(&self, key: &str) -> Vec<String> {
        let text = self.text(key).unwrap_or_default();
        languages(&text).map(str::to_owned).collect()
    }

    /// Schemes by which browsers hand over to programs; never one that a browser itself acts on.
    fn schemes(&mut self, key: &str) -> Vec<String> {
        const BROWSERS_OWN: [&str; 10] =
            ["http", "https", "javascript", "data", "file", "blob", "about", "vbscript", "ws", "wss"];
        let is_scheme = |text: &str| {
            text.starts_with(|first: char| first.is_ascii_lowercase())
                && text.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '+' | '-' | '.'))
        };
        let all = self.list(key);
        for scheme in
            all.iter().filter(|scheme| !is_scheme(scheme) || BROWSERS_OWN.contains(&scheme.as_str()))
        {
            let message = format!("{scheme:?} is not a scheme of programs' own, such as \"cursor\"");
            self.problem(key, &message);
        }
        all
    }

    /// Hosts as addresses name them: one that is written otherwise would never be met.
    fn document_hosts(&mut self, key: &str) -> Vec<String> {
        let is_host = |text: &str| {
            check_client_address(&format!("https://{text}/document")).is_ok_and(|url| place(&url) == text)
        };
        let all = self.list(key);
        for host in all.iter().filter(|host| !is_host(host)) {
            let message = format!("{host:?} is not a host as addresses name it, such as \"app.example.com\"");
            self.problem(key, &message);
        }
        all
    }

    fn list(&self, key: &str) -> Vec<String> {
        match self.value(key) {
            Some(Value::List(list)) => list.clone(),
            _ => Vec::new(),
        }
    }
}

/// A URL's host as the network compares it: addresses without brackets.
fn host_of(url: &Url) -> Option<String> {
    Some(match url.host()? {
        url::Host::Domain(name) => name.to_owned(),
        url::Host::Ipv4(address) => address.to_string(),
        url::Host::Ipv6(address) => address.to_string(),
    })
}
