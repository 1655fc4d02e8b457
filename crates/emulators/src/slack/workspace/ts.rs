//! Message timestamps: seconds and a six-digit counter, kept as whole microseconds and never as a float.

use std::fmt;

/// The place of a message in its channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ts(pub i64);

impl Ts {
    pub fn from_ms(ms: i64) -> Self {
        Self(ms * 1000)
    }

    /// Reads `1355517523.000005`; a missing or short fraction counts as trailing zeros.
    pub fn parse(text: &str) -> Option<Self> {
        let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if seconds.is_empty() || seconds.len() > 12 || fraction.len() > 6 {
            return None;
        }
        if !digits(seconds) || !digits(fraction) {
            return None;
        }
        let seconds: i64 = seconds.parse().ok()?;
        let micros: i64 = format!("{fraction:0<6}").parse().ok()?;
        Some(Self(seconds * 1_000_000 + micros))
    }

    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }
}

impl fmt::Display for Ts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{:06}", self.seconds(), self.0.rem_euclid(1_000_000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for text in ["1355517523.000005", "1512085950.000216", "0.000000"] {
            assert_eq!(Ts::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Ts::parse("12.5").unwrap().to_string(), "12.500000");
        assert_eq!(Ts::parse("12").unwrap(), Ts(12_000_000));
        for wrong in ["", "abc", "12.x", "-1", "1.1234567", ".5"] {
            assert_eq!(Ts::parse(wrong), None, "{wrong}");
        }
    }
}
