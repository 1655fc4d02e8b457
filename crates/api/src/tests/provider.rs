//! A provider of a few lines: a token endpoint on a port of its own, and a source that is a list.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use gangway_connector::{
    Availability, BrowseRequest, Capabilities, ConnectionContext, Connector, ConnectorError, ConnectorKind,
    Content, Descriptor, Disposition, Entry, EntryPage, FetchLimits, Push, RateOwner, Source, Version,
    VersionPage,
};
use gangway_model::{Account, ItemKind, PageToken, Place, Plan, ProviderItemId, Revision};
use gangway_oauth::{
    ClientAuthentication, OAuthApp, OAuthEndpoints, OAuthFacts, PkceMethod, RevocationStyle, ScopeFact,
    TokenCallBody,
};
use gangway_vault::ConnectorSettings;
use serde_json::{Value, json};

pub static REGISTRY: &[&dyn Connector] = &[&STUB, &PLANNED, &LOCAL];

static FACTS: OAuthFacts = OAuthFacts {
    authorize_url: "https://stub.example/authorize",
    token_url: "https://stub.example/token",
    revoke_url: None,
    revocation: RevocationStyle::TokenOnly,
    pkce: PkceMethod::S256,
    client_authentication: ClientAuthentication::Body,
    token_call_body: TokenCallBody::Form,
    tokens_within: None,
    scope_parameter: Some("scope"),
    scope_separator: " ",
    scopes: &[
        ScopeFact {
            short: "read",
            full: "https://stub.example/read",
            default: true,
            identity: false,
            meaning: "",
        },
        ScopeFact {
            short: "more",
            full: "https://stub.example/more",
            default: false,
            identity: false,
            meaning: "",
        },
        ScopeFact { short: "email", full: "email", default: false, identity: true, meaning: "" },
    ],
    scope_aliases: &[],
    authorize_parameters: &[],
    rotates_refresh_tokens: false,
};

const CAPABLE: Capabilities = Capabilities {
    change_feed: false,
    reports_deletions: false,
    reconcile_every: None,
    push: Push::None,
    browse: true,
    search: true,
    versions: true,
};

const NONE: Capabilities = Capabilities { browse: false, search: false, versions: false, ..CAPABLE };

static STUB: Stub = Stub(&Descriptor {
    id: "stub_drive",
    name: "Stub Drive",
    provider: "stub",
    kind: ConnectorKind::FileStorage,
    plan: Plan::Pro,
    availability: Availability::Built,
    oauth: Some(&FACTS),
    endpoints: &[],
    capabilities: CAPABLE,
    rates: &[],
    rates_count_for: RateOwner::Connection,
    revision_grain: 0,
});
static PLANNED: Stub = Stub(&Descriptor {
    id: "stub_planned",
    name: "Stub Planned",
    provider: "stub",
    kind: ConnectorKind::Productivity,
    plan: Plan::Enterprise,
    availability: Availability::Planned("this connector is not built yet"),
    oauth: None,
    endpoints: &[],
    capabilities: NONE,
    rates: &[],
    rates_count_for: RateOwner::Connection,
    revision_grain: 0,
});
static LOCAL: Stub = Stub(&Descriptor {
    id: "local_upload",
    name: "Local Upload",
    provider: "local",
    kind: ConnectorKind::Local,
    plan: Plan::Free,
    availability: Availability::Built,
    oauth: None,
    endpoints: &[],
    capabilities: NONE,
    rates: &[],
    rates_count_for: RateOwner::Connection,
    revision_grain: 0,
});

pub fn facts_of(connector: &str) -> Option<&'static OAuthFacts> {
    (connector == "stub_drive").then_some(&FACTS)
}

struct Stub(&'static Descriptor);

impl Connector for Stub {
    fn descriptor(&self) -> &'static Descriptor {
        self.0
    }

    fn open(&self, _: ConnectionContext) -> Box<dyn Source> {
        Box::new(Shelf)
    }

    fn place_url(&self, url: &str, media_type: &str, place: &Place) -> Option<String> {
        Some(format!("{url}?as={media_type}#{}", place.page?))
    }
}

/// A root folder with a file in it, and a file beside it.
struct Shelf;

fn entry(id: &str, kind: ItemKind, parent: Option<&str>) -> Entry {
    Entry {
        parents: parent.map(ProviderItemId::from).into_iter().collect(),
        media_type: "text/plain".to_owned(),
        size: Some(10),
        modified_at: Some("2025-05-05T05:05:05Z".parse().unwrap()),
        url: Some(format!("https://stub.example/{id}")),
        revision: Revision::from("1"),
        ..Entry::new(id, kind, format!("{id}.txt"))
    }
}

#[async_trait]
impl Source for Shelf {
    async fn account(&self) -> Result<Account, ConnectorError> {
        Ok(Account {
            id: "acc-1".to_owned(),
            email: Some("ada@stub.example".to_owned()),
            name: Some("Ada".to_owned()),
            workspace: None,
        })
    }

    async fn get(&self, id: &ProviderItemId) -> Result<Entry, ConnectorError> {
        match id.as_str() {
            "folder" => Ok(entry("folder", ItemKind::Container, None)),
            "busy" => {
                let after = Some(std::time::Duration::from_secs(7));
                Err(ConnectorError::new("rate_limit", "slow down", Disposition::RetryLater { after }))
            }
            name @ ("one" | "two") => Ok(entry(name, ItemKind::File, None)),
            _ => Err(ConnectorError::new("not_found", "no such file", Disposition::Gone)),
        }
    }

    async fn browse(&self, request: &BrowseRequest) -> Result<EntryPage, ConnectorError> {
        let (entries, next) = match (request.container.as_ref().map(|id| id.as_str()), &request.page) {
            (Some("busy"), _) => return Err(self.get(&"busy".into()).await.unwrap_err()),
            (Some("folder"), _) => (vec![entry("two", ItemKind::File, Some("folder"))], None),
            (Some(_), _) => {
                return Err(ConnectorError::new("not_found", "no such folder", Disposition::Gone));
            }
            (None, None) => {
                (vec![entry("folder", ItemKind::Container, None)], Some(PageToken::from("page/2")))
            }
            (None, Some(page)) if page.as_str() == "page/2" => {
                (vec![entry("one", ItemKind::File, None)], None)
            }
            (None, Some(_)) => {
                return Err(ConnectorError::new("bad_page", "no such page", Disposition::RestartFeed));
            }
        };
        Ok(EntryPage { entries, next, ..EntryPage::default() })
    }

    async fn list(&self, _: &ProviderItemId, _: Option<&PageToken>) -> Result<EntryPage, ConnectorError> {
        Ok(EntryPage::default())
    }

    async fn fetch(&self, _: &Entry, _: &FetchLimits) -> Result<Content, ConnectorError> {
        Err(ConnectorError::unsupported("content"))
    }

    async fn versions(
        &self,
        _: &ProviderItemId,
        _: Option<&PageToken>,
    ) -> Result<VersionPage, ConnectorError> {
        let version = Version {
            id: "v1".to_owned(),
            modified_at: None,
            size: Some(3),
            media_type: None,
            author: Some("Ada".to_owned()),
            current: true,
        };
        Ok(VersionPage { versions: vec![version], next: None })
    }
}

/// What the token endpoint was told and shall say.
#[derive(Default)]
pub struct Script {
    /// The last form it got.
    pub asked: BTreeMap<String, String>,
    /// Overrides the good answer.
    pub answer: Option<(u16, Value)>,
    pub calls: usize,
}

pub struct Provider {
    address: String,
    pub script: Arc<Mutex<Script>>,
}

impl Provider {
    pub async fn start() -> Self {
        let script: Arc<Mutex<Script>> = Arc::default();
        let router = Router::new().route("/token", post(token)).with_state(Arc::clone(&script));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, script }
    }

    pub fn settings(&self) -> (String, ConnectorSettings) {
        let url = |path: &str| format!("{}/{path}", self.address).parse().unwrap();
        let settings = ConnectorSettings {
            app: Some(OAuthApp { client_id: "client".to_owned(), client_secret: "hush".into() }),
            oauth: Some(OAuthEndpoints { authorize: url("authorize"), token: url("token"), revoke: None }),
            endpoints: Arc::default(),
            ..ConnectorSettings::default()
        };
        ("stub_drive".to_owned(), settings)
    }

    pub fn answer_with(&self, status: u16, body: Value) {
        self.script.lock().unwrap().answer = Some((status, body));
    }
}

async fn token(
    State(script): State<Arc<Mutex<Script>>>,
    Form(asked): Form<BTreeMap<String, String>>,
) -> (StatusCode, Json<Value>) {
    let mut script = script.lock().unwrap();
    script.calls += 1;
    let good = asked.get("grant_type").is_some_and(|kind| kind == "refresh_token")
        || asked.get("code").is_some_and(|code| code == "good-code");
    script.asked = asked;
    if let Some((status, body)) = &script.answer {
        return (StatusCode::from_u16(*status).unwrap(), Json(body.clone()));
    }
    if !good {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" })));
    }
    let body = json!({
        "access_token": "provider-access-token", "refresh_token": "provider-refresh-token", "expires_in": 3600,
        "scope": "https://stub.example/read email", "token_type": "Bearer",
    });
    (StatusCode::OK, Json(body))
}
