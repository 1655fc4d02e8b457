//! Who is sending to which upload in this process: one at a time. Other processes are told apart by the rows.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use gangway_effects::Clock;
use gangway_model::{UploadId, to_millis};
use tokio::sync::{Notify, OwnedMutexGuard};

/// A sender that was silent for so long has to give way to another: most likely its connection is gone, and nobody
/// has noticed yet.
const SILENCE_OF_THE_GONE: Duration = Duration::from_secs(5);
/// How long the other waits for that.
const WAIT: Duration = Duration::from_secs(5);

#[derive(Debug, Default)]
pub struct Senders(Mutex<HashMap<UploadId, Weak<Turn>>>);

#[derive(Debug, Default)]
struct Turn {
    busy: Arc<tokio::sync::Mutex<()>>,
    heard_at: AtomicI64,
    give_way: Notify,
}

/// The right to send; held until dropped.
#[derive(Debug)]
pub(super) struct Sending {
    turn: Arc<Turn>,
    _busy: OwnedMutexGuard<()>,
}

impl Senders {
    /// Takes the turn, from a sender that fell silent if need be. `None` while somebody else is sending.
    pub(super) async fn take(&self, id: &UploadId, clock: &dyn Clock) -> Option<Sending> {
        let turn = self.turn(id);
        if let Ok(busy) = Arc::clone(&turn.busy).try_lock_owned() {
            return Some(Sending::begin(turn, busy, clock));
        }
        let silent = to_millis(clock.now()) - turn.heard_at.load(Ordering::Relaxed);
        if silent < SILENCE_OF_THE_GONE.as_millis() as i64 {
            return None;
        }
        turn.give_way.notify_waiters();
        tokio::select! {
            busy = Arc::clone(&turn.busy).lock_owned() => Some(Sending::begin(turn, busy, clock)),
            () = clock.sleep(WAIT) => None,
        }
    }

    /// Takes the turn only when it is free.
    pub(super) fn take_free(&self, id: &UploadId, clock: &dyn Clock) -> Option<Sending> {
        let turn = self.turn(id);
        let busy = Arc::clone(&turn.busy).try_lock_owned().ok()?;
        Some(Sending::begin(turn, busy, clock))
    }

    fn turn(&self, id: &UploadId) -> Arc<Turn> {
        let mut turns = self.0.lock().expect("no holder of this lock panics");
        if let Some(turn) = turns.get(id).and_then(Weak::upgrade) {
            return turn;
        }
        turns.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::default();
        turns.insert(id.clone(), Arc::downgrade(&turn));
        turn
    }
}

impl Sending {
    fn begin(turn: Arc<Turn>, busy: OwnedMutexGuard<()>, clock: &dyn Clock) -> Self {
        let sending = Self { turn, _busy: busy };
        sending.heard(clock);
        sending
    }

    /// Notes that the sender is alive.
    pub fn heard(&self, clock: &dyn Clock) {
        self.turn.heard_at.store(to_millis(clock.now()), Ordering::Relaxed);
    }

    /// Ends when somebody else wants to go on with the upload.
    pub async fn asked_to_give_way(&self) {
        self.turn.give_way.notified().await;
    }
}
