//! Sizes and moments in people's words.

use chrono::{DateTime, Utc};
use gangway_effects::{Clock, SystemClock};

/// A size such as `1.2 MB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 999.95 && unit < UNITS.len() - 1 {
        value /= 1000.0;
        unit += 1;
    }
    match unit {
        0 => format!("{bytes} B"),
        _ => format!("{value:.1} {}", UNITS[unit]),
    }
}

/// A moment such as `2024-01-15 10:00`; a dash for none.
pub fn moment(at: Option<DateTime<Utc>>) -> String {
    at.map_or_else(|| "-".to_owned(), |at| at.format("%Y-%m-%d %H:%M").to_string())
}

/// How long ago a moment was; a dash for none.
pub fn ago(at: Option<DateTime<Utc>>) -> String {
    match at {
        Some(at) => span_ago((SystemClock.now() - at).num_seconds()),
        None => "-".to_owned(),
    }
}

fn span_ago(seconds: i64) -> String {
    match seconds {
        ..=1 => "just now".to_owned(),
        2..120 => format!("{seconds} s ago"),
        120..7200 => format!("{} min ago", seconds / 60),
        7200..172_800 => format!("{} h ago", seconds / 3600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}

/// `1 file`, `2 files`.
pub fn count(number: u64, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_spans_read_well() {
        assert_eq!(size(0), "0 B");
        assert_eq!(size(999), "999 B");
        assert_eq!(size(1200), "1.2 kB");
        assert_eq!(size(999_950), "1.0 MB");
        assert_eq!(span_ago(1), "just now");
        assert_eq!(span_ago(119), "119 s ago");
        assert_eq!(span_ago(7200), "2 h ago");
        assert_eq!(count(1, "file"), "1 file");
    }
}
