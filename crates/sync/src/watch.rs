//! Watching a job: a stream of its states, pushed when this process changes it, read again now and then for
//! the case that another process does.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::Stream;
use gangway_model::{SyncJob, SyncJobId};
use tokio::sync::watch;

use crate::context::Rooms;
use crate::stop::Stop;

/// How often a watched job is read again although nobody here said that it changed.
const READ_AGAIN: Duration = Duration::from_secs(2);

/// A job as it was at one moment.
pub type JobSnapshot = SyncJob;

/// Who watches which job in this process.
#[derive(Default)]
pub struct Watchers {
    jobs: Mutex<HashMap<SyncJobId, watch::Sender<u64>>>,
}

impl Watchers {
    /// Tells those who watch the job to look again.
    pub fn announce(&self, job: &SyncJobId) {
        let mut jobs = self.lock();
        if let Some(sender) = jobs.get(job) {
            if sender.is_closed() {
                jobs.remove(job);
            } else {
                sender.send_modify(|count| *count += 1);
            }
        }
    }

    fn subscribe(&self, job: &SyncJobId) -> watch::Receiver<u64> {
        let mut jobs = self.lock();
        jobs.retain(|_, sender| !sender.is_closed());
        jobs.entry(job.clone()).or_insert_with(|| watch::channel(0).0).subscribe()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<SyncJobId, watch::Sender<u64>>> {
        self.jobs.lock().expect("no holder of the watchers' lock panics")
    }
}

/// The states of a job from now on: the present one first, then each that differs, ending with a final one.
pub fn watch_job(rooms: Arc<Rooms>, job: SyncJobId) -> impl Stream<Item = Result<JobSnapshot, Stop>> + Send {
    struct Watching {
        rooms: Arc<Rooms>,
        job: SyncJobId,
        changes: watch::Receiver<u64>,
        last: Option<JobSnapshot>,
    }
    let changes = rooms.watchers.subscribe(&job);
    futures::stream::unfold(Some(Watching { rooms, job, changes, last: None }), |state| async move {
        let mut state = state?;
        loop {
            if state.last.is_some() {
                tokio::select! {
                    _ = state.changes.changed() => {}
                    () = state.rooms.clock.sleep(READ_AGAIN) => {}
                }
            }
            state.changes.mark_unchanged();
            let now = match state.rooms.store.find_job(&state.job).await {
                Ok(Some(job)) => job,
                Ok(None) => return None,
                Err(error) => return Some((Err(Stop::from(error)), None)),
            };
            if state.last.as_ref() == Some(&now) {
                continue;
            }
            if now.status.is_final() {
                return Some((Ok(now), None));
            }
            state.last = Some(now.clone());
            return Some((Ok(now), Some(state)));
        }
    })
}
