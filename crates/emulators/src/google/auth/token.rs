//! The token and revocation endpoints.

use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::identity::id_token;
use crate::google::answer::{self, Answer};
use crate::google::errors::oauth_error;
use crate::google::params::Params;
use crate::google::state::Google;
use crate::kernel::authz::{AccessToken, CodeRefusal, OAuthClient, RefreshToken};
use crate::kernel::secret::same_secret;

const ACCESS_LIFE_S: i64 = 3599;
const TESTING_LIFE_MS: i64 = 7 * 86_400_000;
const IDLE_LIFE_MS: i64 = 183 * 86_400_000;
const LIVE_REFRESH_TOKENS: usize = 100;

/// Answers `POST /token`.
pub fn token(google: &Google, headers: &HeaderMap, body: &[u8]) -> Answer {
    let form = match read_form(headers, body) {
        Ok(form) => form,
        Err(answer) => return *answer,
    };
    let client = match authenticate_client(google, headers, &form) {
        Ok(client) => client,
        Err(answer) => return *answer,
    };
    match form.get("grant_type") {
        Some("authorization_code") => redeem(google, &client, &form),
        Some("refresh_token") => refresh(google, &client, &form),
        Some(other) => oauth_error(400, "unsupported_grant_type", &format!("Invalid grant_type: {other}")),
        None => missing("grant_type"),
    }
}

fn redeem(google: &Google, client: &OAuthClient, form: &Params) -> Answer {
    let Some(code) = form.get("code") else {
        return missing("code");
    };
    let now_ms = google.now_ms();
    let redirect_uri = form.get("redirect_uri");
    if redirect_uri.is_none() {
        return missing("redirect_uri");
    }
    let verifier = form.get("code_verifier");
    let redeemed = google.kernel.authz.redeem_code(code, &client.client_id, redirect_uri, verifier, now_ms);
    let grant = match redeemed {
        Ok(grant) => grant,
        Err(refusal) => {
            return match refusal {
                CodeRefusal::Unknown => oauth_error(400, "invalid_grant", "Malformed auth code."),
                CodeRefusal::Used | CodeRefusal::Expired | CodeRefusal::WrongClient => {
                    oauth_error(400, "invalid_grant", "Bad Request")
                }
                CodeRefusal::WrongRedirect => oauth_error(400, "redirect_uri_mismatch", "Bad Request"),
                CodeRefusal::VerifierMissing => oauth_error(400, "invalid_grant", "Missing code verifier."),
                CodeRefusal::VerifierWrong => oauth_error(400, "invalid_grant", "Invalid code verifier."),
            };
        }
    };
    let mut answer = issue(google, client, &grant.subject, &grant.scopes, grant.nonce.as_deref());
    if grant.with_refresh {
        let switches = google.switches();
        let expires_at_ms = switches.testing_mode.then_some(now_ms + TESTING_LIFE_MS);
        let token = RefreshToken {
            subject: grant.subject.clone(),
            client_id: client.client_id.clone(),
            scopes: grant.scopes.clone(),
            issued_at_ms: now_ms,
            last_used_ms: now_ms,
            expires_at_ms,
        };
        let text = google.kernel.authz.issue_refresh("1//0g", token);
        answer.insert("refresh_token".into(), text.into());
        if expires_at_ms.is_some() {
            let seconds = TESTING_LIFE_MS / 1000 - 1;
            answer.insert("refresh_token_expires_in".into(), seconds.into());
        }
        if switches.evict_refresh_tokens {
            google.kernel.authz.evict_refresh(&grant.subject, &client.client_id, LIVE_REFRESH_TOKENS);
        }
    }
    answer::json(200, Value::Object(answer).to_string())
}

fn refresh(google: &Google, client: &OAuthClient, form: &Params) -> Answer {
    let Some(text) = form.get("refresh_token") else {
        return missing("refresh_token");
    };
    let now_ms = google.now_ms();
    if google.switches().expire_idle_refresh_tokens {
        google.kernel.authz.drop_idle_refresh(now_ms - IDLE_LIFE_MS);
    }
    let Some(token) = google.kernel.authz.use_refresh(text, &client.client_id, now_ms) else {
        return oauth_error(400, "invalid_grant", "Token has been expired or revoked.");
    };
    let scopes = match form.get("scope") {
        None => token.scopes,
        Some(asked) => match super::scopes::expand(asked) {
            Ok(asked) if asked.iter().all(|scope| token.scopes.contains(scope)) => asked,
            _ => return oauth_error(400, "invalid_scope", "Bad Request"),
        },
    };
    let answer = issue(google, client, &token.subject, &scopes, None);
    answer::json(200, Value::Object(answer).to_string())
}

/// Issues an access token, with an identity token when the user allowed `openid`.
fn issue(
    google: &Google,
    client: &OAuthClient,
    subject: &str,
    scopes: &[String],
    nonce: Option<&str>,
) -> Map<String, Value> {
    let token = AccessToken {
        subject: subject.to_owned(),
        client_id: client.client_id.clone(),
        scopes: scopes.into(),
        expires_at_ms: google.now_ms() + ACCESS_LIFE_S * 1000,
    };
    let text = google.kernel.authz.issue_access("ya29.a0A", token);
    let mut answer = Map::new();
    answer.insert("access_token".into(), text.clone().into());
    answer.insert("expires_in".into(), ACCESS_LIFE_S.into());
    answer.insert("scope".into(), scopes.join(" ").into());
    answer.insert("token_type".into(), "Bearer".into());
    if scopes.iter().any(|scope| scope == "openid")
        && let Some(token) = id_token(google, client, subject, scopes, nonce, &text)
    {
        answer.insert("id_token".into(), token.into());
    }
    answer
}

/// Answers `POST /revoke`: the whole grant of that user and client ends.
pub fn revoke(google: &Google, query: &str, headers: &HeaderMap, body: &[u8]) -> Answer {
    let from_query = Params::parse(query);
    let form = read_form(headers, body).ok();
    let text = from_query.get("token").or_else(|| form.as_ref().and_then(|form| form.get("token")));
    let Some(text) = text else {
        return missing("token");
    };
    let authz = &google.kernel.authz;
    let live = authz.find_owner(text);
    match live {
        Some((subject, client_id)) => {
            authz.revoke_grant(&subject, &client_id);
            answer::json(200, json!({}).to_string())
        }
        None => oauth_error(400, "invalid_token", "Token expired or revoked"),
    }
}

fn read_form(headers: &HeaderMap, body: &[u8]) -> Result<Params, Box<Answer>> {
    let kind = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or("");
    if !kind.starts_with("application/x-www-form-urlencoded") {
        let text = "Could not determine client ID from request.";
        return Err(Box::new(oauth_error(400, "invalid_request", text)));
    }
    Ok(Params::parse(&String::from_utf8_lossy(body)))
}

/// Finds the client by the body or by HTTP Basic and checks its secret.
fn authenticate_client(
    google: &Google,
    headers: &HeaderMap,
    form: &Params,
) -> Result<OAuthClient, Box<Answer>> {
    let refuse = |status, code, text| Box::new(oauth_error(status, code, text));
    let basic = basic_credentials(headers);
    let (client_id, secret) = match &basic {
        Some((client_id, secret)) => (Some(client_id.as_str()), Some(secret.as_str())),
        None => (form.get("client_id"), form.get("client_secret")),
    };
    let client_id = client_id
        .ok_or_else(|| refuse(400, "invalid_request", "Could not determine client ID from request."))?;
    let client = google
        .kernel
        .authz
        .find_client(client_id)
        .ok_or_else(|| refuse(401, "invalid_client", "The OAuth client was not found."))?;
    let secret = secret.ok_or_else(|| refuse(400, "invalid_request", "client_secret is missing."))?;
    if !same_secret(secret, &client.client_secret) {
        return Err(refuse(401, "invalid_client", "Unauthorized"));
    }
    Ok(client)
}

fn basic_credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let header = headers.get("authorization")?.to_str().ok()?;
    let decoded = STANDARD.decode(header.strip_prefix("Basic ")?).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (client_id, secret) = text.split_once(':')?;
    let decode = |part: &str| percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned();
    Some((decode(client_id), decode(secret)))
}

fn missing(parameter: &str) -> Answer {
    oauth_error(400, "invalid_request", &format!("Missing required parameter: {parameter}"))
}
