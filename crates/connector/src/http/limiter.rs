//! Keeps calls within a rate, and lets all of them rest when the provider asks for it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gangway_effects::SharedClock;
use gangway_model::Timestamp;

/// So many calls a second in the long run, so many at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateLimit {
    pub per_second: f64,
    pub burst: u32,
}

/// The pace of one connection, or of all that a provider counts together: a limiter for each lane that calls name.
/// Shared by everything that calls on their behalf.
pub struct RateLimits {
    clock: SharedClock,
    /// By lane; lanes that are not here have no pace of their own.
    paces: Vec<(&'static str, RateLimit)>,
    lanes: Mutex<BTreeMap<&'static str, Arc<RateLimiter>>>,
    /// What all connections into a workspace have to rest for, where each has a pace of its own.
    workspace: Option<Arc<RateLimiter>>,
}

impl RateLimits {
    pub fn new(clock: SharedClock, paces: Vec<(&'static str, RateLimit)>) -> Self {
        Self { clock, paces, lanes: Mutex::default(), workspace: None }
    }

    /// The same for a connection into a workspace whose connections rest together when the provider says so.
    #[must_use]
    pub fn resting_with(self, workspace: Arc<RateLimiter>) -> Self {
        Self { workspace: Some(workspace), ..self }
    }

    /// Waits for a call's turn in its lane, as [`RateLimiter::take_turn`] does.
    pub async fn take_turn(&self, lane: &'static str, patience: Duration) -> Result<(), Duration> {
        if let Some(workspace) = &self.workspace {
            workspace.take_turn(patience).await?;
        }
        self.lane(lane).take_turn(patience).await
    }

    /// Lets every call of the workspace rest; of this connection alone, where no workspace is known.
    pub fn rest_workspace(&self, lane: &'static str, duration: Duration) {
        match &self.workspace {
            Some(workspace) => workspace.rest(duration),
            None => self.lane(lane).rest(duration),
        }
    }

    /// The limiter of a lane. There are as many as a connector's code names.
    pub fn lane(&self, lane: &'static str) -> Arc<RateLimiter> {
        let pace = || self.paces.iter().find(|(of, _)| *of == lane).map_or(UNLIMITED, |(_, pace)| *pace);
        let mut lanes = self.lanes.lock().expect("no holder of the lanes' lock panics");
        let limiter =
            lanes.entry(lane).or_insert_with(|| Arc::new(RateLimiter::new(Arc::clone(&self.clock), pace())));
        Arc::clone(limiter)
    }
}

/// No pace of our own: most limits differ by day and by project, and are learnt from refusals. The limiter then
/// only carries the rest that one call was told to take to all others.
const UNLIMITED: RateLimit = RateLimit { per_second: 1_000_000.0, burst: 1_000_000 };

/// A token bucket on the clock it was handed.
pub struct RateLimiter {
    clock: SharedClock,
    interval: chrono::Duration,
    slack: chrono::Duration,
    state: Mutex<State>,
}

struct State {
    /// When the bucket would be full again, were nothing more to come.
    full_at: Timestamp,
    resting_until: Timestamp,
}

impl RateLimiter {
    pub fn new(clock: SharedClock, limit: RateLimit) -> Self {
        let per_second = limit.per_second.max(0.001);
        let interval = chrono::Duration::nanoseconds((1e9 / per_second) as i64);
        let slack = interval * i32::try_from(limit.burst.saturating_sub(1)).unwrap_or(i32::MAX);
        let now = clock.now();
        Self { clock, interval, slack, state: Mutex::new(State { full_at: now, resting_until: now }) }
    }

    /// A limiter without a pace, for rests alone.
    pub fn for_rests(clock: SharedClock) -> Self {
        Self::new(clock, UNLIMITED)
    }

    /// Waits for this call's turn. When that is further away than `patience`, takes no turn and returns
    /// how far it is.
    pub async fn take_turn(&self, patience: Duration) -> Result<(), Duration> {
        let wait = self.reserve(patience)?;
        if !wait.is_zero() {
            self.clock.sleep(wait).await;
        }
        Ok(())
    }

    /// Lets every call rest, because the provider said so to one of them.
    pub fn rest(&self, duration: Duration) {
        let Ok(duration) = chrono::Duration::from_std(duration) else { return };
        let until = self.clock.now() + duration;
        let mut state = self.state.lock().expect("no holder of the limiter's lock panics");
        state.resting_until = state.resting_until.max(until);
    }

    fn reserve(&self, patience: Duration) -> Result<Duration, Duration> {
        let now = self.clock.now();
        let mut state = self.state.lock().expect("no holder of the limiter's lock panics");
        let full_at = state.full_at.max(now);
        let turn = (full_at - self.slack).max(state.resting_until);
        let wait = (turn - now).to_std().unwrap_or_default();
        if wait > patience {
            return Err(wait);
        }
        state.full_at = full_at + self.interval;
        Ok(wait)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use gangway_effects::SteppedClock;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn limiter() -> (SteppedClock, RateLimiter) {
        let clock = SteppedClock::starting_at(Timestamp::UNIX_EPOCH);
        let limiter = RateLimiter::new(Arc::new(clock.clone()), RateLimit { per_second: 1.0, burst: 2 });
        (clock, limiter)
    }

    #[test]
    fn a_burst_passes_and_then_the_rate_holds() {
        let (clock, limiter) = limiter();
        assert_eq!(limiter.reserve(9 * SECOND), Ok(Duration::ZERO));
        assert_eq!(limiter.reserve(9 * SECOND), Ok(Duration::ZERO));
        assert_eq!(limiter.reserve(9 * SECOND), Ok(SECOND));
        clock.advance(3 * SECOND);
        assert_eq!(limiter.reserve(9 * SECOND), Ok(Duration::ZERO));
    }

    #[test]
    fn a_turn_that_is_too_far_away_is_not_taken() {
        let (clock, limiter) = limiter();
        limiter.rest(60 * SECOND);
        assert_eq!(limiter.reserve(9 * SECOND), Err(60 * SECOND));
        clock.advance(60 * SECOND);
        assert_eq!(limiter.reserve(9 * SECOND), Ok(Duration::ZERO));
    }
}
