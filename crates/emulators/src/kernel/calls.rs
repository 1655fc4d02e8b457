//! The call log: how often each operation was called, and the latest calls.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

const KEPT_CALLS: usize = 2000;

/// Query parameters whose values never enter the log.
const SECRET_PARAMETERS: [&str; 8] = [
    "access_token",
    "oauth_token",
    "token",
    "code",
    "client_secret",
    "refresh_token",
    "code_verifier",
    "id_token",
];

/// One call, without its secrets.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Call {
    pub at_ms: i64,
    pub operation: String,
    pub method: String,
    pub path: String,
    pub query: String,
    pub status: u16,
}

/// Counts per operation and the latest calls.
#[derive(Debug, Default)]
pub struct CallLog {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    counts: BTreeMap<String, u64>,
    recent: VecDeque<Call>,
}

impl CallLog {
    /// Counts a call and remembers it. A call that asks for content rather than metadata (`alt=media`) counts under
    /// its operation's name with `.media` behind it.
    pub fn record(&self, mut call: Call) {
        call.query = without_secrets(&call.query);
        if call.query.split('&').any(|pair| pair == "alt=media") {
            call.operation.push_str(".media");
        }
        let mut inner = self.lock();
        match inner.counts.get_mut(&call.operation) {
            Some(count) => *count += 1,
            None => {
                inner.counts.insert(call.operation.clone(), 1);
            }
        }
        if inner.recent.len() == KEPT_CALLS {
            inner.recent.pop_front();
        }
        inner.recent.push_back(call);
    }

    /// Returns how often each operation was called since the last reset.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        self.lock().counts.clone()
    }

    /// Returns how often one operation was called.
    pub fn count(&self, operation: &str) -> u64 {
        self.lock().counts.get(operation).copied().unwrap_or(0)
    }

    /// Returns the latest calls, oldest first.
    pub fn recent(&self) -> Vec<Call> {
        self.lock().recent.iter().cloned().collect()
    }

    /// Forgets everything.
    pub fn reset(&self) {
        *self.lock() = Inner::default();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

fn without_secrets(query: &str) -> String {
    if query.is_empty() {
        return String::new();
    }
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| {
            let name = pair.split('=').next().unwrap_or_default();
            !SECRET_PARAMETERS.contains(&name)
        })
        .collect();
    kept.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_never_enter_the_log() {
        assert_eq!(without_secrets("a=1&access_token=x&code=y&b=2"), "a=1&b=2");
    }
}
