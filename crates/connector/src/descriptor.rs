//! What a connector says about itself: read by the registry, the API, the CLI, the docs.

use std::time::Duration;

use gangway_model::Plan;
use gangway_oauth::OAuthFacts;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectorKind {
    FileStorage,
    Productivity,
    Communication,
    Local,
}

impl ConnectorKind {
    /// The guide's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            ConnectorKind::FileStorage => "file_storage",
            ConnectorKind::Productivity => "productivity",
            ConnectorKind::Communication => "communication",
            ConnectorKind::Local => "local",
        }
    }
}

/// An address of the provider's API that configuration can point elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct EndpointFact {
    /// The setting's name, such as `api` or `download`.
    pub name: &'static str,
    pub default_url: &'static str,
    /// What it is used for.
    pub purpose: &'static str,
}

/// How pushes come about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Push {
    #[default]
    None,
    /// `Source::subscribe` asks for them, feed by feed; each subscription has a secret of its own.
    PerFeed,
    /// The operator enters one address for the whole OAuth app at the provider; nothing is subscribed to.
    PerApp(AppSecret),
}

/// What pushes for a whole OAuth app are signed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppSecret {
    /// The OAuth app's client secret.
    ClientSecret,
    /// A secret of its own, set as `webhook_secret` beside the OAuth app.
    Configured,
    /// A secret that the provider sends in its handshake and that counts once the operator has confirmed it, to the
    /// provider and here; or one that is set as `webhook_secret`.
    Offered,
}

/// Whose calls a provider counts together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RateOwner {
    /// Those of one connection.
    #[default]
    Connection,
    /// Those of all connections into one workspace ([`gangway_model::Account::workspace`]).
    Workspace,
}

/// A pace that a provider asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateFact {
    /// The calls it is about: those whose `Request::lane` is this; empty for all calls without a lane.
    pub lane: &'static str,
    /// Calls a second in the long run.
    pub per_second: f64,
    /// Calls at once after a rest.
    pub burst: u32,
}

/// Only what the engine branches on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Capabilities {
    /// `Source::changes` tells what changed since a cursor. Without it, following means listing again.
    pub change_feed: bool,
    /// The change feed reports all deletions. Without it, only a complete listing proves them: the engine lists
    /// again from time to time beside reading the feed.
    pub reports_deletions: bool,
    /// Between two listings of everything that is followed, where a feed that reports deletions is known to miss some.
    pub reconcile_every: Option<Duration>,
    pub push: Push,
    /// `Source::browse` lists containers and items for people.
    pub browse: bool,
    /// `Source::browse` can search at the source.
    pub search: bool,
    /// `Source::versions` lists an item's earlier versions.
    pub versions: bool,
}

#[derive(Clone, Copy, Debug)]
pub enum Availability {
    Built,
    /// Named in the product, not built yet; the sentence says so to people.
    Planned(&'static str),
}

/// One connector, described.
#[derive(Clone, Copy, Debug)]
pub struct Descriptor {
    /// The stable id, such as `google_drive`.
    pub id: &'static str,
    /// The name people know, such as `Google Drive`.
    pub name: &'static str,
    /// The provider behind it, such as `google`; OAuth apps are configured per provider.
    pub provider: &'static str,
    pub kind: ConnectorKind,
    /// The lowest plan that includes it.
    pub plan: Plan,
    pub availability: Availability,
    /// `None` where there is nothing to authorise (local upload).
    pub oauth: Option<&'static OAuthFacts>,
    pub endpoints: &'static [EndpointFact],
    pub capabilities: Capabilities,
    /// Paces kept without being told. What is not named here is only learnt from the provider's refusals.
    pub rates: &'static [RateFact],
    /// Who shares each of these paces, and the rest that the provider tells one caller to take.
    pub rates_count_for: RateOwner,
    /// Seconds within which two states of an item may carry the same revision, because the provider rounds its
    /// times; 0 where every content has its own revision. What was fetched within that time of its last change is
    /// fetched once more when it is told of again.
    pub revision_grain: u32,
}

impl Descriptor {
    pub fn is_built(&self) -> bool {
        matches!(self.availability, Availability::Built)
    }

    /// The guide's list of what a connector can do, for people.
    pub fn capability_names(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        if !self.is_built() {
            return names;
        }
        if self.capabilities.browse {
            names.push("picker");
        }
        if self.kind != ConnectorKind::Local {
            names.push("sync");
        }
        names.push("search");
        if self.capabilities.push != Push::None {
            names.push("webhooks");
        }
        if self.capabilities.versions {
            names.push("versions");
        }
        names
    }
}
