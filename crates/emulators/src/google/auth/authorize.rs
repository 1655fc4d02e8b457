//! The authorization endpoint: checking the request, the consent page, and the way back.

use url::Url;
use url::form_urlencoded::byte_serialize;

use super::scopes::{expand, explanation, is_identity};
use crate::google::answer::Answer;
use crate::google::params::Params;
use crate::google::state::Google;
use crate::kernel::authz::{CodeGrant, Pkce, PkceMethod};
use crate::kernel::consent::{ConsentPage, ScopeRow, render, render_error};

const CODE_LIFE_MS: i64 = 600_000;
const PATH: &str = "/o/oauth2/v2/auth";

/// Request parameters that travel through the consent form.
const CARRIED: [&str; 14] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "access_type",
    "prompt",
    "include_granted_scopes",
    "code_challenge",
    "code_challenge_method",
    "login_hint",
    "nonce",
    "hd",
    "enable_granular_consent",
];

/// A checked authorization request.
struct Request {
    client_id: String,
    redirect_uri: String,
    scopes: Vec<String>,
    state: Option<String>,
    offline: bool,
    prompts: Vec<String>,
    include_granted: bool,
    pkce: Option<Pkce>,
    login_hint: Option<String>,
    nonce: Option<String>,
    granular: bool,
}

/// Answers `GET`: the consent page, an error page, or at once the way back.
pub fn show(google: &Google, query: &str) -> Answer {
    let params = Params::parse(query);
    let request = match check(google, &params) {
        Ok(request) => request,
        Err(answer) => return *answer,
    };
    let switches = google.switches();
    if switches.admin_policy_block {
        return error_page(400, "admin_policy_enforced", "Your administrator has blocked this app.");
    }
    let accounts: Vec<(String, String, String)> = {
        let drive = google.read_drive();
        let rows = drive.accounts.iter();
        rows.map(|a| (a.email.clone(), a.name.clone(), a.sub.clone())).collect()
    };
    let hinted = request.login_hint.as_ref().and_then(|hint| {
        accounts.iter().find(|(email, _, sub)| email.eq_ignore_ascii_case(hint) || sub == hint)
    });
    let Some((chosen, ..)) = hinted.or(accounts.first()) else {
        return error_page(400, "access_denied", "This emulator has no accounts.");
    };
    if switches.auto_approve {
        return approve(google, &request, chosen, &request.scopes.clone());
    }
    if request.prompts.iter().any(|prompt| prompt == "none") {
        let granted = google.kernel.authz.find_grant(chosen, &request.client_id);
        let covered =
            granted.is_some_and(|grant| request.scopes.iter().all(|scope| grant.scopes.contains(scope)));
        return if covered {
            approve(google, &request, chosen, &request.scopes.clone())
        } else {
            send_back(&request, &[("error", "interaction_required")])
        };
    }
    let page = ConsentPage {
        provider: "Google".into(),
        client_name: request.client_id.clone(),
        action: PATH.into(),
        hidden: CARRIED
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), params.get(name)?.to_owned())))
            .collect(),
        chosen_account: chosen.clone(),
        accounts: accounts.iter().map(|(email, name, _)| (email.clone(), name.clone())).collect(),
        scopes: request
            .scopes
            .iter()
            .map(|scope| ScopeRow {
                scope: scope.clone(),
                explanation: explanation(scope).into(),
                optional: request.granular && !is_identity(scope),
            })
            .collect(),
    };
    Answer::html(200, render(&page))
}

/// Answers `POST`: the user's decision.
pub fn decide(google: &Google, body: &[u8]) -> Answer {
    let form: Vec<(String, String)> = url::form_urlencoded::parse(body).into_owned().collect();
    let text = String::from_utf8_lossy(body);
    let params = Params::parse(&text);
    let request = match check(google, &params) {
        Ok(request) => request,
        Err(answer) => return *answer,
    };
    if params.get("decision") != Some("allow") {
        return send_back(&request, &[("error", "access_denied")]);
    }
    let account = params.get("account").unwrap_or_default();
    let Some(email) = ({
        let drive = google.read_drive();
        drive.find_account(account).map(|found| drive.accounts[found as usize].email.clone())
    }) else {
        return error_page(400, "invalid_request", "Choose an account.");
    };
    let ticked: Vec<&str> =
        form.iter().filter(|(name, _)| name == "granted").map(|(_, value)| value.as_str()).collect();
    let granted: Vec<String> = request
        .scopes
        .iter()
        .filter(|scope| !request.granular || is_identity(scope) || ticked.contains(&scope.as_str()))
        .cloned()
        .collect();
    if granted.is_empty() {
        return send_back(&request, &[("error", "access_denied")]);
    }
    approve(google, &request, &email, &granted)
}

fn check(google: &Google, params: &Params) -> Result<Request, Box<Answer>> {
    let refuse = |status: u16, code: &str, text: &str| Box::new(error_page(status, code, text));
    let Some(client_id) = params.get("client_id") else {
        return Err(refuse(400, "invalid_request", "Missing required parameter: client_id"));
    };
    let Some(client) = google.kernel.authz.find_client(client_id) else {
        return Err(refuse(401, "invalid_client", "The OAuth client was not found."));
    };
    let Some(redirect_uri) = params.get("redirect_uri") else {
        return Err(refuse(400, "invalid_request", "Missing required parameter: redirect_uri"));
    };
    if !client.redirect_uris.iter().any(|known| known == redirect_uri) {
        let text = format!(
            "This app sent an invalid request. If you are its developer, register the redirect URI: {redirect_uri}"
        );
        return Err(refuse(400, "redirect_uri_mismatch", &text));
    }
    match params.get("response_type") {
        Some("code") => {}
        None => {
            return Err(refuse(400, "invalid_request", "Required parameter is missing: response_type"));
        }
        Some(_) => {
            return Err(refuse(400, "unsupported_response_type", "Only response_type=code is emulated."));
        }
    }
    let Some(scope) = params.get("scope") else {
        return Err(refuse(400, "invalid_request", "Missing required parameter: scope"));
    };
    let scopes = expand(scope).map_err(|unknown| {
        refuse(400, "invalid_scope", &format!("Some requested scopes were invalid: {unknown}"))
    })?;
    let pkce = read_pkce(params).map_err(|text| refuse(400, "invalid_request", text))?;
    let access_type = params.get("access_type").unwrap_or("online");
    if !["online", "offline"].contains(&access_type) {
        return Err(refuse(400, "invalid_request", "Invalid parameter value for access_type"));
    }
    let prompts: Vec<String> =
        params.get("prompt").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    let known = ["none", "consent", "select_account"];
    if prompts.iter().any(|prompt| !known.contains(&prompt.as_str())) {
        return Err(refuse(400, "invalid_request", "Invalid parameter value for prompt"));
    }
    let granular = match params.get("enable_granular_consent") {
        Some(value) => value == "true",
        None => google.switches().granular_consent,
    };
    Ok(Request {
        client_id: client_id.to_owned(),
        redirect_uri: redirect_uri.to_owned(),
        scopes,
        state: params.get("state").map(str::to_owned),
        offline: access_type == "offline",
        prompts,
        include_granted: params.get("include_granted_scopes") == Some("true"),
        pkce,
        login_hint: params.get("login_hint").map(str::to_owned),
        nonce: params.get("nonce").map(str::to_owned),
        granular,
    })
}

fn read_pkce(params: &Params) -> Result<Option<Pkce>, &'static str> {
    let Some(challenge) = params.get("code_challenge") else {
        return match params.get("code_challenge_method") {
            Some(_) => Err("Missing required parameter: code_challenge"),
            None => Ok(None),
        };
    };
    let method = match params.get("code_challenge_method") {
        Some("S256") => PkceMethod::S256,
        Some("plain") | None => PkceMethod::Plain,
        Some(_) => return Err("Invalid parameter value for code_challenge_method"),
    };
    let shape = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    if !(43..=128).contains(&challenge.len()) || !challenge.bytes().all(shape) {
        return Err("Invalid parameter value for code_challenge");
    }
    Ok(Some(Pkce { challenge: challenge.to_owned(), method }))
}

/// Records the grant and sends the browser back with a code.
fn approve(google: &Google, request: &Request, email: &str, granted: &[String]) -> Answer {
    let now_ms = google.now_ms();
    let authz = &google.kernel.authz;
    let earlier = authz.find_grant(email, &request.client_id);
    let mut scopes = granted.to_vec();
    if request.include_granted
        && let Some(earlier) = &earlier
    {
        for scope in &earlier.scopes {
            if !scopes.contains(scope) {
                scopes.push(scope.clone());
            }
        }
    }
    // Only the first grant carries a refresh token, unless the user is asked again.
    let first_time = earlier.is_none_or(|grant| !grant.refresh_issued);
    let asked_again = request.prompts.iter().any(|prompt| prompt == "consent");
    authz.record_grant(email, &request.client_id, &scopes, now_ms);
    let code = authz.issue_code(
        "4/0A",
        CodeGrant {
            client_id: request.client_id.clone(),
            subject: email.to_owned(),
            redirect_uri: request.redirect_uri.clone(),
            scopes: scopes.clone(),
            pkce: request.pkce.clone(),
            nonce: request.nonce.clone(),
            with_refresh: request.offline && (first_time || asked_again),
            expires_at_ms: now_ms + CODE_LIFE_MS,
        },
    );
    let prompt = if asked_again || first_time { "consent" } else { "none" };
    let pairs = [("code", &*code), ("scope", &scopes.join(" ")), ("authuser", "0"), ("prompt", prompt)];
    send_back(request, &pairs)
}

/// Redirects to the client; a code's slash travels percent-encoded.
fn send_back(request: &Request, pairs: &[(&str, &str)]) -> Answer {
    let mut query = String::new();
    let state = request.state.as_deref().map(|state| ("state", state));
    for (name, value) in state.into_iter().chain(pairs.iter().copied()) {
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

fn error_page(status: u16, code: &str, text: &str) -> Answer {
    Answer::html(status, render_error("Google", status, code, text))
}
