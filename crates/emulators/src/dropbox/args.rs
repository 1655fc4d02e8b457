//! A call's argument: known fields only, with Dropbox's plain-text refusals.

use serde_json::{Map, Value};

use super::errors::ApiError;

/// Where the argument came from, as named in refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Body,
    Header,
    Query,
}

impl Source {
    fn label(self) -> &'static str {
        match self {
            Source::Body => "request body",
            Source::Header => "HTTP header \"Dropbox-API-Arg\"",
            Source::Query => "URL parameter \"arg\"",
        }
    }
}

/// Which forms of a path a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathForm {
    /// A folder to list: the empty text is the root.
    Listing,
    /// Anything to read, with `rev:`.
    Read,
    /// Somewhere to write.
    Write,
}

/// A decoded argument.
#[derive(Debug)]
pub struct Args {
    source: Source,
    fields: Map<String, Value>,
}

impl Args {
    pub fn read(source: Source, text: &str) -> Result<Self, ApiError> {
        let label = source.label();
        let value: Value = serde_json::from_str(text)
            .map_err(|_| ApiError::malformed(format!("{label}: could not decode input as JSON")))?;
        match value {
            Value::Object(fields) => Ok(Self { source, fields }),
            _ => Err(ApiError::malformed(format!("{label}: expected object, got {}", kind_of(&value)))),
        }
    }

    /// An inner object as an argument of its own.
    pub fn inner(&self, field: &str) -> Result<Option<Self>, ApiError> {
        match self.fields.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(fields)) => Ok(Some(Self { source: self.source, fields: fields.clone() })),
            Some(other) => Err(self.wrong(field, &format!("expected object, got {}", kind_of(other)))),
        }
    }

    /// Refuses fields that the route does not have.
    pub fn only(&self, known: &[&str]) -> Result<(), ApiError> {
        match self.fields.keys().find(|field| !known.contains(&field.as_str())) {
            Some(unknown) => {
                let label = self.source.label();
                Err(ApiError::malformed(format!("{label}: unknown field '{unknown}'")))
            }
            None => Ok(()),
        }
    }

    pub fn value(&self, field: &str) -> Option<&Value> {
        self.fields.get(field).filter(|value| !value.is_null())
    }

    pub fn find_text(&self, field: &str) -> Result<Option<&str>, ApiError> {
        match self.value(field) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.wrong(field, &format!("expected string, got {}", kind_of(other)))),
        }
    }

    pub fn text(&self, field: &str) -> Result<&str, ApiError> {
        self.find_text(field)?.ok_or_else(|| {
            ApiError::malformed(format!("{}: missing required field '{field}'", self.source.label()))
        })
    }

    pub fn flag(&self, field: &str, default: bool) -> Result<bool, ApiError> {
        match self.value(field) {
            None => Ok(default),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => Err(self.wrong(field, &format!("expected boolean, got {}", kind_of(other)))),
        }
    }

    pub fn find_number(&self, field: &str, least: u64, most: u64) -> Result<Option<u64>, ApiError> {
        let Some(value) = self.value(field) else { return Ok(None) };
        let Some(number) = value.as_u64() else {
            return Err(self.wrong(field, &format!("expected integer, got {}", kind_of(value))));
        };
        if number < least {
            return Err(self.wrong(field, &format!("{number} is less than {least}")));
        }
        if number > most {
            return Err(self.wrong(field, &format!("{number} is greater than {most}")));
        }
        Ok(Some(number))
    }

    pub fn number(&self, field: &str, least: u64, most: u64, default: u64) -> Result<u64, ApiError> {
        Ok(self.find_number(field, least, most)?.unwrap_or(default))
    }

    /// Returns the tag of a union: the bare text of a void member, or the `.tag` of an object.
    pub fn find_tag(&self, field: &str) -> Result<Option<&str>, ApiError> {
        match self.value(field) {
            None => Ok(None),
            Some(value) => match tag_of(value) {
                Some(tag) => Ok(Some(tag)),
                None => Err(self.wrong(field, "expected union")),
            },
        }
    }

    /// Returns the tag of a closed union of these members.
    pub fn tag(
        &self,
        field: &str,
        members: &[&'static str],
        default: &'static str,
    ) -> Result<&str, ApiError> {
        match self.find_tag(field)? {
            None => Ok(default),
            Some(tag) if members.contains(&tag) => Ok(tag),
            Some(tag) => Err(self.wrong(field, &format!("invalid tag: {tag}"))),
        }
    }

    pub fn texts(&self, field: &str) -> Result<Vec<&str>, ApiError> {
        let Some(value) = self.value(field) else { return Ok(Vec::new()) };
        let list = value.as_array().ok_or_else(|| self.wrong(field, "expected list"))?;
        list.iter().map(|item| item.as_str().ok_or_else(|| self.wrong(field, "expected string"))).collect()
    }

    pub fn path(&self, field: &str, form: PathForm) -> Result<&str, ApiError> {
        let path = self.text(field)?;
        if form == PathForm::Listing && path == "/" {
            let text = "Specify the root folder as an empty string rather than as \"/\".";
            return Err(self.wrong(field, text));
        }
        if is_path(path, form) {
            return Ok(path);
        }
        Err(self.wrong(field, &format!("'{path}' did not match pattern '{}'", pattern(form))))
    }

    pub fn wrong(&self, field: &str, text: &str) -> ApiError {
        ApiError::malformed(format!("{}: {field}: {text}", self.source.label()))
    }
}

pub fn tag_of(value: &Value) -> Option<&str> {
    match value {
        Value::String(tag) => Some(tag),
        Value::Object(object) => object.get(".tag")?.as_str(),
        _ => None,
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

fn is_path(path: &str, form: PathForm) -> bool {
    if path.is_empty() {
        return form == PathForm::Listing;
    }
    if path.starts_with('/') || path.starts_with("id:") {
        return true;
    }
    if let Some(rest) = path.strip_prefix("ns:") {
        let digits = rest.split('/').next().unwrap_or_default();
        return !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    }
    if let Some(rev) = path.strip_prefix("rev:") {
        let is_rev = rev.len() >= 9 && rev.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        return form == PathForm::Read && is_rev;
    }
    false
}

fn pattern(form: PathForm) -> &'static str {
    match form {
        PathForm::Listing => r"(/(.|[\r\n])*)?|id:.*|(ns:[0-9]+(/(.|[\r\n])*)?)",
        PathForm::Read => r"(/(.|[\r\n])*|id:.*)|(rev:[0-9a-f]{9,})|(ns:[0-9]+(/(.|[\r\n])*)?)",
        PathForm::Write => r"(/(.|[\r\n])*)|(ns:[0-9]+(/(.|[\r\n])*)?)|(id:.*)",
    }
}
