//! The use cases' surroundings: what every deed works with.

use std::sync::{Arc, Weak};

use gangway_connector::Connector;
use gangway_effects::SharedClock;
use gangway_model::Timestamp;
use gangway_oauth::OAuthClient;
use gangway_search::SearchIndex;
use gangway_store::{Blobs, Store};
use gangway_sync::{Engine, FinishUploads, Opener};
use gangway_vault::{AppDirectory, Vault};

use crate::assistants::DocumentReads;
use crate::resumable::Senders;
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
    pub senders: Senders,
    pub document_reads: DocumentReads,
    pub settings: AppSettings,
}

impl App {
    /// Puts the use cases to work: from now on the engine finishes uploads with them.
    pub fn open(self) -> Arc<Self> {
        let app = Arc::new(self);
        let finisher: Weak<dyn FinishUploads> = Arc::<Self>::downgrade(&app);
        app.engine.finish_uploads_by(finisher);
        app
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
