//! Our nouns and ids. No I/O, no async: every other room may name these, and they name nobody.

pub mod assistant;
pub mod collection;
pub mod connection;
pub mod document;
pub mod ids;
pub mod item;
pub mod media;
pub mod plan;
pub mod sync_job;
pub mod user;

pub use assistant::AssistantScope;
pub use collection::{Access, Collection};
pub use connection::{Account, Connection, ConnectionState, Grant, SealedGrant};
pub use document::{Chunk, Document, Note, Place, Section};
pub use ids::*;
pub use item::{Fetchable, Item, ItemKind, ItemState, Reason};
pub use plan::Plan;
pub use sync_job::{FileOutcome, JobCounters, JobStatus, Outcome, SyncJob, SyncMode};
pub use user::{Organization, User};

/// A moment, always in UTC. Stored as milliseconds since 1970.
pub type Timestamp = chrono::DateTime<chrono::Utc>;

/// A string whose `Debug` hides it: tokens, codes, verifiers, signed URLs.
/// Taking the value out is a visible act (`expose_secret`).
pub use secrecy::{ExposeSecret, SecretString};

/// The milliseconds since 1970 of a moment, as rows store it.
pub fn to_millis(at: Timestamp) -> i64 {
    at.timestamp_millis()
}

/// The moment of a stored number of milliseconds; numbers outside the calendar become 1970.
pub fn from_millis(millis: i64) -> Timestamp {
    chrono::DateTime::from_timestamp_millis(millis).unwrap_or_default()
}
