//! The consent screen's address, and scopes on their way there and back.

use super::server::{FACTS, app};
use crate::{
    AuthorizationRequest, OAuthEndpoints, OAuthFacts, PkceMethod, UnknownScope, authorization_url,
    missing_scopes, resolve_scopes,
};

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn url(facts: &OAuthFacts, login_hint: Option<&str>) -> url::Url {
    let request = AuthorizationRequest {
        redirect_uri: "https://us.example/oauth/callback?x=1",
        scopes: &names(&["https://provider.example/files.read", "openid"]),
        state: "a state",
        challenge: "the-challenge",
        login_hint,
    };
    authorization_url(facts, &OAuthEndpoints::of(&FACTS).unwrap(), &app(), &request)
}

#[test]
fn the_address_holds_everything_once() {
    let url = url(&FACTS, Some("ada@example.org"));
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let expected = [
        ("response_type", "code"),
        ("client_id", "the client"),
        ("redirect_uri", "https://us.example/oauth/callback?x=1"),
        ("state", "a state"),
        ("scope", "https://provider.example/files.read openid"),
        ("code_challenge", "the-challenge"),
        ("code_challenge_method", "S256"),
        ("access_type", "offline"),
        ("login_hint", "ada@example.org"),
    ];
    assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert!(!url.as_str().contains("app-secret"));
}

#[test]
fn a_provider_that_rejects_pkce_gets_none() {
    let facts = OAuthFacts { pkce: PkceMethod::None, scope_separator: ",", ..FACTS };
    let url = url(&facts, None);
    assert!(!url.as_str().contains("challenge"));
    assert!(url.query_pairs().any(|(_, value)| value == "https://provider.example/files.read,openid"));
}

#[test]
fn scopes_are_resolved_by_any_of_their_names() {
    let full = "https://provider.example/files.read";
    let resolve = |asked: &[&str]| resolve_scopes(&FACTS, &names(asked));
    assert_eq!(resolve(&[]).unwrap(), [full, "openid", "email"]);
    assert_eq!(resolve(&["files.read", full]).unwrap(), [full, "openid", "email"]);
    let alias = "https://provider.example/userinfo.email";
    let meta = "https://provider.example/files.meta";
    assert_eq!(resolve(&["files.meta", alias]).unwrap(), [meta, "email", "openid"]);
    let unknown = Err(UnknownScope { name: "files.write".to_owned() });
    assert_eq!(resolve(&["files.read", "files.write"]), unknown);
}

#[test]
fn missing_scopes_are_found_under_any_name() {
    let asked = resolve_scopes(&FACTS, &[]).unwrap();
    let all = names(&[&asked[0], "https://provider.example/userinfo.email", "openid", "something-wider"]);
    assert!(missing_scopes(&FACTS, &asked, &all).is_empty());
    assert_eq!(missing_scopes(&FACTS, &asked, &names(&["openid", "email"])), [asked[0].clone()]);
}
