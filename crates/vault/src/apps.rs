//! The OAuth apps and endpoints in force, per connector, as configuration gave them.

use std::collections::BTreeMap;
use std::sync::Arc;

use gangway_model::SecretString;
use gangway_oauth::{OAuthApp, OAuthEndpoints};
use url::Url;

/// What configuration says about one connector.
#[derive(Clone, Debug)]
pub struct ConnectorSettings {
    /// The client registration; `None` until the operator configures one.
    pub app: Option<OAuthApp>,
    /// The authorization server's addresses; `None` for a connector without OAuth.
    pub oauth: Option<OAuthEndpoints>,
    /// The API's addresses, by the names of the descriptor's endpoints.
    pub endpoints: Arc<BTreeMap<String, Url>>,
    /// What pushes for the whole app are signed with, where the operator set it.
    pub webhook_secret: Option<SecretString>,
    /// What the connector's own paces are multiplied by: 1 keeps to what the provider asks for.
    pub pace: f64,
}

impl Default for ConnectorSettings {
    fn default() -> Self {
        Self { app: None, oauth: None, endpoints: Arc::default(), webhook_secret: None, pace: 1.0 }
    }
}

/// Settings of every connector, by connector id.
#[derive(Clone, Debug, Default)]
pub struct AppDirectory {
    settings: BTreeMap<String, ConnectorSettings>,
}

impl AppDirectory {
    pub fn new(settings: BTreeMap<String, ConnectorSettings>) -> Self {
        Self { settings }
    }

    pub fn get(&self, connector_id: &str) -> Option<&ConnectorSettings> {
        self.settings.get(connector_id)
    }

    /// The app and addresses of a connector's authorization server, when both are configured.
    pub fn oauth(&self, connector_id: &str) -> Option<(&OAuthApp, &OAuthEndpoints)> {
        let settings = self.settings.get(connector_id)?;
        Some((settings.app.as_ref()?, settings.oauth.as_ref()?))
    }
}
