//! A JSON body, read strictly: content type, size, syntax, every field known and of its type.

use std::fmt;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use gangway_app::Code;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, DeserializeOwned, Deserializer, MapAccess, Visitor};

use super::complaint;
use crate::problem::ApiError;

/// Bytes of the largest JSON body.
pub const JSON_LIMIT: usize = 1024 * 1024;

/// A JSON body that has to be there.
pub struct Body<T>(pub T);

/// A JSON body that may be left out; then it is `{}`.
pub struct OptionalBody<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        require_json(request.headers())?;
        parse(&collect(request).await?).map(Body)
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for OptionalBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        let headers = request.headers().clone();
        let bytes = collect(request).await?;
        if bytes.is_empty() {
            return parse(b"{}").map(OptionalBody);
        }
        require_json(&headers)?;
        parse(&bytes).map(OptionalBody)
    }
}

/// Reads a body of at most [`JSON_LIMIT`] bytes.
pub async fn collect(request: Request) -> Result<Bytes, ApiError> {
    let too_large =
        || ApiError::new(Code::PayloadTooLarge, format!("the body may have at most {JSON_LIMIT} bytes"));
    let declared = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<u64>().ok());
    if declared.is_some_and(|length| length > JSON_LIMIT as u64) {
        return Err(too_large());
    }
    match Limited::new(request.into_body(), JSON_LIMIT).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(_) => Err(ApiError::invalid("body", "the body broke off")),
    }
}

fn require_json(headers: &HeaderMap) -> Result<(), ApiError> {
    let declared =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = declared.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(ApiError::new(
        Code::UnsupportedMediaType,
        "the body must be JSON: send content-type application/json",
    ))
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    // serde would read a list as a struct's fields in order.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(ApiError::invalid("body", "the body must be a JSON object"));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let said = error.inner().to_string();
        let said = match error.inner().is_data() {
            true => said.split(" at line ").next().unwrap_or_default().to_owned(),
            // No JSON at all: the place says what is wrong.
            false => format!("this is not valid JSON: {said}"),
        };
        complaint(error.path(), &said)
    })?;
    reader
        .end()
        .map_err(|_| ApiError::invalid("body", "there is something after the end of the JSON value"))?;
    Ok(value)
}

/// Reads an object within the body as an object only, never as a list of its fields.
pub fn object<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    struct Object<T>(std::marker::PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
        type Value = Option<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map)).map(Some)
        }

        fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
    }

    deserializer.deserialize_any(Object(std::marker::PhantomData))
}

/// Tells "null" from "left out".
pub fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::strict::{Listed, Text};

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[allow(dead_code, reason = "only its reading is tested")]
        names: Listed<Text<1, 5>, 1, 2>,
        #[serde(default, deserialize_with = "object")]
        #[allow(dead_code, reason = "only its reading is tested")]
        inner: Option<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[allow(dead_code, reason = "only its reading is tested")]
        limit: u8,
    }

    fn field_of(body: &str) -> String {
        let error = parse::<Outer>(body.as_bytes()).unwrap_err();
        format!("{error:?}")
            .split("\"field\": String(\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned()
    }

    #[test]
    fn the_wrong_field_is_named() {
        assert_eq!(field_of(r#"{"names":["a"],"surplus":1}"#), "surplus");
        assert_eq!(field_of(r#"{"names":["a"],"inner":{"limit":1,"x":2}}"#), "inner.x");
        assert_eq!(field_of(r#"{"names":["a"],"inner":{"limit":"1"}}"#), "inner.limit");
        assert_eq!(field_of(r#"{"names":["a",""]}"#), "names[1]");
        assert_eq!(field_of(r#"{"names":["a","b","c"]}"#), "names");
        assert_eq!(field_of(r#"{}"#), "names");
        assert_eq!(field_of(r#"{"names":["a"]} x"#), "body");
        assert_eq!(field_of(r#"[["a"], {"limit":1}]"#), "body");
        assert_eq!(field_of(r#"{"names":["a"],"inner":[1]}"#), "inner");
        assert_eq!(field_of(r#"{"names":["a"#), "names[0]");
        let error = format!("{:?}", parse::<Outer>(br#"{"names":"#).unwrap_err());
        assert!(
            error.contains("this is not valid JSON: EOF while parsing a value at line 1 column 9"),
            "{error}"
        );
        assert!(parse::<Outer>(br#" {"names":["a"],"inner":null}"#).unwrap().inner.is_none());
    }
}
