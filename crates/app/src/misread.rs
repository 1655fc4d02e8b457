//! What a deserialiser complains about, said so that it can be understood without having the code at hand.

use crate::error::AppError;

/// What the parsers of numbers say, who know neither the field nor that a person reads it.
const NO_NUMBER: [&str; 4] = [
    "invalid digit found in string",
    "cannot parse integer from empty string",
    "number too large to fit in target type",
    "number too small to fit in target type",
];

/// Complaints that name their field themselves.
const NAMED: [&str; 3] = ["unknown field `", "missing field `", "duplicate field `"];

impl AppError {
    /// The request could not be read at `field`; `complaint` is the deserialiser's.
    pub fn misread(field: &str, complaint: &str) -> Self {
        let plain = complaint.replace(", expected a sequence", ", expected a list");
        let sentence = if NO_NUMBER.contains(&complaint) {
            "must be a whole number, and not too large a one".to_owned()
        } else if field == "body"
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sentence_says_what_it_is_about() {
        for (complaint, said) in [
            ("must be 1 to 100, is 1000", "limit must be 1 to 100, is 1000"),
            ("invalid digit found in string", "limit must be a whole number, and not too large a one"),
            ("unknown variant `x`, expected `a` or `b`", "limit: unknown variant `x`, expected `a` or `b`"),
            (
                "invalid type: string \"x\", expected a sequence",
                "limit: invalid type: string \"x\", expected a list",
            ),
            ("unknown field `limits`, expected `limit`", "unknown field `limits`, expected `limit`"),
        ] {
            let error = AppError::misread("limit", complaint);
            assert_eq!((error.message.as_str(), &error.details["field"]), (said, &"limit".into()));
        }
        assert_eq!(AppError::misread("body", &"x".repeat(400)).message.len(), 300);
        assert_eq!(
            AppError::invalid("state", "this state was used before").message,
            "this state was used before"
        );
    }
}
