//! What a connector says about itself: read by the registry, the API, the CLI, the docs.

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

/// Only what the engine branches on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Capabilities {
    /// `Source::changes` tells what changed since a cursor. Without it, following means listing again.
    pub change_feed: bool,
    /// The change feed reports deletions. Without it, only a complete listing proves them.
    pub reports_deletions: bool,
    /// `Source::subscribe` asks the provider for pushes.
    pub push: bool,
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
        if self.capabilities.push {
            names.push("webhooks");
        }
        if self.capabilities.versions {
            names.push("versions");
        }
        names
    }
}
