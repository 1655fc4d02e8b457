//! Opening a connector on a connection: the HTTP handle with the connection's tokens, limits and endpoints.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use gangway_connector::http::{AllowedHosts, Http, HttpOptions, RateLimit, RateLimiter, RetryPolicy};
use gangway_connector::{ConnectionContext, Connector, Source};
use gangway_effects::{Network, SharedClock};
use gangway_model::{Connection, ConnectionId, Reason};
use gangway_oauth::TokenSupplier;
use gangway_vault::{AppDirectory, Vault};

/// No rate of our own: providers' limits differ by day and by project, and are learnt from their refusals, which
/// let the whole connection rest. The limiter is what carries that rest from one call to all others.
const RATE: RateLimit = RateLimit { per_second: 1_000_000.0, burst: 1_000_000 };
/// Limiters remembered; those of connections that rest are forgotten first.
const REMEMBERED: usize = 4096;

/// The list of connectors, handed in: the engine names no provider.
pub type Registry = &'static [&'static dyn Connector];

/// Opens connectors on connections.
#[derive(Clone)]
pub struct Opener {
    inner: Arc<Inner>,
}

struct Inner {
    registry: Registry,
    apps: Arc<AppDirectory>,
    vault: Vault,
    network: Network,
    clock: SharedClock,
    limiters: Mutex<HashMap<ConnectionId, Arc<RateLimiter>>>,
}

impl Opener {
    pub fn new(
        registry: Registry,
        apps: Arc<AppDirectory>,
        vault: Vault,
        network: Network,
        clock: SharedClock,
    ) -> Self {
        let inner = Inner { registry, apps, vault, network, clock, limiters: Mutex::default() };
        Self { inner: Arc::new(inner) }
    }

    /// Finds a connector by its id.
    pub fn connector(&self, id: &str) -> Option<&'static dyn Connector> {
        self.inner.registry.iter().find(|connector| connector.descriptor().id == id).copied()
    }

    pub fn registry(&self) -> Registry {
        self.inner.registry
    }

    /// Opens the connector of a connection for the engine, which has time to wait for a provider.
    pub fn open(&self, connection: &Connection) -> Result<Box<dyn Source>, Reason> {
        let tokens = self.inner.vault.supplier(&connection.id);
        self.build(connection.connector_id.as_str(), &connection.id, tokens, RetryPolicy::PATIENT)
    }

    /// Opens the connector of a connection for calls that a person waits for.
    pub fn open_for_person(&self, connection: &Connection) -> Result<Box<dyn Source>, Reason> {
        let tokens = self.inner.vault.supplier(&connection.id);
        self.build(connection.connector_id.as_str(), &connection.id, tokens, RetryPolicy::INTERACTIVE)
    }

    /// Opens a connector with tokens from elsewhere, for a grant that belongs to no connection yet; a person waits.
    pub fn open_with(
        &self,
        connector_id: &str,
        connection: &ConnectionId,
        tokens: Arc<dyn TokenSupplier>,
    ) -> Result<Box<dyn Source>, Reason> {
        self.build(connector_id, connection, tokens, RetryPolicy::INTERACTIVE)
    }

    fn build(
        &self,
        connector_id: &str,
        connection: &ConnectionId,
        tokens: Arc<dyn TokenSupplier>,
        retry: RetryPolicy,
    ) -> Result<Box<dyn Source>, Reason> {
        let inner = &self.inner;
        let connector = self.connector(connector_id).ok_or_else(|| {
            Reason::new("unknown_connector", format!("this server has no connector called {connector_id}"))
        })?;
        let endpoints =
            inner.apps.get(connector_id).map(|settings| Arc::clone(&settings.endpoints)).unwrap_or_default();
        let uses_tokens = connector.descriptor().oauth.is_some();
        let http = Http::new(HttpOptions {
            network: inner.network.clone(),
            clock: Arc::clone(&inner.clock),
            tokens: uses_tokens.then_some(tokens),
            allowed_hosts: AllowedHosts::of(endpoints.values()),
            limiter: Some(self.limiter(connection)),
            retry,
            connection: connection.to_string(),
        });
        Ok(connector.open(ConnectionContext { http, endpoints }))
    }

    fn limiter(&self, connection: &ConnectionId) -> Arc<RateLimiter> {
        let mut limiters = self.inner.limiters.lock().expect("no holder of the limiters' lock panics");
        if limiters.len() >= REMEMBERED {
            limiters.retain(|_, limiter| Arc::strong_count(limiter) > 1);
        }
        let fresh = || Arc::new(RateLimiter::new(Arc::clone(&self.inner.clock), RATE));
        Arc::clone(limiters.entry(connection.clone()).or_insert_with(fresh))
    }
}
