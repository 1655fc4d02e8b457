//! The stepped clock: real time until someone sets or advances it.

use std::sync::Mutex;

use anyhow::{Context, anyhow};
use chrono::{DateTime, Utc};

const MS_PER_DAY: i64 = 86_400_000;

/// The time an emulator lives by; every expiry and timestamp is read from here.
#[derive(Debug, Default)]
pub struct Clock {
    mode: Mutex<Mode>,
}

#[derive(Debug, Clone, Copy)]
enum Mode {
    /// Follows the machine's clock, shifted by this many milliseconds.
    Running { offset_ms: i64 },
    /// Stands still at this moment until it is advanced or resumed.
    Stopped { at_ms: i64 },
}

impl Default for Mode {
    fn default() -> Self {
        Mode::Running { offset_ms: 0 }
    }
}

impl Clock {
    /// Returns the current moment in milliseconds since the Unix epoch.
    pub fn now_ms(&self) -> i64 {
        match *self.lock() {
            Mode::Running { offset_ms } => machine_now_ms() + offset_ms,
            Mode::Stopped { at_ms } => at_ms,
        }
    }

    /// Stops the clock at a moment.
    pub fn set_ms(&self, at_ms: i64) {
        *self.lock() = Mode::Stopped { at_ms };
    }

    /// Moves the clock forward; a running clock keeps running from there.
    pub fn advance_ms(&self, by_ms: i64) {
        let mut mode = self.lock();
        *mode = match *mode {
            Mode::Running { offset_ms } => Mode::Running { offset_ms: offset_ms + by_ms },
            Mode::Stopped { at_ms } => Mode::Stopped { at_ms: at_ms + by_ms },
        };
    }

    /// Returns to the machine's own time.
    pub fn resume(&self) {
        *self.lock() = Mode::default();
    }

    /// Says whether the clock stands still.
    pub fn is_stopped(&self) -> bool {
        matches!(*self.lock(), Mode::Stopped { .. })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Mode> {
        self.mode.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this clock is the emulators' one source of time; they depend on no other room"
)]
fn machine_now_ms() -> i64 {
    Utc::now().timestamp_millis()
}

/// Waits in real time: an emulated delay must be felt by a client that has a clock of its own.
#[expect(
    clippy::disallowed_methods,
    reason = "delays, dropped connections and retries are real, whatever the stepped clock says"
)]
pub async fn pause_ms(ms: u64) {
    tokio::time::sleep(std::time::Duration::from_millis(ms)).await;
}

/// Appends `2026-03-12T07:32:16.554Z` for a moment; far cheaper than a general formatter.
pub fn write_rfc3339(out: &mut String, at_ms: i64) {
    let days = at_ms.div_euclid(MS_PER_DAY);
    let of_day = at_ms.rem_euclid(MS_PER_DAY);
    let (year, month, day) = civil_from_days(days);
    push_padded(out, year as u64, 4);
    out.push('-');
    push_padded(out, month, 2);
    out.push('-');
    push_padded(out, day, 2);
    out.push('T');
    push_padded(out, (of_day / 3_600_000) as u64, 2);
    out.push(':');
    push_padded(out, (of_day / 60_000 % 60) as u64, 2);
    out.push(':');
    push_padded(out, (of_day / 1000 % 60) as u64, 2);
    out.push('.');
    push_padded(out, (of_day % 1000) as u64, 3);
    out.push('Z');
}

/// Returns a moment as RFC 3339 with milliseconds and `Z`.
pub fn rfc3339(at_ms: i64) -> String {
    let mut out = String::with_capacity(24);
    write_rfc3339(&mut out, at_ms);
    out
}

/// Returns a moment as an HTTP date, `Thu, 12 Mar 2026 07:29:27 GMT`.
pub fn http_date(at_ms: i64) -> String {
    DateTime::<Utc>::from_timestamp_millis(at_ms)
        .unwrap_or_default()
        .format("%a, %d %b %Y %H:%M:%S GMT")
        .to_string()
}

/// Reads RFC 3339 text; a missing zone means UTC and a missing time means midnight.
pub fn parse_rfc3339(text: &str) -> anyhow::Result<i64> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Ok(moment.timestamp_millis());
    }
    let naive = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"]
        .iter()
        .find_map(|pattern| chrono::NaiveDateTime::parse_from_str(text, pattern).ok());
    if let Some(naive) = naive {
        return Ok(naive.and_utc().timestamp_millis());
    }
    let date = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .with_context(|| format!("not a date and time: {text}"))?;
    let midnight = date.and_hms_opt(0, 0, 0).ok_or_else(|| anyhow!("no midnight on {text}"))?;
    Ok(midnight.and_utc().timestamp_millis())
}

fn push_padded(out: &mut String, number: u64, width: u32) {
    for place in (0..width).rev() {
        let digit = (number / 10u64.pow(place)) % 10;
        out.push((b'0' + digit as u8) as char);
    }
}

/// Days since 1970 to a calendar date (the usual era-based arithmetic).
fn civil_from_days(days: i64) -> (i64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097) as u64;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    let year = year_of_era as i64 + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_like_chrono() {
        for at_ms in [0, 951_782_399_999, 1_773_300_736_554, 4_102_444_800_001, -1] {
            let expected = DateTime::<Utc>::from_timestamp_millis(at_ms)
                .unwrap()
                .format("%Y-%m-%dT%H:%M:%S%.3fZ")
                .to_string();
            assert_eq!(rfc3339(at_ms), expected);
        }
    }

    #[test]
    fn a_stopped_clock_moves_only_when_advanced() {
        let clock = Clock::default();
        clock.set_ms(1000);
        assert_eq!(clock.now_ms(), 1000);
        clock.advance_ms(500);
        assert_eq!(clock.now_ms(), 1500);
        clock.resume();
        assert!(clock.now_ms() > 1_600_000_000_000);
    }

    #[test]
    fn reads_times_with_and_without_zone() {
        let expected = 1_767_225_600_000;
        for text in ["2026-01-01", "2026-01-01T00:00:00", "2026-01-01T01:00:00+01:00"] {
            assert_eq!(parse_rfc3339(text).unwrap(), expected);
        }
        assert!(parse_rfc3339("yesterday").is_err());
    }
}
