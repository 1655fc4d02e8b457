//! Dropbox's authorization server.
//! <https://developers.dropbox.com/oauth-guide>

use gangway_oauth::{
    ClientAuthentication, OAuthFacts, PkceMethod, RevocationStyle, ScopeFact, TokenCallBody,
};

/// Reading only. What writes (`files.content.write`, `sharing.write`) is left out on purpose: nothing here mounts a
/// folder or makes a link. Each must also be ticked in the App Console, or consent ends on an error page.
static SCOPES: [ScopeFact; 4] = [
    ScopeFact {
        short: "files.metadata.read",
        full: "files.metadata.read",
        default: true,
        identity: false,
        meaning: "see names and details of your files and folders",
    },
    ScopeFact {
        short: "files.content.read",
        full: "files.content.read",
        default: true,
        identity: false,
        meaning: "see and download the content of your files",
    },
    ScopeFact {
        short: "sharing.read",
        full: "sharing.read",
        default: true,
        identity: false,
        meaning: "see what others share with you",
    },
    ScopeFact {
        short: "account_info.read",
        full: "account_info.read",
        default: false,
        // It also tells the root namespace, without which team folders are invisible.
        identity: true,
        meaning: "know who you are, and where your team's folders lie",
    },
];

pub(super) static FACTS: OAuthFacts = OAuthFacts {
    authorize_url: "https://www.dropbox.com/oauth2/authorize",
    // Without the `/2/` of every other call.
    token_url: "https://api.dropboxapi.com/oauth2/token",
    revoke_url: Some("https://api.dropboxapi.com/2/auth/token/revoke"),
    // Ends the grant of the access token that calls, which must still be alive.
    revocation: RevocationStyle::Bearer,
    pkce: PkceMethod::S256,
    client_authentication: ClientAuthentication::Body,
    token_call_body: TokenCallBody::Form,
    tokens_within: None,
    scope_parameter: Some("scope"),
    scope_separator: " ",
    scopes: &SCOPES,
    scope_aliases: &[],
    // Without it there is no refresh token, and the connection works for four hours.
    authorize_parameters: &[("token_access_type", "offline")],
    rotates_refresh_tokens: false,
};
