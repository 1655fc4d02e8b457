//! Who the user is: identity tokens, both userinfo endpoints, discovery and the key set.

use aws_lc_rs::digest::{SHA256, digest};
use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::scopes::is_identity;
use crate::google::answer::{self, Answer};
use crate::google::drive::Account;
use crate::google::drive_call::authenticate;
use crate::google::errors::ApiError;
use crate::google::operations::SCOPE_PREFIX;
use crate::google::params::Params;
use crate::google::state::Google;
use crate::kernel::authz::OAuthClient;

const ID_TOKEN_LIFE_S: i64 = 3600;

/// Returns a signed identity token; the person's data depends on the scopes.
pub fn id_token(
    google: &Google,
    client: &OAuthClient,
    subject: &str,
    scopes: &[String],
    nonce: Option<&str>,
    access_token: &str,
) -> Option<String> {
    let drive = google.read_drive();
    let account = &drive.accounts[drive.find_account(subject)? as usize];
    let now_s = google.now_ms() / 1000;
    let half_hash = &digest(&SHA256, access_token.as_bytes()).as_ref()[..16].to_vec();
    let mut claims = json!({
        "iss": google.issuer,
        "azp": client.client_id,
        "aud": client.client_id,
        "sub": account.sub,
        "at_hash": URL_SAFE_NO_PAD.encode(half_hash),
        "iat": now_s,
        "exp": now_s + ID_TOKEN_LIFE_S,
    });
    add_person(&mut claims, google, account, scopes);
    if let Some(nonce) = nonce {
        claims["nonce"] = json!(nonce);
    }
    Some(google.signing_key().sign(&claims))
}

fn add_person(claims: &mut Value, google: &Google, account: &Account, scopes: &[String]) {
    let has = |short: &str| scopes.iter().any(|scope| scope.strip_prefix(SCOPE_PREFIX) == Some(short));
    if has("userinfo.email") {
        claims["email"] = json!(account.email);
        claims["email_verified"] = json!(true);
    }
    if has("userinfo.profile") {
        let (given, family) = split_name(&account.name);
        claims["name"] = json!(account.name);
        claims["picture"] = json!(format!("{}/photos/{}", google.base, account.permission_id));
        claims["given_name"] = json!(given);
        if !family.is_empty() {
            claims["family_name"] = json!(family);
        }
    }
}

fn split_name(name: &str) -> (&str, &str) {
    name.split_once(' ').unwrap_or((name, ""))
}

/// Answers `/v1/userinfo`.
pub fn oidc_userinfo(google: &Google, query: &str, headers: &HeaderMap) -> Result<Answer, ApiError> {
    let (value, account_sub) = person(google, query, headers)?;
    let mut value = value;
    value["sub"] = json!(account_sub);
    Ok(answer::json(200, value.to_string()))
}

/// Answers `/oauth2/v2/userinfo`, the older form with `id` and `verified_email`.
pub fn legacy_userinfo(google: &Google, query: &str, headers: &HeaderMap) -> Result<Answer, ApiError> {
    let (mut value, account_sub) = person(google, query, headers)?;
    value["id"] = json!(account_sub);
    if let Some(object) = value.as_object_mut()
        && let Some(verified) = object.remove("email_verified")
    {
        object.insert("verified_email".into(), verified);
    }
    Ok(answer::json(200, value.to_string()))
}

fn person(google: &Google, query: &str, headers: &HeaderMap) -> Result<(Value, String), ApiError> {
    let (token, me) = authenticate(google, headers, &Params::parse(query))?;
    if !token.scopes.iter().any(|scope| is_identity(scope)) {
        return Err(ApiError::insufficient_scope("oauth2.userinfo.get"));
    }
    let drive = google.read_drive();
    let account = &drive.accounts[me as usize];
    let mut value = json!({});
    add_person(&mut value, google, account, &token.scopes);
    Ok((value, account.sub.clone()))
}

/// Answers `/.well-known/openid-configuration`.
pub fn discovery(google: &Google) -> Answer {
    let base = &google.base;
    let value = json!({
        "issuer": google.issuer,
        "authorization_endpoint": format!("{base}/o/oauth2/v2/auth"),
        "token_endpoint": format!("{base}/token"),
        "userinfo_endpoint": format!("{base}/v1/userinfo"),
        "revocation_endpoint": format!("{base}/revoke"),
        "jwks_uri": format!("{base}/oauth2/v3/certs"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "email", "profile"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "claims_supported": ["aud", "email", "email_verified", "exp", "family_name", "given_name",
            "iat", "iss", "name", "picture", "sub"],
        "code_challenge_methods_supported": ["plain", "S256"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
    });
    answer::json(200, value.to_string())
}

/// Answers `/oauth2/v3/certs`.
pub fn certs(google: &Google) -> Answer {
    answer::json(200, google.signing_key().key_set().to_string())
}
