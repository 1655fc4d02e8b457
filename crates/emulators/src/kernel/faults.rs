//! The fault switchboard: failures an emulator is told to produce.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// When a failure happens and what it looks like.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fault {
    /// Given by the switchboard; ignored when a fault is added.
    pub id: u64,
    /// Operation name as counted by the call log, for example `drive.files.list`; a trailing `*` matches a prefix.
    pub operation: Option<String>,
    pub path_prefix: Option<String>,
    pub method: Option<String>,
    /// Lets this many matching calls pass first.
    pub after: u64,
    /// Strikes this many times; for ever when absent.
    pub times: Option<u64>,
    pub effect: Effect,
}

/// What a struck call gets. Parts combine: a delay with a status, a header with a cut body.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Effect {
    /// Answers this status instead of doing the work.
    pub status: Option<u16>,
    /// The body of that answer; without it the provider's own error shape is used.
    pub body: Option<Value>,
    /// The provider's word for the failure, such as `userRateLimitExceeded`.
    pub reason: Option<String>,
    pub message: Option<String>,
    pub headers: BTreeMap<String, String>,
    /// Sets `Retry-After`, in seconds.
    pub retry_after: Option<u64>,
    pub delay_ms: Option<u64>,
    /// Sends this many bytes of the body, then drops the connection.
    pub cut_after_bytes: Option<usize>,
    /// Sends the first half of the body as if it were all of it.
    pub truncate_body: bool,
    /// A failure only the provider's own code can play.
    pub hint: Option<Hint>,
}

/// Failures inside a well-formed answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hint {
    /// A page without rows but with a token for the next one.
    EmptyPage,
    /// A page whose next token is the token it was asked with.
    RepeatPageToken,
    /// The cursor or page token is refused as no longer valid.
    ExpiredCursor,
}

impl Effect {
    /// Says whether the call must be answered without doing its work.
    pub fn replaces_answer(&self) -> bool {
        self.status.is_some() || self.reason.is_some() || self.body.is_some()
    }
}

#[derive(Debug)]
struct Armed {
    fault: Fault,
    seen: u64,
    struck: u64,
}

/// The list of armed faults.
#[derive(Debug, Default)]
pub struct Faults {
    armed: Mutex<Vec<Armed>>,
    any: AtomicBool,
    next_id: std::sync::atomic::AtomicU64,
}

impl Faults {
    /// Arms a fault and returns its id.
    pub fn add(&self, mut fault: Fault) -> u64 {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed) + 1;
        fault.id = id;
        self.lock().push(Armed { fault, seen: 0, struck: 0 });
        self.any.store(true, Ordering::Release);
        id
    }

    /// Returns the armed faults, oldest first, with how often each has struck.
    pub fn list(&self) -> Vec<(Fault, u64)> {
        self.lock().iter().map(|armed| (armed.fault.clone(), armed.struck)).collect()
    }

    /// Disarms one fault; false when there is none with that id.
    pub fn remove(&self, id: u64) -> bool {
        let mut armed = self.lock();
        let before = armed.len();
        armed.retain(|entry| entry.fault.id != id);
        self.any.store(!armed.is_empty(), Ordering::Release);
        armed.len() < before
    }

    /// Disarms everything.
    pub fn clear(&self) {
        self.lock().clear();
        self.any.store(false, Ordering::Release);
    }

    /// Returns the effect that strikes this call, if any. Only the first matching fault counts.
    pub fn strike(&self, operation: &str, method: &str, path: &str) -> Option<Effect> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        let mut armed = self.lock();
        for entry in armed.iter_mut() {
            if !matches(&entry.fault, operation, method, path) {
                continue;
            }
            if entry.fault.times.is_some_and(|times| entry.struck >= times) {
                continue;
            }
            entry.seen += 1;
            if entry.seen <= entry.fault.after {
                continue;
            }
            entry.struck += 1;
            return Some(entry.fault.effect.clone());
        }
        None
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Armed>> {
        self.armed.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

fn matches(fault: &Fault, operation: &str, method: &str, path: &str) -> bool {
    let operation_fits = fault.operation.as_deref().is_none_or(|wanted| {
        wanted.strip_suffix('*').map_or(wanted == operation, |prefix| operation.starts_with(prefix))
    });
    let path_fits = fault.path_prefix.as_deref().is_none_or(|prefix| path.starts_with(prefix));
    let method_fits = fault.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method));
    operation_fits && path_fits && method_fits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failing(operation: &str, after: u64, times: Option<u64>) -> Fault {
        Fault {
            operation: Some(operation.into()),
            after,
            times,
            effect: Effect { status: Some(500), ..Effect::default() },
            ..Fault::default()
        }
    }

    #[test]
    fn strikes_after_n_calls_and_only_so_often() {
        let faults = Faults::default();
        faults.add(failing("list", 1, Some(2)));
        let struck: Vec<bool> = (0..5).map(|_| faults.strike("list", "GET", "/").is_some()).collect();
        assert_eq!(struck, [false, true, true, false, false]);
    }

    #[test]
    fn a_star_matches_a_prefix_and_removal_disarms() {
        let faults = Faults::default();
        let id = faults.add(failing("drive.*", 0, None));
        assert!(faults.strike("drive.files.get", "GET", "/").is_some());
        assert!(faults.strike("oauth.token", "POST", "/").is_none());
        assert!(faults.remove(id));
        assert!(faults.strike("drive.files.get", "GET", "/").is_none());
    }
}
