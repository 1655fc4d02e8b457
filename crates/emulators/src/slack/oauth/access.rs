//! `oauth.v2.access` and its kin: codes and refresh tokens become tokens.

use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::kernel::answer::Answer;
use crate::kernel::authz::{CodeGrant, CodeRefusal, OAuthClient};
use crate::kernel::secret::same_secret;
use crate::slack::args::Args;
use crate::slack::call::bearer;
use crate::slack::errors::ApiError;
use crate::slack::state::{ENTERPRISE_ID, ENTERPRISE_NAME, Grid, Slack};
use crate::slack::tokens::{ACCESS_LIFE_S, Asked, Holder, Issued, Kind};

pub const BOT_NAME: &str = "Gangway";

type Run = fn(&Slack, &Args, &HeaderMap) -> Result<Value, ApiError>;

/// Finds an OAuth method; those identify a client rather than a token.
fn find(method: &str) -> Option<Run> {
    match method {
        "oauth.v2.access" => Some(access),
        "oauth.v2.user.access" => Some(user_access),
        "oauth.v2.exchange" => Some(exchange),
        "openid.connect.token" => Some(openid),
        "apps.event.authorizations.list" => Some(authorizations),
        _ => None,
    }
}

pub fn run(slack: &Slack, method: &str, query: &str, headers: &HeaderMap, body: &[u8]) -> Option<Answer> {
    let found = find(method)?;
    let result = Args::read(query, headers, body, false).and_then(|args| found(slack, &args, headers));
    Some(match result {
        Ok(mut body) => {
            body["ok"] = true.into();
            Answer::json(200, body.to_string())
        }
        Err(error) => error.into_answer(),
    })
}

fn access(slack: &Slack, args: &Args, headers: &HeaderMap) -> Result<Value, ApiError> {
    match args.get("grant_type").as_deref() {
        None | Some("authorization_code") => redeem(slack, args, headers, "v2"),
        Some("refresh_token") => refresh(slack, args, headers),
        Some(_) => Err("invalid_grant_type".into()),
    }
}

fn user_access(slack: &Slack, args: &Args, headers: &HeaderMap) -> Result<Value, ApiError> {
    match args.get("grant_type").as_deref() {
        None | Some("authorization_code") => redeem(slack, args, headers, "v2_user"),
        Some("refresh_token") => refresh(slack, args, headers),
        Some(_) => Err("invalid_grant_type".into()),
    }
}

fn openid(slack: &Slack, args: &Args, headers: &HeaderMap) -> Result<Value, ApiError> {
    match args.get("grant_type").as_deref() {
        None | Some("authorization_code") => redeem(slack, args, headers, "openid"),
        Some("refresh_token") => refresh(slack, args, headers),
        Some(_) => Err("invalid_grant_type".into()),
    }
}

/// Finds the client by HTTP Basic or the body. Says whether its secret was shown.
fn client(slack: &Slack, args: &Args, headers: &HeaderMap) -> Result<(OAuthClient, bool), ApiError> {
    let (client_id, secret) = match basic(headers) {
        Some((client_id, secret)) => (Some(client_id), Some(secret).filter(|text| !text.is_empty())),
        None => (args.get("client_id"), args.get("client_secret")),
    };
    let client_id = client_id.ok_or("invalid_client_id")?;
    let client = slack.kernel.authz.find_client(&client_id).ok_or("invalid_client_id")?;
    match secret {
        Some(secret) if same_secret(&secret, &client.client_secret) => Ok((client, true)),
        Some(_) => Err("bad_client_secret".into()),
        None => Ok((client, false)),
    }
}

fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let header = headers.get("authorization")?.to_str().ok()?;
    let decoded = STANDARD.decode(header.strip_prefix("Basic ")?).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (client_id, secret) = text.split_once(':')?;
    Some((client_id.to_owned(), secret.to_owned()))
}

fn redeem(slack: &Slack, args: &Args, headers: &HeaderMap, flow: &str) -> Result<Value, ApiError> {
    let (client, authenticated) = client(slack, args, headers)?;
    let code = args.get("code").ok_or("invalid_code")?;
    let asked = slack.tokens().find_code(&code).cloned().ok_or("invalid_code")?;
    let switches = slack.switches();
    let verifier = args.get("code_verifier");
    if verifier.is_some() && !switches.pkce {
        return Err("pkce_not_allowed".into());
    }
    let public = switches.pkce && verifier.is_some();
    if !authenticated && !public {
        return Err("bad_client_secret".into());
    }
    if asked.flow != flow {
        return Err("oauth_authorization_url_mismatch".into());
    }
    let redirect = args.get("redirect_uri");
    let now_ms = slack.now_ms();
    let redeemed = match (&redirect, asked.redirect_given) {
        (None, false) => {
            // The address was never named: the first configured one is meant.
            let first = client.redirect_uris.first().cloned().unwrap_or_default();
            redeem_code(slack, &code, &client, Some(&first), verifier.as_deref(), now_ms)
        }
        _ => redeem_code(slack, &code, &client, redirect.as_deref(), verifier.as_deref(), now_ms),
    };
    let grant = redeemed.map_err(|refusal| match refusal {
        CodeRefusal::Used if switches.name_used_codes => ApiError::new("code_already_used"),
        CodeRefusal::Unknown | CodeRefusal::Used | CodeRefusal::Expired | CodeRefusal::WrongClient => {
            ApiError::new("invalid_code")
        }
        CodeRefusal::WrongRedirect => ApiError::new("bad_redirect_uri"),
        CodeRefusal::VerifierMissing | CodeRefusal::VerifierWrong => ApiError::new("invalid_code_verifier"),
    })?;
    if grant.pkce.is_some() && !switches.pkce {
        return Err("pkce_not_allowed".into());
    }
    if verifier.is_some() && grant.pkce.is_none() {
        return Err("invalid_code_verifier".into());
    }
    let rotating = switches.token_rotation || (grant.pkce.is_some() && asked.local_redirect);
    let installed = install(slack, &client.client_id, &grant, &asked, rotating)?;
    if flow == "openid" {
        return openid_answer(slack, &client, &grant, &asked, installed);
    }
    Ok(installed.body)
}

fn redeem_code(
    slack: &Slack,
    code: &str,
    client: &OAuthClient,
    redirect: Option<&str>,
    verifier: Option<&str>,
    now_ms: i64,
) -> Result<CodeGrant, CodeRefusal> {
    slack.kernel.authz.redeem_code(code, &client.client_id, redirect, verifier, now_ms)
}

struct Installed {
    body: Value,
    user_id: String,
}

fn install(
    slack: &Slack,
    client_id: &str,
    grant: &CodeGrant,
    asked: &Asked,
    rotating: bool,
) -> Result<Installed, ApiError> {
    let app_id = slack.apps().of(client_id).app_id.clone();
    let bot_id = (!asked.bot_scopes.is_empty())
        .then(|| slack.change(|workspace, now_ms| workspace.add_bot(BOT_NAME, &app_id, now_ms)));
    let switches = slack.switches();
    let workspace = slack.read();
    let person = workspace.find_user(&grant.subject)?.clone();
    let team = workspace.team().clone();
    let organisation = switches.grid == Grid::Organisation;
    let holder = |kind, user_id: &str| Holder {
        kind,
        user_id: user_id.to_owned(),
        client_id: client_id.to_owned(),
        team_id: team.id.clone(),
        organisation,
    };
    let now_ms = slack.now_ms();
    let authz = &slack.kernel.authz;
    let mut body = Map::new();
    body.insert("app_id".into(), app_id.into());
    let mut books = slack.tokens();
    let mut give = |holder: &Holder, scopes: &[String]| {
        let subject = holder.subject(&workspace);
        books.install(authz, holder, &subject, scopes, rotating, switches.pkce, now_ms)
    };
    if let Some(bot_id) = &bot_id {
        let issued = give(&holder(Kind::Bot, bot_id), &asked.bot_scopes);
        add_pair(&mut body, &issued, Kind::Bot);
        body.insert("bot_user_id".into(), bot_id.as_str().into());
    }
    let mut authed = Map::new();
    authed.insert("id".into(), person.id.as_str().into());
    if !asked.user_scopes.is_empty() {
        let issued = give(&holder(Kind::User, &person.id), &asked.user_scopes);
        add_pair(&mut authed, &issued, Kind::User);
    }
    body.insert("authed_user".into(), authed.into());
    add_place(slack, &mut body, organisation, &json!({"id": team.id, "name": team.name}));
    Ok(Installed { body: body.into(), user_id: person.id })
}

/// Adds token, type, scopes and, when it rotates, the rest of the pair.
fn add_pair(body: &mut Map<String, Value>, issued: &Issued, kind: Kind) {
    body.insert("access_token".into(), issued.access.as_str().into());
    body.insert("token_type".into(), kind.word().into());
    body.insert("scope".into(), issued.scopes.join(",").into());
    if let Some(refresh) = &issued.refresh {
        body.insert("refresh_token".into(), refresh.as_str().into());
        body.insert("expires_in".into(), ACCESS_LIFE_S.into());
    }
}

fn add_place(slack: &Slack, body: &mut Map<String, Value>, organisation: bool, team: &Value) {
    let enterprise = match slack.enterprise() {
        Some(_) => json!({"id": ENTERPRISE_ID, "name": ENTERPRISE_NAME}),
        None => Value::Null,
    };
    body.insert("team".into(), if organisation { Value::Null } else { team.clone() });
    body.insert("enterprise".into(), enterprise);
    body.insert("is_enterprise_install".into(), organisation.into());
}

fn refresh(slack: &Slack, args: &Args, headers: &HeaderMap) -> Result<Value, ApiError> {
    let (client, authenticated) = client(slack, args, headers)?;
    let text = args.get("refresh_token").ok_or("invalid_refresh_token")?;
    let workspace = slack.read();
    let mut books = slack.tokens();
    if !authenticated && !books.is_pkce_refresh(&text) {
        return Err("bad_client_secret".into());
    }
    let authz = &slack.kernel.authz;
    // A grant ended in the account's settings takes its refresh tokens with it.
    let subject_of = |holder: &Holder| {
        let subject = holder.subject(&workspace);
        let alive = workspace.users.get(&holder.user_id).is_some_and(|user| !user.deleted);
        (alive && authz.find_grant(&subject, &holder.client_id).is_some()).then_some(subject)
    };
    let rotated = books.rotate(authz, &text, &client.client_id, subject_of, slack.now_ms());
    let (holder, issued) = rotated.ok_or("invalid_refresh_token")?;
    drop(books);
    drop(workspace);
    Ok(pair_answer(slack, &holder, &issued))
}

/// Returns the answer for one token's new pair: for people, too, it stands at the top.
fn pair_answer(slack: &Slack, holder: &Holder, issued: &Issued) -> Value {
    let mut body = Map::new();
    let app_id = slack.apps().of(&holder.client_id).app_id.clone();
    body.insert("app_id".into(), app_id.into());
    add_pair(&mut body, issued, holder.kind);
    match holder.kind {
        Kind::Bot => body.insert("bot_user_id".into(), holder.user_id.as_str().into()),
        Kind::User => body.insert("user_id".into(), holder.user_id.as_str().into()),
    };
    let team = {
        let workspace = slack.read();
        let team = workspace.team();
        json!({"id": team.id, "name": team.name})
    };
    add_place(slack, &mut body, holder.organisation, &team);
    body.into()
}

fn exchange(slack: &Slack, args: &Args, headers: &HeaderMap) -> Result<Value, ApiError> {
    let (client, authenticated) = client(slack, args, headers)?;
    if !authenticated {
        return Err("bad_client_secret".into());
    }
    if !slack.switches().token_rotation {
        return Err("token_rotation_not_enabled".into());
    }
    let text = bearer(headers).or_else(|| args.form_token.clone()).ok_or("not_authed")?;
    let workspace = slack.read();
    let mut books = slack.tokens();
    let token = books.find(&text).cloned().ok_or("invalid_token")?;
    if token.holder.client_id != client.client_id {
        return Err("authorization_not_found".into());
    }
    let authz = &slack.kernel.authz;
    if !books.is_exchanged(&text) {
        books.authenticate(authz, &workspace, &text, slack.now_ms())?;
    }
    let subject = token.holder.subject(&workspace);
    let (holder, issued) = books.exchange(authz, &text, &subject, slack.now_ms())?;
    drop(books);
    drop(workspace);
    Ok(pair_answer(slack, &holder, &issued))
}

fn openid_answer(
    slack: &Slack,
    client: &OAuthClient,
    grant: &CodeGrant,
    asked: &Asked,
    installed: Installed,
) -> Result<Value, ApiError> {
    let user = &installed.body["authed_user"];
    let now_s = slack.now_ms() / 1000;
    let workspace = slack.read();
    let person = workspace.users.get(&installed.user_id).ok_or("invalid_grant")?;
    let mut claims = json!({
        "iss": "https://slack.com",
        "sub": person.id,
        "aud": client.client_id,
        "iat": now_s,
        "exp": now_s + 300,
        "auth_time": now_s,
        "https://slack.com/team_id": workspace.team().id,
        "https://slack.com/user_id": person.id,
    });
    if let Some(nonce) = &grant.nonce {
        claims["nonce"] = nonce.as_str().into();
    }
    if asked.user_scopes.iter().any(|scope| scope == "email") {
        claims["email"] = person.email.as_str().into();
        claims["email_verified"] = true.into();
    }
    if asked.user_scopes.iter().any(|scope| scope == "profile") {
        claims["name"] = person.real_name.as_str().into();
    }
    let mut body = json!({
        "access_token": user["access_token"],
        "token_type": "Bearer",
        "id_token": slack.signing_key().sign(&claims),
    });
    for key in ["refresh_token", "expires_in"] {
        if !user[key].is_null() {
            body[key] = user[key].clone();
        }
    }
    Ok(body)
}

/// Answers `apps.event.authorizations.list`: every install that may see one event.
fn authorizations(slack: &Slack, args: &Args, headers: &HeaderMap) -> Result<Value, ApiError> {
    let token = bearer(headers).or_else(|| args.form_token.clone()).ok_or("not_authed")?;
    let context = args.get("event_context").ok_or("invalid_event_context")?;
    let apps = slack.apps();
    if !token.starts_with("xapp-") {
        return Err("not_allowed_token_type".into());
    }
    apps.client_of_app_token(&token).ok_or("invalid_auth")?;
    let list = apps.find_context(&context).ok_or("invalid_event_context")?;
    Ok(json!({"authorizations": list, "response_metadata": {"next_cursor": ""}}))
}
