//! How far the vectors are: what the scheduler and the task note, and the operator asks for.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::Duration;
use gangway_model::{Reason, Timestamp};
use gangway_store::{Store, StoreError, ToEmbedCounts};

/// The list may be as long as there are documents: the scheduler counts it no more often than this, …
pub(crate) const COUNT_AGAIN: Duration = Duration::seconds(60);
/// … and whoever asks for the count has it no older than this.
pub(crate) const COUNT_IS_FRESH: Duration = Duration::seconds(5);

/// What search by meaning is at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmbeddingState {
    pub model: String,
    pub counts: ToEmbedCounts,
    pub counted_at: Timestamp,
    /// Passages whose vectors this process made.
    pub passages_made: u64,
    pub last_made_at: Option<Timestamp>,
    /// What keeps vectors from being made, and when it last did; `None` once some were made after it.
    pub last_error: Option<(Timestamp, Reason)>,
}

/// What is noted of it while the process runs.
#[derive(Default)]
pub struct EmbeddingNotes {
    noted: Mutex<Noted>,
}

#[derive(Default)]
struct Noted {
    counted: Option<(Timestamp, ToEmbedCounts)>,
    passages_made: u64,
    last_made_at: Option<Timestamp>,
    last_error: Option<(Timestamp, Reason)>,
}

impl EmbeddingNotes {
    pub(crate) fn made(&self, passages: usize, now: Timestamp) {
        let mut noted = self.noted();
        noted.passages_made += passages as u64;
        noted.last_made_at = Some(now);
        noted.last_error = None;
    }

    pub(crate) fn failed(&self, reason: Reason, now: Timestamp) {
        self.noted().last_error = Some((now, reason));
    }

    /// How long the list is; as it was counted before, when that is no longer ago than `fresh`.
    pub(crate) async fn counts(
        &self,
        store: &Store,
        now: Timestamp,
        fresh: Duration,
    ) -> Result<(Timestamp, ToEmbedCounts), StoreError> {
        let counted = self.noted().counted;
        if let Some(counted) = counted.filter(|(at, _)| now - *at < fresh) {
            return Ok(counted);
        }
        let counts = store.count_to_embed().await?;
        metrics::gauge!("gangway_to_embed_items", "state" => "waiting").set(counts.waiting as f64);
        metrics::gauge!("gangway_to_embed_items", "state" => "refused").set(counts.refused as f64);
        self.noted().counted = Some((now, counts));
        Ok((now, counts))
    }

    pub(crate) fn state(
        &self,
        model: &str,
        (counted_at, counts): (Timestamp, ToEmbedCounts),
    ) -> EmbeddingState {
        let noted = self.noted();
        EmbeddingState {
            model: model.to_owned(),
            counts,
            counted_at,
            passages_made: noted.passages_made,
            last_made_at: noted.last_made_at,
            last_error: noted.last_error.clone(),
        }
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
