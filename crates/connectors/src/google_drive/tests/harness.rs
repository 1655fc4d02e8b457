//! The emulated Google, with one account connected the way people connect it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use gangway_connector::conformance::{ALWAYS, Harness, HastyClock, Trouble};
use gangway_connector::http::{AllowedHosts, Http, HttpOptions, Jitter, RetryPolicy};
use gangway_connector::{ConnectionContext, Connector, NotificationRequest, Source};
use gangway_effects::{Network, NetworkOptions};
use gangway_emulators::google::{
    Control, DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, FileEdit, FileTarget, Generate, GoogleEmulator,
    GoogleOptions, NewFile, OAuthClient, Share, start,
};
use gangway_model::{Grant, ProviderItemId, SecretString, Timestamp};
use gangway_oauth::{
    AccessToken, AuthorizationRequest, OAuthApp, OAuthEndpoints, OAuthError, Pkce, SupplyError,
    TokenSupplier, authorization_url, resolve_scopes,
};
use serde_json::{Value, json};
use url::Url;

use crate::google_drive::GoogleDrive;
use crate::google_drive::oauth::FACTS;

pub const ME: &str = "ada@example.org";
pub const FRIEND: &str = "grace@example.org";
const REDIRECT: &str = "https://gangway.example/oauth/callback";

pub struct GoogleHarness {
    pub emulator: GoogleEmulator,
    pub control: Control,
    pub tokens: Arc<Tokens>,
    pub clock: Arc<HastyClock>,
    network: Network,
    home: ProviderItemId,
    pushes: Arc<Mutex<Vec<NotificationRequest>>>,
    push_address: Url,
}

/// A grant in memory, refreshed by the real protocol.
pub struct Tokens {
    client: gangway_oauth::OAuthClient,
    endpoints: OAuthEndpoints,
    grant: Mutex<(Grant, i64)>,
}

impl Tokens {
    fn present(&self) -> AccessToken {
        let (grant, generation) = &*self.grant.lock().unwrap();
        AccessToken { secret: grant.access_token.clone(), generation: *generation }
    }

    /// How often the token was refreshed.
    pub fn generation(&self) -> i64 {
        self.grant.lock().unwrap().1
    }

    pub fn grant(&self) -> Grant {
        self.grant.lock().unwrap().0.clone()
    }
}

#[async_trait]
impl TokenSupplier for Tokens {
    async fn access_token(&self) -> Result<AccessToken, SupplyError> {
        Ok(self.present())
    }

    async fn replace(&self, refused: &AccessToken) -> Result<AccessToken, SupplyError> {
        if self.present().generation != refused.generation {
            return Ok(self.present());
        }
        let before = self.grant();
        let refresh_token = before.refresh_token.clone().unwrap();
        let answer = self.client.refresh(&FACTS, &self.endpoints, &app(), &refresh_token).await;
        let answer = answer.map_err(|error| match error {
            OAuthError::InvalidGrant { .. } => SupplyError::NeedsReauth(error.to_string()),
            OAuthError::AppRejected { .. } => SupplyError::AppRejected(error.to_string()),
            _ => SupplyError::Unavailable(error.to_string()),
        })?;
        *self.grant.lock().unwrap() = (answer.into_grant(Some(&before)), refused.generation + 1);
        Ok(self.present())
    }
}

pub fn app() -> OAuthApp {
    let client_secret = SecretString::from(DEFAULT_CLIENT_SECRET);
    OAuthApp { client_id: DEFAULT_CLIENT_ID.to_owned(), client_secret }
}

pub fn at(id: &ProviderItemId) -> FileTarget {
    FileTarget::id(id.as_str())
}

impl GoogleHarness {
    pub async fn with_scopes(scopes: &[&str]) -> Self {
        let client = OAuthClient {
            client_id: DEFAULT_CLIENT_ID.to_owned(),
            client_secret: DEFAULT_CLIENT_SECRET.to_owned(),
            redirect_uris: vec![REDIRECT.to_owned()],
        };
        let emulator =
            start(GoogleOptions { clients: vec![client], ..GoogleOptions::default() }).await.unwrap();
        let control = emulator.control();
        control.add_account(ME, "Ada Lovelace").unwrap();
        control.add_account(FRIEND, "Grace Hopper").unwrap();
        control.set_switches(|switches| switches.auto_approve = true);

        let options = NetworkOptions { allow_private_addresses: true, ..NetworkOptions::default() };
        let network = Network::new(options).unwrap();
        let clock = HastyClock::starting_at(Timestamp::from_timestamp_millis(control.now_ms()).unwrap());
        let tokens = connect(&emulator, &network, &clock, scopes).await;
        let (pushes, push_address) = receive_pushes().await;
        let home = control.create_folder(&FileTarget::in_account(ME, "Suite")).unwrap().id.into();
        control.reset_calls();
        Self { emulator, control, tokens: Arc::new(tokens), clock, network, home, pushes, push_address }
    }

    pub fn open(&self, endpoints: BTreeMap<String, Url>) -> Box<dyn Source> {
        let http = Http::new(HttpOptions {
            network: self.network.clone(),
            clock: self.clock.clone(),
            tokens: Some(self.tokens.clone()),
            allowed_hosts: AllowedHosts::of(endpoints.values()),
            limiter: None,
            retry: RetryPolicy { jitter: Jitter::None, ..RetryPolicy::PATIENT },
            connection: "suite".to_owned(),
        });
        GoogleDrive.open(ConnectionContext { http, endpoints: Arc::new(endpoints) })
    }

    /// Arms a fault as the emulator's control API writes it.
    pub fn fault(&self, operation: &str, times: u64, effect: Value) {
        let times = (times != ALWAYS).then_some(times);
        let fault = json!({"operation": operation, "times": times, "effect": effect});
        self.control.add_fault_json(fault).unwrap();
    }

    /// Creates something by the emulator's own words, below home.
    pub fn create(&self, name: &str, edit: FileEdit) -> ProviderItemId {
        let edit = FileEdit { parent: Some(at(&self.home)), name: Some(name.to_owned()), ..edit };
        let new = NewFile { target: FileTarget::in_account(ME, "new"), edit, ..NewFile::default() };
        self.control.create_file(&new).unwrap().id.into()
    }

    pub fn home_id(&self) -> &ProviderItemId {
        &self.home
    }

    pub fn edit(&self, id: &ProviderItemId, edit: FileEdit) {
        self.control.update_file(&at(id), &edit).unwrap();
    }
}

/// Goes through consent the way a browser does.
async fn connect(
    emulator: &GoogleEmulator,
    network: &Network,
    clock: &Arc<HastyClock>,
    scopes: &[&str],
) -> Tokens {
    let base = emulator.base_url();
    let endpoints = OAuthEndpoints {
        authorize: base.join("/o/oauth2/v2/auth").unwrap(),
        token: base.join("/token").unwrap(),
        revoke: Some(base.join("/revoke").unwrap()),
    };
    let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    let pkce = Pkce::fresh();
    let request = AuthorizationRequest {
        redirect_uri: REDIRECT,
        scopes: &resolve_scopes(&FACTS, &scopes).unwrap(),
        state: "the-state",
        challenge: &pkce.challenge,
        login_hint: Some(ME),
    };
    let consent = authorization_url(&FACTS, &endpoints, &app(), &request);
    let back = network.request(http::Method::GET, consent).unwrap().send().await.unwrap();
    let location: Url = back.headers()["location"].to_str().unwrap().parse().unwrap();
    let returned: BTreeMap<_, _> = location.query_pairs().into_owned().collect();
    assert_eq!(returned["state"], "the-state");
    let code = SecretString::from(returned["code"].as_str());
    let client = gangway_oauth::OAuthClient::new(network.clone(), clock.clone());
    let answer = client.exchange(&FACTS, &endpoints, &app(), &code, REDIRECT, &pkce.verifier).await.unwrap();
    Tokens { client, endpoints, grant: Mutex::new((answer.into_grant(None), 1)) }
}

async fn receive_pushes() -> (Arc<Mutex<Vec<NotificationRequest>>>, Url) {
    type Received = Arc<Mutex<Vec<NotificationRequest>>>;
    async fn take(State(received): State<Received>, request: Request) {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap();
        received.lock().unwrap().push(NotificationRequest {
            method: parts.method,
            headers: parts.headers,
            query: parts.uri.query().map(str::to_owned),
            body,
        });
    }
    let received = Received::default();
    let router = axum::Router::new().fallback(take).with_state(received.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/hook", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (received, address)
}

#[async_trait]
impl Harness for GoogleHarness {
    async fn start() -> Self {
        Self::with_scopes(&[]).await
    }

    fn connector(&self) -> &'static dyn Connector {
        &GoogleDrive
    }

    fn source(&self) -> Box<dyn Source> {
        let base = self.emulator.base_url();
        let names = ["api", "userinfo", "docs"];
        self.open(names.into_iter().map(|name| (name.to_owned(), base.clone())).collect())
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_timestamp_millis(self.control.now_ms()).unwrap()
    }

    async fn home(&self) -> ProviderItemId {
        self.home.clone()
    }

    async fn create_file(&self, parent: &ProviderItemId, name: &str, text: &str) -> ProviderItemId {
        let edit = FileEdit {
            parent: Some(at(parent)),
            name: Some(name.to_owned()),
            content: Some(text.to_owned()),
            mime_type: Some(if name.ends_with(".html") { "text/html" } else { "text/plain" }.to_owned()),
            ..FileEdit::default()
        };
        let new = NewFile { target: FileTarget::in_account(ME, "new"), edit, ..NewFile::default() };
        self.control.create_file(&new).unwrap().id.into()
    }

    async fn create_container(&self, parent: &ProviderItemId, name: &str) -> ProviderItemId {
        let edit = FileEdit { parent: Some(at(parent)), name: Some(name.to_owned()), ..FileEdit::default() };
        let new =
            NewFile { target: FileTarget::in_account(ME, "new"), folder: true, edit, ..NewFile::default() };
        self.control.create_file(&new).unwrap().id.into()
    }

    async fn create_many(&self, _home: &ProviderItemId) -> usize {
        let wish = Generate {
            account: Some(ME.to_owned()),
            folder: "Suite".to_owned(),
            count: 1_205,
            size: 1,
            ..Generate::default()
        };
        self.control.generate(&wish).unwrap().len()
    }

    async fn change_content(&self, id: &ProviderItemId, text: &str) {
        self.edit(id, FileEdit { content: Some(text.to_owned()), ..FileEdit::default() });
    }

    async fn rename(&self, id: &ProviderItemId, name: &str) {
        self.control.rename(&at(id), name).unwrap();
    }

    async fn move_to(&self, id: &ProviderItemId, parent: &ProviderItemId) {
        self.control.move_file(&at(id), &at(parent)).unwrap();
    }

    async fn trash(&self, id: &ProviderItemId) {
        self.control.set_trashed(&at(id), true).unwrap();
    }

    async fn delete(&self, id: &ProviderItemId) {
        self.control.delete_file(&at(id)).unwrap();
    }

    async fn touch(&self, id: &ProviderItemId) {
        self.edit(id, FileEdit { starred: Some(true), ..FileEdit::default() });
        let viewed = Some("2030-01-01T00:00:00Z".to_owned());
        self.edit(id, FileEdit { viewed, ..FileEdit::default() });
    }

    async fn receive(&self, name: &str, text: &str) -> Option<ProviderItemId> {
        let share = Share { email: Some(ME.to_owned()), ..Share::default() };
        let edit = FileEdit { content: Some(text.to_owned()), share: vec![share], ..FileEdit::default() };
        let new = NewFile { target: FileTarget::in_account(FRIEND, name), edit, ..NewFile::default() };
        Some(self.control.create_file(&new).unwrap().id.into())
    }

    async fn withdraw(&self, id: &ProviderItemId) {
        let share = Share { email: Some(ME.to_owned()), ..Share::default() };
        self.control.unshare(&at(id), &share).unwrap();
    }

    async fn cause(&self, trouble: Trouble) {
        self.control.clear_faults();
        match trouble {
            Trouble::RateLimit { times } => {
                self.fault("drive.*", times, json!({"status": 403, "reason": "userRateLimitExceeded"}));
            }
            Trouble::ServerError { times } => {
                self.fault("drive.*", times, json!({"status": 503}));
            }
            Trouble::Forbidden { times } => {
                self.fault("drive.*", times, json!({"status": 403, "reason": "insufficientFilePermissions"}));
            }
            Trouble::StrangeNotFound { times } => {
                self.fault("drive.*", times, json!({"status": 404, "body": "<html>no such page</html>"}));
            }
            Trouble::PageForPeople { times } => {
                self.fault("drive.*", times, json!({"status": 200, "body": "<html>sign in</html>"}));
            }
            Trouble::CutDownload { after, times } => {
                self.fault("drive.files.get", times, json!({"cut_after_bytes": after}));
            }
            Trouble::EmptyPage { times } => {
                self.fault("drive.files.list", times, json!({"hint": "empty_page"}));
            }
            Trouble::RefusedPlace { times } => {
                self.fault("drive.*", times, json!({"hint": "expired_cursor"}));
            }
            Trouble::EndedAccessToken => drop(self.control.expire_access_tokens()),
            Trouble::DeadGrant => drop(self.control.revoke_grants(ME)),
        }
    }

    fn calls(&self) -> usize {
        self.control.call_counts().values().sum::<u64>() as usize
    }

    fn push_address(&self) -> Url {
        self.push_address.clone()
    }

    async fn pushes(&self) -> Vec<NotificationRequest> {
        self.control.flush_webhooks().await;
        std::mem::take(&mut self.pushes.lock().unwrap())
    }
}
