//! The authorization pages: checking the request, asking the person, and the way back.

use url::Url;
use url::form_urlencoded::byte_serialize;

use super::scopes::{self, explanation};
use crate::kernel::answer::Answer;
use crate::kernel::authz::{CodeGrant, Pkce, PkceMethod};
use crate::kernel::consent::{ConsentPage, ScopeRow, escape, render, render_error};
use crate::slack::state::Slack;
use crate::slack::tokens::Asked;

const CODE_LIFE_MS: i64 = 600_000;
const CODE_PREFIX: &str = "9471028361.4644010092847.";

/// Request parameters that travel through the consent form.
const CARRIED: [&str; 10] = [
    "client_id",
    "scope",
    "user_scope",
    "redirect_uri",
    "state",
    "team",
    "nonce",
    "response_type",
    "code_challenge",
    "code_challenge_method",
];

pub const V2: &str = "/oauth/v2/authorize";
pub const V2_USER: &str = "/oauth/v2_user/authorize";
pub const OPENID: &str = "/openid/connect/authorize";

struct Request {
    client_id: String,
    redirect_uri: String,
    state: Option<String>,
    nonce: Option<String>,
    pkce: Option<Pkce>,
    asked: Asked,
}

type Form = Vec<(String, String)>;

fn get<'a>(form: &'a Form, name: &str) -> Option<&'a str> {
    form.iter().find(|(known, value)| known == name && !value.is_empty()).map(|(_, value)| value.as_str())
}

/// Answers `GET`: the consent page, an error page, or at once the way back.
pub fn show(slack: &Slack, path: &'static str, query: &str) -> Answer {
    let form: Form = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let request = match check(slack, path, &form) {
        Ok(request) => request,
        Err(answer) => return *answer,
    };
    let accounts: Vec<(String, String)> = {
        let workspace = slack.read();
        let people = workspace.users.values();
        let mut people: Vec<_> = people
            .filter(|user| !user.deleted && !user.is_bot() && !user.is_stranger && !user.email.is_empty())
            .collect();
        people.sort_by_key(|user| (!user.is_admin, user.email.clone()));
        people.iter().map(|user| (user.email.clone(), user.real_name.clone())).collect()
    };
    let Some((chosen, _)) = accounts.first() else {
        return error_page("access_denied", "This workspace has no people.");
    };
    if slack.switches().auto_approve {
        return approve(slack, &request, chosen);
    }
    let row = |scope: &String, who: &str| ScopeRow {
        scope: scope.clone(),
        explanation: format!("{}{who}", explanation(scope)),
        optional: false,
    };
    let mut rows: Vec<ScopeRow> =
        request.asked.bot_scopes.iter().map(|scope| row(scope, " (as the app)")).collect();
    rows.extend(request.asked.user_scopes.iter().map(|scope| row(scope, " (on your behalf)")));
    Answer::html(
        200,
        render(&ConsentPage {
            provider: "Slack".into(),
            client_name: request.client_id.clone(),
            action: path.into(),
            hidden: CARRIED
                .iter()
                .filter_map(|name| Some(((*name).to_owned(), get(&form, name)?.to_owned())))
                .collect(),
            chosen_account: chosen.clone(),
            accounts: accounts.clone(),
            scopes: rows,
        }),
    )
}

/// Answers `POST`: the person's decision.
pub fn decide(slack: &Slack, path: &'static str, body: &[u8]) -> Answer {
    let form: Form = url::form_urlencoded::parse(body).into_owned().collect();
    let request = match check(slack, path, &form) {
        Ok(request) => request,
        Err(answer) => return *answer,
    };
    if get(&form, "decision") != Some("allow") {
        return send_back(&request, &[("error", "access_denied")]);
    }
    let account = get(&form, "account").unwrap_or_default();
    if !slack.read().users.values().any(|user| user.email == account && !user.deleted) {
        return error_page("access_denied", "There is no such account.");
    }
    approve(slack, &request, account)
}

fn approve(slack: &Slack, request: &Request, email: &str) -> Answer {
    if slack.switches().admin_approval {
        let text = "<!DOCTYPE html>\n<html><head><title>Request sent | Slack</title></head><body>\
            <h1>Your request has been sent</h1><p>An administrator of the workspace has to approve \
            this app before it can be installed.</p></body></html>\n";
        return Answer::html(200, text.to_owned());
    }
    let code = slack.kernel.authz.issue_code(
        CODE_PREFIX,
        CodeGrant {
            client_id: request.client_id.clone(),
            subject: email.to_owned(),
            redirect_uri: request.redirect_uri.clone(),
            scopes: request.asked.user_scopes.clone(),
            pkce: request.pkce.clone(),
            nonce: request.nonce.clone(),
            with_refresh: false,
            expires_at_ms: slack.now_ms() + CODE_LIFE_MS,
        },
    );
    slack.tokens().note_code(&code, request.asked.clone());
    send_back(request, &[("code", &code)])
}

fn check(slack: &Slack, path: &str, form: &Form) -> Result<Request, Box<Answer>> {
    let refuse = |code: &str, text: &str| Box::new(error_page(code, text));
    let client_id = get(form, "client_id").unwrap_or_default();
    let client = slack
        .kernel
        .authz
        .find_client(client_id)
        .ok_or_else(|| refuse("invalid_client_id", "Invalid client_id parameter"))?;
    let redirect_given = get(form, "redirect_uri").map(str::to_owned);
    let redirect_uri = match &redirect_given {
        None => client.redirect_uris.first().cloned(),
        Some(uri) => client.redirect_uris.iter().any(|known| is_below(known, uri)).then(|| uri.clone()),
    };
    let redirect_uri = redirect_uri
        .ok_or_else(|| refuse("bad_redirect_uri", "redirect_uri did not match any configured URIs."))?;
    let unknown = |scope: String| {
        refuse("invalid_scope", &format!("Invalid permissions requested. Unknown scope: {scope}"))
    };
    let scope = get(form, "scope").unwrap_or_default();
    let user_scope = get(form, "user_scope").unwrap_or_default();
    let (flow, bot_scopes, user_scopes) = match path {
        V2_USER => {
            let asked = if user_scope.is_empty() { scope } else { user_scope };
            ("v2_user", Vec::new(), scopes::for_user(asked).map_err(unknown)?)
        }
        OPENID => {
            if get(form, "response_type") != Some("code") {
                return Err(refuse("invalid_response_type", "response_type must be code"));
            }
            let asked = scopes::for_openid(scope).map_err(unknown)?;
            if !asked.iter().any(|scope| scope == "openid") {
                return Err(refuse("invalid_scope", "The openid scope is required."));
            }
            ("openid", Vec::new(), asked)
        }
        _ => ("v2", scopes::for_bot(scope).map_err(unknown)?, scopes::for_user(user_scope).map_err(unknown)?),
    };
    if bot_scopes.is_empty() && user_scopes.is_empty() {
        return Err(refuse("no_scopes", "No scopes requested"));
    }
    let method = get(form, "code_challenge_method");
    let pkce = match get(form, "code_challenge") {
        None => None,
        Some(_) if method != Some("S256") => {
            return Err(refuse("invalid_code_challenge_method", "code_challenge_method must be S256"));
        }
        Some(challenge) => Some(Pkce { challenge: challenge.to_owned(), method: PkceMethod::S256 }),
    };
    let local_redirect = is_local(&redirect_uri);
    if slack.switches().pkce && pkce.is_some() && local_redirect && !bot_scopes.is_empty() {
        let text = "Bot scopes cannot be asked with a custom scheme or localhost redirect.";
        return Err(refuse("invalid_scope", text));
    }
    Ok(Request {
        client_id: client.client_id,
        redirect_uri,
        state: get(form, "state").map(str::to_owned),
        nonce: get(form, "nonce").map(str::to_owned),
        pkce,
        asked: Asked {
            bot_scopes,
            user_scopes,
            redirect_given: redirect_given.is_some(),
            flow,
            local_redirect,
        },
    })
}

/// Says whether an address equals a configured one or lies below it.
fn is_below(configured: &str, asked: &str) -> bool {
    if configured == asked {
        return true;
    }
    let (Ok(configured), Ok(asked)) = (Url::parse(configured), Url::parse(asked)) else {
        return false;
    };
    let path = configured.path().trim_end_matches('/');
    let below = asked.path().strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    configured.scheme() == asked.scheme()
        && configured.host_str() == asked.host_str()
        && configured.port_or_known_default() == asked.port_or_known_default()
        && below
}

fn is_local(redirect: &str) -> bool {
    let Ok(url) = Url::parse(redirect) else { return true };
    let local_host = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    local_host || !matches!(url.scheme(), "http" | "https")
}

fn send_back(request: &Request, pairs: &[(&str, &str)]) -> Answer {
    let mut query = String::new();
    let state = request.state.as_deref().map(|state| ("state", state));
    // Slack sends `state` back even when none was given.
    for (name, value) in pairs.iter().copied().chain([state.unwrap_or(("state", ""))]) {
        if !query.is_empty() {
            query.push('&');
        }
        query.push_str(name);
        query.push('=');
        query.extend(byte_serialize(value.as_bytes()));
    }
    let mut location = request.redirect_uri.clone();
    let has_query = Url::parse(&location).is_ok_and(|url| url.query().is_some());
    location.push(if has_query { '&' } else { '?' });
    location.push_str(&query);
    Answer::redirect(&location)
}

fn error_page(code: &str, text: &str) -> Answer {
    Answer::html(200, render_error("Slack", 200, code, text))
}

/// Returns the page that asks an anonymous browser to sign in.
pub fn sign_in_page(workspace_name: &str) -> Answer {
    let name = escape(workspace_name);
    let text = format!(
        "<!DOCTYPE html>\n<html lang=\"en-US\"><head><meta charset=\"utf-8\"><title>Login | Slack</title></head>\
         <body class=\"deprecated\"><div id=\"page\"><h1>Sign in to {name}</h1>\
         <form id=\"signin_form\" method=\"post\"><input type=\"hidden\" name=\"signin\" value=\"1\">\
         <label>Email <input type=\"email\" name=\"email\"></label>\
         <label>Password <input type=\"password\" name=\"password\"></label>\
         <button type=\"submit\">Sign In</button></form></div></body></html>\n"
    );
    Answer::html(200, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_match_or_lie_below() {
        let known = "https://app.example/oauth";
        for good in
            ["https://app.example/oauth", "https://app.example/oauth/slack", "https://app.example/oauth?x=1"]
        {
            assert!(is_below(known, good), "{good}");
        }
        for bad in ["https://app.example/oauth2", "http://app.example/oauth", "https://evil.example/oauth"] {
            assert!(!is_below(known, bad), "{bad}");
        }
    }
}
