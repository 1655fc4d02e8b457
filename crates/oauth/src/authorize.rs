//! The address of the consent screen.

use url::Url;

use crate::facts::{OAuthApp, OAuthEndpoints, OAuthFacts, PkceMethod};

/// What one authorization asks for.
#[derive(Clone, Copy, Debug)]
pub struct AuthorizationRequest<'a> {
    /// Compared exactly by the provider: the very text that is registered.
    pub redirect_uri: &'a str,
    /// Full names, as `resolve_scopes` returns them.
    pub scopes: &'a [String],
    pub state: &'a str,
    /// The S256 challenge. Left out of the address where the provider rejects PKCE parameters.
    pub challenge: &'a str,
    /// The account to suggest, when it is known already (a reconnect).
    pub login_hint: Option<&'a str>,
}

/// Builds the address of the consent screen.
pub fn authorization_url(
    facts: &OAuthFacts,
    endpoints: &OAuthEndpoints,
    app: &OAuthApp,
    request: &AuthorizationRequest<'_>,
) -> Url {
    let mut url = endpoints.authorize.clone();
    {
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &app.client_id)
            .append_pair("redirect_uri", request.redirect_uri)
            .append_pair("state", request.state);
        if let Some(parameter) = facts.scope_parameter.filter(|_| !request.scopes.is_empty()) {
            query.append_pair(parameter, &request.scopes.join(facts.scope_separator));
        }
        if facts.pkce == PkceMethod::S256 {
            query
                .append_pair("code_challenge", request.challenge)
                .append_pair("code_challenge_method", "S256");
        }
        for (name, value) in facts.authorize_parameters {
            query.append_pair(name, value);
        }
        if let Some(hint) = request.login_hint {
            query.append_pair("login_hint", hint);
        }
    }
    url
}
