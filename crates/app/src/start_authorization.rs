//! Starts an authorization: a one-time state, a PKCE verifier under seal, the consent screen's address.

use std::time::Duration;

use gangway_effects::random_token;
use gangway_model::{ExposeSecret, User};
use gangway_oauth::{AuthorizationRequest, Pkce, authorization_url, resolve_scopes};
use gangway_store::{NewAuthorizationRequest, StoreError};

use crate::app::App;
use crate::error::{AppError, AppResult, Code};
use crate::secret_hash::SecretHash;

/// How long the user has for the consent screen.
pub const AUTHORIZATION_LIFETIME: Duration = Duration::from_secs(600);

#[derive(Clone, Debug, Default)]
pub struct StartAuthorization {
    /// Must be listed; this server's own callback page when left out.
    pub redirect_uri: Option<String>,
    /// Made here when left out.
    pub state: Option<String>,
    /// Short or full names; the connector's defaults when empty.
    pub scopes: Vec<String>,
    pub login_hint: Option<String>,
}

#[derive(Clone, Debug)]
pub struct StartedAuthorization {
    pub auth_url: String,
    pub state: String,
    pub expires_in: u64,
}

impl App {
    /// Stores the request under the hash of its state and returns where to send the browser.
    pub async fn start_authorization(
        &self,
        user: &User,
        connector_id: &str,
        request: StartAuthorization,
    ) -> AppResult<StartedAuthorization> {
        let descriptor = self.usable_connector(user, connector_id)?.descriptor();
        let (Some(facts), Some((app, endpoints))) = (descriptor.oauth, self.apps.oauth(descriptor.id)) else {
            let message = format!("{} needs no authorization: use it right away", descriptor.name);
            return Err(AppError::unsupported(descriptor, message));
        };
        let redirect_uri = request.redirect_uri.unwrap_or_else(|| self.settings.own_callback());
        if !self.settings.allows_redirect(&redirect_uri) {
            let message = "this redirect_uri is not on the server's list: it must match an entry exactly";
            return Err(AppError::invalid("redirect_uri", message));
        }
        let scopes = resolve_scopes(facts, &request.scopes).map_err(|unknown| {
            let message = format!("{} has no scope {}", descriptor.name, unknown.name);
            AppError::new(Code::InvalidScope, message).with("scope", unknown.name)
        })?;
        let state = request.state.unwrap_or_else(|| random_token("st_"));
        let state_hash = SecretHash::of(&state).to_hex();
        let pkce = Pkce::fresh();
        let purpose = verifier_purpose(&state_hash);
        let verifier = pkce.verifier.expose_secret().as_bytes();
        let row = NewAuthorizationRequest {
            state_hash,
            user_id: user.id.clone(),
            connector_id: descriptor.id.into(),
            connection_id: None,
            redirect_uri: redirect_uri.clone(),
            scopes: scopes.clone(),
            verifier_sealed: self.vault.seal(&user.id, &purpose, verifier).await?,
            expires_at: self.now() + AUTHORIZATION_LIFETIME,
        };
        self.store.create_authorization_request(&row).await.map_err(|error| match error {
            StoreError::Conflict { .. } => AppError::invalid(
                "state",
                "this state was used before: make a fresh one for each authorization",
            ),
            other => other.into(),
        })?;
        let auth_url = authorization_url(
            facts,
            endpoints,
            app,
            &AuthorizationRequest {
                redirect_uri: &redirect_uri,
                scopes: &scopes,
                state: &state,
                challenge: &pkce.challenge,
                login_hint: request.login_hint.as_deref(),
            },
        );
        Ok(StartedAuthorization {
            auth_url: auth_url.into(),
            state,
            expires_in: AUTHORIZATION_LIFETIME.as_secs(),
        })
    }
}

/// What a verifier's seal is bound to, beside the user.
pub(crate) fn verifier_purpose(state_hash: &str) -> String {
    format!("authorization|{state_hash}|verifier")
}
