//! The engine as the rest of the program sees it: started once, woken when there is work, watched, shut down.

use std::sync::{Arc, OnceLock, Weak};

use futures::Stream;
use gangway_effects::SharedClock;
use gangway_extract::Extractor;
use gangway_model::{Document, Item, ItemId, SyncJobId};
use gangway_search::SearchIndex;
use gangway_store::{Blobs, Store, StoreError};
use gangway_vault::Vault;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::context::{Embeddings, Rooms};
use crate::embedding::{COUNT_IS_FRESH, EmbeddingNotes, EmbeddingState};
use crate::finish::FinishUploads;
use crate::open::Opener;
use crate::readings::Readings;
use crate::settings::SyncSettings;
use crate::stop::Stop;
use crate::stored::{decode_document, load_body};
use crate::tree::Tree;
use crate::unread::Walk;
use crate::watch::{JobSnapshot, Watchers, watch_job};
use crate::{schedule, worker};

/// The rooms the engine is given.
#[derive(Clone)]
pub struct EngineParts {
    pub store: Arc<Store>,
    pub blobs: Arc<Blobs>,
    pub vault: Vault,
    pub index: Arc<dyn SearchIndex>,
    /// `None` switches search by meaning off.
    pub embeddings: Option<Embeddings>,
    pub extractor: Arc<Extractor>,
    pub opener: Opener,
    pub clock: SharedClock,
    pub settings: SyncSettings,
}

/// A running engine. Dropping it without [`Engine::shut_down`] leaves the leases to end by themselves.
pub struct Engine {
    rooms: Arc<Rooms>,
    shutdown: CancellationToken,
    running: tokio::sync::Mutex<Vec<JoinHandle<()>>>,
}

impl Engine {
    /// Starts the workers and the scheduler.
    pub fn start(parts: EngineParts) -> Self {
        let engine = Self::idle(parts);
        engine.begin();
        engine
    }

    /// An engine that carries nothing out: for a process that only answers the API, and for tests.
    pub fn idle(parts: EngineParts) -> Self {
        let EngineParts { store, blobs, vault, index, embeddings, extractor, opener, clock, settings } =
            parts;
        let rooms = Rooms {
            store,
            blobs,
            vault,
            index,
            embeddings,
            embedding_notes: EmbeddingNotes::default(),
            extractor,
            opener,
            clock,
            settings,
            watchers: Watchers::default(),
            finisher: OnceLock::new(),
            readings: Readings::default(),
            unread: Walk::default(),
            work: tokio::sync::Notify::new(),
        };
        Self {
            rooms: Arc::new(rooms),
            shutdown: CancellationToken::new(),
            running: tokio::sync::Mutex::default(),
        }
    }

    fn begin(&self) {
        let workers = tokio::spawn(worker::run(Arc::clone(&self.rooms), self.shutdown.clone()));
        let scheduler = tokio::spawn(schedule::run(Arc::clone(&self.rooms), self.shutdown.clone()));
        self.running.try_lock().expect("nobody else has the engine yet").extend([workers, scheduler]);
    }

    /// Says who finishes uploads. Whoever says it first does; tasks that come before it wait.
    pub fn finish_uploads_by(&self, finisher: Weak<dyn FinishUploads>) {
        let _ = self.rooms.finisher.set(finisher);
    }

    /// Tells the workers that there may be work.
    pub fn wake(&self) {
        self.rooms.wake();
    }

    /// Opens connectors on connections.
    pub fn opener(&self) -> &Opener {
        &self.rooms.opener
    }

    /// The states of a job from now on, ending with a final one.
    pub fn watch(&self, job: &SyncJobId) -> impl Stream<Item = Result<JobSnapshot, Stop>> + Send + use<> {
        watch_job(Arc::clone(&self.rooms), job.clone())
    }

    /// Tells those who watch a job that it was changed from outside the engine.
    pub fn announce(&self, job: &SyncJobId) {
        self.rooms.watchers.announce(job);
    }

    /// An item's text as it was brought in; `None` when it has none, or when what is stored cannot be read.
    pub async fn read_document(&self, item: &ItemId) -> Result<Option<Document>, Stop> {
        let Some(stored) = self.rooms.store.document(item).await? else { return Ok(None) };
        let Some(body) = load_body::<Stop>(&self.rooms.blobs, stored).await? else { return Ok(None) };
        // Megabytes are inflated here: nobody's request should wait for it.
        let decoded = tokio::task::spawn_blocking(move || decode_document(&body)).await;
        decoded.map_err(|error| Stop::failed("document_unreadable", error.to_string()))
    }

    /// Where an item stands at its source, by the names of the folders above it.
    pub async fn path_of(&self, item: &Item) -> Result<String, Stop> {
        let mut tree = Tree::new(&self.rooms.store, &item.connection_id);
        Ok(format!("{}/{}", tree.path(item.parent_id.as_ref()).await?, item.name))
    }

    /// What search by meaning is at; `None` while it is off.
    pub async fn embedding_state(&self) -> Result<Option<EmbeddingState>, StoreError> {
        let Some(embeddings) = &self.rooms.embeddings else { return Ok(None) };
        let notes = &self.rooms.embedding_notes;
        let counts = notes.counts(&self.rooms.store, self.rooms.now(), COUNT_IS_FRESH).await?;
        Ok(Some(notes.state(embeddings.embedder.model(), counts)))
    }

    /// Looks for due work (feeds to poll, subscriptions to renew) now rather than at the next tick.
    pub async fn schedule_now(&self) -> Result<(), Stop> {
        schedule::tick(&self.rooms).await
    }

    /// Looks once more, at the next ticks, for files that nobody could read and that somebody can by now: some were passed over.
    pub async fn look_through_unread_again(&self) {
        self.rooms.unread.start_over().await;
    }

    /// Stops claiming, ends readings under way, which are done again, lets tasks reach their next checkpoint, gives the leases back.
    pub async fn shut_down(&self) {
        self.shutdown.cancel();
        self.rooms.wake();
        for handle in self.running.lock().await.drain(..) {
            if let Err(error) = handle.await {
                tracing::error!(%error, "a part of the engine ended badly");
            }
        }
    }
}
