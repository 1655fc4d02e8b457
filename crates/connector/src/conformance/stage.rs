//! A connector and its provider's stand-in, connected the way people connect them.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use gangway_effects::{Network, NetworkOptions, random_token};
use gangway_model::{Grant, SecretString};
use gangway_oauth::{
    AccessToken, AuthorizationRequest, OAuthApp, OAuthClient, OAuthEndpoints, OAuthError, OAuthFacts, Pkce,
    RevocationStyle, SupplyError, TokenSupplier, authorization_url, resolve_scopes,
};
use secrecy::ExposeSecret;
use url::Url;

use super::clock::HastyClock;
use super::receiver::Receiver;
use super::stand_in::StandIn;
use crate::contract::{ConnectionContext, Connector, Source};
use crate::descriptor::{AppSecret, Push};
use crate::http::{AllowedHosts, Http, HttpOptions, Jitter, RetryPolicy};
use crate::notification::NotificationRequest;

const REDIRECT: &str = "https://gangway.example/oauth/callback";

/// A connector on a stand-in, with one account connected. Gives the stand-in's deeds as its own.
pub struct Stage<S> {
    pub stand_in: Arc<S>,
    pub connector: &'static dyn Connector,
    pub tokens: Arc<Tokens>,
    /// Waiting on it takes no time.
    pub clock: Arc<HastyClock>,
    network: Network,
    receiver: Receiver,
}

impl<S> Deref for Stage<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.stand_in
    }
}

impl<S: StandIn> Stage<S> {
    pub async fn start(connector: &'static dyn Connector) -> Self {
        Self::with_scopes(connector, &[]).await
    }

    /// Connects with these scopes; none means the connector's own choice.
    pub async fn with_scopes(connector: &'static dyn Connector, scopes: &[&str]) -> Self {
        Self::on(S::start().await, connector, scopes).await
    }

    /// Connects to a stand-in that runs already.
    pub async fn on(stand_in: S, connector: &'static dyn Connector, scopes: &[&str]) -> Self {
        let stand_in = Arc::new(stand_in);
        stand_in.add_redirect_uri(REDIRECT);
        let options = NetworkOptions { allow_private_addresses: true, ..NetworkOptions::default() };
        let network = Network::new(options).expect("a network");
        let clock = HastyClock::starting_at(stand_in.now());
        let tokens = Tokens::connect(&*stand_in, connector, &network, &clock, scopes).await;
        let access = stand_in.access();
        let secret = match connector.descriptor().capabilities.push {
            Push::PerApp(AppSecret::ClientSecret) => Some(access.app.client_secret),
            Push::PerApp(AppSecret::Configured) => access.webhook_secret,
            Push::PerApp(AppSecret::Offered) | Push::PerFeed | Push::None => None,
        };
        let clock_of = Arc::clone(&stand_in);
        let receiver = Receiver::start(connector, secret, move || clock_of.now()).await;
        Self { stand_in, connector, tokens: Arc::new(tokens), clock, network, receiver }
    }

    /// Opens the connection anew, as another process would.
    pub fn source(&self) -> Box<dyn Source> {
        self.open(self.access().endpoints)
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
        self.connector.open(ConnectionContext { http, endpoints: Arc::new(endpoints) })
    }

    /// Where the stage receives pushes.
    pub fn push_address(&self) -> Url {
        self.receiver.address.clone()
    }

    /// The pushes received since last asked, once all that are due have arrived.
    pub async fn pushes(&self) -> Vec<NotificationRequest> {
        self.flush_pushes().await;
        self.receiver.take()
    }

    /// What pushes for the whole app are signed with.
    pub fn app_secret(&self) -> SecretString {
        // A secret that nobody knows: nothing is signed with it.
        self.receiver.secret().unwrap_or_else(|| SecretString::from(random_token("")))
    }
}

/// A grant in memory, refreshed by the real protocol.
pub struct Tokens {
    client: OAuthClient,
    facts: &'static OAuthFacts,
    endpoints: OAuthEndpoints,
    app: OAuthApp,
    grant: Mutex<(Grant, i64)>,
}

impl Tokens {
    /// Goes through consent the way a browser does.
    async fn connect(
        stand_in: &impl StandIn,
        connector: &'static dyn Connector,
        network: &Network,
        clock: &Arc<HastyClock>,
        scopes: &[&str],
    ) -> Self {
        let facts = connector.descriptor().oauth.expect("a connector with OAuth");
        let access = stand_in.access();
        let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let pkce = Pkce::fresh();
        let request = AuthorizationRequest {
            redirect_uri: REDIRECT,
            scopes: &resolve_scopes(facts, &scopes).expect("scopes of the connector"),
            state: "the-state",
            challenge: &pkce.challenge,
            login_hint: access.login_hint,
        };
        let consent = authorization_url(facts, &access.oauth, &access.app, &request);
        let asked = network.request(http::Method::GET, consent).expect("an address");
        let back = asked.send().await.expect("the consent page");
        let location = back.headers().get("location").expect("a redirect back").to_str().expect("text");
        let location: Url = location.parse().expect("an address");
        let returned: BTreeMap<_, _> = location.query_pairs().into_owned().collect();
        assert_eq!(returned.get("state").map(String::as_str), Some("the-state"), "{location}");
        let code = SecretString::from(returned["code"].as_str());
        let client = OAuthClient::new(network.clone(), clock.clone());
        let answer = client
            .exchange(facts, &access.oauth, &access.app, &code, REDIRECT, &pkce.verifier)
            .await
            .expect("a grant");
        let grant = Mutex::new((answer.into_grant(None), 1));
        Self { client, facts, endpoints: access.oauth, app: access.app, grant }
    }

    fn present(&self) -> AccessToken {
        let (grant, generation) = &*self.grant.lock().expect("no holder of this lock panics");
        AccessToken { secret: grant.access_token.clone(), generation: *generation }
    }

    /// How often there was a new token; 1 after connecting.
    pub fn generation(&self) -> i64 {
        self.grant.lock().expect("no holder of this lock panics").1
    }

    pub fn grant(&self) -> Grant {
        self.grant.lock().expect("no holder of this lock panics").0.clone()
    }

    /// Tells the provider that the grant is over.
    pub async fn revoke(&self) -> Result<gangway_oauth::Revoked, OAuthError> {
        let grant = self.grant();
        let token = match self.facts.revocation {
            RevocationStyle::Bearer | RevocationStyle::AccessTokenAndClient => &grant.access_token,
            _ => grant.refresh_token.as_ref().unwrap_or(&grant.access_token),
        };
        let token = SecretString::from(token.expose_secret());
        self.client.revoke(self.facts, &self.endpoints, &self.app, &token).await
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
        let Some(refresh_token) = &before.refresh_token else {
            return Err(SupplyError::NeedsReauth("there is no refresh token".to_owned()));
        };
        let answer = self.client.refresh(self.facts, &self.endpoints, &self.app, refresh_token).await;
        let answer = answer.map_err(|error| match error {
            OAuthError::InvalidGrant { .. } => SupplyError::NeedsReauth(error.to_string()),
            OAuthError::AppRejected { .. } => SupplyError::AppRejected(error.to_string()),
            _ => SupplyError::Unavailable(error.to_string()),
        })?;
        let renewed = (answer.into_grant(Some(&before)), refused.generation + 1);
        *self.grant.lock().expect("no holder of this lock panics") = renewed;
        Ok(self.present())
    }
}
