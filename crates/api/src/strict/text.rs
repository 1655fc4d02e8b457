//! Values whose limits are part of their type, so that the documented schema and the check are one thing.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use gangway_app::no_whole_number;
use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{ArrayBuilder, KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Text of `MIN` to `MAX` characters without NUL (which databases refuse).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Text<const MIN: usize, const MAX: usize>(String);

impl<const MIN: usize, const MAX: usize> Text<MIN, MAX> {
    pub fn parse(text: String) -> Result<Self, String> {
        let length = text.chars().count();
        if length < MIN || length > MAX {
            return Err(format!("must have {MIN} to {MAX} characters, has {length}"));
        }
        if text.contains('\0') {
            return Err("must not hold a NUL character".to_owned());
        }
        Ok(Self(text))
    }

    pub fn into_string(self) -> String {
        self.0
    }
}

impl<const MIN: usize, const MAX: usize> Deref for Text<MIN, MAX> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de, const MIN: usize, const MAX: usize> Deserialize<'de> for Text<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl<const MIN: usize, const MAX: usize> PartialSchema for Text<MIN, MAX> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(MIN))
            .max_length(Some(MAX))
            .pattern(Some(r"^[^\x00]*$"))
            .into()
    }
}

impl<const MIN: usize, const MAX: usize> ToSchema for Text<MIN, MAX> {
    fn name() -> Cow<'static, str> {
        Cow::Owned(format!("Text{MIN}To{MAX}"))
    }
}

/// An email address, as far as one can be told from a look: whether it reaches anybody only a letter could tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Email(String);

impl Email {
    /// Characters of the longest address that mail travels to.
    const LONGEST: usize = 254;

    pub fn parse(text: String) -> Result<Self, String> {
        let length = text.chars().count();
        if length > Self::LONGEST {
            return Err(format!("must have at most {} characters, has {length}", Self::LONGEST));
        }
        let has_sides = text
            .split_once('@')
            .is_some_and(|(person, host)| !person.is_empty() && !host.is_empty() && !host.contains('@'));
        if !has_sides || text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err("must be an email address, such as ada@example.com".to_owned());
        }
        Ok(Self(text))
    }

    pub fn into_string(self) -> String {
        self.0
    }
}

impl<'de> Deserialize<'de> for Email {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl PartialSchema for Email {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(3))
            .max_length(Some(Self::LONGEST))
            .pattern(Some(r"^[^@\s\x00-\x1f\x7f-\x9f]+@[^@\s\x00-\x1f\x7f-\x9f]+$"))
            .into()
    }
}

impl ToSchema for Email {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Email")
    }
}

/// A whole number from `MIN` to `MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Whole<const MIN: u64, const MAX: u64>(u64);

impl<const MIN: u64, const MAX: u64> Whole<MIN, MAX> {
    pub fn get(self) -> u64 {
        self.0
    }

    pub fn get_u32(self) -> u32 {
        u32::try_from(self.0).unwrap_or(u32::MAX)
    }
}

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

impl<const MIN: u64, const MAX: u64> PartialSchema for Whole<MIN, MAX> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
            .minimum(Some(MIN))
            .maximum(Some(MAX))
            .into()
    }
}

impl<const MIN: u64, const MAX: u64> ToSchema for Whole<MIN, MAX> {
    fn name() -> Cow<'static, str> {
        Cow::Owned(format!("Whole{MIN}To{MAX}"))
    }
}

/// A list of `MIN` to `MAX` things. Reading stops at the first that is too many.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Listed<T, const MIN: usize, const MAX: usize>(Vec<T>);

impl<T, const MIN: usize, const MAX: usize> Listed<T, MIN, MAX> {
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<T, const MIN: usize, const MAX: usize> Default for Listed<T, MIN, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>, const MIN: usize, const MAX: usize> Deserialize<'de> for Listed<T, MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<T, const MIN: usize, const MAX: usize>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>, const MIN: usize, const MAX: usize> Visitor<'de> for List<T, MIN, MAX> {
            type Value = Listed<T, MIN, MAX>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a list of {MIN} to {MAX} things")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut list = Vec::new();
                while let Some(thing) = seq.next_element()? {
                    if list.len() == MAX {
                        return Err(de::Error::custom(format!("must have at most {MAX} entries")));
                    }
                    list.push(thing);
                }
                if list.len() < MIN {
                    return Err(de::Error::custom(format!("must have at least {MIN} entries")));
                }
                Ok(Listed(list))
            }
        }

        deserializer.deserialize_seq(List(std::marker::PhantomData))
    }
}

impl<T: PartialSchema, const MIN: usize, const MAX: usize> PartialSchema for Listed<T, MIN, MAX> {
    fn schema() -> RefOr<Schema> {
        ArrayBuilder::new().items(T::schema()).min_items(Some(MIN)).max_items(Some(MAX)).into()
    }
}

impl<T: ToSchema, const MIN: usize, const MAX: usize> ToSchema for Listed<T, MIN, MAX> {
    fn name() -> Cow<'static, str> {
        Cow::Owned(format!("{MIN}To{MAX}Of{}", T::name()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_plainly_no_address_is_none() {
        let longest = format!("{}@b", "a".repeat(252));
        for right in
            ["ada@example.com", "a@b", "\u{e4}\u{f6}@b\u{fc}cher.example", "\"odd\"+tag@[10.1.2.3]", &longest]
        {
            assert_eq!(Email::parse(right.to_owned()).unwrap().into_string(), right);
        }
        let longer = format!("a{longest}");
        for wrong in [
            "",
            "@",
            "ada",
            "ada@",
            "@example.com",
            "a@b@c",
            "a b@c",
            " a@b",
            "a@b ",
            "a@b\n",
            "a\0@b",
            "a\u{85}@b",
            "Ada <ada@example.com>",
            &longer,
        ] {
            assert!(Email::parse(wrong.to_owned()).unwrap_err().starts_with("must "), "{wrong:?}");
        }
    }

    #[test]
    fn limits_are_inclusive_and_counted_in_characters() {
        assert!(serde_json::from_str::<Text<1, 3>>(r#""äöü""#).is_ok());
        assert!(serde_json::from_str::<Text<1, 3>>(r#""äöüß""#).is_err());
        assert!(serde_json::from_str::<Text<1, 3>>(r#""""#).is_err());
        assert!(serde_json::from_str::<Text<0, 3>>(r#""\u0000""#).is_err());
        assert!(serde_json::from_str::<Text<0, 9>>(r#""\ud800""#).is_err(), "half a surrogate pair");
        assert_eq!(serde_json::from_str::<Whole<1, 100>>("100").unwrap().get(), 100);
        for wrong in ["0", "101", "-1", "1.5", "1e400", "99999999999999999999999", "true", "\"1\""] {
            assert!(serde_json::from_str::<Whole<1, 100>>(wrong).is_err(), "{wrong}");
        }
        for wrong in ["-1", "1.5", "99999999999999999999999", "true", "\"1\"", "null"] {
            let said = serde_json::from_str::<Whole<1, 100>>(wrong).unwrap_err().to_string();
            assert!(said.starts_with("must be a whole number from 1 to 100"), "{wrong}: {said}");
        }
        let broken_off = serde_json::from_str::<Whole<1, 100>>("").unwrap_err();
        assert!(broken_off.is_eof(), "{broken_off}");
        assert!(serde_json::from_str::<Listed<u8, 1, 2>>("[1,2]").is_ok());
        assert!(serde_json::from_str::<Listed<u8, 1, 2>>("[1,2,3]").is_err());
        assert!(serde_json::from_str::<Listed<u8, 1, 2>>("[]").is_err());
    }
}
