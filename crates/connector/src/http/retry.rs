//! How often and how long the handle tries.

use std::time::Duration;

use gangway_effects::random_bytes;
use gangway_model::Timestamp;
use http::{HeaderMap, header};

/// Whether waits are spread out, so that many callers do not come back at the same moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jitter {
    /// Anything between nothing and the whole wait.
    Full,
    None,
}

/// Bounds on retrying inside one call. What they do not cover is left to the engine's own schedule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryPolicy {
    /// Tries in all, the first included.
    pub tries: u32,
    /// The first wait; each later one is twice as long.
    pub first_wait: Duration,
    pub longest_wait: Duration,
    /// Waiting in all. A provider that asks for more is given up on at once, with its wish in the error.
    pub total_wait: Duration,
    pub jitter: Jitter,
}

impl RetryPolicy {
    /// For syncing: waits 1, 2, 4 … 64 seconds.
    pub const PATIENT: RetryPolicy = RetryPolicy {
        tries: 8,
        first_wait: Duration::from_secs(1),
        longest_wait: Duration::from_secs(64),
        total_wait: Duration::from_secs(180),
        jitter: Jitter::Full,
    };

    /// For calls that a person waits for.
    pub const INTERACTIVE: RetryPolicy = RetryPolicy {
        tries: 3,
        first_wait: Duration::from_millis(500),
        longest_wait: Duration::from_secs(4),
        total_wait: Duration::from_secs(8),
        jitter: Jitter::Full,
    };

    /// The wait after the `tries`th try failed, when the provider named none.
    pub(super) fn wait_after(&self, tries: u32) -> Duration {
        let doublings = tries.saturating_sub(1).min(16);
        let wait = self.first_wait.saturating_mul(1 << doublings).min(self.longest_wait);
        match self.jitter {
            Jitter::None => wait,
            Jitter::Full => wait.mul_f64(random_share()),
        }
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::PATIENT
    }
}

/// A number between 0 and 1.
fn random_share() -> f64 {
    f64::from(u32::from_le_bytes(random_bytes::<4>())) / f64::from(u32::MAX)
}

/// How long the answer asks to wait: seconds or an HTTP date.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let at = Timestamp::from(httpdate::parse_http_date(text).ok()?);
    Some((at - now).to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let policy = RetryPolicy { jitter: Jitter::None, ..RetryPolicy::PATIENT };
        let waits: Vec<u64> = (1..=9).map(|tries| policy.wait_after(tries).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 64, 64]);
        let spread = RetryPolicy::PATIENT;
        assert!((0..100).all(|_| spread.wait_after(7) <= Duration::from_secs(64)));
        assert!((0..100).any(|_| spread.wait_after(7) < Duration::from_secs(32)));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = Timestamp::from_timestamp(1_000_000_000, 0).unwrap();
        let read = |text: &'static str| {
            let headers = HeaderMap::from_iter([(header::RETRY_AFTER, text.parse().unwrap())]);
            retry_after(&headers, now).map(|wait| wait.as_secs())
        };
        assert_eq!(read("120"), Some(120));
        assert_eq!(read("Sun, 09 Sep 2001 01:47:40 GMT"), Some(60));
        assert_eq!(read("Sun, 09 Sep 2001 01:40:00 GMT"), Some(0));
        assert_eq!(read("soon"), None);
        assert_eq!(read("-5"), None);
    }
}
