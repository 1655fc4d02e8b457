//! The `fields` mask: `files(id,owners/emailAddress),nextPageToken` and its relatives.

use serde_json::{Map, Value};

use super::errors::ApiError;
use super::schema::{Kind, Shape};

/// Which parts of an answer were asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mask {
    Everything,
    Only(Vec<(String, Mask)>),
}

impl Mask {
    /// Reads a mask and checks every name against the documented fields.
    pub fn parse(text: &str, shape: &'static Shape) -> Result<Mask, ApiError> {
        let mut parser = Parser { text, rest: text };
        let mask = parser.list(Some(shape), "")?;
        if !parser.rest.is_empty() {
            return Err(parser.syntax());
        }
        Ok(mask)
    }

    /// Builds a mask of plain names.
    pub fn of(names: &[&str]) -> Mask {
        Mask::Only(names.iter().map(|name| ((*name).to_owned(), Mask::Everything)).collect())
    }

    /// Returns the mask for what lies below a field, if the field was asked for.
    pub fn below(&self, field: &str) -> Option<&Mask> {
        match self {
            Mask::Everything => Some(&Mask::Everything),
            Mask::Only(fields) => fields.iter().find(|(name, _)| name == field).map(|(_, below)| below),
        }
    }

    pub fn wants(&self, field: &str) -> bool {
        self.below(field).is_some()
    }

    /// Cuts a finished value down to the mask; lists are cut element by element.
    pub fn apply(&self, value: Value) -> Value {
        let Mask::Only(fields) = self else {
            return value;
        };
        match value {
            Value::Object(mut object) => {
                let mut kept = Map::new();
                for (name, below) in fields {
                    if let Some(inner) = object.remove(name) {
                        kept.insert(name.clone(), below.apply(inner));
                    }
                }
                Value::Object(kept)
            }
            Value::Array(items) => items.into_iter().map(|item| self.apply(item)).collect(),
            other => other,
        }
    }

    fn add(&mut self, name: String, below: Mask) {
        let Mask::Only(fields) = self else { return };
        match fields.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => known.merge(below),
            None => fields.push((name, below)),
        }
    }

    fn merge(&mut self, other: Mask) {
        match other {
            Mask::Everything => *self = Mask::Everything,
            Mask::Only(fields) => {
                for (name, below) in fields {
                    self.add(name, below);
                }
            }
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    rest: &'a str,
}

impl Parser<'_> {
    /// Reads `a,b/c,d(e,f)` up to a closing parenthesis or the end.
    fn list(&mut self, shape: Option<&'static Shape>, path: &str) -> Result<Mask, ApiError> {
        let mut mask = Mask::Only(Vec::new());
        loop {
            match self.item(shape, path)? {
                Some((name, below)) => mask.add(name, below),
                None => mask = Mask::Everything,
            }
            self.skip_spaces();
            if !self.take(',') {
                return Ok(mask);
            }
        }
    }

    /// Reads one selector; `None` stands for `*`.
    fn item(
        &mut self,
        shape: Option<&'static Shape>,
        path: &str,
    ) -> Result<Option<(String, Mask)>, ApiError> {
        self.skip_spaces();
        if self.take('*') {
            return Ok(None);
        }
        let end = self
            .rest
            .find(|c: char| matches!(c, ',' | '/' | '(' | ')' | '*') || c.is_whitespace())
            .unwrap_or(self.rest.len());
        let name = self.rest[..end].to_owned();
        self.rest = &self.rest[end..];
        if name.is_empty() {
            return Err(self.syntax());
        }
        let full = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
        let kind = match shape {
            Some(shape) => {
                let known = shape.fields.iter().find(|(known, _)| *known == name);
                Some(&known.ok_or_else(|| unknown_field(&full))?.1)
            }
            None => None,
        };
        let inner = match kind {
            Some(Kind::Object(inner)) => Some(*inner),
            _ => None,
        };
        let has_below = !matches!(kind, Some(Kind::Leaf));
        if self.take('/') {
            if !has_below {
                return Err(unknown_field(&full));
            }
            let below = match self.item(inner, &full)? {
                Some((name, below)) => Mask::Only(vec![(name, below)]),
                None => Mask::Everything,
            };
            return Ok(Some((name, below)));
        }
        if self.take('(') {
            if !has_below {
                return Err(unknown_field(&full));
            }
            let below = self.list(inner, &full)?;
            if !self.take(')') {
                return Err(self.syntax());
            }
            return Ok(Some((name, below)));
        }
        Ok(Some((name, Mask::Everything)))
    }

    fn take(&mut self, wanted: char) -> bool {
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn skip_spaces(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn syntax(&self) -> ApiError {
        let message = format!("Invalid field selection {}", self.text);
        ApiError::invalid_parameter("fields", message)
    }
}

fn unknown_field(path: &str) -> ApiError {
    ApiError::invalid_parameter("fields", format!("Invalid field selection {path}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::google::schema::FILE_LIST;
    use serde_json::json;

    fn cut(mask: &str, value: Value) -> Value {
        Mask::parse(mask, &FILE_LIST).unwrap().apply(value)
    }

    #[test]
    fn nested_masks_in_both_spellings() {
        let value = json!({"kind": "k", "nextPageToken": "t", "files": [
            {"id": "1", "name": "n", "owners": [{"emailAddress": "a", "displayName": "d"}]}]});
        let expected = json!({"files": [{"id": "1", "owners": [{"emailAddress": "a"}]}]});
        assert_eq!(cut("files(id,owners(emailAddress))", value.clone()), expected);
        assert_eq!(cut("files/id, files/owners/emailAddress", value.clone()), expected);
        assert_eq!(cut("*", value.clone()), value);
        assert_eq!(cut("files/*", value.clone())["files"], value["files"]);
    }

    #[test]
    fn wrong_masks_are_refused() {
        for mask in ["files(id", "", "files(nope)", "nope", "files(id))", "kind/id", "files(id,,name)"] {
            let error = Mask::parse(mask, &FILE_LIST).expect_err(mask);
            assert_eq!(error.status, 400);
            assert_eq!(error.reason, "invalidParameter");
        }
    }
}
