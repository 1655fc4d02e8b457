//! The token, revocation and introspection endpoints: Basic authentication and JSON bodies only.

use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::kernel::answer::Answer;
use crate::kernel::authz::{AccessToken, CodeRefusal, OAuthClient, RefreshToken};
use crate::kernel::secret::same_secret;
use crate::notion::errors::ApiError;
use crate::notion::ids::{self, Id};
use crate::notion::state::{ErrorShape, Notion, OwnerShape};
use crate::notion::versions::Version;
use crate::notion::workspace::UserInfo;

/// A refusal: status, code, words.
type Refusal = (u16, &'static str, String);

fn refuse(status: u16, code: &'static str, words: impl Into<String>) -> Refusal {
    (status, code, words.into())
}

/// Returns an OAuth error in the shape that is switched on.
pub fn oauth_error(notion: &Notion, status: u16, code: &str, words: &str) -> Answer {
    let request_id = ids::random();
    let body = match notion.switches().oauth_error_shape {
        ErrorShape::Rfc6749 => {
            json!({"error": code, "error_description": words, "request_id": request_id})
        }
        ErrorShape::Notion => json!({
            "object": "error", "status": status, "code": code, "message": words, "request_id": request_id,
        }),
    };
    Answer::json(status, body.to_string()).with_header("x-notion-request-id", request_id)
}

fn success(mut body: Value) -> Answer {
    let request_id = ids::random();
    body["request_id"] = json!(request_id);
    Answer::json(200, body.to_string()).with_header("x-notion-request-id", request_id)
}

/// Answers one of the three endpoints by the last part of its path.
pub fn answer(notion: &Notion, endpoint: &str, headers: &HeaderMap, body: &[u8]) -> Answer {
    if notion.switches().token_requires_version
        && let Err(error) = Version::of(headers)
    {
        return error.into_answer();
    }
    let result = authenticate(notion, headers).and_then(|client| {
        let body = read_json(headers, body)?;
        match endpoint {
            "token" => token(notion, &client, &body),
            "revoke" => revoke(notion, &client, &body),
            _ => introspect(notion, &client, &body),
        }
    });
    match result {
        Ok(body) => success(body),
        Err((_, "invalid_json", words)) => ApiError::new("invalid_json", words).into_answer(),
        Err((status, code, words)) => oauth_error(notion, status, code, &words),
    }
}

fn authenticate(notion: &Notion, headers: &HeaderMap) -> Result<OAuthClient, Refusal> {
    let failed = || refuse(401, "invalid_client", "Client authentication failed.");
    let text = headers.get("authorization").and_then(|value| value.to_str().ok()).ok_or_else(failed)?;
    let (scheme, rest) = text.split_once(' ').ok_or_else(failed)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(failed());
    }
    let decoded = STANDARD.decode(rest.trim()).map_err(|_| failed())?;
    let pair = String::from_utf8(decoded).map_err(|_| failed())?;
    let (id, secret) = pair.split_once(':').ok_or_else(failed)?;
    let client = notion.kernel.authz.find_client(id).ok_or_else(failed)?;
    if same_secret(&client.client_secret, secret) { Ok(client) } else { Err(failed()) }
}

fn read_json(headers: &HeaderMap, body: &[u8]) -> Result<Value, Refusal> {
    let kind = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/json") {
        return Err(refuse(400, "invalid_request", "The body should be JSON."));
    }
    serde_json::from_slice(body)
        .map_err(|_| refuse(400, "invalid_json", "Error parsing JSON body."))
        .and_then(|value: Value| match value {
            Value::Object(_) => Ok(value),
            _ => Err(refuse(400, "invalid_request", "The body should be a JSON object.")),
        })
}

fn text_of<'a>(body: &'a Value, name: &str) -> Result<&'a str, Refusal> {
    body[name].as_str().ok_or_else(|| refuse(400, "invalid_request", format!("Missing {name}.")))
}

fn only(body: &Value, known: &[&str]) -> Result<(), Refusal> {
    match body.as_object().and_then(|body| body.keys().find(|key| !known.contains(&key.as_str()))) {
        Some(key) => Err(refuse(400, "invalid_request", format!("body.{key} should be not present."))),
        None => Ok(()),
    }
}

fn token(notion: &Notion, client: &OAuthClient, body: &Value) -> Result<Value, Refusal> {
    match text_of(body, "grant_type")? {
        "authorization_code" => {
            only(body, &["grant_type", "code", "redirect_uri", "external_account"])?;
            redeem(notion, client, body)
        }
        "refresh_token" => {
            only(body, &["grant_type", "refresh_token"])?;
            refresh(notion, client, body)
        }
        other => Err(refuse(400, "unsupported_grant_type", format!("Unsupported grant_type {other}."))),
    }
}

fn redeem(notion: &Notion, client: &OAuthClient, body: &Value) -> Result<Value, Refusal> {
    let code = text_of(body, "code")?;
    let redirect_uri = body["redirect_uri"].as_str();
    let authz = &notion.kernel.authz;
    let now_ms = notion.now_ms();
    // The code knows whether the authorization request named its redirect URI: an empty one stands for "no".
    let single = client.redirect_uris.len() == 1;
    let bound = match redirect_uri {
        None => Some(""),
        Some(uri) => Some(uri),
    };
    let mut outcome = authz.redeem_code(code, &client.client_id, bound, None, now_ms);
    if matches!(outcome, Err(CodeRefusal::WrongRedirect)) {
        match redirect_uri {
            None => return Err(refuse(400, "invalid_request", "Missing redirect_uri.")),
            Some(uri) => {
                let unnamed = authz.redeem_code(code, &client.client_id, Some(""), None, now_ms);
                match unnamed {
                    // It was not in the request. With several registered it had to come now, and be the first.
                    Ok(_) if single => {
                        return Err(refuse(
                            400,
                            "invalid_request",
                            "body.redirect_uri should be not present.",
                        ));
                    }
                    Ok(grant) if client.redirect_uris.first().is_some_and(|first| first == uri) => {
                        outcome = Ok(grant);
                    }
                    _ => {}
                }
            }
        }
    } else if outcome.is_ok() && redirect_uri.is_none() && !single {
        return Err(refuse(400, "invalid_request", "Missing redirect_uri."));
    }
    let grant = outcome.map_err(|refusal| {
        let words = match refusal {
            CodeRefusal::WrongRedirect => "Mismatching redirect URI.",
            CodeRefusal::Expired => "Invalid code: this code has expired.",
            CodeRefusal::Used => "Invalid code: this code has been revoked.",
            _ => "Invalid code.",
        };
        refuse(400, "invalid_grant", words)
    })?;
    let bot = grant.scopes.first().and_then(|id| ids::parse(id)).unwrap_or_default();
    issue(notion, bot)
}

fn refresh(notion: &Notion, client: &OAuthClient, body: &Value) -> Result<Value, Refusal> {
    let given = text_of(body, "refresh_token")?;
    let gone = || refuse(400, "invalid_grant", "Invalid refresh token.");
    let now_ms = notion.now_ms();
    let token = notion.kernel.authz.use_refresh(given, &client.client_id, now_ms).ok_or_else(gone)?;
    let bot = token.scopes.first().and_then(|id| ids::parse(id)).ok_or_else(gone)?;
    let ends_old = notion.switches().refresh_ends_old_access;
    notion.change(|store, _| {
        let active = {
            let email = store.bots.get(&bot).map(|bot| bot.email.clone()).unwrap_or_default();
            store.find_person(&email).is_some_and(|person| !person.deactivated)
        };
        let bot = store.bots.get_mut(&bot).filter(|bot| bot.live && active).ok_or_else(gone)?;
        // Rotation: only the latest refresh token works, and only once.
        if bot.refresh_token.as_deref() != Some(given) {
            return Err(gone());
        }
        bot.refresh_token = None;
        if ends_old {
            bot.generation += 1;
        }
        Ok(())
    })?;
    issue(notion, bot)
}

/// Issues a pair of tokens and builds the answer.
fn issue(notion: &Notion, bot: Id) -> Result<Value, Refusal> {
    let switches = notion.switches();
    let now_ms = notion.now_ms();
    let authz = &notion.kernel.authz;
    let gone = || refuse(400, "invalid_grant", "Invalid code.");
    let bot = {
        let store = notion.read();
        store.bots.get(&bot).filter(|bot| bot.live).cloned().ok_or_else(gone)?
    };
    let scopes = vec![ids::show(bot.id), bot.generation.to_string()];
    let life_ms = switches.access_token_seconds.map(|seconds| seconds as i64 * 1000);
    let access = authz.issue_access(
        "ntn_",
        AccessToken {
            subject: bot.email.clone(),
            client_id: bot.client_id.clone(),
            scopes: scopes.clone().into(),
            expires_at_ms: life_ms.map_or(i64::MAX, |life_ms| now_ms + life_ms),
        },
    );
    let refresh = (!switches.null_refresh_tokens).then(|| {
        authz.issue_refresh(
            "nrt_",
            RefreshToken {
                subject: bot.email.clone(),
                client_id: bot.client_id.clone(),
                scopes,
                issued_at_ms: now_ms,
                last_used_ms: now_ms,
                expires_at_ms: None,
            },
        )
    });
    notion.change(|store, _| {
        if let Some(bot) = store.bots.get_mut(&bot.id) {
            bot.refresh_token = refresh.clone();
        }
    });
    let store = notion.read();
    let owner = match (switches.owner_shape, store.find_person(&bot.email)) {
        (OwnerShape::Workspace, _) | (_, None) => json!({"type": "workspace", "workspace": true}),
        (OwnerShape::User, Some(person)) if switches.capabilities.user_info != UserInfo::None => {
            let details = match switches.capabilities.user_info {
                UserInfo::WithEmail => json!({"email": person.email}),
                _ => json!({}),
            };
            json!({"type": "user", "user": {
                "object": "user", "id": ids::show(person.id), "name": person.name,
                "avatar_url": person.avatar_url, "type": "person", "person": details,
            }})
        }
        (_, Some(person)) => {
            json!({"type": "user", "user": {"object": "user", "id": ids::show(person.id)}})
        }
    };
    let named = !switches.null_workspace;
    Ok(json!({
        "access_token": access,
        "token_type": "bearer",
        "refresh_token": refresh,
        "bot_id": ids::show(bot.id),
        "workspace_id": ids::show(store.id),
        "workspace_name": named.then_some(&store.name),
        "workspace_icon": store.icon.as_ref().filter(|_| named),
        "owner": owner,
        "duplicated_template_id": null,
    }))
}

fn revoke(notion: &Notion, client: &OAuthClient, body: &Value) -> Result<Value, Refusal> {
    only(body, &["token"])?;
    let token = text_of(body, "token")?;
    if let Some(bot) = bot_of(notion, client, token) {
        notion.change(|store, _| {
            if let Some(bot) = store.bots.get_mut(&bot) {
                bot.live = false;
            }
        });
    }
    Ok(json!({}))
}

fn introspect(notion: &Notion, client: &OAuthClient, body: &Value) -> Result<Value, Refusal> {
    only(body, &["token"])?;
    let token = text_of(body, "token")?;
    let Some(id) = bot_of(notion, client, token) else {
        return Ok(json!({"active": false}));
    };
    let store = notion.read();
    let Some(bot) = store.bots.get(&id) else { return Ok(json!({"active": false})) };
    Ok(json!({"active": true, "scope": "read_content", "iat": bot.granted_ms / 1000}))
}

/// Finds the live bot that an access or refresh token of this client belongs to.
fn bot_of(notion: &Notion, client: &OAuthClient, token: &str) -> Option<Id> {
    let now_ms = notion.now_ms();
    let authz = &notion.kernel.authz;
    let (scopes, is_refresh) = match authz.find_access(token, now_ms) {
        Some(access) if access.client_id == client.client_id => (access.scopes.to_vec(), false),
        _ => (authz.use_refresh(token, &client.client_id, now_ms)?.scopes, true),
    };
    let id = scopes.first().and_then(|id| ids::parse(id))?;
    let store = notion.read();
    let bot = store.bots.get(&id).filter(|bot| bot.live)?;
    let current = if is_refresh {
        bot.refresh_token.as_deref() == Some(token)
    } else {
        scopes.get(1).is_some_and(|generation| *generation == bot.generation.to_string())
    };
    current.then_some(id)
}
