//! Strict reading: whatever a request may hold wrongly is refused, naming the field, before anything happens.

mod json;
mod path;
mod query;
mod text;

pub use json::{Body, OptionalBody, collect, given, object};
pub use path::{ConnectorName, Id, ProviderId, Segment};
pub use query::Params;
pub use text::{Email, Listed, Text, Whole};

use gangway_app::AppError;

use crate::problem::ApiError;

/// Turns a deserialiser's complaint into an answer that names the field.
fn complaint(path: &serde_path_to_error::Path, message: &str) -> ApiError {
    AppError::misread(&path.to_string(), "body", message).into()
}
