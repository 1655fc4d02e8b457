//! Google's authorization server.
//! <https://developers.google.com/identity/protocols/oauth2/web-server>

use gangway_oauth::{
    ClientAuthentication, OAuthFacts, PkceMethod, RevocationStyle, ScopeFact, TokenCallBody,
};

/// Reading only. `drive` and `drive.appdata` are left out on purpose: nothing here writes.
static SCOPES: [ScopeFact; 7] = [
    ScopeFact {
        short: "drive.readonly",
        full: "https://www.googleapis.com/auth/drive.readonly",
        default: true,
        identity: false,
        meaning: "see and download all files",
    },
    ScopeFact {
        short: "drive.metadata.readonly",
        full: "https://www.googleapis.com/auth/drive.metadata.readonly",
        default: false,
        identity: false,
        meaning: "see names and details of all files, without their content",
    },
    ScopeFact {
        short: "drive.file",
        full: "https://www.googleapis.com/auth/drive.file",
        default: false,
        identity: false,
        meaning: "see and download only the files that were picked for this app",
    },
    ScopeFact {
        short: "drive.metadata",
        full: "https://www.googleapis.com/auth/drive.metadata",
        default: false,
        identity: false,
        meaning: "see and change names and details of all files, without their content",
    },
    ScopeFact {
        short: "openid",
        full: "openid",
        default: false,
        identity: true,
        meaning: "know who you are",
    },
    ScopeFact {
        short: "email",
        full: "email",
        default: false,
        identity: true,
        meaning: "see your email address",
    },
    ScopeFact { short: "profile", full: "profile", default: false, identity: true, meaning: "see your name" },
];

pub(super) static FACTS: OAuthFacts = OAuthFacts {
    authorize_url: "https://accounts.google.com/o/oauth2/v2/auth",
    token_url: "https://oauth2.googleapis.com/token",
    revoke_url: Some("https://oauth2.googleapis.com/revoke"),
    revocation: RevocationStyle::TokenOnly,
    pkce: PkceMethod::S256,
    client_authentication: ClientAuthentication::Body,
    token_call_body: TokenCallBody::Form,
    tokens_within: None,
    scope_parameter: Some("scope"),
    scope_separator: " ",
    scopes: &SCOPES,
    // Asked for as `email` and `profile`, told back as these.
    scope_aliases: &[
        ("https://www.googleapis.com/auth/userinfo.email", "email"),
        ("https://www.googleapis.com/auth/userinfo.profile", "profile"),
    ],
    authorize_parameters: &[
        // Without it there is no refresh token at all.
        ("access_type", "offline"),
        // Without it a second consent of the same user brings no refresh token.
        ("prompt", "consent"),
        ("include_granted_scopes", "true"),
    ],
    rotates_refresh_tokens: false,
};
