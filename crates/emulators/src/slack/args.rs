//! A call's arguments, from the query, a form or a JSON body.

use axum::http::HeaderMap;
use serde_json::{Map, Value};

use super::errors::ApiError;

/// Decoded arguments; everything a form brings is text.
#[derive(Debug, Clone, Default)]
pub struct Args {
    values: Map<String, Value>,
    /// A token that came among the form's fields.
    pub form_token: Option<String>,
    /// Warnings the answer carries.
    pub warnings: Vec<&'static str>,
}

impl Args {
    /// Reads a call. `takes_json` says whether the method reads JSON bodies at all.
    pub fn read(query: &str, headers: &HeaderMap, body: &[u8], takes_json: bool) -> Result<Self, ApiError> {
        let mut args = Self::default();
        args.take_form(query.as_bytes());
        // A token in an address would end up in logs; apps made since 2021 may not send it there.
        args.form_token = None;
        if body.is_empty() {
            return Ok(args);
        }
        let kind = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or("");
        let (kind, charset) = kind.split_once(';').map_or((kind, None), |(kind, rest)| (kind, Some(rest)));
        match kind.trim().to_ascii_lowercase().as_str() {
            "application/x-www-form-urlencoded" => args.take_form(body),
            "application/json" => {
                match charset {
                    None => args.warnings.push("missing_charset"),
                    Some(charset) if !charset.to_ascii_lowercase().contains("utf-8") => {
                        return Err("invalid_charset".into());
                    }
                    Some(_) => {}
                }
                if takes_json {
                    match serde_json::from_slice(body) {
                        Ok(Value::Object(object)) => args.values.extend(object),
                        Ok(_) => return Err("json_not_object".into()),
                        Err(_) => return Err("invalid_json".into()),
                    }
                }
            }
            "multipart/form-data" => return Err("invalid_form_data".into()),
            "" => return Err("missing_post_type".into()),
            _ => return Err("invalid_post_type".into()),
        }
        Ok(args)
    }

    fn take_form(&mut self, form: &[u8]) {
        for (name, value) in url::form_urlencoded::parse(form) {
            if name == "token" {
                self.form_token = Some(value.into_owned());
            } else {
                self.values.insert(name.into_owned(), Value::String(value.into_owned()));
            }
        }
    }

    /// Returns an argument as text; an empty one counts as absent.
    pub fn get(&self, name: &str) -> Option<String> {
        let text = match self.values.get(name)? {
            Value::Null => return None,
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        (!text.is_empty()).then_some(text)
    }

    pub fn need(&self, name: &str) -> Result<String, ApiError> {
        self.get(name).ok_or_else(|| ApiError::missing_field(name))
    }

    pub fn flag(&self, name: &str) -> bool {
        matches!(self.get(name).as_deref(), Some("true" | "1"))
    }

    /// Returns a nested argument, which in a form is JSON text.
    pub fn nested(&self, name: &str) -> Result<Option<Value>, ()> {
        match self.values.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => serde_json::from_str(text).map(Some).map_err(|_| ()),
            Some(other) => Ok(Some(other.clone())),
        }
    }

    /// Returns a list written with commas, or as JSON.
    pub fn list(&self, name: &str) -> Vec<String> {
        match self.values.get(name) {
            Some(Value::Array(items)) => {
                items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
            }
            _ => self
                .get(name)
                .unwrap_or_default()
                .split(',')
                .map(|part| part.trim().to_owned())
                .filter(|part| !part.is_empty())
                .collect(),
        }
    }

    /// Returns a whole number of at least one, cut to `max`.
    pub fn count(&self, name: &str, default: usize, max: usize) -> Result<usize, ApiError> {
        let Some(text) = self.get(name) else { return Ok(default) };
        match text.parse::<i64>() {
            Ok(number) if number >= 1 => Ok(max.min(number as usize)),
            // Zero means "whatever is usual", as many clients send it.
            Ok(0) => Ok(default),
            Ok(_) => Ok(1),
            Err(_) => Err(ApiError::invalid_arguments(&format!(
                "[ERROR] must provide an integer [json-pointer:/{name}]"
            ))),
        }
    }

    /// Returns a page size whose ceiling is refused, not cut.
    pub fn strict_limit(&self, default: usize, max: usize) -> Result<usize, ApiError> {
        let Some(text) = self.get("limit") else { return Ok(default) };
        match text.parse::<usize>() {
            Ok(0) => Ok(default),
            Ok(number) if number <= max => Ok(number),
            _ => Err("invalid_limit".into()),
        }
    }
}
