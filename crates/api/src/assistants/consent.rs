//! The pages on which a person signs in, sees what a program asks for, and decides.

use axum::http::StatusCode;
use gangway_app::{Asker, Refused, Wish, client_host, redirect_place};
use gangway_model::{AssistantScope, User};

use super::page::{Page, escaped};
use super::refusal;

/// What a scope means, for people.
fn meaning(scope: AssistantScope) -> (&'static str, &'static str) {
    match scope {
        AssistantScope::Search => {
            ("Search your documents", "Find documents that you can see here, with the passages that match.")
        }
        AssistantScope::Read => ("Read your documents", "Read the whole text of what it finds."),
        AssistantScope::Sync => (
            "Bring documents in",
            "Look around at your connected accounts and sync files and folders into your collections.",
        ),
    }
}

/// What a page says that leads nowhere: where the answer would go is not proven, so it goes nowhere.
pub fn refused(refused: &Refused) -> Page {
    let content = format!(
        "<h1>This cannot go on</h1><p role=\"alert\">{}</p><p class=\"dim\">Nothing was allowed. Go back to the \
         program that sent you here and connect it anew.</p>",
        escaped(&sentence(&refused.message))
    );
    let mut page = Page::new("This cannot go on", content);
    page.status = match refusal::status(refused) {
        StatusCode::UNAUTHORIZED => StatusCode::BAD_REQUEST,
        status => status,
    };
    page
}

/// What a page says about a request that a proven program got wrong. The way back, which tells the program, the person takes.
pub fn unfulfillable(asker: &Asker, refused: &Refused, back: &str) -> Page {
    let content = format!(
        "<h1>This cannot go on</h1>\
         <p role=\"alert\"><bdi>{name}</bdi> asked for something that this server does not do. {why}</p>\
         <p class=\"dim\">Nothing was allowed. You can go back to <bdi>{place}</bdi>, which is then told why.</p>\
         <p><a class=\"button\" href=\"{back}\">Go back</a></p>",
        name = escaped(&asker.client.name),
        why = escaped(&sentence(&refused.message)),
        place = escaped(&redirect_place(&asker.redirect_uri)),
        back = escaped(back),
    );
    Page { status: StatusCode::BAD_REQUEST, ..Page::new("This cannot go on", content) }
}

/// A browser that comes from another site leaves our cookie at home; coming from this page it brings it.
pub fn come_in(address: String) -> Page {
    let content = format!(
        "<h1>One moment</h1><p><a href=\"{}\">Go on</a> if nothing happens by itself.</p>",
        escaped(&address)
    );
    Page { goes_on_to: Some(address), ..Page::new("One moment", content) }
}

/// Signing in, with the same token as in the console.
pub fn sign_in(name: &str, request: &str, wrong: Option<&str>) -> Page {
    let (invalid, told) = match wrong {
        Some(wrong) => (
            " aria-invalid=\"true\"",
            format!("<p id=\"token-wrong\" class=\"wrong\" role=\"alert\">{}</p>", escaped(&sentence(wrong))),
        ),
        None => ("", String::new()),
    };
    let content = format!(
        "<h1>Sign in to Gangway</h1>\
         <p class=\"dim\"><bdi>{name}</bdi> wants to work with your documents. Sign in to see what it asks for.</p>\
         <form method=\"post\" action=\"/oauth/authorize\">\
         <input type=\"hidden\" name=\"request\" value=\"{request}\">\
         <div class=\"field\"><label for=\"token\">Token</label>\
         <input id=\"token\" name=\"token\" class=\"input mono\" type=\"password\" autocomplete=\"current-password\" \
         autocapitalize=\"none\" spellcheck=\"false\" maxlength=\"512\" required autofocus{invalid} \
         aria-describedby=\"token-hint\">{told}\
         <p id=\"token-hint\" class=\"hint\">Your user token, from your product or operator. It goes to this server \
         alone, never to the program.</p></div>\
         <button class=\"button primary wide\" name=\"decision\" value=\"sign_in\">Sign in</button></form>",
        name = escaped(name),
        request = escaped(request),
    );
    let mut page = Page::new("Sign in", content);
    if wrong.is_some() {
        page.status = StatusCode::UNAUTHORIZED;
    }
    page
}

/// What is asked for, by whom, and the decision.
pub struct Consent<'a> {
    pub asker: &'a Asker,
    pub wish: &'a Wish,
    pub user: &'a User,
    pub csrf: &'a str,
    /// The parameters of the request, as they came.
    pub request: &'a str,
    pub wrong: Option<&'a str>,
}

pub fn consent(about: &Consent<'_>) -> Page {
    let choices: String = about.wish.scopes.iter().map(|scope| choice(*scope)).collect();
    let wrong = about.wrong.map_or(String::new(), |wrong| {
        format!("<p class=\"wrong\" role=\"alert\">{}</p>", escaped(&sentence(wrong)))
    });
    let host = client_host(&about.asker.client.id);
    let place = redirect_place(&about.asker.redirect_uri);
    let known = host
        .as_ref()
        .map_or(String::new(), |host| format!("<dt>Known by</dt><dd><bdi>{}</bdi></dd>", escaped(host)));
    let content = format!(
        "<h1>Allow <bdi>{name}</bdi>?</h1>\
         <p class=\"caution\">{caution}</p>\
         <dl class=\"facts\">{known}<dt>Goes back to</dt><dd><bdi>{place}</bdi></dd>\
         <dt>Works for</dt><dd><bdi>{who}</bdi> · <a href=\"/oauth/authorize?{again}\">somebody else?</a></dd></dl>\
         <form method=\"post\" action=\"/oauth/authorize\">\
         <input type=\"hidden\" name=\"request\" value=\"{request}\">\
         <input type=\"hidden\" name=\"csrf_token\" value=\"{csrf}\">\
         <fieldset><legend>It may</legend>{choices}</fieldset>{wrong}\
         <p class=\"hint\">It cannot connect accounts, share anything or use the rest of this server. You can end it at any \
         time, in the console under Assistants.</p>\
         <div class=\"deeds\"><button class=\"button\" name=\"decision\" value=\"deny\">Deny</button>\
         <button class=\"button primary\" name=\"decision\" value=\"allow\">Allow</button></div></form>",
        name = escaped(&about.asker.client.name),
        caution = caution(host.as_deref(), about.asker.is_on_this_computer()),
        place = escaped(&place),
        who = escaped(&name_of(about.user)),
        again = escaped(&format!("{}&prompt=login", about.request)),
        request = escaped(about.request),
        csrf = escaped(about.csrf),
    );
    let mut page = Page::new("Allow an assistant", content);
    page.leads_to = Some(about.asker.source());
    if about.wrong.is_some() {
        page.status = StatusCode::BAD_REQUEST;
    }
    page
}

/// What is known of who asks, and what is not. A host vouches for the addresses that answers go to, and for nothing else.
fn caution(host: Option<&str>, is_on_this_computer: bool) -> String {
    let only = "Allow it only if you have just connected it yourself.";
    match host.map(escaped) {
        None => format!(
            "This program registered itself. Its name is its own claim: nobody here has checked it. {only}"
        ),
        Some(host) if is_on_this_computer => format!(
            "<bdi>{host}</bdi> describes a program of this name; nobody here has checked it. That it is this one, any \
             program on your computer can say. {only}"
        ),
        Some(host) => format!(
            "<bdi>{host}</bdi> describes this program. Its name is its own claim: nobody here has checked it. {only}"
        ),
    }
}

fn choice(scope: AssistantScope) -> String {
    let (deed, more) = meaning(scope);
    let word = scope.as_str();
    format!(
        "<div class=\"choice\"><input class=\"check\" type=\"checkbox\" id=\"scope-{word}\" name=\"scope\" \
         value=\"{word}\" checked aria-describedby=\"about-{word}\"><label for=\"scope-{word}\">{deed}</label>\
         <span class=\"hint\" id=\"about-{word}\">{more}</span></div>"
    )
}

fn name_of(user: &User) -> String {
    let known = user.name.clone().or_else(|| user.email.clone()).or_else(|| user.external_id.clone());
    known.unwrap_or_else(|| format!("user {}", user.id))
}

/// Our messages are small; a page's sentences are not.
fn sentence(message: &str) -> String {
    let mut characters = message.chars();
    let first = characters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", characters.as_str().trim_end_matches('.'))
}
