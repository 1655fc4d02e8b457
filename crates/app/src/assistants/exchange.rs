//! A program fetches tokens for a code, exchanges an old refresh token for new ones, gives one back.

use gangway_effects::random_token;
use gangway_model::{AssistantScope, ExposeSecret, SecretString};
use gangway_oauth::Pkce;
use gangway_store::{NewAssistantTokens, Presented, RevokedAssistantToken, Rotated, StoreError, TakenCode};
use serde_json::json;

use super::ask::read_scopes;
use super::{ACCESS_LIFETIME, CLIENT_LIFETIME, REFRESH_LIFETIME, RefusalWord, Refused, ShownClient};
use crate::app::App;
use crate::error::AppError;
use crate::secret_hash::SecretHash;

/// A code, with what has to fit it.
#[derive(Clone, Debug)]
pub struct ShownCode {
    pub code: SecretString,
    pub redirect_uri: String,
    pub verifier: SecretString,
    pub resource: Option<String>,
}

/// Tokens just made: the only moment their text exists outside the program's hands.
#[derive(Debug)]
pub struct IssuedTokens {
    pub access: SecretString,
    pub refresh: SecretString,
    pub scopes: Vec<AssistantScope>,
}

/// Fresh tokens, and what is kept of them.
fn fresh_tokens(app: &App) -> (SecretString, SecretString, NewAssistantTokens) {
    let access = SecretString::from(random_token(super::keep::ACCESS_PREFIX));
    let refresh = SecretString::from(random_token("gwar_"));
    let kept = NewAssistantTokens {
        access_hash: SecretHash::of(access.expose_secret()).to_hex(),
        access_expires_at: app.now() + ACCESS_LIFETIME,
        refresh_hash: SecretHash::of(refresh.expose_secret()).to_hex(),
        refresh_expires_at: app.now() + REFRESH_LIFETIME,
    };
    (access, refresh, kept)
}

impl App {
    /// Exchanges a code, once. It is spent whatever comes of it, and shown a second time it ends what came of it.
    pub async fn exchange_assistant_code(
        &self,
        client: &ShownClient,
        shown: ShownCode,
    ) -> Result<IssuedTokens, Refused> {
        let client = self.authenticate_client(client).await?;
        self.check_resource(shown.resource.as_deref())?;
        let hash = SecretHash::of(shown.code.expose_secret()).to_hex();
        let useless = || {
            Refused::grant(
                "this code is unknown, used, past its end or somebody else's: ask the person again",
            )
        };
        let code = match self.store.take_assistant_code(&hash, &client.id, self.now()).await? {
            TakenCode::Taken(code) => code,
            TakenCode::NotFound => return Err(useless()),
            TakenCode::ShownAgain { user_id, ended } => {
                if let Some(id) = ended {
                    self.audit_end(&user_id, &id, &client.id, "code_shown_again").await?;
                }
                return Err(useless());
            }
        };
        if code.redirect_uri != shown.redirect_uri {
            return Err(Refused::grant("redirect_uri is not the one that the code was sent to"));
        }
        if code.resource != self.settings.assistant_resource() {
            return Err(useless());
        }
        let challenge = Pkce::of(shown.verifier).challenge;
        if !SecretHash::of(&challenge).matches(&SecretHash::of(&code.challenge)) {
            return Err(Refused::grant("code_verifier does not fit the challenge of the request"));
        }
        let (access, refresh, kept) = fresh_tokens(self);
        match self.store.create_assistant(&code, &kept, self.now() + CLIENT_LIFETIME).await {
            Err(StoreError::Conflict { .. }) => return Err(useless()),
            other => other?,
        };
        Ok(IssuedTokens { access, refresh, scopes: code.scopes })
    }

    /// Exchanges a refresh token, once. Shown a second time it ends all of it: one of the two has stolen it.
    pub async fn refresh_assistant(
        &self,
        client: &ShownClient,
        token: &SecretString,
        scope: Option<&str>,
        resource: Option<&str>,
    ) -> Result<IssuedTokens, Refused> {
        let client = self.authenticate_client(client).await?;
        self.check_resource(resource)?;
        let hash = SecretHash::of(token.expose_secret()).to_hex();
        let own = self.settings.assistant_resource();
        let shown = Presented { hash: &hash, client: &client.id, resource: &own, now: self.now() };
        let wanted = scope.map(read_scopes);
        let too_much = || {
            let message = "scope: only what was allowed; ask the person for more";
            Refused::new(RefusalWord::InvalidScope, message)
        };
        if wanted.as_ref().is_some_and(Vec::is_empty) {
            return Err(too_much());
        }
        let (access, refresh, kept) = fresh_tokens(self);
        let ends = self.now() + CLIENT_LIFETIME;
        match self.store.rotate_assistant_tokens(shown, wanted.as_deref(), &kept, ends).await? {
            Rotated::Exchanged(scopes) => Ok(IssuedTokens { access, refresh, scopes }),
            Rotated::TooMuch => Err(too_much()),
            // No word that has programs throw their token away: it will be good again.
            Rotated::UserDisabled => {
                Err(Refused::new(RefusalWord::AccessDenied, AppError::user_disabled().message))
            }
            Rotated::NotFound => Err(Refused::grant(
                "this refresh token is unknown, revoked or past its end: ask the person again",
            )),
            Rotated::Reused(ended) => {
                self.audit_end(&ended.user_id, &ended.id, &client.id, "refresh_token_shown_again").await?;
                Err(Refused::grant(
                    "this refresh token was used before, so all of it has ended: ask the person again",
                ))
            }
        }
    }

    /// Takes a token back (RFC 7009). One that is not this client's is as good as taken back.
    pub async fn revoke_assistant_token(
        &self,
        client: &ShownClient,
        token: &SecretString,
    ) -> Result<(), Refused> {
        let client = self.authenticate_client(client).await?;
        let hash = SecretHash::of(token.expose_secret()).to_hex();
        match self.store.revoke_assistant_token(&hash, &client.id).await? {
            Some(RevokedAssistantToken::Assistant { user_id, id }) => {
                Ok(self.audit_end(&user_id, &id, &client.id, "given_back").await?)
            }
            Some(RevokedAssistantToken::Access) | None => Ok(()),
        }
    }

    pub(super) async fn audit_end(
        &self,
        user: &gangway_model::UserId,
        id: &gangway_model::AssistantId,
        client: &gangway_model::AssistantClientId,
        why: &str,
    ) -> Result<(), StoreError> {
        let details = json!({ "assistant_id": id, "client_id": client, "because": why });
        self.store.append_audit(Some(user), "end_assistant", &details).await
    }
}
