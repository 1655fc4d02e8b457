//! What is asked for, and what was granted.

use gangway_oauth::{AuthorizationRequest, OAuthApp, OAuthEndpoints, authorization_url, resolve_scopes};

use crate::dropbox::oauth::FACTS;

#[test]
fn only_reading_is_on_the_list() {
    let asks = |name: &str| resolve_scopes(&FACTS, &[name.to_owned()]);
    for name in ["files.metadata.read", "files.content.read", "sharing.read"] {
        assert_eq!(asks(name).unwrap(), [name, "account_info.read"]);
    }
    for name in
        ["files.content.write", "sharing.write", "files.permanent_delete", "team_data.member", "openid"]
    {
        assert!(asks(name).is_err(), "{name}");
    }
    let defaults = ["files.metadata.read", "files.content.read", "sharing.read", "account_info.read"];
    assert_eq!(resolve_scopes(&FACTS, &[]).unwrap(), defaults);
}

#[test]
fn consent_is_asked_for_a_grant_that_lasts() {
    let app = OAuthApp { client_id: "key".to_owned(), client_secret: "secret".into() };
    let scopes = resolve_scopes(&FACTS, &[]).unwrap();
    let request = AuthorizationRequest {
        redirect_uri: "https://gangway.example/oauth/callback",
        scopes: &scopes,
        state: "s",
        challenge: "c",
        login_hint: None,
    };
    let url = authorization_url(&FACTS, &OAuthEndpoints::of(&FACTS).unwrap(), &app, &request);
    let value =
        |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    assert_eq!(value("token_access_type").as_deref(), Some("offline"));
    assert_eq!(value("code_challenge_method").as_deref(), Some("S256"));
    let asked = "files.metadata.read files.content.read sharing.read account_info.read";
    assert_eq!(value("scope").as_deref(), Some(asked));
    // It must be absent on a first link.
    assert_eq!(value("include_granted_scopes"), None);
    assert!(!FACTS.token_url.contains("/2/"), "the token endpoint has no version");
}
