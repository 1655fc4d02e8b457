//! The engine's settings, each with its unit and the reason for its default.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use gangway_store::{Held, Shares};
use url::Url;

use crate::tasks::kinds;

/// Whose documents count when bytes come that were read before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reuse {
    /// Only the user's own.
    Own,
    /// Everybody's; what was read for somebody else comes as late as if it were read again, so that nobody learns by the
    /// time that somebody else has the same file.
    #[default]
    Quiet,
    /// Everybody's, at once.
    Open,
}

#[derive(Clone, Debug)]
pub struct SyncSettings {
    /// Tasks that run at the same time in this process.
    pub workers: usize,
    /// Of these, the most that one user has; `None` for all but one, so that there is one for somebody else.
    pub workers_per_user: Option<usize>,
    /// How long a sync job goes on while somebody waits who has fewer of them at work.
    pub job_turn: Duration,
    /// Items of one job that are fetched at the same time.
    pub fetch_concurrency: usize,
    /// Containers of one job that are listed at the same time.
    pub list_concurrency: usize,
    /// Entries that are committed together at most; bounds memory and what a crash repeats.
    pub batch_entries: usize,
    /// How long entries of a batch are begun with; what is left then is the next one's.
    pub batch_time: Duration,
    /// Between two looks at a change feed without working pushes.
    pub poll_interval: Duration,
    /// Between two looks at a change feed while pushes arrive: pushes get lost, so polling never stops.
    pub poll_interval_with_push: Duration,
    /// A larger file is skipped with a reason.
    pub max_file_bytes: u64,
    /// Where content too large for memory waits while it is read.
    pub spool_folder: PathBuf,
    /// The public address of this server when providers can reach it; `None` means no pushes.
    pub webhook_base: Option<Url>,
    /// How long a worker's claim on a task holds without a heartbeat.
    pub lease: Duration,
    /// A sweep that would remove more than this share of a scope stops and asks …
    pub mass_removal_share: f64,
    /// … unless it is no more than this many items.
    pub mass_removal_floor: u64,
    /// Tries of a job that keeps meeting a provider's temporary refusal, before it fails.
    pub max_attempts: u32,
    /// Whether what was read from the same bytes before, for this user or another, is taken instead of reading again.
    pub reuse: Reuse,
}

impl SyncSettings {
    pub fn with_spool(spool_folder: PathBuf) -> Self {
        Self {
            workers: 4,
            workers_per_user: None,
            job_turn: Duration::from_secs(30),
            fetch_concurrency: 16,
            list_concurrency: 4,
            batch_entries: 500,
            batch_time: Duration::from_secs(2),
            poll_interval: Duration::from_secs(60),
            poll_interval_with_push: Duration::from_secs(900),
            max_file_bytes: 100 << 20,
            spool_folder,
            webhook_base: None,
            lease: Duration::from_secs(30),
            mass_removal_share: 0.3,
            mass_removal_floor: 20,
            max_attempts: 12,
            reuse: Reuse::default(),
        }
    }

    /// How the workers are shared out among users, with what they have at work.
    pub(crate) fn shares(&self, held: HashMap<String, Held>) -> Shares {
        let workers = self.workers.max(1);
        // Where there are only two, a second task of the same user is a short one.
        let most = self.workers_per_user.unwrap_or(workers - 1).clamp(2.min(workers), workers);
        Shares {
            long_kinds: kinds::LONG,
            most,
            most_long: (most - 1).max(1),
            most_long_of_all: (workers - 1).max(1),
            held,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_worker_for_others_and_one_for_what_is_short() {
        let of = |workers, workers_per_user| {
            let settings = SyncSettings { workers, workers_per_user, ..SyncSettings::with_spool("".into()) };
            let shares = settings.shares(HashMap::new());
            (shares.most, shares.most_long, shares.most_long_of_all)
        };
        assert_eq!([of(1, None), of(2, None), of(3, None)], [(1, 1, 1), (2, 1, 1), (2, 1, 2)]);
        assert_eq!([of(4, None), of(16, None)], [(3, 2, 3), (15, 14, 15)]);
        assert_eq!([of(16, Some(4)), of(4, Some(1)), of(4, Some(99))], [(4, 3, 15), (2, 1, 3), (4, 3, 3)]);
    }
}
