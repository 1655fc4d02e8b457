//! Path parameters, read strictly: a malformed id is a 400 that names it, an unknown one a 404.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::{self, Deserializer};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::Text;

/// One of our own ids: a hyphenated UUID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Id(String);

impl Id {
    /// The id as one of the model's types.
    pub fn to<T: From<String>>(&self) -> T {
        T::from(self.0.clone())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let id = uuid::Uuid::try_parse(&text).ok().filter(|_| text.len() == 36);
        id.map(|id| Self(id.to_string())).ok_or_else(|| de::Error::custom("must be a UUID"))
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

impl<T: de::DeserializeOwned + Send, S: Send + Sync> axum::extract::FromRequestParts<S> for Segment<T> {
    type Rejection = crate::problem::ApiError;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        state: &S,
    ) -> Result<Self, Self::Rejection> {
        use crate::problem::ApiError;
        use axum::extract::path::ErrorKind;
        use axum::extract::rejection::PathRejection;

        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(path) => Ok(Segment(path.0)),
            Err(PathRejection::FailedToDeserializePathParams(failed)) => Err(match failed.into_kind() {
                ErrorKind::DeserializeError { key, message, .. } => ApiError::invalid(&key, message),
                ErrorKind::InvalidUtf8InPathParam { key } => ApiError::invalid(&key, "must be UTF-8"),
                ErrorKind::ParseErrorAtKey { key, value: _, expected_type } => {
                    ApiError::invalid(&key, format!("must be {expected_type}"))
                }
                ErrorKind::Message(message) => ApiError::invalid("path", message),
                _ => ApiError::invalid("path", "the path cannot be read"),
            }),
            Err(_) => Err(ApiError::invalid("path", "the path cannot be read")),
        }
    }
}

/// The provider's own id of a file or folder: any text.
pub type ProviderId = Text<1, 1024>;
