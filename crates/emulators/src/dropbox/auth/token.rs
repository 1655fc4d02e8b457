//! The token endpoint: codes for grants, refresh tokens for access tokens.

use std::collections::HashMap;

use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::dropbox::call::header;
use crate::dropbox::errors::oauth_error;
use crate::dropbox::state::{Dropbox, TokenOrigin};
use crate::kernel::answer::Answer;
use crate::kernel::authz::{AccessToken, CodeGrant, CodeRefusal, OAuthClient, RefreshToken};
use crate::kernel::secret::same_secret;

const ACCESS_SECONDS: i64 = 14_400;
/// The length of our refresh tokens; anything shorter is garbage rather than dead.
const REFRESH_LENGTH: usize = 82;

type Form = HashMap<String, String>;
type Refused = Box<Answer>;

fn refuse(error: &str, description: &str) -> Refused {
    Box::new(oauth_error(error, Some(description)))
}

pub fn token(dropbox: &Dropbox, headers: &HeaderMap, body: &[u8]) -> Answer {
    let kind = header(headers, "content-type").unwrap_or_default();
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return oauth_error("invalid_request", Some("the body must be form encoded"));
    }
    let form: Form = url::form_urlencoded::parse(body).into_owned().collect();
    let outcome = match form.get("grant_type").map(String::as_str) {
        Some("authorization_code") => exchange(dropbox, headers, &form),
        Some("refresh_token") => refresh(dropbox, headers, &form),
        Some(_) => Err(refuse("unsupported_grant_type", "invalid grant_type")),
        None => Err(refuse("invalid_request", "missing required field \"grant_type\"")),
    };
    match outcome {
        Ok(value) => {
            Answer::new(200, "application/json", value.to_string()).with_header("Cache-Control", "no-store")
        }
        Err(answer) => *answer,
    }
}

/// Finds the client; the second part says whether its secret was given and right.
fn client_of(dropbox: &Dropbox, headers: &HeaderMap, form: &Form) -> Result<(OAuthClient, bool), Refused> {
    let bad = || Box::new(oauth_error("invalid_client: Invalid client_id or client_secret", None));
    let basic = header(headers, "authorization").and_then(|value| {
        let decoded = STANDARD.decode(value.strip_prefix("Basic ")?).ok()?;
        let text = String::from_utf8(decoded).ok()?;
        text.split_once(':').map(|(id, secret)| (id.to_owned(), secret.to_owned()))
    });
    let (id, secret) = match basic {
        Some((id, secret)) => (Some(id), Some(secret)),
        None => (form.get("client_id").cloned(), form.get("client_secret").cloned()),
    };
    let id = id.ok_or_else(|| refuse("invalid_request", "missing required field \"client_id\""))?;
    let client = dropbox.kernel.authz.find_client(&id).ok_or_else(bad)?;
    match secret {
        Some(secret) if same_secret(&secret, &client.client_secret) => Ok((client, true)),
        Some(_) => Err(bad()),
        None => Ok((client, false)),
    }
}

fn exchange(dropbox: &Dropbox, headers: &HeaderMap, form: &Form) -> Result<Value, Refused> {
    let (client, with_secret) = client_of(dropbox, headers, form)?;
    let code =
        form.get("code").ok_or_else(|| refuse("invalid_request", "missing required field \"code\""))?;
    let verifier = form.get("code_verifier").map(String::as_str);
    if !with_secret && verifier.is_none() {
        let text = "missing required field \"client_secret\" or \"code_verifier\"";
        return Err(refuse("invalid_request", text));
    }
    if verifier.is_some_and(|verifier| !(43..=128).contains(&verifier.len())) {
        return Err(refuse("invalid_request", "code_verifier must have 43 to 128 characters"));
    }
    let redirect = form.get("redirect_uri").map_or("", String::as_str);
    let now_ms = dropbox.now_ms();
    let authz = &dropbox.kernel.authz;
    let grant =
        authz.redeem_code(code, &client.client_id, Some(redirect), verifier, now_ms).map_err(|why| {
            let text = match why {
                CodeRefusal::Unknown | CodeRefusal::Expired => "code doesn't exist or has expired",
                CodeRefusal::Used => "code has already been used",
                CodeRefusal::WrongClient => "code was issued to another client",
                CodeRefusal::WrongRedirect => "redirect_uri mismatch",
                CodeRefusal::VerifierMissing => "code verifier is missing",
                CodeRefusal::VerifierWrong => "invalid code verifier",
            };
            refuse("invalid_grant", text)
        })?;
    if grant.pkce.is_none() && !with_secret {
        return Err(refuse("invalid_grant", "invalid code verifier"));
    }
    let refresh = grant.with_refresh.then(|| issue_refresh(dropbox, &grant, now_ms));
    let access = issue_access(dropbox, &grant.subject, &grant.client_id, &grant.scopes, refresh.clone());
    let tree = dropbox.read_tree();
    let account = tree.find_account(&grant.subject).map(|found| &tree.accounts[found as usize]);
    let account = account.ok_or_else(|| refuse("invalid_grant", "the account is gone"))?;
    let mut body = json!({
        "access_token": access,
        "token_type": "bearer",
        "expires_in": ACCESS_SECONDS,
        "scope": grant.scopes.join(" "),
        "uid": account.uid.to_string(),
        "account_id": account.id,
    });
    if let Some(refresh) = refresh {
        body["refresh_token"] = refresh.into();
    }
    if grant.scopes.iter().any(|scope| scope == "openid") {
        let mut claims = json!({
            "iss": "https://www.dropbox.com",
            "aud": grant.client_id,
            "sub": account.id,
            "iat": now_ms / 1000,
            "exp": now_ms / 1000 + ACCESS_SECONDS,
        });
        if grant.scopes.iter().any(|scope| scope == "email") {
            claims["email"] = account.email.as_str().into();
            claims["email_verified"] = account.email_verified.into();
        }
        body["id_token"] = dropbox.signing_key().sign(&claims).into();
    }
    Ok(body)
}

/// Answers without a refresh token: the old one stays good.
fn refresh(dropbox: &Dropbox, headers: &HeaderMap, form: &Form) -> Result<Value, Refused> {
    let (client, with_secret) = client_of(dropbox, headers, form)?;
    let text = form.get("refresh_token");
    let text = text.ok_or_else(|| refuse("invalid_request", "missing required field \"refresh_token\""))?;
    let shaped = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if text.len() != REFRESH_LENGTH || !shaped {
        return Err(refuse("invalid_grant", "refresh token is malformed"));
    }
    let dead = || refuse("invalid_grant", "refresh token is invalid or revoked");
    let found =
        dropbox.kernel.authz.use_refresh(text, &client.client_id, dropbox.now_ms()).ok_or_else(dead)?;
    if !with_secret && !dropbox.notes().with_pkce.contains(text) {
        return Err(Box::new(oauth_error("invalid_client: Invalid client_id or client_secret", None)));
    }
    let scopes = match form.get("scope") {
        None => found.scopes.clone(),
        Some(wish) => {
            let wanted: Vec<String> = wish.split_whitespace().map(str::to_owned).collect();
            if wanted.iter().any(|scope| !found.scopes.contains(scope)) {
                return Err(refuse("invalid_scope", "the refresh token does not have the requested scopes"));
            }
            wanted
        }
    };
    let access = issue_access(dropbox, &found.subject, &found.client_id, &scopes, Some(text.clone()));
    Ok(json!({"access_token": access, "token_type": "bearer", "expires_in": ACCESS_SECONDS}))
}

fn issue_refresh(dropbox: &Dropbox, grant: &CodeGrant, now_ms: i64) -> String {
    let token = RefreshToken {
        subject: grant.subject.clone(),
        client_id: grant.client_id.clone(),
        scopes: grant.scopes.clone(),
        issued_at_ms: now_ms,
        last_used_ms: now_ms,
        expires_at_ms: None,
    };
    let text = dropbox.kernel.authz.issue_refresh("nB", token);
    if grant.pkce.is_some() {
        dropbox.notes().with_pkce.insert(text.clone());
    }
    text
}

fn issue_access(
    dropbox: &Dropbox,
    subject: &str,
    client_id: &str,
    scopes: &[String],
    refresh: Option<String>,
) -> String {
    let token = AccessToken {
        subject: subject.to_owned(),
        client_id: client_id.to_owned(),
        scopes: scopes.into(),
        expires_at_ms: dropbox.now_ms() + ACCESS_SECONDS * 1000,
    };
    let text = dropbox.kernel.authz.issue_access("sl.u.", token);
    let origin = TokenOrigin { subject: subject.to_owned(), client_id: client_id.to_owned(), refresh };
    dropbox.notes().origins.insert(text.clone(), origin);
    text
}
