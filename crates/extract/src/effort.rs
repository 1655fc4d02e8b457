//! What reading a file took: measured while it is read, and spent once more by doing as if it were.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// How long one file kept readers busy. Waiting for a turn is not in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effort {
    /// In a worker, or in a program that takes a worker's turn.
    pub reading: Duration,
    /// In text recognition, which has turns of its own.
    pub recognizing: Duration,
}

impl Effort {
    /// So many percent of it.
    pub fn percent(self, share: u32) -> Self {
        let of = |part: Duration| part.mul_f64(f64::from(share) / 100.0);
        Self { reading: of(self.reading), recognizing: of(self.recognizing) }
    }
}

/// Counts microseconds while a file is read.
#[derive(Debug, Default)]
pub(crate) struct Busy {
    reading: AtomicU64,
    recognizing: AtomicU64,
}

impl Busy {
    pub(crate) fn reading(&self) -> Running<'_> {
        Running { since: micros(), into: &self.reading }
    }

    pub(crate) fn recognizing(&self) -> Running<'_> {
        Running { since: micros(), into: &self.recognizing }
    }

    pub(crate) fn effort(&self) -> Effort {
        let told = |count: &AtomicU64| Duration::from_micros(count.load(Ordering::Relaxed));
        Effort { reading: told(&self.reading), recognizing: told(&self.recognizing) }
    }
}

/// Counts until it is dropped.
pub(crate) struct Running<'a> {
    since: u64,
    into: &'a AtomicU64,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.into.fetch_add(micros().saturating_sub(self.since), Ordering::Relaxed);
    }
}

fn micros() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec.unsigned_abs() * 1_000_000 + now.tv_nsec.unsigned_abs() / 1_000
}

/// Waits in real time: it stands for work that takes real time.
#[allow(clippy::disallowed_methods, reason = "takes the time of a reading that does not happen")]
pub(crate) async fn take_time(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_counted_where_it_is_spent() {
        let busy = Busy::default();
        drop(Running { since: micros() - 3_000_000, into: &busy.reading });
        drop(Running { since: micros() - 5_000_000, into: &busy.recognizing });
        let effort = busy.effort();
        assert_eq!((effort.reading.as_secs(), effort.recognizing.as_secs()), (3, 5));
        assert_eq!(effort.percent(50).reading.as_millis(), effort.reading.as_millis() / 2);
    }
}
