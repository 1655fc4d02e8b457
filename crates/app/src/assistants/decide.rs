//! A person allows a program something, or does not.

use gangway_effects::random_token;
use gangway_model::{AssistantScope, ExposeSecret, SecretString, User};
use gangway_store::NewAssistantCode;
use serde_json::json;

use super::redirect::redirect_place;
use super::{Asker, CODE_LIFETIME, Wish};
use crate::app::App;
use crate::error::{AppError, AppResult};
use crate::secret_hash::SecretHash;

impl App {
    /// Allows what was chosen of what was asked for; the code that the program fetches its tokens with.
    pub async fn allow_assistant(
        &self,
        session: &SecretString,
        asker: &Asker,
        wish: &Wish,
        chosen: &[AssistantScope],
    ) -> AppResult<SecretString> {
        let scopes: Vec<_> = wish.scopes.iter().copied().filter(|scope| chosen.contains(scope)).collect();
        if scopes.is_empty() {
            return Err(AppError::invalid("scope", "choose at least one thing to allow, or deny"));
        }
        let signed_in = self.hash_behind_session(session).await?;
        let user = self.user_behind(&signed_in).await?;
        let code = SecretString::from(random_token("gwac_"));
        let new = NewAssistantCode {
            hash: SecretHash::of(code.expose_secret()).to_hex(),
            user_id: user.id.clone(),
            client_id: asker.client.id.clone(),
            redirect_uri: asker.redirect_uri.clone(),
            scopes,
            resource: self.settings.assistant_resource(),
            signed_in_hash: signed_in.to_hex(),
            challenge: wish.challenge.clone(),
            expires_at: self.now() + CODE_LIFETIME,
        };
        self.store.create_assistant_code(&new).await?;
        let details = json!({
            "client_id": asker.client.id,
            "place": redirect_place(&asker.redirect_uri),
            "scopes": AssistantScope::words(&new.scopes),
        });
        self.store.append_audit(Some(&user.id), "allow_assistant", &details).await?;
        Ok(code)
    }

    /// Notes that a person refused.
    pub async fn deny_assistant(&self, user: &User, asker: &Asker) -> AppResult<()> {
        let details = json!({
            "client_id": asker.client.id,
            "place": redirect_place(&asker.redirect_uri),
        });
        Ok(self.store.append_audit(Some(&user.id), "deny_assistant", &details).await?)
    }
}
