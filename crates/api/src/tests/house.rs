//! The house under test: everything but a running engine, and calls to it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use gangway_app::{
    App, AppSettings, CreateUser, DocumentReads, RecentOffers, SecretHash, Senders, UploadLimits, UploadTurns,
};
use gangway_effects::{Network, NetworkOptions, SharedClock, SteppedClock};
use gangway_extract::{Extractor, ExtractorOptions, Limits, Recognition, Tools, WorkerCommand};
use gangway_model::{ExposeSecret, Plan, User};
use gangway_oauth::OAuthClient;
use gangway_search::{SearchIndex, TantivyIndex, TantivyOptions};
use gangway_store::{Blobs, Store, StoreOptions};
use gangway_sync::{Engine, EngineParts, Opener, SyncSettings};
use gangway_vault::{AppDirectory, KeyRing, Vault, VaultOptions};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use super::provider::{self, Provider};
use crate::{ApiState, router};

pub const ADMIN_KEY: &str = "admin-key-for-tests";

pub struct House {
    pub app: Arc<App>,
    pub clock: SteppedClock,
    pub provider: Provider,
    router: Router,
    pub folder: tempfile::TempDir,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.bytes)))
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.bytes.clone()).unwrap()
    }

    /// Asserts the house's error shape and returns the body.
    pub fn error(&self, status: u16, code: &str) -> Value {
        let body = self.json();
        assert_eq!((self.status.as_u16(), body["error"]["code"].as_str()), (status, Some(code)), "{body}");
        assert!(body["error"]["message"].is_string() && body["error"]["details"].is_object(), "{body}");
        body
    }

    /// Asserts OAuth's flat error shape and returns the body.
    pub fn flat_error(&self, status: u16, code: &str) -> Value {
        let body = self.json();
        assert_eq!((self.status.as_u16(), body["error"].as_str()), (status, Some(code)), "{body}");
        assert!(body["error_description"].is_string(), "{body}");
        body
    }

    pub fn ok(&self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, String::from_utf8_lossy(&self.bytes));
        self.json()
    }
}

impl House {
    pub async fn build() -> Self {
        Self::build_with(|_| {}).await
    }

    /// With other settings.
    pub async fn build_with(change: impl FnOnce(&mut AppSettings)) -> Self {
        let network = NetworkOptions { allow_private_addresses: true, ..NetworkOptions::default() };
        Self::build_on(network, change).await
    }

    /// With other rules for outgoing calls, too.
    pub async fn build_on(network: NetworkOptions, change: impl FnOnce(&mut AppSettings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let start = "2026-01-01T00:00:00Z".parse().unwrap();
        let clock = SteppedClock::starting_at(start);
        let shared: SharedClock = Arc::new(clock.clone());
        let options = StoreOptions::sqlite_file(&folder.path().join("rows.db")).unwrap();
        let store = Arc::new(Store::open(&options, Arc::clone(&shared)).await.unwrap());
        let blobs = Arc::new(Blobs::open_folder(&folder.path().join("blobs")).await.unwrap());
        let index = TantivyIndex::open(&folder.path().join("index"), &TantivyOptions::default()).unwrap();
        let index: Arc<dyn SearchIndex> = Arc::new(index);
        let network = Network::new(network).unwrap();
        let provider = Provider::start().await;
        let apps = Arc::new(AppDirectory::new(BTreeMap::from([provider.settings()])));
        let oauth = OAuthClient::new(network.clone(), Arc::clone(&shared));
        let key = "1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
        let vault = Vault::new(VaultOptions {
            store: Arc::clone(&store),
            keys: Arc::new(KeyRing::from_text(key).unwrap()),
            oauth: oauth.clone(),
            apps: Arc::clone(&apps),
            facts: Arc::new(provider::facts_of),
            clock: Arc::clone(&shared),
        });
        let opener =
            Opener::new(provider::REGISTRY, Arc::clone(&apps), vault.clone(), network, Arc::clone(&shared));
        let worker = WorkerCommand { program: PathBuf::from("/nonexistent"), args: Vec::new() };
        let extractor = Extractor::new(ExtractorOptions {
            worker,
            workers: 1,
            limits: Limits::default(),
            tools: Tools::default(),
            recognition: Recognition::default(),
        });
        let engine = Engine::idle(EngineParts {
            store: Arc::clone(&store),
            blobs: Arc::clone(&blobs),
            vault: vault.clone(),
            index: Arc::clone(&index),
            embeddings: None,
            extractor: Arc::new(extractor),
            opener: opener.clone(),
            clock: Arc::clone(&shared),
            settings: SyncSettings::with_spool(folder.path().join("spool")),
        });
        let mut settings = AppSettings {
            redirect_uris: BTreeSet::from(["https://app.example/cb".to_owned()]),
            allowed_origins: BTreeSet::from(["https://app.example".to_owned()]),
            admin_key: Some(SecretHash::of(ADMIN_KEY)),
            upload: UploadLimits {
                max_file_bytes: 1000,
                max_files: 3,
                max_unfinished: 5,
                part_bytes: 100,
                ..UploadLimits::default()
            },
            ..AppSettings::for_public_url("https://gw.example".parse().unwrap())
        };
        change(&mut settings);
        let app = App {
            store,
            blobs,
            vault,
            oauth,
            registry: provider::REGISTRY,
            apps,
            opener,
            index,
            engine: Arc::new(engine),
            clock: shared,
            upload_turns: UploadTurns::default(),
            recent_offers: RecentOffers::default(),
            senders: Senders::default(),
            document_reads: DocumentReads::default(),
            settings,
        }
        .open();
        let render_metrics = Arc::new(|| "# nothing yet\n".to_owned());
        let router = router(ApiState { app: Arc::clone(&app), render_metrics });
        Self { app, clock, provider, router, folder }
    }

    pub fn clock_now(&self) -> gangway_model::Timestamp {
        gangway_effects::Clock::now(&self.clock)
    }

    /// A user with a token.
    pub async fn user(&self, plan: Plan) -> Caller<'_> {
        let user = self.app.create_user(CreateUser { plan, ..CreateUser::default() }).await.unwrap();
        self.caller(user).await
    }

    pub async fn caller(&self, user: User) -> Caller<'_> {
        let made = self.app.create_token(&user.id, None, None).await.unwrap();
        Caller { house: self, token: made.token.expose_secret().to_owned() }
    }

    pub fn admin(&self) -> Caller<'_> {
        Caller { house: self, token: ADMIN_KEY.to_owned() }
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes().to_vec();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }
}

/// Somebody who calls.
pub struct Caller<'a> {
    pub house: &'a House,
    pub token: String,
}

impl Caller<'_> {
    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(body.to_string())).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PATCH, path, Some(body.to_string())).await
    }

    pub async fn call(&self, method: Method, path: &str, body: Option<String>) -> Answer {
        let mut request = self.request(method, path);
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        self.house.send(request.body(Body::from(body.unwrap_or_default())).unwrap()).await
    }

    pub fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        Request::builder().method(method).uri(path).header("authorization", format!("Bearer {}", self.token))
    }

    /// Connects the stub provider's account.
    pub async fn connect(&self) -> Value {
        let started = self.post("/rest/connectors/stub_drive/authorize", serde_json::json!({})).await.ok();
        let state = started["state"].clone();
        let body = serde_json::json!({ "code": "good-code", "state": state });
        self.post("/rest/connectors/stub_drive/token", body).await.ok()
    }

    pub async fn collection(&self, name: &str) -> String {
        let made = self.post("/rest/collections", serde_json::json!({ "name": name })).await.ok();
        made["uuid"].as_str().unwrap().to_owned()
    }
}
