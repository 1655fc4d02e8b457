//! `POST /oauth/token` and `POST /oauth/revoke`: tokens for a code, new ones for an old one, and giving one back.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gangway_app::{
    ACCESS_LIFETIME, ExposeSecret, IssuedTokens, RefusalWord, Refused, ShownClient, ShownCode,
};
use gangway_model::{AssistantScope, SecretString};
use serde_json::json;

use super::fields::Fields;
use super::refusal::{answer, answer_with};
use crate::state::ApiState;

/// Characters of a PKCE verifier (RFC 7636, 4.1).
const VERIFIER: std::ops::RangeInclusive<usize> = 43..=128;

pub async fn token(
    State(state): State<ApiState>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let form = match Fields::of_form(&headers, body) {
        Ok(form) => form,
        Err((status, refused)) => return answer_with(status, &refused),
    };
    match issue(&state, &headers, &form).await {
        Ok(issued) => Json(json!({
            "access_token": issued.access.expose_secret(),
            "token_type": "Bearer",
            "expires_in": ACCESS_LIFETIME.as_secs(),
            "refresh_token": issued.refresh.expose_secret(),
            "scope": AssistantScope::words(&issued.scopes),
        }))
        .into_response(),
        Err(refused) => answer(&refused),
    }
}

async fn issue(state: &ApiState, headers: &HeaderMap, form: &Fields) -> Result<IssuedTokens, Refused> {
    let client = shown_client(headers, form)?;
    let resource = form.one("resource")?;
    match form.needed("grant_type")? {
        "authorization_code" => {
            let verifier = form.needed("code_verifier")?;
            if !VERIFIER.contains(&verifier.len()) {
                return Err(Refused::request("code_verifier has 43 to 128 characters"));
            }
            let shown = ShownCode {
                code: SecretString::from(form.needed("code")?),
                redirect_uri: form.needed("redirect_uri")?.to_owned(),
                verifier: SecretString::from(verifier),
                resource: resource.map(str::to_owned),
            };
            state.app.exchange_assistant_code(&client, shown).await
        }
        "refresh_token" => {
            let token = SecretString::from(form.needed("refresh_token")?);
            state.app.refresh_assistant(&client, &token, form.one("scope")?, resource).await
        }
        _ => {
            let message = "grant_type: authorization_code and refresh_token are spoken here";
            Err(Refused::new(RefusalWord::UnsupportedGrantType, message))
        }
    }
}

pub async fn revoke(
    State(state): State<ApiState>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let form = match Fields::of_form(&headers, body) {
        Ok(form) => form,
        Err((status, refused)) => return answer_with(status, &refused),
    };
    match give_back(&state, &headers, &form).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(refused) => answer(&refused),
    }
}

async fn give_back(state: &ApiState, headers: &HeaderMap, form: &Fields) -> Result<(), Refused> {
    let client = shown_client(headers, form)?;
    let token = SecretString::from(form.needed("token")?);
    state.app.revoke_assistant_token(&client, &token).await
}

/// The client and its secret: by HTTP Basic or in the form, but not both (RFC 6749, 2.3).
fn shown_client(headers: &HeaderMap, form: &Fields) -> Result<ShownClient, Refused> {
    let named = form.one("client_id")?;
    let secret = form.one("client_secret")?.map(SecretString::from);
    let Some(header) = headers.get(header::AUTHORIZATION) else {
        let missing = || Refused::new(RefusalWord::InvalidClient, "client_id is missing");
        return Ok(ShownClient { id: named.ok_or_else(missing)?.to_owned(), secret });
    };
    let unreadable =
        || Refused::new(RefusalWord::InvalidClient, "the Authorization header is not HTTP Basic");
    if secret.is_some() {
        return Err(Refused::request("a client shows its secret in one way, not in two"));
    }
    let (id, secret) = header.to_str().ok().and_then(basic).ok_or_else(unreadable)?;
    if named.is_some_and(|named| named != id) {
        return Err(Refused::request("client_id is not the one of the Authorization header"));
    }
    Ok(ShownClient { id, secret: Some(SecretString::from(secret)) })
}

/// Both parts are form-encoded before they are put together (RFC 6749, 2.3.1).
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, text) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    let decoded = |text: &str| {
        let text = text.replace('+', " ");
        percent_encoding::percent_decode_str(&text).decode_utf8().ok().map(std::borrow::Cow::into_owned)
    };
    Some((decoded(id)?, decoded(secret)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_shows_itself_by_basic_or_in_the_form() {
        let shown = |header: Option<&str>, form: &str| {
            let mut headers = HeaderMap::new();
            if let Some(header) = header {
                headers.insert(header::AUTHORIZATION, header.parse().unwrap());
            }
            shown_client(&headers, &Fields::read(form))
                .map(|client| (client.id, client.secret.map(|secret| secret.expose_secret().to_owned())))
        };
        let basic = format!("Basic {}", STANDARD.encode("an%2Did:a%2Bb"));
        assert_eq!(shown(Some(&basic), "").unwrap(), ("an-id".to_owned(), Some("a+b".to_owned())));
        assert!(shown(Some(&basic), "client_id=an-id").is_ok());
        assert_eq!(shown(None, "client_id=i").unwrap(), ("i".to_owned(), None));
        for (header, form) in [
            (None, ""),
            (Some("Bearer x"), "client_id=i"),
            (Some("Basic !"), "client_id=i"),
            (Some(basic.as_str()), "client_id=other"),
            (Some(basic.as_str()), "client_secret=x"),
        ] {
            assert!(shown(header, form).is_err(), "{header:?} {form}");
        }
    }
}
