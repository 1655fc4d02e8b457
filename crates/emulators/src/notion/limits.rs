//! Request limits: a bucket per connection, and one that a whole workspace shares.

use std::collections::HashMap;
use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::errors::{ApiError, usual_message};
use super::ids::Id;

/// How many calls are let through.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RateLimit {
    pub enabled: bool,
    /// Calls per second and connection, on average.
    pub per_second: f64,
    /// How many calls may come at once.
    pub burst: f64,
    /// The limit that all connections of the workspace share; none when absent.
    pub workspace_per_second: Option<f64>,
}

impl Default for RateLimit {
    fn default() -> Self {
        Self { enabled: false, per_second: 3.0, burst: 10.0, workspace_per_second: None }
    }
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at_ms: i64,
}

#[derive(Debug, Default)]
pub struct Limits {
    buckets: Mutex<HashMap<Option<Id>, Bucket>>,
}

impl Limits {
    /// Takes one call from the bot's bucket and from the workspace's, or says how long to wait.
    pub fn take(&self, rate: &RateLimit, bot: Id, now_ms: i64) -> Result<(), ApiError> {
        if !rate.enabled {
            return Ok(());
        }
        let mut buckets = self.buckets.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(wait_s) = drain(&mut buckets, Some(bot), rate.per_second, rate.burst, now_ms) {
            return Err(limited("public_api_request_rate_limit", wait_s));
        }
        if let Some(shared) = rate.workspace_per_second
            && let Some(wait_s) = drain(&mut buckets, None, shared, shared.max(1.0), now_ms)
        {
            return Err(limited("public_api_space_request_rate_limit", wait_s));
        }
        Ok(())
    }

    pub fn reset(&self) {
        self.buckets.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clear();
    }
}

/// Takes one call; returns the whole seconds until there is one, if there is none.
fn drain(
    buckets: &mut HashMap<Option<Id>, Bucket>,
    key: Option<Id>,
    per_second: f64,
    burst: f64,
    now_ms: i64,
) -> Option<u64> {
    let bucket = buckets.entry(key).or_insert(Bucket { left: burst, at_ms: now_ms });
    let passed_s = (now_ms - bucket.at_ms).max(0) as f64 / 1000.0;
    bucket.left = (bucket.left + passed_s * per_second).min(burst);
    bucket.at_ms = now_ms;
    if bucket.left >= 1.0 {
        bucket.left -= 1.0;
        return None;
    }
    Some((((1.0 - bucket.left) / per_second.max(0.001)).ceil() as u64).max(1))
}

fn limited(reason: &str, wait_s: u64) -> ApiError {
    let mut error = ApiError::new("rate_limited", usual_message("rate_limited"))
        .with_data(json!({"rate_limit_reason": reason}));
    error.retry_after = Some(wait_s);
    error
}
