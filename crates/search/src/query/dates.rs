//! Days as people type them: `2026`, `2026-01`, `2026-01-31`, `today`, or a whole moment.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use gangway_model::Timestamp;

/// The moment at which what was typed begins, in UTC.
pub fn begin_of(text: &str, now: Timestamp) -> Option<Timestamp> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Some(moment.with_timezone(&Utc));
    }
    let day = match text.to_ascii_lowercase().as_str() {
        "today" => now.date_naive(),
        "yesterday" => now.date_naive().checked_sub_days(Days::new(1))?,
        _ => day_of(text)?,
    };
    Some(day.and_time(NaiveTime::MIN).and_utc())
}

fn day_of(text: &str) -> Option<NaiveDate> {
    let mut parts = text.split(['-', '/', '.']);
    let year = parts.next()?;
    let is_number = |part: &str, digits: std::ops::RangeInclusive<usize>| {
        digits.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !is_number(year, 4..=4) {
        return None;
    }
    let mut number = || match parts.next() {
        None => Some(1),
        Some(part) if is_number(part, 1..=2) => part.parse().ok(),
        Some(_) => None,
    };
    let (month, day) = (number()?, number()?);
    parts.next().is_none().then(|| NaiveDate::from_ymd_opt(year.parse().ok()?, month, day))?
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    #[test]
    fn days_begin_at_midnight() {
        let now = Utc.with_ymd_and_hms(2026, 3, 1, 15, 30, 0).unwrap();
        let begin = |text| begin_of(text, now).map(|at| at.to_rfc3339());
        for (text, expected) in [
            ("2026", "2026-01-01T00:00:00+00:00"),
            ("2026-02", "2026-02-01T00:00:00+00:00"),
            ("2026-1-31", "2026-01-31T00:00:00+00:00"),
            ("2026/01/31", "2026-01-31T00:00:00+00:00"),
            ("2026-01-31T10:00:00+02:00", "2026-01-31T08:00:00+00:00"),
            ("Today", "2026-03-01T00:00:00+00:00"),
            ("yesterday", "2026-02-28T00:00:00+00:00"),
        ] {
            assert_eq!(begin(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "26", "2026-13", "2026-02-30", "2026-01-01-01", "soon", "２０２６", "20260101", "-"]
        {
            assert_eq!(begin(text), None, "{text}");
        }
    }
}
