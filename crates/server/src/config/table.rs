//! The table of settings. The file, the environment, the flags, `config.default.toml` and the reference
//! page are all read from it; the settings of providers and connectors follow from the registry.

use std::borrow::Cow;

use gangway_connector::{AppSecret, Descriptor, Push};

use super::value::Kind;

/// One setting.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Its place in the file, such as `sync.poll_interval_seconds`.
    pub key: Cow<'static, str>,
    pub kind: Kind,
    /// As it is written in the file; `None` when it is not set by default.
    pub default: Option<&'static str>,
    /// The flag that sets it, where one exists.
    pub flag: Option<&'static str>,
    /// One or two sentences for people.
    pub doc: Cow<'static, str>,
}

impl Setting {
    /// The environment variable that sets it.
    pub fn environment_name(&self) -> String {
        format!("GANGWAY_{}", self.key.replace('.', "_").to_uppercase())
    }

    /// The part of the key before the last dot; empty for a setting of the top level.
    pub fn section(&self) -> &str {
        self.key.rsplit_once('.').map_or("", |(section, _)| section)
    }

    /// The part of the key after the last dot.
    pub fn name(&self) -> &str {
        self.key.rsplit_once('.').map_or(&*self.key, |(_, name)| name)
    }
}

const fn setting(
    key: &'static str,
    kind: Kind,
    default: Option<&'static str>,
    flag: Option<&'static str>,
    doc: &'static str,
) -> Setting {
    Setting { key: Cow::Borrowed(key), kind, default, flag, doc: Cow::Borrowed(doc) }
}

const GIB: u64 = 1 << 30;

#[rustfmt::skip]
static FIXED: &[Setting] = &[
    setting("listen", Kind::Address, Some("127.0.0.1:8080"), Some("--listen"),
        "The address to listen on. Port 0 takes any free port."),
    setting("public_url", Kind::Url, None, Some("--public-url"),
        "The address under which browsers and providers reach this server. Not set: http:// and the address listened on. \
         Providers push changes only to a public https:// address; without one, changes are polled."),
    setting("data_dir", Kind::Path, Some("gangway-data"), Some("--data-dir"),
        "The folder for the database, blobs and the search index. One process at a time uses it."),
    setting("database_url", Kind::Secret, None, Some("--database-url"),
        "A PostgreSQL address, postgres://user:password@host/database. Not set: SQLite in the data folder."),
    setting("master_key_file", Kind::Path, None, None,
        "The file with the master keys, made by `gangway keys new`. Not set: master.key in the data folder. \
         Keep it apart from the backups of the data folder: whoever has both can open every grant."),
    setting("master_key", Kind::Secret, None, None,
        "The master keys themselves, `version:base64` with commas between; instead of the file, meant for the environment."),
    setting("admin_key", Kind::Secret, None, None,
        "The key by which the product's back end creates users and their tokens. At least 16 characters."),
    setting("admin_key_file", Kind::Path, None, None,
        "The file with the admin key. Not set: admin.key in the data folder, when it exists. Without an admin key the admin endpoints answer 401."),
    setting("redirect_uris", Kind::UrlList, Some("[]"), None,
        "Addresses to which a provider may send people back, beside this server's own /oauth/callback. Compared exactly."),
    setting("allowed_origins", Kind::OriginList, Some("[]"), None,
        "Origins of the products that embed Gangway: browsers there may call the API, and the callback page hands its code to windows of these origins only."),
    setting("threads", Kind::Number { min: 0, max: 1024 }, Some("0"), None,
        "Threads that serve requests and run syncs. 0: one per core."),
    setting("shutdown_seconds", Kind::Number { min: 0, max: 3600 }, Some("20"), None,
        "How long requests and pages in progress may take to finish when the server is asked to stop."),

    setting("log.format", Kind::Choice(&["compact", "pretty", "json"]), Some("compact"), Some("--log-format"),
        "How log lines look: compact or pretty for people, json for machines."),
    setting("log.level", Kind::Filter, Some("info"), Some("--log-level"),
        "What is logged: error, warn, info, debug or trace, also per module, such as `info,gangway_sync=debug`."),

    setting("outgoing.allow_private_addresses", Kind::Switch, Some("false"), None,
        "Lets calls to providers reach private, loopback and link-local addresses. For emulators and tests."),
    setting("outgoing.allowed_hosts", Kind::List, Some("[]"), None,
        "Hosts (names or addresses) that may be private. Hosts named as a provider's or connector's endpoint are allowed already."),
    setting("outgoing.only_allowed_hosts", Kind::Switch, Some("false"), None,
        "Calls no host but those in allowed_hosts and those that this configuration names as an endpoint, whatever an answer or a document links to."),
    setting("outgoing.extra_ca_file", Kind::Path, None, None,
        "A PEM file with certificate authorities to trust beside the built-in ones. HTTPS_PROXY, HTTP_PROXY and NO_PROXY are honoured as well."),
    setting("outgoing.connect_timeout_seconds", Kind::Number { min: 1, max: 600 }, Some("10"), None,
        "How long opening a connection to a provider may take."),
    setting("outgoing.read_timeout_seconds", Kind::Number { min: 1, max: 3600 }, Some("60"), None,
        "How long a provider's answer may be silent before the call is given up."),

    setting("sync.workers", Kind::Number { min: 1, max: 256 }, Some("4"), None,
        "Tasks, such as sync jobs, that run at the same time."),
    setting("sync.workers_per_user", Kind::Number { min: 0, max: 256 }, Some("0"), None,
        "Of these, the most that one user has at work, one of them kept for short tasks, so at least 2. 0: all but one."),
    setting("sync.fetch_concurrency", Kind::Number { min: 1, max: 256 }, Some("16"), None,
        "Files of one job that are downloaded and read at the same time."),
    setting("sync.poll_interval_seconds", Kind::Number { min: 1, max: 86_400 }, Some("60"), None,
        "How often a followed connection is asked for changes when nothing pushes them."),
    setting("sync.max_file_bytes", Kind::Number { min: 1, max: 100 * GIB }, Some("104857600"), None,
        "The largest file that is brought in; larger ones are skipped and say so."),
    setting("sync.webhooks", Kind::Switch, Some("true"), None,
        "Subscribes to a provider's pushes where it has them and public_url is https."),

    setting("extract.workers", Kind::Number { min: 0, max: 256 }, Some("0"), None,
        "Processes that read PDF, office and HTML files. 0: one per core."),
    setting("extract.memory_mb", Kind::Number { min: 64, max: 65_536 }, Some("1024"), None,
        "The most memory one such process may take, in MiB."),
    setting("extract.timeout_seconds", Kind::Number { min: 1, max: 3600 }, Some("60"), None,
        "How long reading one file may take."),
    setting("extract.reuse", Kind::Choice(&["own", "quiet", "open"]), Some("quiet"), None,
        "Whose documents count when the same bytes come again: own, the user's own; quiet, everybody's, at the pace of reading, so that nobody learns by the time that somebody else has the file; open, everybody's at once."),

    setting("ocr.enabled", Kind::Switch, Some("true"), None,
        "Recognizes text in pictures and scanned PDF pages, where the programs tesseract and pdftoppm are installed."),
    setting("ocr.languages", Kind::Languages, Some("eng"), None,
        "Languages to recognize, as Tesseract names them, joined by +: eng+deu. Each needs its language file, and each takes time."),
    setting("ocr.data_folder", Kind::Path, None, None,
        "A folder of Tesseract's language files, when it is not its own."),
    setting("ocr.pages_per_file", Kind::Number { min: 1, max: 10_000 }, Some("50"), None,
        "Scanned pages of one file that are recognized; the rest is counted in the file's notes."),
    setting("ocr.page_seconds", Kind::Number { min: 1, max: 3600 }, Some("60"), None,
        "How long recognizing one page may take."),
    setting("ocr.file_seconds", Kind::Number { min: 1, max: 86_400 }, Some("600"), None,
        "How long recognizing all pages of one file may take together. What is recognized by then is kept, and the rest is counted in the file's notes."),
    setting("ocr.workers", Kind::Number { min: 1, max: 64 }, Some("1"), None,
        "Pages recognized at the same time. Each takes one core for a few seconds."),

    setting("search.writer_memory_mb", Kind::Number { min: 16, max: 4096 }, Some("48"), None,
        "Memory for index changes that are not written yet, in MiB."),

    setting("search.embeddings.url", Kind::Url, None, None,
        "An address that makes vectors of texts as OpenAI's API does, without the `/embeddings` at its end. Setting it switches search by meaning on; its host may be private."),
    setting("search.embeddings.model_folder", Kind::Path, None, None,
        "The folder of a sentence model (config.json, model.safetensors, tokenizer.json) that runs in this process, instead of an address. `gangway model fetch` makes one. Setting it switches search by meaning on; nothing leaves this machine."),
    setting("search.embeddings.threads", Kind::Number { min: 0, max: 256 }, Some("0"), None,
        "Threads of such a model that make vectors of passages, at a low priority. 0: half of the cores. Questions have one of their own."),
    setting("search.embeddings.model", Kind::Text, None, None,
        "The model to ask for at that address. Another model makes all vectors anew."),
    setting("search.embeddings.api_key", Kind::Secret, None, None,
        "The key that goes with each call, where one is needed."),
    setting("search.embeddings.api_key_file", Kind::Path, None, None,
        "The file with that key, instead of the key itself."),
    setting("search.embeddings.dimensions", Kind::Number { min: 0, max: 8192 }, Some("0"), None,
        "Asks for vectors of this length, where the model can make shorter ones. 0: the model's own."),
    setting("search.embeddings.query_prefix", Kind::Text, None, None,
        "Put before every question, for models that were trained so, such as `query: `."),
    setting("search.embeddings.passage_prefix", Kind::Text, None, None,
        "Put before every passage, such as `passage: `."),
    setting("search.embeddings.batch", Kind::Number { min: 1, max: 2048 }, Some("32"), None,
        "Passages that are given to the model at once."),
    setting("search.embeddings.deadline_ms", Kind::Number { min: 10, max: 60_000 }, Some("300"), None,
        "How long a question may wait for its vector. After that it is answered by its words alone, and the answer says so."),
    setting("search.embeddings.min_similarity_percent", Kind::Number { min: 0, max: 100 }, Some("20"), None,
        "Passages whose cosine with the question is lower are not found by meaning. What is too low depends on the model."),

    setting("upload.max_file_bytes", Kind::Number { min: 1, max: 5 * GIB }, Some("104857600"), None,
        "The largest file that may be uploaded."),
    setting("upload.max_files", Kind::Number { min: 1, max: 10_000 }, Some("1000"), None,
        "The most files in one upload request."),
    setting("upload.max_unfinished", Kind::Number { min: 1, max: 10_000 }, Some("100"), None,
        "The most resumable uploads that a user may have unfinished; together with upload.max_file_bytes it limits what they take up."),
    setting("upload.unfinished_seconds", Kind::Number { min: 60, max: 2_592_000 }, Some("86400"), None,
        "How long a resumable upload that nobody goes on with is kept."),

    setting("console.enabled", Kind::Switch, Some("true"), None,
        "Serves the web console at /console/, where people and the operator sign in. Off: there is nothing at /console, and no session of a browser counts."),

    setting("mcp.enabled", Kind::Switch, Some("true"), None,
        "Lets assistants search, read and sync by the Model Context Protocol at /mcp, with a user's token."),
    setting("mcp.own_authorization_server", Kind::Switch, Some("true"), None,
        "Lets people add this server to an assistant by its address alone: they sign in here and allow it. Off when mcp.authorization_servers names others; then tokens come from there, or by hand."),
    setting("mcp.registration", Kind::Switch, Some("true"), None,
        "Lets programs register themselves with that server (RFC 7591). Off: only programs known by the address of a document come in."),
    setting("mcp.client_documents", Kind::Switch, Some("true"), None,
        "Lets programs be known to that server by the https address of a document about them (OAuth Client ID Metadata Documents), which it then reads. Where outgoing.only_allowed_hosts is set, only on hosts that are both allowed and named below."),
    setting("mcp.client_document_hosts", Kind::List, Some("[]"), None,
        "The hosts that such documents may lie on, such as [\"app.example.com\"], each with its port when it is not 443. Empty: any public one."),
    setting("mcp.redirect_schemes", Kind::List, Some("[]"), None,
        "Private-use URI schemes by which programs on people's computers may be called back, such as [\"cursor\"], beside https and loopback addresses. Any program there can claim a scheme, so name only those that yours need."),
    setting("mcp.authorization_servers", Kind::UrlList, Some("[]"), None,
        "Authorization servers of your product that hand out this server's user tokens, for assistants that look for one, in place of this server's own."),
    setting("mcp.scopes", Kind::List, Some("[]"), None,
        "Scopes that assistants should ask such an authorization server for."),
];

/// All settings: the fixed ones, then those of each provider and each connector of the registry.
pub fn settings(descriptors: &[&'static Descriptor]) -> Vec<Setting> {
    let mut all = FIXED.to_vec();
    for (provider, name) in providers(descriptors) {
        all.extend(provider_settings(provider, &name));
    }
    for descriptor in descriptors {
        all.extend(connector_settings(descriptor));
        for endpoint in descriptor.endpoints {
            all.push(Setting {
                key: format!("connectors.{}.endpoints.{}", descriptor.id, endpoint.name).into(),
                kind: Kind::Url,
                default: None,
                flag: None,
                doc: format!("{}: {}. Not set: {}", descriptor.name, endpoint.purpose, endpoint.default_url)
                    .into(),
            });
        }
    }
    all
}

/// Each provider with OAuth once, in the registry's order, with the names of its connectors.
fn providers(descriptors: &[&'static Descriptor]) -> Vec<(&'static str, String)> {
    let mut found: Vec<(&'static str, String)> = Vec::new();
    for descriptor in descriptors.iter().filter(|descriptor| descriptor.oauth.is_some()) {
        match found.iter_mut().find(|(provider, _)| *provider == descriptor.provider) {
            Some((_, names)) => *names = format!("{names}, {}", descriptor.name),
            None => found.push((descriptor.provider, descriptor.name.to_owned())),
        }
    }
    found
}

/// What only some connectors have: a secret for pushes of the whole OAuth app, a pace.
fn connector_settings(descriptor: &Descriptor) -> Vec<Setting> {
    let of = |name: &str, kind: Kind, default: Option<&'static str>, doc: String| Setting {
        key: format!("connectors.{}.{name}", descriptor.id).into(),
        kind,
        default,
        flag: None,
        doc: doc.into(),
    };
    let name = descriptor.name;
    let mut all = Vec::new();
    if let Push::PerApp(secret @ (AppSecret::Configured | AppSecret::Offered)) = descriptor.capabilities.push
    {
        let otherwise = match secret {
            AppSecret::Offered => {
                " Not set: the one the provider offers in its handshake (`gangway webhooks`)."
            }
            _ => " Without it pushes are refused and polling goes on.",
        };
        let doc = format!("{name}: what webhooks are signed with.{otherwise}");
        all.push(of("webhook_secret", Kind::Secret, None, doc));
        let doc = format!("{name}: the file with that secret, instead of the secret itself.");
        all.push(of("webhook_secret_file", Kind::Path, None, doc));
    }
    if !descriptor.rates.is_empty() {
        let doc = format!(
            "{name}: how fast it is called, in percent of the pace its provider asks for. More brings refusals, \
             which are waited out."
        );
        all.push(of("pace_percent", Kind::Number { min: 1, max: 1_000_000 }, Some("100"), doc));
    }
    all
}

fn provider_settings(provider: &str, names: &str) -> [Setting; 6] {
    let of = |name: &str, kind: Kind, doc: String| Setting {
        key: format!("providers.{provider}.{name}").into(),
        kind,
        default: None,
        flag: None,
        doc: doc.into(),
    };
    [
        of("client_id", Kind::Text, format!("The client id of your OAuth app for {names}.")),
        of("client_secret", Kind::Secret, "The client secret of that app.".to_owned()),
        of(
            "client_secret_file",
            Kind::Path,
            "The file with the client secret, instead of the secret itself.".to_owned(),
        ),
        of("authorize_url", Kind::Url, "The consent page. Not set: the provider's own.".to_owned()),
        of(
            "token_url",
            Kind::Url,
            "Where codes and refresh tokens are exchanged. Not set: the provider's own.".to_owned(),
        ),
        of("revoke_url", Kind::Url, "Where grants are revoked. Not set: the provider's own.".to_owned()),
    ]
}
