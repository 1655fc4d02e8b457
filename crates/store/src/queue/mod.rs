//! The queue: tasks with leases, in the same database as the rows they are about.
//!
//! It is our own table because a task must be queued in the transaction that makes it necessary (a job with
//! its task, a page with what follows from it), on both databases. apalis has one crate and one schema per
//! database and cannot queue inside our transaction; graphile_worker, underway and sqlxmq know only
//! PostgreSQL.
//!
//! - A worker *claims* tasks for a time, its lease, and extends it while it works. A task whose lease has run out
//!   is claimed again by anybody, so work survives the death of its worker; a worker that finds its lease gone must stop.
//! - Tasks of one *lane* never run at the same time, which a unique index guarantees. A task of a lane whose lease
//!   has run out goes before those that wait behind it.
//! - Of one *unique key* at most one task waits. Another may be running meanwhile, so a wish that comes in the
//!   middle of a run is not lost.
//! - A task waits in a *line*: its user's and its lane's. A claim looks at the first of each line, however many wait
//!   behind it, and gives to those first who have least at work ([`Shares`]).
//! - A task that is done is deleted; one that was given up stays, with its last error, to be looked at.

mod claim;
mod enqueue;
mod finish;
mod lines;
mod shares;

use gangway_model::{CollectionId, ConnectionId, ItemId, ScopeId, SyncJobId, Timestamp, UploadId, UserId};
use sqlx::any::AnyRow;

pub use claim::Round;
pub(crate) use enqueue::enqueue_in;
pub use shares::{Held, NOBODY, Shares};

use crate::error::Result;
use crate::row::Columns;

/// A task's id: a UUID version 7.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId(String);

impl TaskId {
    pub fn fresh() -> Self {
        Self(uuid::Uuid::now_v7().to_string())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for TaskId {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Display for TaskId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whose a task is, by what it is about. Looked up when it is queued; what is not there is nobody's.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Owner {
    #[default]
    Nobody,
    User(UserId),
    Connection(ConnectionId),
    Job(SyncJobId),
    Scope(ScopeId),
    Collection(CollectionId),
    Item(ItemId),
    Upload(UploadId),
}

/// Work to be queued. `payload` must hold no secrets.
#[derive(Clone, Debug, PartialEq)]
pub struct NewTask {
    pub kind: String,
    pub payload: serde_json::Value,
    pub unique_key: Option<String>,
    pub lane: Option<String>,
    pub owner: Owner,
    /// Not before; `None` for at once.
    pub run_at: Option<Timestamp>,
    /// Whether it also brings forward one that waits under the same key for another try. Others leave it its pause: a
    /// provider may have asked for that.
    pub ends_pause: bool,
    /// Whether one that waits under the same key is carried out with this payload instead of its own.
    pub starts_over: bool,
}

impl NewTask {
    /// A task to be run at once, with no key and no lane.
    pub fn new(kind: impl Into<String>, payload: serde_json::Value) -> Self {
        Self {
            kind: kind.into(),
            payload,
            unique_key: None,
            lane: None,
            owner: Owner::Nobody,
            run_at: None,
            ends_pause: false,
            starts_over: false,
        }
    }

    #[must_use]
    pub fn unique(self, key: impl Into<String>) -> Self {
        Self { unique_key: Some(key.into()), ..self }
    }

    #[must_use]
    pub fn in_lane(self, lane: impl Into<String>) -> Self {
        Self { lane: Some(lane.into()), ..self }
    }

    #[must_use]
    pub fn owned_by(self, owner: Owner) -> Self {
        Self { owner, ..self }
    }

    #[must_use]
    pub fn ending_a_pause(self) -> Self {
        Self { ends_pause: true, ..self }
    }

    #[must_use]
    pub fn starting_over(self) -> Self {
        Self { starts_over: true, ..self }
    }

    #[must_use]
    pub fn at(self, run_at: Timestamp) -> Self {
        Self { run_at: Some(run_at), ..self }
    }
}

/// What came of queueing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnqueuedTask {
    /// The waiting task: the new one, or the one that already waited under the same key.
    pub id: TaskId,
    pub is_new: bool,
}

/// A claimed task.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    pub id: TaskId,
    pub kind: String,
    pub payload: serde_json::Value,
    pub unique_key: Option<String>,
    pub lane: Option<String>,
    /// Whose it is; `None` for nobody's.
    pub owner: Option<UserId>,
    /// Counts the claims, this one included.
    pub attempts: u32,
    pub run_at: Timestamp,
    /// Until when it is claimed.
    pub locked_until: Option<Timestamp>,
    /// Why the attempt before failed.
    pub last_error: Option<String>,
    pub created_at: Timestamp,
}

const TASK_COLUMNS: &str =
    "id, kind, payload, unique_key, lane, line, attempts, run_at, locked_until, last_error, created_at";

fn read_task(row: &AnyRow) -> Result<Task> {
    Ok(Task {
        id: row.id("id")?,
        kind: row.text("kind")?,
        payload: row.json("payload")?,
        unique_key: row.opt_text("unique_key")?,
        lane: row.opt_text("lane")?,
        owner: lines::owner_of(&row.text("line")?).map(UserId::from),
        attempts: u32::try_from(row.count("attempts")?).unwrap_or(u32::MAX),
        run_at: row.time("run_at")?,
        locked_until: row.opt_time("locked_until")?,
        last_error: row.opt_text("last_error")?,
        created_at: row.time("created_at")?,
    })
}
