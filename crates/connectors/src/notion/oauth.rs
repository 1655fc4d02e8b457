//! Notion's authorization server.
//! <https://developers.notion.com/docs/authorization>
//!
//! What an app may do is set where it is registered and shown on the consent page; nothing of it travels in
//! addresses or answers. So the one scope here is the name of that capability, for people.

use gangway_oauth::{
    ClientAuthentication, OAuthFacts, PkceMethod, RevocationStyle, ScopeFact, TokenCallBody,
};

static SCOPES: [ScopeFact; 1] = [ScopeFact {
    short: "read_content",
    full: "read_content",
    default: true,
    identity: false,
    meaning: "read the pages and databases that you pick, and everything inside them",
}];

pub(super) static FACTS: OAuthFacts = OAuthFacts {
    authorize_url: "https://api.notion.com/v1/oauth/authorize",
    token_url: "https://api.notion.com/v1/oauth/token",
    revoke_url: Some("https://api.notion.com/v1/oauth/revoke"),
    revocation: RevocationStyle::AccessTokenAndClient,
    pkce: PkceMethod::None,
    client_authentication: ClientAuthentication::Basic,
    token_call_body: TokenCallBody::Json,
    tokens_within: None,
    scope_parameter: None,
    scope_separator: " ",
    scopes: &SCOPES,
    scope_aliases: &[],
    authorize_parameters: &[("owner", "user")],
    rotates_refresh_tokens: true,
};
