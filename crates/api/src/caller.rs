//! Who is calling: taken from the `Authorization` header before anything else of a request is read.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use gangway_app::Code;
use gangway_model::{SecretString, User};

use crate::problem::ApiError;
use crate::state::ApiState;

/// A user, by user token.
pub struct Caller(pub User);

/// The product's back end, by admin key.
pub struct Admin;

/// A token nobody has looked at yet: for handlers whose use case signs in by itself.
pub struct Bearer(pub SecretString);

impl FromRequestParts<ApiState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        Ok(Caller(state.app.sign_in(&bearer(&parts.headers)?).await?))
    }
}

impl FromRequestParts<ApiState> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        state.app.sign_in_admin(&bearer(&parts.headers)?).await?;
        Ok(Admin)
    }
}

impl FromRequestParts<ApiState> for Bearer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &ApiState) -> Result<Self, ApiError> {
        bearer(&parts.headers).map(Bearer)
    }
}

fn bearer(headers: &HeaderMap) -> Result<SecretString, ApiError> {
    let missing = || ApiError::new(Code::Unauthorized, "send a token: Authorization: Bearer <token>");
    let value = headers.get(header::AUTHORIZATION).ok_or_else(missing)?.to_str().map_err(|_| missing())?;
    let (scheme, token) = value.split_once(' ').ok_or_else(missing)?;
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() || token.len() > 512 {
        return Err(missing());
    }
    Ok(SecretString::from(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bearer_token_is_taken() {
        let with = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            bearer(&headers)
        };
        assert!(with("Bearer abc").is_ok() && with("bearer  abc ").is_ok());
        for wrong in ["", "Bearer", "Bearer ", "Basic abc", "abc"] {
            assert!(with(wrong).is_err(), "{wrong}");
        }
        assert!(bearer(&HeaderMap::new()).is_err());
    }
}
