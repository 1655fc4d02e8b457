//! Rate limits: a bucket per method, workspace and app.

use std::collections::HashMap;
use std::sync::Mutex;

/// How often a method may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    One,
    Two,
    Three,
    Four,
    /// Documented as "special"; generous.
    Special,
}

impl Tier {
    pub fn per_minute(self) -> u32 {
        match self {
            Self::One => 1,
            Self::Two => 20,
            Self::Three => 50,
            Self::Four => 100,
            Self::Special => 600,
        }
    }
}

const CALL: i64 = 60_000;

#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// In sixty-thousandths of a call: what a method called once a minute regains in a millisecond.
    left: i64,
    at_ms: i64,
}

/// The buckets of every method, workspace and app.
#[derive(Debug, Default)]
pub struct Limits {
    buckets: Mutex<HashMap<String, Bucket>>,
}

impl Limits {
    /// Takes one call; otherwise says after how many seconds to come back.
    pub fn take(&self, key: &str, per_minute: u32, now_ms: i64) -> Result<(), u64> {
        let full = i64::from(per_minute) * CALL;
        let mut buckets = self.buckets.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let bucket = buckets.entry(key.to_owned()).or_insert(Bucket { left: full, at_ms: now_ms });
        let passed = (now_ms - bucket.at_ms).clamp(0, 60_000);
        bucket.left = full.min(bucket.left + passed * i64::from(per_minute));
        bucket.at_ms = now_ms;
        if bucket.left >= CALL {
            bucket.left -= CALL;
            return Ok(());
        }
        let missing_ms = (CALL - bucket.left) / i64::from(per_minute);
        Err((missing_ms as u64).div_ceil(1000).max(1))
    }

    pub fn reset(&self) {
        self.buckets.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let limits = Limits::default();
        for _ in 0..20 {
            assert_eq!(limits.take("a", 20, 0), Ok(()));
        }
        assert_eq!(limits.take("a", 20, 0), Err(3));
        assert_eq!(limits.take("b", 20, 0), Ok(()));
        assert_eq!(limits.take("a", 20, 3000), Ok(()));
        assert_eq!(limits.take("a", 20, 3000), Err(3));
        assert_eq!(limits.take("once", 1, 0), Ok(()));
        assert_eq!(limits.take("once", 1, 1000), Err(59));
        assert_eq!(limits.take("once", 1, 60_000), Ok(()));
    }
}
