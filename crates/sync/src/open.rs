//! Opening a connector on a connection: the HTTP handle with the connection's tokens, limits and endpoints.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use gangway_connector::http::{AllowedHosts, Http, HttpOptions, RateLimit, RateLimits, RetryPolicy};
use gangway_connector::{ConnectionContext, Connector, Descriptor, Source};
use gangway_effects::{Network, SharedClock};
use gangway_model::{Connection, ConnectionId, Reason};
use gangway_oauth::TokenSupplier;
use gangway_vault::{AppDirectory, Vault};

/// Connections whose pace is remembered; that of connections at rest is forgotten first.
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
    limiters: Mutex<HashMap<ConnectionId, Arc<RateLimits>>>,
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
            limiter: Some(self.limiter(connector.descriptor(), connection)),
            retry,
            connection: connection.to_string(),
        });
        Ok(connector.open(ConnectionContext { http, endpoints }))
    }

    fn limiter(&self, descriptor: &Descriptor, connection: &ConnectionId) -> Arc<RateLimits> {
        let mut limiters = self.inner.limiters.lock().expect("no holder of the limiters' lock panics");
        if limiters.len() >= REMEMBERED {
            limiters.retain(|_, limiter| Arc::strong_count(limiter) > 1);
        }
        let pace = self.inner.apps.get(descriptor.id).map_or(1.0, |settings| settings.pace);
        let paces = descriptor.rates.iter().map(|rate| {
            let limit = RateLimit { per_second: rate.per_second * pace, burst: rate.burst };
            (rate.lane, limit)
        });
        let fresh = || Arc::new(RateLimits::new(Arc::clone(&self.inner.clock), paces.collect()));
        Arc::clone(limiters.entry(connection.clone()).or_insert_with(fresh))
    }
}
