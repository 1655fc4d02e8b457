//! Who is calling: taken from the `Authorization` header, or from a browser's session, before anything else of a
//! request is read.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};
use gangway_app::{AppSettings, Code, Credential, is_csrf_token};
use gangway_model::{SecretString, User};

use crate::origin::comes_from_here;
use crate::problem::ApiError;
use crate::state::ApiState;

/// Shown beside a session by calls that change something.
pub const CSRF_TOKEN: HeaderName = HeaderName::from_static("x-csrf-token");

/// A user, by user token or session.
pub struct Caller(pub User);

/// The product's back end, by admin key or session.
pub struct Admin;

/// A token or session nobody has looked at yet: for handlers whose use case signs in by itself.
pub struct Unseen(pub Credential);

/// A browser's session, shown as it has to be.
pub struct Session(pub SecretString);

impl FromRequestParts<ApiState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        Ok(Caller(state.app.sign_in(&credential(parts, &state.app.settings)?).await?))
    }
}

impl FromRequestParts<ApiState> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        state.app.sign_in_admin(&credential(parts, &state.app.settings)?).await?;
        Ok(Admin)
    }
}

impl FromRequestParts<ApiState> for Unseen {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        credential(parts, &state.app.settings).map(Unseen)
    }
}

impl FromRequestParts<ApiState> for Session {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        let missing =
            || ApiError::new(Code::Unauthorized, "nobody is signed in here: show a token to sign in");
        guarded_session(parts, &state.app.settings)?.map(Session).ok_or_else(missing)
    }
}

/// A token counts before a session: whoever sends one means it.
fn credential(parts: &Parts, settings: &AppSettings) -> Result<Credential, ApiError> {
    if !parts.headers.contains_key(header::AUTHORIZATION)
        && let Some(session) = guarded_session(parts, settings)?
    {
        return Ok(Credential::Session(session));
    }
    bearer(&parts.headers).map(Credential::Token)
}

/// The session of a request, when a page of ours makes it. A browser sends the cookie whoever made it call; so a call
/// that changes something has to show what only our pages know.
fn guarded_session(parts: &Parts, settings: &AppSettings) -> Result<Option<SecretString>, ApiError> {
    let Some(session) = session_of(&parts.headers, settings) else { return Ok(None) };
    if !comes_from_here(&parts.headers, &settings.own_origin()) {
        return Err(ApiError::new(Code::Forbidden, "only this server's own pages may use its sessions"));
    }
    let shown = parts.headers.get(CSRF_TOKEN).and_then(|value| value.to_str().ok());
    if parts.method.is_safe() || shown.is_some_and(|shown| is_csrf_token(&session, shown)) {
        return Ok(Some(session));
    }
    let message = "send the session's csrf_token: X-CSRF-Token; GET /console/session tells it";
    Err(ApiError::new(Code::Forbidden, message))
}

/// The cookie's name. Over HTTPS its prefix makes browsers refuse one that another host or an insecure page has set.
pub fn session_cookie(settings: &AppSettings) -> &'static str {
    match settings.public_url.scheme() {
        "https" => "__Host-gangway_session",
        _ => "gangway_session",
    }
}

/// The session that a request shows, whoever made it; none where there is no console.
pub fn session_of(headers: &HeaderMap, settings: &AppSettings) -> Option<SecretString> {
    if !settings.console {
        return None;
    }
    let name = session_cookie(settings);
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, value)| *found == name && (1..=128).contains(&value.len()))
        .map(|(_, value)| SecretString::from(value))
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
    use gangway_model::ExposeSecret;

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

    #[test]
    fn the_cookie_is_found_among_others_by_its_whole_name() {
        let settings = |url: &str| AppSettings::for_public_url(url.parse().unwrap());
        let with = |cookies: &[&'static str], url: &str| {
            let mut headers = HeaderMap::new();
            for cookie in cookies {
                headers.append(header::COOKIE, cookie.parse().unwrap());
            }
            session_of(&headers, &settings(url)).map(|secret| secret.expose_secret().to_owned())
        };
        let plain = "http://localhost:8080";
        assert_eq!(with(&["a=b; gangway_session=s; c=d"], plain).as_deref(), Some("s"));
        assert_eq!(with(&["a=b", "gangway_session=s"], plain).as_deref(), Some("s"), "several headers");
        for none in
            ["gangway_session=", "xgangway_session=s", "__Host-gangway_session=s", "gangway_session", ""]
        {
            assert_eq!(with(&[none], plain), None, "{none}");
        }
        assert_eq!(
            with(&["gangway_session=s"], "https://gw.example"),
            None,
            "not the one of an insecure page"
        );
        assert_eq!(with(&["__Host-gangway_session=s"], "https://gw.example").as_deref(), Some("s"));
    }
}
