//! A clock for tests on which waiting takes no time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use gangway_effects::{Clock, SteppedClock};
use gangway_model::Timestamp;

/// Whoever sleeps on it moves it forward. Remembers the sleeps.
pub struct HastyClock {
    clock: SteppedClock,
    pub slept: Mutex<Vec<Duration>>,
}

impl HastyClock {
    pub fn starting_at(start: Timestamp) -> Arc<Self> {
        Arc::new(Self { clock: SteppedClock::starting_at(start), slept: Mutex::default() })
    }

    pub fn seconds_slept(&self) -> Vec<u64> {
        self.slept.lock().expect("no test panics here").iter().map(Duration::as_secs).collect()
    }
}

#[async_trait]
impl Clock for HastyClock {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn sleep(&self, duration: Duration) {
        self.slept.lock().expect("no test panics here").push(duration);
        self.clock.advance(duration);
    }
}
