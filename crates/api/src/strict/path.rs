//! Path parameters, read strictly: a malformed id is a 400 that names it, an unknown one a 404.

use std::borrow::Cow;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::value::MapDeserializer;
use serde::de::{self, DeserializeOwned, Deserializer};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::{Text, complaint};
use crate::problem::ApiError;

/// One of our own ids: a hyphenated UUID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Id(String);

impl Id {
    /// The id as one of the model's types.
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

impl PartialSchema for Id {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
            .into()
    }
}

impl ToSchema for Id {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Id")
    }
}

/// A connector's id as it stands in paths: small letters, digits and `_`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectorName(String);

impl ConnectorName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for ConnectorName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if text.is_empty() || text.len() > 64 || !text.chars().all(allowed) {
            return Err(de::Error::custom("must be a connector's id, such as google_drive"));
        }
        Ok(Self(text))
    }
}

impl PartialSchema for ConnectorName {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[a-z0-9_]{1,64}$")).into()
    }
}

impl ToSchema for ConnectorName {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("ConnectorId")
    }
}

/// Path parameters of a route, by name.
pub struct Segment<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Segment<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let raw = RawPathParams::from_request_parts(parts, state).await.map_err(|rejection| {
            // The rejection names the parameter between backticks, and in no other way.
            let sentence = rejection.body_text();
            ApiError::invalid(sentence.split('`').nth(1).unwrap_or("path"), "must be UTF-8")
        })?;
        let reader = MapDeserializer::<_, de::value::Error>::new(raw.iter());
        serde_path_to_error::deserialize(reader)
            .map(Segment)
            .map_err(|error| complaint(error.path(), &error.inner().to_string()))
    }
}

/// The provider's own id of a file or folder: any text.
pub type ProviderId = Text<1, 1024>;
