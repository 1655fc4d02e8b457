//! A user with a connection whose access token has run out, and vaults that look at the same rows.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use gangway_effects::{Network, NetworkOptions, SharedClock, SystemClock};
use gangway_model::{Account, Connection, ConnectionId, Grant, Plan, UserId};
use gangway_oauth::{
    ClientAuthentication, OAuthApp, OAuthClient, OAuthEndpoints, OAuthFacts, PkceMethod, RevocationStyle,
    TokenCallBody,
};
use gangway_store::testing::TestStore;
use gangway_store::{NewConnection, NewUser, SealedGrantNew, Store, UserKey};
use gangway_vault::{AppDirectory, ConnectorSettings, KeyRing, Vault, VaultOptions};
use url::Url;

pub const CONNECTOR: &str = "rotating_drive";

static FACTS: OAuthFacts = OAuthFacts {
    authorize_url: "https://provider.example/authorize",
    token_url: "https://provider.example/token",
    revoke_url: Some("https://provider.example/revoke"),
    revocation: RevocationStyle::TokenOnly,
    pkce: PkceMethod::S256,
    client_authentication: ClientAuthentication::Body,
    token_call_body: TokenCallBody::Form,
    tokens_within: None,
    scope_parameter: Some("scope"),
    scope_separator: " ",
    scopes: &[],
    scope_aliases: &[],
    authorize_parameters: &[],
    rotates_refresh_tokens: true,
};

/// The same server, which is told of a grant's end by its access token.
pub static TOLD_BY_ACCESS_TOKEN: OAuthFacts =
    OAuthFacts { revocation: RevocationStyle::AccessTokenAndClient, ..FACTS };

pub struct World {
    pub folder: tempfile::TempDir,
    pub store: Arc<Store>,
    pub clock: SharedClock,
    pub provider: Url,
    pub user: UserId,
    pub connection: ConnectionId,
}

impl World {
    pub async fn make(test: &TestStore, provider: Url) -> Self {
        Self::make_on(test, provider, Arc::new(test.clock.clone())).await
    }

    /// A world on another clock than the rows': the machine's, where two vaults wait for each other.
    pub async fn make_on(test: &TestStore, provider: Url, clock: SharedClock) -> Self {
        let folder = tempfile::tempdir().unwrap();
        KeyRing::create(&folder.path().join("master.keys")).unwrap();
        let (user, connection) = (UserId::fresh(), ConnectionId::from("none yet"));
        let store = Arc::clone(&test.store);
        let mut world = World { folder, store, clock, provider, user, connection };
        let vault = world.vault();
        let key = vault.create_user_key(&world.user).await.unwrap();
        world.store.create_user(&new_user(&world.user, key)).await.unwrap();
        world.connection = world.connect("account").await.id;
        world
    }

    /// A connection whose first grant holds `access-0` and `refresh-0` and has ended already.
    pub async fn connect(&self, account: &str) -> Connection {
        let new = NewConnection {
            user_id: self.user.clone(),
            connector_id: CONNECTOR.into(),
            account: Account { id: account.to_owned(), email: None, name: None, workspace: None },
        };
        let connection = self.store.upsert_connection(&new).await.unwrap();
        let grant = Grant {
            access_token: "access-0".into(),
            refresh_token: Some("refresh-0".into()),
            scopes: vec![],
            expires_at: Some(self.clock.now() - Duration::from_secs(1)),
            refresh_expires_at: None,
        };
        self.vault().save_grant(&connection.id, &self.user, connection.generation, &grant).await.unwrap();
        self.store.find_connection(&connection.id).await.unwrap().unwrap()
    }

    /// Another process's vault on the same rows.
    pub fn vault(&self) -> Vault {
        self.vault_by(&FACTS)
    }

    pub fn vault_by(&self, facts: &'static OAuthFacts) -> Vault {
        let endpoints = OAuthEndpoints {
            authorize: self.provider.join("authorize").unwrap(),
            token: self.provider.join("token").unwrap(),
            revoke: Some(self.provider.join("revoke").unwrap()),
        };
        let app = OAuthApp { client_id: "client".to_owned(), client_secret: "secret".into() };
        let settings = ConnectorSettings { app: Some(app), oauth: Some(endpoints), ..Default::default() };
        let network =
            Network::new(NetworkOptions { allow_private_addresses: true, ..Default::default() }).unwrap();
        Vault::new(VaultOptions {
            store: Arc::clone(&self.store),
            keys: Arc::new(KeyRing::load(&self.folder.path().join("master.keys")).unwrap()),
            oauth: OAuthClient::new(network, Arc::clone(&self.clock)),
            apps: Arc::new(AppDirectory::new(BTreeMap::from([(CONNECTOR.to_owned(), settings)]))),
            facts: Arc::new(move |connector| (connector == CONNECTOR).then_some(facts)),
            clock: Arc::clone(&self.clock),
        })
    }

    /// Writes somebody's sealed bytes over this connection's, as an attacker with the database could.
    pub async fn overwrite_access(&self, sealed: Vec<u8>, refresh: Option<Vec<u8>>) {
        let row = self.store.sealed_grant(&self.connection).await.unwrap().unwrap();
        let grant = SealedGrantNew {
            access: sealed,
            refresh,
            scopes: vec![],
            expires_at: Some(self.clock.now() + Duration::from_secs(3600)),
            refresh_expires_at: None,
        };
        assert!(self.store.replace_grant(&self.connection, row.generation, &grant).await.unwrap());
    }
}

pub fn new_user(id: &UserId, key: UserKey) -> NewUser {
    NewUser {
        id: id.clone(),
        organization_id: None,
        external_id: None,
        name: None,
        email: None,
        plan: Plan::Free,
        key,
    }
}

pub fn system_clock() -> SharedClock {
    SystemClock::shared()
}
