//! What a deserialiser complains about, said so that it can be understood without having the code at hand.

use crate::error::AppError;

/// What the parsers of numbers say, who know neither the field nor that a person reads it.
const NO_NUMBER: [&str; 4] = [
    "invalid digit found in string",
    "cannot parse integer from empty string",
    "number too large to fit in target type",
    "number too small to fit in target type",
];

/// What the parser of moments says, who knows no example.
const NO_MOMENT: [&str; 6] = [
    "input contains invalid characters",
    "input is out of range",
    "input is not enough for unique date and time",
    "no possible date and time matching input",
    "premature end of input",
    "trailing input",
];

/// Complaints that name their field themselves.
const NAMED: [&str; 3] = ["unknown field `", "missing field `", "duplicate field `"];

impl AppError {
    /// The request could not be read; `complaint` is the deserialiser's, and `path` where it stood: `.` is the whole, which
    /// people know by the name `whole`.
    pub fn misread(path: &str, whole: &str, complaint: &str) -> Self {
        let field = field_of(path, complaint);
        let field = if field.is_empty() { whole } else { &field };
        let plain = complaint.replace(", expected a sequence", ", expected a list");
        let sentence = if NO_NUMBER.contains(&complaint) {
            "must be a whole number, and not too large a one".to_owned()
        } else if NO_MOMENT.contains(&complaint) {
            "must be a moment such as 2026-01-31T00:00:00Z".to_owned()
        } else if field == whole
            || complaint.starts_with("must ")
            || NAMED.iter().any(|start| complaint.starts_with(start))
        {
            plain
        } else {
            format!("{field}: {plain}")
        };
        Self::invalid(field, sentence.chars().take(300).collect::<String>())
    }
}

/// What is said where a whole number from `min` to `max` is wanted; `None` where the complaint is about something else,
/// such as a body that breaks off.
pub fn no_whole_number(complaint: &str, min: u64, max: u64) -> Option<String> {
    let is_about_it = NO_NUMBER.contains(&complaint)
        || ["invalid type", "invalid value", "number out of range"]
            .iter()
            .any(|start| complaint.starts_with(start));
    is_about_it.then(|| format!("must be a whole number from {min} to {max}"))
}

/// The field that is meant, by its path; empty for the whole.
fn field_of(path: &str, complaint: &str) -> String {
    // `?` is a place that the deserialiser had not reached when it gave up.
    let path = if path == "." || path.contains('?') { "" } else { path };
    let named =
        NAMED.iter().find_map(|start| complaint.strip_prefix(start)).and_then(|rest| rest.split_once('`'));
    match named {
        // These name the field in the sentence, and the path is that of its parent; some deserialisers count the field in.
        Some((name, _)) if path.is_empty() => name.to_owned(),
        Some((name, _)) if !path.ends_with(name) => format!("{path}.{name}"),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sentence_says_what_it_is_about() {
        for (complaint, said, field) in [
            ("must be 1 to 100, is 1000", "limit must be 1 to 100, is 1000", "limit"),
            (
                "invalid digit found in string",
                "limit must be a whole number, and not too large a one",
                "limit",
            ),
            (
                "input contains invalid characters",
                "limit must be a moment such as 2026-01-31T00:00:00Z",
                "limit",
            ),
            ("unknown variant `x`, expected `a`", "limit: unknown variant `x`, expected `a`", "limit"),
            ("expected a sequence of `x`", "limit: expected a sequence of `x`", "limit"),
            ("invalid type: map, expected a sequence", "limit: invalid type: map, expected a list", "limit"),
            ("unknown field `x`, expected `y`", "unknown field `x`, expected `y`", "limit.x"),
            ("missing field `limit`", "missing field `limit`", "limit"),
        ] {
            let error = AppError::misread("limit", "body", complaint);
            assert_eq!((error.message.as_str(), &error.details["field"]), (said, &field.into()));
        }
        assert_eq!(AppError::misread(".", "body", &"x".repeat(400)).message.len(), 300);
        assert_eq!(
            AppError::invalid("state", "this state was used before").message,
            "this state was used before"
        );
    }
}
