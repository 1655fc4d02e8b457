//! Strict reading: whatever a request may hold wrongly is refused, naming the field, before anything happens.

mod json;
mod path;
mod query;
mod text;

pub use json::{Body, OptionalBody, collect, given, object};
pub use path::{ConnectorName, Id, ProviderId, Segment};
pub use query::Params;
pub use text::{Listed, Text, Whole};

use gangway_app::AppError;

use crate::problem::ApiError;

/// Turns a deserialiser's complaint into an answer that names the field.
fn complaint(path: &serde_path_to_error::Path, message: &str) -> ApiError {
    let mut field = path.to_string();
    // `.` is the whole, `?` a place that the deserialiser had not reached when it gave up.
    if field == "." || field.contains('?') {
        field.clear();
    }
    // These name the field in the sentence, and the path is that of its parent.
    for start in ["unknown field `", "missing field `", "duplicate field `"] {
        let Some(rest) = message.strip_prefix(start) else { continue };
        let Some((name, _)) = rest.split_once('`') else { continue };
        // Some deserialisers count the unknown field into the path, some do not.
        if !field.ends_with(name) {
            field = if field.is_empty() { name.to_owned() } else { format!("{field}.{name}") };
        }
    }
    let sentence = message.split(" at line ").next().unwrap_or(message);
    AppError::misread(if field.is_empty() { "body" } else { &field }, sentence).into()
}
