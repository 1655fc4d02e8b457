//! Slack's authorization server, asked for a *user* token: it acts as the person who consents, in the channels that
//! person sees. A bot token would see only the channels that somebody invites the app into.
//! <https://docs.slack.dev/authentication/installing-with-oauth/>

use gangway_oauth::{
    ClientAuthentication, OAuthFacts, PkceMethod, RevocationStyle, ScopeFact, TokenCallBody,
};

/// Reading only. Direct messages are asked for only when named: nobody should bring theirs along by choosing a
/// workspace.
static SCOPES: [ScopeFact; 13] = [
    scope("channels:history", true, "read messages in public channels"),
    scope("channels:read", true, "see public channels"),
    scope("users:read", true, "see who people are"),
    scope("groups:history", true, "read messages in your private channels"),
    scope("groups:read", true, "see your private channels"),
    scope("files:read", true, "see and download files shared in your channels"),
    scope("users:read.email", true, "see people's email addresses"),
    scope("usergroups:read", true, "see the names of user groups"),
    scope("search:read", true, "search the messages that you can see"),
    scope("im:history", false, "read your direct messages"),
    scope("im:read", false, "see your direct messages"),
    scope("mpim:history", false, "read your group direct messages"),
    scope("mpim:read", false, "see your group direct messages"),
];

const fn scope(name: &'static str, default: bool, meaning: &'static str) -> ScopeFact {
    ScopeFact { short: name, full: name, default, identity: false, meaning }
}

pub(super) static FACTS: OAuthFacts = OAuthFacts {
    authorize_url: "https://slack.com/oauth/v2/authorize",
    token_url: "https://slack.com/api/oauth.v2.access",
    revoke_url: Some("https://slack.com/api/auth.revoke"),
    revocation: RevocationStyle::Bearer,
    // Known only to apps that were turned into public clients, for good; others answer `pkce_not_allowed`.
    pkce: PkceMethod::None,
    client_authentication: ClientAuthentication::Basic,
    token_call_body: TokenCallBody::Form,
    // A refresh has the user's tokens at the top, an exchange has them here.
    tokens_within: Some("authed_user"),
    scope_parameter: Some("user_scope"),
    scope_separator: ",",
    scopes: &SCOPES,
    scope_aliases: &[],
    authorize_parameters: &[],
    // Where the app has token rotation on. Without it tokens never end and there is nothing to refresh.
    rotates_refresh_tokens: true,
};
