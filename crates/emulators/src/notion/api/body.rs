//! Request bodies: JSON objects whose keys the operation must know.

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::notion::errors::ApiError;

const LARGEST: usize = 500 * 1024;

/// A parsed body; empty for calls without one.
#[derive(Debug, Default)]
pub struct Body(Map<String, Value>);

impl Body {
    pub fn parse(bytes: &Bytes) -> Result<Self, ApiError> {
        if bytes.len() > LARGEST {
            return Err(ApiError::validation("Request body is too large: it should be at most 500KB."));
        }
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self::default());
        }
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(object)) => Ok(Self(object)),
            Ok(other) => Err(ApiError::body(format!("body should be an object, instead was `{other}`"))),
            Err(_) => Err(ApiError::new("invalid_json", "Error parsing JSON body.")),
        }
    }

    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Returns a value, null when absent.
    pub fn value(&self, name: &str) -> Value {
        self.0.get(name).cloned().unwrap_or(Value::Null)
    }

    pub fn as_value(&self) -> Value {
        Value::Object(self.0.clone())
    }

    /// Refuses keys that the operation does not know.
    pub fn only(&self, known: &[&str]) -> Result<(), ApiError> {
        match self.0.iter().find(|(key, _)| !known.contains(&key.as_str())) {
            Some((key, value)) => {
                Err(ApiError::body(format!("body.{key} should be not present, instead was `{value}`")))
            }
            None => Ok(()),
        }
    }
}
