//! The `Range` request header, as far as single byte ranges go.

/// What a `Range` header asks of a body of a known length.
#[derive(Debug, PartialEq, Eq)]
pub enum RangeAnswer {
    /// No usable range: send everything with 200.
    Whole,
    /// Send these bytes with 206; the end is inclusive.
    Part { first: u64, last: u64 },
    /// Nothing of the range exists: 416.
    Unsatisfiable,
}

/// Reads `bytes=a-b`, `bytes=a-` and `bytes=-n`; several ranges or other units count as none.
pub fn answer_range(header: Option<&str>, length: u64) -> RangeAnswer {
    let Some(spec) = header.and_then(|text| text.trim().strip_prefix("bytes=")) else {
        return RangeAnswer::Whole;
    };
    let Some((first, last)) = spec.split_once('-') else {
        return RangeAnswer::Whole;
    };
    if first.is_empty() {
        return match last.parse::<u64>() {
            Ok(0) => RangeAnswer::Unsatisfiable,
            Ok(_) if length == 0 => RangeAnswer::Unsatisfiable,
            Ok(count) => RangeAnswer::Part { first: length.saturating_sub(count), last: length - 1 },
            Err(_) => RangeAnswer::Whole,
        };
    }
    let Ok(first) = first.parse::<u64>() else {
        return RangeAnswer::Whole;
    };
    if first >= length {
        return RangeAnswer::Unsatisfiable;
    }
    let last = match last.parse::<u64>() {
        Ok(last) => last.min(length - 1),
        Err(_) if last.is_empty() => length - 1,
        Err(_) => return RangeAnswer::Whole,
    };
    if last < first { RangeAnswer::Whole } else { RangeAnswer::Part { first, last } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_form() {
        let part = |first, last| RangeAnswer::Part { first, last };
        assert_eq!(answer_range(None, 10), RangeAnswer::Whole);
        assert_eq!(answer_range(Some("bytes=0-3"), 10), part(0, 3));
        assert_eq!(answer_range(Some("bytes=4-"), 10), part(4, 9));
        assert_eq!(answer_range(Some("bytes=-3"), 10), part(7, 9));
        assert_eq!(answer_range(Some("bytes=5-999"), 10), part(5, 9));
        assert_eq!(answer_range(Some("bytes=10-"), 10), RangeAnswer::Unsatisfiable);
        assert_eq!(answer_range(Some("bytes=0-"), 0), RangeAnswer::Unsatisfiable);
        assert_eq!(answer_range(Some("items=0-1"), 10), RangeAnswer::Whole);
    }
}
