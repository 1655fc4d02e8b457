//! What every task works with.

use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use gangway_connector::{Capabilities, Source};
use gangway_effects::SharedClock;
use gangway_extract::Extractor;
use gangway_model::{Connection, ConnectionId, ConnectionState, Reason, Timestamp};
use gangway_search::{Embedder, SearchIndex, VectorIndex};
use gangway_store::{Blobs, PageEffects, Store, Task, TaskLease};
use gangway_vault::Vault;
use tokio_util::sync::CancellationToken;

use crate::announced::Announcements;
use crate::embedding::EmbeddingNotes;
use crate::finish::FinishUploads;
use crate::open::Opener;
use crate::readings::Readings;
use crate::settings::SyncSettings;
use crate::slots::Slot;
use crate::stop::Stop;
use crate::tasks::kinds;
use crate::unread::Walk;
use crate::watch::Watchers;

const GIVE_UP_ON_ITEMS_FROM: u32 = 3;
/// How long what waits for a disabled user waits until it looks again; enabling the user ends it.
pub(crate) const WHILE_DISABLED: Duration = Duration::from_secs(3600);
/// Why it waits.
pub const USER_IS_DISABLED: &str = "the user is disabled";

/// What search by meaning needs to be kept true to the documents.
#[derive(Clone)]
pub struct Embeddings {
    pub embedder: Arc<dyn Embedder>,
    /// The index that also `index` searches.
    pub vectors: Arc<dyn VectorIndex>,
    /// Passages handed to the embedder at once.
    pub batch: usize,
}

/// The rooms the engine reaches into.
pub struct Rooms {
    pub store: Arc<Store>,
    pub blobs: Arc<Blobs>,
    pub vault: Vault,
    pub index: Arc<dyn SearchIndex>,
    /// `None` while search by meaning is off.
    pub embeddings: Option<Embeddings>,
    pub embedding_notes: EmbeddingNotes,
    pub extractor: Arc<Extractor>,
    pub opener: Opener,
    pub clock: SharedClock,
    pub settings: SyncSettings,
    pub watchers: Watchers,
    /// Set once the use cases are there.
    pub finisher: OnceLock<Weak<dyn FinishUploads>>,
    pub readings: Readings,
    /// How far the files are looked through that nobody could read.
    pub unread: Walk,
    /// Wakes the workers when there may be something to claim.
    pub work: tokio::sync::Notify,
}

impl Rooms {
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Tells idle workers to look at the queue.
    pub fn wake(&self) {
        self.work.notify_waiters();
        self.work.notify_one();
    }
}

/// One claimed task at work.
pub struct TaskContext {
    pub rooms: Arc<Rooms>,
    pub task: Task,
    /// Proves to the rows that this worker still holds the task.
    pub lease: TaskLease,
    /// Cancelled when the lease is lost or the process shuts down.
    pub stop: CancellationToken,
    /// Among the worker's slots.
    pub slot: Slot,
    pub announced: Arc<Announcements>,
}

impl TaskContext {
    /// Effects under this task's lease, to be filled in.
    pub fn effects(&self) -> PageEffects {
        let to_embed = self.rooms.embeddings.is_some();
        PageEffects { lease: Some(self.lease.clone()), to_embed, ..PageEffects::default() }
    }

    /// An error once somebody else has the task, or the process is going down.
    pub fn check(&self) -> Result<(), Stop> {
        if self.stop.is_cancelled() { Err(Stop::LeaseLost) } else { Ok(()) }
    }

    /// An error once others wait for a slot who have fewer tasks of this kind at work, and it had its turn since `begun`.
    pub async fn give_way(&self, begun: &mut Timestamp) -> Result<(), Stop> {
        let now = self.rooms.now();
        let turn = chrono::Duration::from_std(self.rooms.settings.job_turn).unwrap_or(chrono::Duration::MAX);
        if now - *begun < turn {
            return Ok(());
        }
        *begun = now;
        let shares = self.rooms.settings.shares(self.slot.held_by_all());
        match self.rooms.store.keeps_others_waiting(kinds::ALL, self.task.owner.as_ref(), &shares).await? {
            true => Err(Stop::GiveWay),
            false => Ok(()),
        }
    }

    /// Puts off what would bring something in for a disabled user: it goes on from where it stands when they are enabled.
    /// What takes something out is not held up.
    pub async fn check_user(&self, connection: &ConnectionId) -> Result<(), Stop> {
        if !kinds::BRINGING_IN.contains(&self.task.kind.as_str())
            || !self.rooms.store.is_of_disabled_user(connection).await?
        {
            return Ok(());
        }
        Err(Stop::UserDisabled)
    }

    /// Leaves this task's slot to others: from here on it mostly waits.
    pub fn leave_slot(&self) {
        if self.slot.leave() {
            self.rooms.wake();
        }
    }

    /// Whether a temporary refusal of one item no longer holds up the rest: the task was tried several times.
    pub fn gives_up_on_items(&self) -> bool {
        self.task.attempts >= GIVE_UP_ON_ITEMS_FROM
    }

    pub fn capabilities(&self, connection: &Connection) -> Capabilities {
        let connector = self.rooms.opener.connector(connection.connector_id.as_str());
        connector.map(|connector| connector.descriptor().capabilities).unwrap_or_default()
    }

    /// How long after a change two states of a connection's items may carry the same revision.
    pub fn revision_grain(&self, connection: &Connection) -> chrono::Duration {
        let connector = self.rooms.opener.connector(connection.connector_id.as_str());
        let seconds = connector.map_or(0, |connector| connector.descriptor().revision_grain);
        chrono::Duration::seconds(seconds.into())
    }

    /// Opens the connector on a connection that may work.
    pub fn open(&self, connection: &Connection) -> Result<Box<dyn Source>, Stop> {
        match connection.state {
            ConnectionState::Active => {}
            ConnectionState::NeedsReauth => {
                let why = connection.state_reason.clone().unwrap_or_else(|| "the grant has ended".to_owned());
                return Err(Stop::Reconnect(Reason::new("needs_reauth", why)));
            }
            ConnectionState::Disconnecting => return Err(Stop::Cancelled),
        }
        self.rooms.opener.open(connection).map_err(Stop::Failed)
    }
}
