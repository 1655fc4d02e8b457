//! The quota meter: units per minute, per user and per project, on the emulator's clock.

use std::collections::HashMap;
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use super::errors::{ApiError, usual_message};

/// The limits; Google's own figures by default.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct QuotaLimits {
    pub enabled: bool,
    pub units_per_minute_per_user: u64,
    pub units_per_minute_per_project: u64,
    /// 403 as Google's quota system answers, or 429 as its back ends do.
    pub status: u16,
}

impl Default for QuotaLimits {
    fn default() -> Self {
        Self {
            enabled: true,
            units_per_minute_per_user: 325_000,
            units_per_minute_per_project: 1_000_000,
            status: 403,
        }
    }
}

/// Counts units in windows of one minute.
#[derive(Debug, Default)]
pub struct Quota {
    windows: Mutex<Windows>,
}

#[derive(Debug, Default)]
struct Windows {
    minute: i64,
    used: HashMap<String, u64>,
}

impl Quota {
    /// Charges a call; a refused call costs nothing.
    pub fn charge(
        &self,
        limits: &QuotaLimits,
        project: &str,
        user: &str,
        units: u64,
        now_ms: i64,
    ) -> Result<(), ApiError> {
        if !limits.enabled {
            return Ok(());
        }
        let mut windows = self.windows.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let minute = now_ms.div_euclid(60_000);
        if windows.minute != minute {
            windows.minute = minute;
            windows.used.clear();
        }
        let user_key = format!("{project} {user}");
        let by_user = windows.used.get(&user_key).copied().unwrap_or(0) + units;
        let by_project = windows.used.get(project).copied().unwrap_or(0) + units;
        if by_user > limits.units_per_minute_per_user {
            return Err(exceeded(limits, "userRateLimitExceeded"));
        }
        if by_project > limits.units_per_minute_per_project {
            return Err(exceeded(limits, "rateLimitExceeded"));
        }
        windows.used.insert(user_key, by_user);
        windows.used.insert(project.to_owned(), by_project);
        Ok(())
    }
}

fn exceeded(limits: &QuotaLimits, reason: &str) -> ApiError {
    ApiError::new(limits.status, reason, usual_message(reason))
}
