//! Values whose limits are part of their type, so that the schema a client reads and the check are one thing.
//!
//! The limits are those of the REST API, whose own types describe themselves in OpenAPI's words.

use std::borrow::Cow;

use gangway_app::no_whole_number;
use rmcp::schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer};

/// Text of `MIN` to `MAX` characters without NUL.
#[derive(Debug)]
pub struct Text<const MIN: usize, const MAX: usize>(pub String);

/// A connector's id.
pub type ConnectorName = Text<1, 64>;
/// A provider's id of a file or folder.
pub type ProviderId = Text<1, 1024>;
/// A pointer to the next page.
pub type Cursor = Text<1, 8192>;
/// Rows on a page.
pub type Limit = Whole<1, 100>;

impl<'de, const MIN: usize, const MAX: usize> Deserialize<'de> for Text<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let length = text.chars().count();
        if length < MIN || length > MAX {
            return Err(de::Error::custom(format!("must have {MIN} to {MAX} characters, has {length}")));
        }
        if text.contains('\0') {
            return Err(de::Error::custom("must not hold a NUL character"));
        }
        Ok(Self(text))
    }
}

impl<const MIN: usize, const MAX: usize> JsonSchema for Text<MIN, MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Text{MIN}To{MAX}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": MIN, "maxLength": MAX })
    }
}

/// One of our own ids: a hyphenated UUID.
#[derive(Debug)]
pub struct Id(String);

impl Id {
    pub fn to<T: From<String>>(&self) -> T {
        T::from(self.0.clone())
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        gangway_model::read_own_id(&text).map(Self).ok_or_else(|| de::Error::custom("must be a UUID"))
    }
}

impl JsonSchema for Id {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Id".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "uuid" })
    }
}

/// A whole number from `MIN` to `MAX`.
#[derive(Clone, Copy, Debug)]
pub struct Whole<const MIN: u64, const MAX: u64>(pub u64);

impl<'de, const MIN: u64, const MAX: u64> Deserialize<'de> for Whole<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u64::deserialize(deserializer).map_err(|error| {
            no_whole_number(&error.to_string(), MIN, MAX).map_or(error, de::Error::custom)
        })?;
        if number < MIN || number > MAX {
            return Err(de::Error::custom(format!("must be {MIN} to {MAX}, is {number}")));
        }
        Ok(Self(number))
    }
}

impl<const MIN: u64, const MAX: u64> JsonSchema for Whole<MIN, MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Whole{MIN}To{MAX}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": MIN, "maximum": MAX })
    }
}

/// A list of `MIN` to `MAX` things.
#[derive(Debug)]
pub struct Listed<T, const MIN: usize, const MAX: usize>(pub Vec<T>);

impl<'de, T: Deserialize<'de>, const MIN: usize, const MAX: usize> Deserialize<'de> for Listed<T, MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The whole message is bounded, and so is the list before it is counted.
        let list = Vec::deserialize(deserializer)?;
        if list.len() < MIN || list.len() > MAX {
            return Err(de::Error::custom(format!("must have {MIN} to {MAX} entries, has {}", list.len())));
        }
        Ok(Self(list))
    }
}

impl<T: JsonSchema, const MIN: usize, const MAX: usize> JsonSchema for Listed<T, MIN, MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("{MIN}To{MAX}Of{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let items = generator.subschema_for::<T>();
        json_schema!({ "type": "array", "items": items, "minItems": MIN, "maxItems": MAX })
    }
}
