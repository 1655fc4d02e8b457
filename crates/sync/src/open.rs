//! Opening a connector on a connection: the HTTP handle with the connection's tokens, limits and endpoints.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use gangway_connector::http::{
    AllowedHosts, Http, HttpOptions, RateLimit, RateLimiter, RateLimits, RetryPolicy,
};
use gangway_connector::{ConnectionContext, Connector, Descriptor, RateOwner, Source};
use gangway_effects::{Network, SharedClock};
use gangway_model::{Connection, ConnectionId, Reason};
use gangway_oauth::TokenSupplier;
use gangway_vault::{AppDirectory, Vault};

/// Paces that are remembered; those that nobody keeps at the moment are forgotten first.
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
    limiters: Mutex<HashMap<Paced, Arc<RateLimits>>>,
    /// Of workspaces whose connections keep a pace each, and rest together when the provider says so.
    rests: Mutex<HashMap<Workspace, Arc<RateLimiter>>>,
}

/// A connector and a workspace there.
type Workspace = (&'static str, String);

/// Whose calls keep one pace together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Paced {
    Connection(ConnectionId),
    Workspace(Workspace),
}

impl Paced {
    fn of(descriptor: &Descriptor, connection: &ConnectionId, workspace: Option<&str>) -> Self {
        match (descriptor.rates_count_for, workspace) {
            (RateOwner::Workspace, Some(workspace)) => Self::Workspace((descriptor.id, workspace.to_owned())),
            _ => Self::Connection(connection.clone()),
        }
    }
}

impl Opener {
    pub fn new(
        registry: Registry,
        apps: Arc<AppDirectory>,
        vault: Vault,
        network: Network,
        clock: SharedClock,
    ) -> Self {
        let inner = Inner {
            registry,
            apps,
            vault,
            network,
            clock,
            limiters: Mutex::default(),
            rests: Mutex::default(),
        };
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
        self.open_with_policy(connection, RetryPolicy::PATIENT)
    }

    /// Opens the connector of a connection for calls that a person waits for.
    pub fn open_for_person(&self, connection: &Connection) -> Result<Box<dyn Source>, Reason> {
        self.open_with_policy(connection, RetryPolicy::INTERACTIVE)
    }

    fn open_with_policy(
        &self,
        connection: &Connection,
        retry: RetryPolicy,
    ) -> Result<Box<dyn Source>, Reason> {
        let tokens = self.inner.vault.supplier(&connection.id);
        let connector = self.known(connection.connector_id.as_str())?;
        let workspace = connection.account.workspace.as_deref();
        let paced = Paced::of(connector.descriptor(), &connection.id, workspace);
        let resting =
            workspace.map(|workspace| self.rest_of((connector.descriptor().id, workspace.to_owned())));
        Ok(self.build(connector, &connection.id, (paced, resting), tokens, retry))
    }

    /// Opens a connector with tokens from elsewhere, for a grant that belongs to no connection yet; a person waits.
    pub fn open_with(
        &self,
        connector_id: &str,
        connection: &ConnectionId,
        tokens: Arc<dyn TokenSupplier>,
    ) -> Result<Box<dyn Source>, Reason> {
        let connector = self.known(connector_id)?;
        let paced = Paced::Connection(connection.clone());
        Ok(self.build(connector, connection, (paced, None), tokens, RetryPolicy::INTERACTIVE))
    }

    fn known(&self, connector_id: &str) -> Result<&'static dyn Connector, Reason> {
        self.connector(connector_id).ok_or_else(|| {
            Reason::new("unknown_connector", format!("this server has no connector called {connector_id}"))
        })
    }

    fn build(
        &self,
        connector: &'static dyn Connector,
        connection: &ConnectionId,
        (paced, resting): (Paced, Option<Arc<RateLimiter>>),
        tokens: Arc<dyn TokenSupplier>,
        retry: RetryPolicy,
    ) -> Box<dyn Source> {
        let inner = &self.inner;
        let settings = inner.apps.get(connector.descriptor().id);
        let endpoints = settings.map(|settings| Arc::clone(&settings.endpoints)).unwrap_or_default();
        let uses_tokens = connector.descriptor().oauth.is_some();
        let http = Http::new(HttpOptions {
            network: inner.network.clone(),
            clock: Arc::clone(&inner.clock),
            tokens: uses_tokens.then_some(tokens),
            allowed_hosts: AllowedHosts::of(endpoints.values()),
            limiter: Some(self.limiter(connector.descriptor(), paced, resting)),
            retry,
            connection: connection.to_string(),
        });
        connector.open(ConnectionContext { http, endpoints })
    }

    /// What a workspace's connections rest by.
    fn rest_of(&self, workspace: Workspace) -> Arc<RateLimiter> {
        let mut rests = self.inner.rests.lock().expect("no holder of the rests' lock panics");
        if rests.len() >= REMEMBERED {
            rests.retain(|_, limiter| Arc::strong_count(limiter) > 1);
        }
        let fresh = || Arc::new(RateLimiter::for_rests(Arc::clone(&self.inner.clock)));
        Arc::clone(rests.entry(workspace).or_insert_with(fresh))
    }

    fn limiter(
        &self,
        descriptor: &Descriptor,
        paced: Paced,
        resting: Option<Arc<RateLimiter>>,
    ) -> Arc<RateLimits> {
        let mut limiters = self.inner.limiters.lock().expect("no holder of the limiters' lock panics");
        if limiters.len() >= REMEMBERED {
            limiters.retain(|_, limiter| Arc::strong_count(limiter) > 1);
        }
        let pace = self.inner.apps.get(descriptor.id).map_or(1.0, |settings| settings.pace);
        let paces = descriptor.rates.iter().map(|rate| {
            let limit = RateLimit { per_second: rate.per_second * pace, burst: rate.burst };
            (rate.lane, limit)
        });
        let fresh = || {
            let limits = RateLimits::new(Arc::clone(&self.inner.clock), paces.collect());
            Arc::new(match resting {
                Some(workspace) => limits.resting_with(workspace),
                None => limits,
            })
        };
        Arc::clone(limiters.entry(paced).or_insert_with(fresh))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paced(count_for: RateOwner, connection: &str, workspace: Option<&str>) -> Paced {
        let descriptor = Descriptor { rates_count_for: count_for, ..DESCRIPTOR };
        Paced::of(&descriptor, &ConnectionId::from(connection), workspace)
    }

    #[test]
    fn connections_share_a_pace_only_where_the_provider_counts_them_together() {
        use RateOwner::{Connection, Workspace};
        assert_eq!(paced(Workspace, "a", Some("T1")), paced(Workspace, "b", Some("T1")));
        assert_ne!(paced(Workspace, "a", Some("T1")), paced(Workspace, "b", Some("T2")));
        assert_ne!(paced(Workspace, "a", None), paced(Workspace, "b", None));
        assert_ne!(paced(Connection, "a", Some("T1")), paced(Connection, "b", Some("T1")));
    }

    const DESCRIPTOR: Descriptor = Descriptor {
        id: "somewhere",
        name: "Somewhere",
        provider: "somewhere",
        kind: gangway_connector::ConnectorKind::Communication,
        plan: gangway_model::Plan::Free,
        availability: gangway_connector::Availability::Built,
        oauth: None,
        endpoints: &[],
        capabilities: gangway_connector::Capabilities {
            change_feed: false,
            reports_deletions: false,
            reconcile_every: None,
            push: gangway_connector::Push::None,
            browse: false,
            search: false,
            versions: false,
        },
        rates: &[],
        rates_count_for: RateOwner::Connection,
        revision_grain: 0,
    };
}
