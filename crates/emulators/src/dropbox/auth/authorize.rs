//! The authorization page: checking the request, asking the user, and the way back.

use std::collections::HashMap;

use url::Url;
use url::form_urlencoded::{byte_serialize, parse};

use super::scopes::{explanation, may_ask, usual};
use crate::dropbox::state::Dropbox;
use crate::kernel::answer::Answer;
use crate::kernel::authz::{CodeGrant, Pkce, PkceMethod};
use crate::kernel::consent::{ConsentPage, ScopeRow, escape, render, render_error};

/// How long a code is good. Dropbox does not say.
const CODE_LIFE_MS: i64 = 600_000;
const ACTION: &str = "/www/oauth2/authorize";

/// Request parameters that travel through the consent form.
const CARRIED: [&str; 14] = [
    "client_id",
    "response_type",
    "redirect_uri",
    "state",
    "scope",
    "token_access_type",
    "include_granted_scopes",
    "code_challenge",
    "code_challenge_method",
    "require_role",
    "force_reapprove",
    "force_reauthentication",
    "disable_signup",
    "locale",
];

type Params = HashMap<String, String>;

/// A checked authorization request.
struct Request {
    client_id: String,
    redirect_uri: Option<String>,
    state: Option<String>,
    scopes: Vec<String>,
    merge_granted: bool,
    offline: bool,
    pkce: Option<Pkce>,
    reapprove: bool,
}

fn page(code: &str, text: &str) -> Box<Answer> {
    Box::new(Answer::html(400, render_error("Dropbox", 400, code, text)))
}

/// Answers `GET`: the consent page, an error page, or at once the way back.
pub fn show(dropbox: &Dropbox, query: &str) -> Answer {
    let params: Params = parse(query.as_bytes()).into_owned().collect();
    let request = match check(dropbox, &params) {
        Ok(request) => request,
        Err(answer) => return *answer,
    };
    let accounts: Vec<(String, String)> = {
        let tree = dropbox.read_tree();
        tree.accounts.iter().map(|account| (account.email.clone(), account.name.clone())).collect()
    };
    let Some((first, _)) = accounts.first() else {
        return *page("no_account", "This emulator has no accounts.");
    };
    let switches = dropbox.switches();
    if switches.auto_approve {
        return approve(dropbox, &request, first);
    }
    if switches.bounce_approved && !request.reapprove {
        let covered = |email: &str| {
            let grant = dropbox.kernel.authz.find_grant(email, &request.client_id);
            grant.is_some_and(|grant| request.scopes.iter().all(|scope| grant.scopes.contains(scope)))
        };
        if let Some((email, _)) = accounts.iter().find(|(email, _)| covered(email)) {
            return approve(dropbox, &request, email);
        }
    }
    let hidden =
        CARRIED.iter().filter_map(|name| Some(((*name).to_owned(), params.get(*name)?.clone()))).collect();
    let scopes = request
        .scopes
        .iter()
        .map(|scope| ScopeRow { scope: scope.clone(), explanation: explanation(scope), optional: false })
        .collect();
    let chosen_account = first.clone();
    Answer::html(
        200,
        render(&ConsentPage {
            provider: "Dropbox".into(),
            client_name: request.client_id.clone(),
            action: action(dropbox),
            hidden,
            accounts,
            chosen_account,
            scopes,
        }),
    )
}

/// The form's address below the public address, so that it also works behind another name.
fn action(dropbox: &Dropbox) -> String {
    let path = Url::parse(&dropbox.base).map(|url| url.path().trim_end_matches('/').to_owned());
    format!("{}{ACTION}", path.unwrap_or_default())
}

/// Answers the consent form.
pub fn decide(dropbox: &Dropbox, body: &[u8]) -> Answer {
    let params: Params = parse(body).into_owned().collect();
    let request = match check(dropbox, &params) {
        Ok(request) => request,
        Err(answer) => return *answer,
    };
    if params.get("decision").map(String::as_str) != Some("allow") {
        return match &request.redirect_uri {
            Some(uri) => {
                let text = "The user chose not to give your app access to their Dropbox account.";
                let pairs = [("error", "access_denied"), ("error_description", text)];
                send_back(uri, &pairs, request.state.as_deref())
            }
            None => *page("access_denied", "You chose not to give access."),
        };
    }
    let account = params.get("account").cloned().unwrap_or_default();
    if dropbox.read_tree().find_account(&account).is_none() {
        return *page("no_account", "There is no such account.");
    }
    approve(dropbox, &request, &account)
}

fn check(dropbox: &Dropbox, params: &Params) -> Result<Request, Box<Answer>> {
    let get = |name: &str| params.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let client_id = get("client_id").ok_or_else(|| page("invalid_request", "Missing client_id."))?;
    let client = dropbox.kernel.authz.find_client(client_id);
    let client = client.ok_or_else(|| page("invalid_client_id", "Invalid client_id."))?;
    let redirect_uri = get("redirect_uri").map(str::to_owned);
    if let Some(uri) = &redirect_uri {
        if !client.redirect_uris.contains(uri) {
            return Err(page(
                "invalid_redirect_uri",
                "Invalid redirect_uri. It must exactly match one of the redirect URIs you've pre-configured for your app.",
            ));
        }
        let url = Url::parse(uri).map_err(|_| page("invalid_redirect_uri", "Invalid redirect_uri."))?;
        let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if url.scheme() == "http" && !local {
            return Err(page("invalid_redirect_uri", "redirect_uri must use https unless it is localhost."));
        }
    }
    match get("response_type") {
        Some("code") => {}
        _ => return Err(page("invalid_response_type", "Invalid response_type. It must be \"code\".")),
    }
    let offline = match get("token_access_type") {
        None | Some("online") => false,
        Some("offline") => true,
        Some(_) => return Err(page("invalid_token_access_type", "Invalid token_access_type.")),
    };
    let ticked = dropbox.app(client_id).scopes;
    let scopes = match get("scope") {
        Some(text) => {
            let wanted: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
            if let Some(scope) = wanted.iter().find(|scope| !may_ask(&ticked, scope)) {
                return Err(page("invalid_scope", &format!("This app may not ask for the scope {scope}.")));
            }
            wanted
        }
        None if ticked.is_empty() => usual(),
        None => ticked,
    };
    let merge_granted = match get("include_granted_scopes") {
        None => false,
        Some("user" | "team") => {
            let known = dropbox.kernel.authz.list_grants().into_iter().any(|g| g.client_id == client_id);
            if !known {
                let text = "include_granted_scopes cannot be used before the app was linked.";
                return Err(page("invalid_request", text));
            }
            true
        }
        Some(_) => return Err(page("invalid_request", "Invalid include_granted_scopes.")),
    };
    let pkce = match (get("code_challenge"), get("code_challenge_method")) {
        (None, None) => None,
        (None, Some(_)) => return Err(page("invalid_request", "Missing code_challenge.")),
        (Some(challenge), method) => {
            let method = match method {
                Some("S256") => PkceMethod::S256,
                None | Some("plain") => PkceMethod::Plain,
                Some(_) => return Err(page("invalid_request", "Invalid code_challenge_method.")),
            };
            if !(43..=128).contains(&challenge.len()) {
                return Err(page("invalid_request", "Invalid code_challenge length."));
            }
            Some(Pkce { challenge: challenge.to_owned(), method })
        }
    };
    Ok(Request {
        client_id: client_id.to_owned(),
        redirect_uri,
        state: get("state").map(str::to_owned),
        scopes,
        merge_granted,
        offline,
        pkce,
        reapprove: get("force_reapprove") == Some("true"),
    })
}

/// Records the grant and sends the user back with a code, or shows it for copying.
fn approve(dropbox: &Dropbox, request: &Request, account: &str) -> Answer {
    let authz = &dropbox.kernel.authz;
    let mut scopes = request.scopes.clone();
    if request.merge_granted
        && let Some(grant) = authz.find_grant(account, &request.client_id)
    {
        let known = scopes.clone();
        scopes.extend(grant.scopes.into_iter().filter(|scope| !known.contains(scope)));
    }
    let now_ms = dropbox.now_ms();
    authz.record_grant(account, &request.client_id, &scopes, now_ms);
    let code = authz.issue_code(
        "",
        CodeGrant {
            client_id: request.client_id.clone(),
            subject: account.to_owned(),
            redirect_uri: request.redirect_uri.clone().unwrap_or_default(),
            scopes,
            pkce: request.pkce.clone(),
            nonce: None,
            with_refresh: request.offline,
            expires_at_ms: now_ms + CODE_LIFE_MS,
        },
    );
    match &request.redirect_uri {
        Some(uri) => send_back(uri, &[("code", &code)], request.state.as_deref()),
        None => {
            let body = format!(
                "<!doctype html><html lang=\"en\"><title>Dropbox</title><p>Enter this code into {}:</p>\
                 <p><input data-token=\"{code}\" value=\"{code}\" name=\"code\" readonly></p></html>",
                escape(&request.client_id)
            );
            Answer::html(200, body)
        }
    }
}

fn send_back(uri: &str, pairs: &[(&str, &str)], state: Option<&str>) -> Answer {
    let mut location = uri.to_owned();
    let all = pairs.iter().copied().chain(state.map(|state| ("state", state)));
    for (name, value) in all {
        location.push(if location.contains('?') { '&' } else { '?' });
        location.push_str(name);
        location.push('=');
        location.extend(byte_serialize(value.as_bytes()));
    }
    Answer::redirect(&location)
}
