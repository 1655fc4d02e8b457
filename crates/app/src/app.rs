//! The use cases' surroundings: what every deed works with.

use std::sync::Arc;

use gangway_connector::Connector;
use gangway_effects::SharedClock;
use gangway_model::Timestamp;
use gangway_oauth::OAuthClient;
use gangway_search::SearchIndex;
use gangway_store::{Blobs, Store};
use gangway_sync::{Engine, Opener};
use gangway_vault::{AppDirectory, Vault};

use crate::settings::AppSettings;
use crate::upload::UploadTurns;
use crate::webhooks::RecentOffers;

/// Everything a use case may touch. One per process, shared.
pub struct App {
    pub store: Arc<Store>,
    pub blobs: Arc<Blobs>,
    pub vault: Vault,
    pub oauth: OAuthClient,
    pub registry: &'static [&'static dyn Connector],
    pub apps: Arc<AppDirectory>,
    pub opener: Opener,
    pub index: Arc<dyn SearchIndex>,
    pub engine: Arc<Engine>,
    pub clock: SharedClock,
    pub upload_turns: UploadTurns,
    pub recent_offers: RecentOffers,
    pub settings: AppSettings,
}

impl App {
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
