//! What is asked for, and where the tokens lie.

use gangway_model::SecretString;
use gangway_oauth::{AuthorizationRequest, OAuthApp, OAuthEndpoints, authorization_url, resolve_scopes};

use crate::slack::oauth::FACTS;

#[test]
fn only_reading_is_on_the_list_and_direct_messages_only_when_named() {
    let asks = |name: &str| resolve_scopes(&FACTS, &[name.to_owned()]).is_ok();
    for name in ["channels:history", "channels:read", "users:read", "im:history", "mpim:read", "search:read"]
    {
        assert!(asks(name), "{name}");
    }
    for name in ["chat:write", "channels:join", "channels:write", "files:write", "admin"] {
        assert!(!asks(name), "{name}");
    }
    let defaults = resolve_scopes(&FACTS, &[]).unwrap();
    assert!(!defaults.iter().any(|scope| scope.starts_with("im:") || scope.starts_with("mpim:")));
    assert!(defaults.contains(&"groups:history".to_owned()) && defaults.contains(&"files:read".to_owned()));
}

#[test]
fn consent_is_asked_for_a_user_token() {
    let app = OAuthApp { client_id: "1.2".to_owned(), client_secret: SecretString::from("s") };
    let scopes = ["channels:read".to_owned(), "users:read".to_owned()];
    let request = AuthorizationRequest {
        redirect_uri: "https://gangway.example/oauth/callback",
        scopes: &scopes,
        state: "x",
        challenge: "unused",
        login_hint: None,
    };
    let url = authorization_url(&FACTS, &OAuthEndpoints::of(&FACTS).unwrap(), &app, &request);
    let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let of = |name: &str| query.iter().find(|pair| pair.0 == name).map(|pair| pair.1.as_str());
    assert_eq!(of("user_scope"), Some("channels:read,users:read"));
    assert_eq!((of("scope"), of("code_challenge")), (None, None), "a bot token and PKCE are not wanted");
}
