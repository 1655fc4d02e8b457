//! Token calls: exchange, refresh, revoke. One try each, no redirects, bounded answers.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gangway_effects::{Network, NetworkError, SharedClock};
use http::{HeaderMap, Method, StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::answer::{Fields, TokenAnswer};
use crate::error::OAuthError;
use crate::facts::{
    ClientAuthentication, OAuthApp, OAuthEndpoints, OAuthFacts, PkceMethod, RevocationStyle, TokenCallBody,
};
use crate::refusal::Refusal;

/// The largest token answer that is read.
const LARGEST_ANSWER: usize = 1 << 20;

/// What became of a revocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revoked {
    Done,
    /// The provider says that the grant was dead before.
    AlreadyDead,
    /// The provider has no way to revoke a grant; its access ends only by expiry or by the user.
    Unsupported,
}

/// Speaks with authorization servers.
#[derive(Clone)]
pub struct OAuthClient {
    pub(crate) network: Network,
    pub(crate) clock: SharedClock,
}

impl OAuthClient {
    pub fn new(network: Network, clock: SharedClock) -> Self {
        Self { network, clock }
    }

    /// Exchanges an authorization code for tokens. `redirect_uri` is the one that was authorised with.
    pub async fn exchange(
        &self,
        facts: &OAuthFacts,
        endpoints: &OAuthEndpoints,
        app: &OAuthApp,
        code: &SecretString,
        redirect_uri: &str,
        verifier: &SecretString,
    ) -> Result<TokenAnswer, OAuthError> {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code.expose_secret()),
            ("redirect_uri", redirect_uri),
        ];
        if facts.pkce == PkceMethod::S256 {
            form.push(("code_verifier", verifier.expose_secret()));
        }
        let secrets = [code.expose_secret(), verifier.expose_secret(), app.client_secret.expose_secret()];
        self.ask_for_tokens(facts, endpoints, app, form, &secrets).await
    }

    /// Exchanges a refresh token for a new access token, and for a new refresh token where they rotate.
    pub async fn refresh(
        &self,
        facts: &OAuthFacts,
        endpoints: &OAuthEndpoints,
        app: &OAuthApp,
        refresh_token: &SecretString,
    ) -> Result<TokenAnswer, OAuthError> {
        let token = refresh_token.expose_secret();
        let form = vec![("grant_type", "refresh_token"), ("refresh_token", token)];
        let secrets = [token, app.client_secret.expose_secret()];
        self.ask_for_tokens(facts, endpoints, app, form, &secrets).await
    }

    /// Tells the provider that a grant is over. A grant that is dead already is success.
    ///
    /// `token` is the refresh token where there is one, else the access token; with
    /// `RevocationStyle::AccessTokenAndClient` and `RevocationStyle::Bearer` it must be the access token.
    pub async fn revoke(
        &self,
        facts: &OAuthFacts,
        endpoints: &OAuthEndpoints,
        app: &OAuthApp,
        token: &SecretString,
    ) -> Result<Revoked, OAuthError> {
        let Some(url) = &endpoints.revoke else { return Ok(Revoked::Unsupported) };
        let form = match facts.revocation {
            RevocationStyle::Bearer => Vec::new(),
            _ => vec![("token", token.expose_secret())],
        };
        let authentication = match facts.revocation {
            RevocationStyle::TokenOnly => Authentication::None,
            RevocationStyle::TokenAndClient | RevocationStyle::AccessTokenAndClient => {
                Authentication::Client(facts.client_authentication, app)
            }
            RevocationStyle::Bearer => Authentication::Bearer(token),
        };
        let reply = self.post(url, form, facts.token_call_body, authentication).await?;
        let fields = Fields::parse(&reply.body);
        let refused = fields.as_ref().is_some_and(Fields::is_refusal);
        if reply.status.is_success() && !refused {
            return Ok(Revoked::Done);
        }
        let secrets = [token.expose_secret(), app.client_secret.expose_secret()];
        let code = fields.as_ref().and_then(Fields::error_code);
        let says_dead = matches!(
            code.as_deref(),
            Some(
                "invalid_token"
                    | "invalid_grant"
                    | "token_revoked"
                    | "token_expired"
                    | "invalid_auth"
                    | "account_inactive"
            )
        );
        let died_as_bearer =
            facts.revocation == RevocationStyle::Bearer && reply.status == StatusCode::UNAUTHORIZED;
        if reply.status.as_u16() < 500 && (says_dead || died_as_bearer) {
            return Ok(Revoked::AlreadyDead);
        }
        Err(self.refusal(&reply, fields.as_ref(), &secrets))
    }

    async fn ask_for_tokens(
        &self,
        facts: &OAuthFacts,
        endpoints: &OAuthEndpoints,
        app: &OAuthApp,
        form: Vec<(&str, &str)>,
        secrets: &[&str],
    ) -> Result<TokenAnswer, OAuthError> {
        let authentication = Authentication::Client(facts.client_authentication, app);
        let reply = self.post(&endpoints.token, form, facts.token_call_body, authentication).await?;
        let fields = Fields::parse(&reply.body);
        if reply.status.is_redirection() {
            return Err(OAuthError::Malformed { message: "it redirects elsewhere".to_owned() });
        }
        let refused = fields.as_ref().is_some_and(Fields::is_refusal);
        if !reply.status.is_success() || refused {
            return Err(self.refusal(&reply, fields.as_ref(), secrets));
        }
        let fields = fields
            .ok_or_else(|| OAuthError::Malformed { message: "it is neither JSON nor a form".to_owned() })?;
        fields.into_answer(facts, self.clock.now())
    }

    fn refusal(&self, reply: &Reply, fields: Option<&Fields>, secrets: &[&str]) -> OAuthError {
        let mut hidden = secrets.to_vec();
        hidden.extend(fields.map(Fields::secrets).unwrap_or_default());
        let (status, headers, now) = (reply.status, &reply.headers, self.clock.now());
        Refusal { status, headers, fields, now, secrets: &hidden }.into_error()
    }

    async fn post(
        &self,
        url: &Url,
        mut form: Vec<(&str, &str)>,
        body: TokenCallBody,
        authentication: Authentication<'_>,
    ) -> Result<Reply, OAuthError> {
        let mut request = self
            .network
            .request(Method::POST, url.clone())
            .map_err(|error| address_refused(&error))?
            .header(header::ACCEPT, "application/json");
        match authentication {
            Authentication::None => {}
            Authentication::Client(ClientAuthentication::Body, app) => {
                form.push(("client_id", &app.client_id));
                form.push(("client_secret", app.client_secret.expose_secret()));
            }
            Authentication::Client(ClientAuthentication::Basic, app) => {
                request = request.header(header::AUTHORIZATION, basic(app));
            }
            Authentication::Bearer(token) => request = request.bearer_auth(token.expose_secret()),
        }
        if !form.is_empty() {
            request = match body {
                TokenCallBody::Form => request.form(&form),
                TokenCallBody::Json => request.json(&form.into_iter().collect::<BTreeMap<_, _>>()),
            };
        }
        let mut response = request.send().await.map_err(|error| unreachable(url, error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(url, error))? {
            if body.len() + chunk.len() > LARGEST_ANSWER {
                return Err(OAuthError::Malformed { message: "it is far too long".to_owned() });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply { status, headers, body })
    }
}

enum Authentication<'a> {
    None,
    Client(ClientAuthentication, &'a OAuthApp),
    Bearer(&'a SecretString),
}

struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// HTTP Basic as RFC 6749 §2.3.1 wants it: both parts form-encoded first.
fn basic(app: &OAuthApp) -> String {
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encode(&app.client_id), encode(app.client_secret.expose_secret()));
    format!("Basic {}", STANDARD.encode(pair))
}

/// The address of a token call holds no secret, but reqwest's own words may; only the host is named.
fn unreachable(url: &Url, error: reqwest::Error) -> OAuthError {
    let mut causes = std::iter::successors(std::error::Error::source(&error), |cause| cause.source());
    if let Some(refused) = causes.find_map(|cause| cause.downcast_ref::<NetworkError>()) {
        return address_refused(refused);
    }
    let host = url.host_str().unwrap_or("its host");
    let what = if error.is_timeout() {
        "did not answer in time"
    } else if error.is_connect() {
        "cannot be reached"
    } else {
        "broke off the answer"
    };
    OAuthError::Temporarily { after: None, message: format!("{host} {what}") }
}

fn address_refused(error: &NetworkError) -> OAuthError {
    OAuthError::AddressRefused { message: error.for_people() }
}
