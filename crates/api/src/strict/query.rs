//! Query parameters, read strictly: each at most once, each known, each of its type.

use std::collections::BTreeSet;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;

use super::complaint;
use crate::problem::ApiError;

pub struct Params<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        parse(parts.uri.query().unwrap_or_default()).map(Params)
    }
}

fn parse<T: DeserializeOwned>(query: &str) -> Result<T, ApiError> {
    let mut seen = BTreeSet::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name =
            decode(name).ok_or_else(|| ApiError::invalid("query", "a parameter's name is not UTF-8"))?;
        if decode(value).is_none() {
            return Err(ApiError::invalid(&name, "the value is not UTF-8"));
        }
        if !seen.insert(name.clone()) {
            return Err(ApiError::invalid(&name, "the parameter stands here more than once"));
        }
    }
    let reader = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
    serde_path_to_error::deserialize(reader)
        .map_err(|error| complaint(error.path(), &error.inner().to_string()))
}

fn decode(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    Some(percent_decode_str(&spaced).decode_utf8().ok()?.into_owned())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::strict::Whole;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Page {
        #[serde(default)]
        limit: Option<Whole<1, 100>>,
    }

    #[test]
    fn wrong_parameters_are_refused_by_name() {
        assert_eq!(parse::<Page>("limit=7").unwrap().limit.unwrap().get(), 7);
        assert!(parse::<Page>("").unwrap().limit.is_none());
        for wrong in [
            "limit=0",
            "limit=101",
            "limit=",
            "limit=x",
            "limit=1&limit=2",
            "limit=-1",
            "limit=1.0",
            "limit=99999999999999999999",
            "limit=%FF",
            "limit=1&x=2",
        ] {
            let error = format!("{:?}", parse::<Page>(wrong).unwrap_err());
            let field = if wrong.ends_with("x=2") { "x" } else { "limit" };
            assert!(error.contains(&format!("\"field\": String(\"{field}\")")), "{wrong}: {error}");
        }
    }
}
