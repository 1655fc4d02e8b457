//! The clock: the system's in production, one that is stepped by hand in tests.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use tokio::sync::watch;

/// Tells the time and waits. Everything that ages or waits asks a clock that it was handed.
#[async_trait]
pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> DateTime<Utc>;

    /// Returns once `duration` has passed on this clock. Cancel-safe.
    async fn sleep(&self, duration: Duration);
}

pub type SharedClock = Arc<dyn Clock>;

/// The machine's own clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl SystemClock {
    pub fn shared() -> SharedClock {
        Arc::new(SystemClock)
    }
}

#[async_trait]
impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    #[allow(clippy::disallowed_methods, reason = "the one place that waits on the machine's clock")]
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// A clock that stands still until it is stepped. Sleepers wake when their moment is reached.
#[derive(Clone, Debug)]
pub struct SteppedClock {
    now: Arc<Mutex<DateTime<Utc>>>,
    steps: watch::Sender<DateTime<Utc>>,
}

impl SteppedClock {
    pub fn starting_at(start: DateTime<Utc>) -> Self {
        let (steps, _) = watch::channel(start);
        Self { now: Arc::new(Mutex::new(start)), steps }
    }

    /// Moves the clock forward and wakes whoever's moment has come.
    pub fn advance(&self, by: Duration) {
        let mut now = self.now.lock().expect("no holder of the clock's lock panics");
        *now += by;
        self.steps.send_replace(*now);
    }
}

#[async_trait]
impl Clock for SteppedClock {
    fn now(&self) -> DateTime<Utc> {
        *self.now.lock().expect("no holder of the clock's lock panics")
    }

    async fn sleep(&self, duration: Duration) {
        let until = self.now() + duration;
        let mut steps = self.steps.subscribe();
        // The sender lives in `self`, so waiting cannot fail while we are borrowed.
        let _ = steps.wait_for(|now| *now >= until).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sleepers_wake_when_the_clock_is_stepped_past_them() {
        let clock = SteppedClock::starting_at(DateTime::UNIX_EPOCH);
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep(Duration::from_secs(10)).await }
        });
        clock.advance(Duration::from_secs(9));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        clock.advance(Duration::from_secs(11));
        sleeper.await.unwrap();
    }
}
