//! The authorization endpoint: checking the request, the consent page with its page picker, and the way back.

use std::collections::BTreeSet;

use url::Url;
use url::form_urlencoded::byte_serialize;

use crate::kernel::answer::Answer;
use crate::kernel::authz::CodeGrant;
use crate::kernel::consent::{ConsentPage, PickList, ScopeRow, render_error, render_with_picks};
use crate::notion::ids::{self, Id};
use crate::notion::state::Notion;
use crate::notion::workspace::{Bot, Capabilities, UserInfo};

const CODE_LIFE_MS: i64 = 600_000;
pub const PATH: &str = "/v1/oauth/authorize";
const CARRIED: [&str; 5] = ["client_id", "redirect_uri", "response_type", "owner", "state"];

type Pairs = Vec<(String, String)>;

fn get<'a>(pairs: &'a Pairs, name: &str) -> Option<&'a str> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// A checked authorization request.
struct Request {
    client_id: String,
    /// Where the browser goes back to.
    redirect_uri: String,
    /// Whether the request named it.
    redirect_named: bool,
    state: Option<String>,
}

/// Answers `GET`: the consent page, an error page, or at once the way back.
pub fn show(notion: &Notion, query: &str) -> Answer {
    let pairs: Pairs = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let request = match check(notion, &pairs) {
        Ok(request) => request,
        Err(answer) => return *answer,
    };
    let (accounts, pages) = {
        let store = notion.read();
        let accounts: Pairs = store
            .people
            .iter()
            .filter(|person| !person.deactivated && !person.guest)
            .map(|person| (person.email.clone(), person.name.clone()))
            .collect();
        let pages: Pairs = store
            .list_roots(None)
            .into_iter()
            .map(|root| {
                let title = store.plain_title(root);
                let label = if title.is_empty() { "Untitled".to_owned() } else { title };
                (ids::show(store.node(root).id), label)
            })
            .collect();
        (accounts, pages)
    };
    let Some((first, _)) = accounts.first().cloned() else {
        return error_page("This workspace has no members.");
    };
    let switches = notion.switches();
    if switches.auto_approve {
        let all: Vec<String> = pages.into_iter().map(|(id, _)| id).collect();
        return approve(notion, &request, &first, &all);
    }
    let page = ConsentPage {
        provider: "Notion".into(),
        client_name: notion.app_name.clone(),
        action: PATH.into(),
        hidden: CARRIED
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), get(&pairs, name)?.to_owned())))
            .collect(),
        accounts,
        chosen_account: first,
        scopes: capability_rows(&switches.capabilities),
    };
    let picker = PickList { legend: "Select pages".into(), field: "granted_pages".into(), rows: pages };
    Answer::html(200, render_with_picks(&page, &[picker]))
}

/// Answers `POST`: the person's decision.
pub fn decide(notion: &Notion, body: &[u8]) -> Answer {
    let pairs: Pairs = url::form_urlencoded::parse(body).into_owned().collect();
    let request = match check(notion, &pairs) {
        Ok(request) => request,
        Err(answer) => return *answer,
    };
    if get(&pairs, "decision") != Some("allow") {
        return send_back(notion, &request, &[("error", "access_denied")]);
    }
    let email = get(&pairs, "account").unwrap_or_default();
    if notion.read().find_person(email).is_none_or(|person| person.deactivated || person.guest) {
        return error_page("Choose an account.");
    }
    let picked: Vec<String> =
        pairs.iter().filter(|(name, _)| name == "granted_pages").map(|(_, value)| value.clone()).collect();
    approve(notion, &request, email, &picked)
}

fn check(notion: &Notion, pairs: &Pairs) -> Result<Request, Box<Answer>> {
    let refuse = |text: &str| Box::new(error_page(text));
    let Some(client_id) = get(pairs, "client_id") else {
        return Err(refuse("Missing client_id."));
    };
    let Some(client) = notion.kernel.authz.find_client(client_id) else {
        return Err(refuse("Missing or invalid client_id."));
    };
    let named = get(pairs, "redirect_uri");
    let redirect_uri = match named {
        Some(uri) if client.redirect_uris.iter().any(|known| known == uri) => uri.to_owned(),
        Some(_) => return Err(refuse("Missing or invalid redirect_uri.")),
        None => match client.redirect_uris.first() {
            Some(first) => first.clone(),
            None => return Err(refuse("Missing or invalid redirect_uri.")),
        },
    };
    if get(pairs, "response_type") != Some("code") {
        return Err(refuse("Missing or invalid response_type: it should be code."));
    }
    if get(pairs, "owner") != Some("user") {
        return Err(refuse("Missing or invalid owner: it should be user."));
    }
    Ok(Request {
        client_id: client_id.to_owned(),
        redirect_uri,
        redirect_named: named.is_some(),
        state: get(pairs, "state").map(str::to_owned),
    })
}

fn capability_rows(capabilities: &Capabilities) -> Vec<ScopeRow> {
    let row = |scope: &str, explanation: &str| ScopeRow {
        scope: scope.into(),
        explanation: explanation.into(),
        optional: false,
    };
    let mut rows = Vec::new();
    if capabilities.read_content {
        rows.push(row("read_content", "View pages you select"));
    }
    if capabilities.update_content {
        rows.push(row("update_content", "Edit pages you select"));
    }
    if capabilities.insert_content {
        rows.push(row("insert_content", "Create new content in pages you select"));
    }
    if capabilities.read_comments {
        rows.push(row("read_comments", "View comments"));
    }
    if capabilities.insert_comments {
        rows.push(row("insert_comments", "Write comments"));
    }
    match capabilities.user_info {
        UserInfo::None => {}
        UserInfo::WithoutEmail => rows.push(row("read_users", "View names of people in the workspace")),
        UserInfo::WithEmail => {
            rows.push(row(
                "read_users_with_email",
                "View names and email addresses of people in the workspace",
            ));
        }
    }
    rows
}

/// Makes the bot and sends the browser back with a code.
fn approve(notion: &Notion, request: &Request, email: &str, picked: &[String]) -> Answer {
    let ends_first = notion.switches().second_grant_ends_first;
    let bot = notion.change(|store, now_ms| {
        // Only pages the person has full access to can be handed on.
        let own: BTreeSet<Id> =
            store.list_roots(Some(email)).into_iter().map(|root| store.node(root).id).collect();
        let shared = picked.iter().filter_map(|id| ids::parse(id)).filter(|id| own.contains(id)).collect();
        if ends_first {
            for bot in store.bots.values_mut() {
                if bot.email == email && bot.client_id == request.client_id {
                    bot.live = false;
                }
            }
        }
        let id = store.next_id();
        let bot = Bot {
            id,
            client_id: request.client_id.clone(),
            email: email.to_owned(),
            shared,
            denied: BTreeSet::new(),
            granted_ms: now_ms,
            shared_ms: now_ms,
            live: true,
            generation: 0,
            refresh_token: None,
        };
        store.bots.insert(id, bot);
        id
    });
    let now_ms = notion.now_ms();
    let scopes = vec![ids::show(bot)];
    notion.kernel.authz.record_grant(email, &request.client_id, &scopes, now_ms);
    let code = notion.kernel.authz.issue_code(
        "",
        CodeGrant {
            client_id: request.client_id.clone(),
            subject: email.to_owned(),
            redirect_uri: if request.redirect_named { request.redirect_uri.clone() } else { String::new() },
            scopes,
            pkce: None,
            nonce: None,
            with_refresh: true,
            expires_at_ms: now_ms + CODE_LIFE_MS,
        },
    );
    send_back(notion, request, &[("code", &code)])
}

fn send_back(notion: &Notion, request: &Request, pairs: &[(&str, &str)]) -> Answer {
    let denied = pairs.iter().any(|(name, _)| *name == "error");
    let emptied = denied && notion.switches().empty_state_on_deny;
    let state = request.state.as_deref().map(|state| ("state", if emptied { "" } else { state }));
    let mut query = String::new();
    for (name, value) in pairs.iter().copied().chain(state) {
        if !query.is_empty() {
            query.push('&');
        }
        query.push_str(name);
        query.push('=');
        query.extend(byte_serialize(value.as_bytes()));
    }
    let has_query = Url::parse(&request.redirect_uri).is_ok_and(|url| url.query().is_some());
    let sign = if has_query { '&' } else { '?' };
    Answer::redirect(&format!("{}{sign}{query}", request.redirect_uri))
}

fn error_page(text: &str) -> Answer {
    Answer::html(400, render_error("Notion", 400, "invalid_request", text))
}
