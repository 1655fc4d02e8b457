//! What differs between authorization servers, as data: a table per provider instead of branches.

use secrecy::SecretString;
use url::Url;

/// How the authorization code is protected on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PkceMethod {
    S256,
    /// The provider rejects PKCE parameters.
    None,
}

/// Where the client secret travels in token calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// `client_id` and `client_secret` as form fields.
    Body,
    /// HTTP Basic.
    Basic,
}

/// How the fields of a token call are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenCallBody {
    /// As a form (RFC 6749).
    Form,
    Json,
}

/// How a grant is revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevocationStyle {
    /// A form with nothing but `token`.
    TokenOnly,
    /// `token`, and the client's own authentication (RFC 7009).
    TokenAndClient,
    /// The access token as `token`, and the client's own authentication: the provider takes no refresh token here.
    AccessTokenAndClient,
    /// A POST without a body, authorised by the access token that is to die.
    Bearer,
}

/// One scope a connector may ask for.
#[derive(Clone, Copy, Debug)]
pub struct ScopeFact {
    /// The short name the guide uses, such as `drive.readonly`.
    pub short: &'static str,
    /// The name the provider wants, such as `https://www.googleapis.com/auth/drive.readonly`.
    pub full: &'static str,
    /// Asked for when the caller names no scopes.
    pub default: bool,
    /// Always added to what is asked, because the account cannot be told without it.
    pub identity: bool,
    /// What a person allows by it.
    pub meaning: &'static str,
}

/// Facts of one provider's authorization server. Every address can be set to another by configuration.
#[derive(Clone, Copy, Debug)]
pub struct OAuthFacts {
    pub authorize_url: &'static str,
    pub token_url: &'static str,
    /// `None` where the provider has no way to revoke a grant.
    pub revoke_url: Option<&'static str>,
    pub revocation: RevocationStyle,
    pub pkce: PkceMethod,
    pub client_authentication: ClientAuthentication,
    pub token_call_body: TokenCallBody,
    /// The object of a token answer that holds the tokens, where they are not at its top. A top-level access token
    /// counts when that object has none.
    pub tokens_within: Option<&'static str>,
    /// The parameter of the authorization URL that carries the scopes; `None` where the provider knows none.
    pub scope_parameter: Option<&'static str>,
    /// What stands between scopes in the authorization URL and in token answers.
    pub scope_separator: &'static str,
    pub scopes: &'static [ScopeFact],
    /// Full names under which the provider returns a scope that was asked for by another name.
    pub scope_aliases: &'static [(&'static str, &'static str)],
    /// Fixed parameters of the authorization URL.
    pub authorize_parameters: &'static [(&'static str, &'static str)],
    /// Whether each refresh answers with a new refresh token that replaces the old one.
    pub rotates_refresh_tokens: bool,
}

impl OAuthFacts {
    /// Finds a scope by its short or full name, or by another name the provider has for it.
    pub fn find_scope(&self, name: &str) -> Option<&'static ScopeFact> {
        let name = self.canonical_scope(name);
        self.scopes.iter().find(|scope| scope.short == name || scope.full == name)
    }

    /// The provider's canonical name of a scope it returned.
    pub fn canonical_scope<'a>(&self, returned: &'a str) -> &'a str {
        self.scope_aliases
            .iter()
            .find(|(alias, _)| *alias == returned)
            .map_or(returned, |(_, canonical)| canonical)
    }
}

/// The addresses in force: the facts' own, or what configuration set.
#[derive(Clone, Debug)]
pub struct OAuthEndpoints {
    pub authorize: Url,
    pub token: Url,
    pub revoke: Option<Url>,
}

impl OAuthEndpoints {
    /// The provider's own addresses.
    ///
    /// # Errors
    /// When the facts hold something that is no address; a test of the registry rules this out.
    pub fn of(facts: &OAuthFacts) -> Result<Self, url::ParseError> {
        Ok(Self {
            authorize: facts.authorize_url.parse()?,
            token: facts.token_url.parse()?,
            revoke: facts.revoke_url.map(str::parse).transpose()?,
        })
    }
}

/// The client registration used with a provider.
#[derive(Clone, Debug)]
pub struct OAuthApp {
    pub client_id: String,
    pub client_secret: SecretString,
}
