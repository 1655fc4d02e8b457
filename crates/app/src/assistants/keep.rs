//! Whom an assistant's token acts for, and what a person has allowed: seen and ended.

use gangway_model::{AssistantId, ExposeSecret, SecretString, User, UserId};
use gangway_store::{Assistant, AssistantCaller, StoreError, UsersAssistant};

use crate::app::App;
use crate::error::{AppError, AppResult, Code};
use crate::page::{Page, PageOf};
use crate::secret_hash::SecretHash;
use crate::sign_in::working;

/// What access tokens of assistants begin with, so that they are told from users' own.
pub(super) const ACCESS_PREFIX: &str = "gwat_";

impl App {
    /// Whether a token says of itself that it is an assistant's, and this server makes such tokens.
    pub fn is_assistant_token(&self, token: &SecretString) -> bool {
        self.settings.assistants.is_some() && token.expose_secret().starts_with(ACCESS_PREFIX)
    }

    /// The user an assistant's access token acts for, and what it may do. It has to have been made for this server's `/mcp`.
    pub async fn sign_in_assistant(&self, token: &SecretString) -> AppResult<AssistantCaller> {
        let hash = SecretHash::of(token.expose_secret()).to_hex();
        let own = self.settings.assistant_resource();
        let found = self.store.find_assistant_caller(&hash, self.now()).await?;
        let found = found.filter(|caller| caller.resource == own).ok_or_else(|| {
            AppError::new(
                Code::Unauthorized,
                "this token is unknown, revoked, past its end or for another server",
            )
        })?;
        Ok(AssistantCaller { user: working(found.user)?, ..found })
    }

    /// What a user has allowed assistants, the newest first.
    pub async fn list_assistants(&self, user: &User, page: &PageOf) -> AppResult<Page<Assistant>> {
        Ok(Page::of(self.store.list_assistants(&user.id, self.now(), &page.paging()?).await?))
    }

    /// What all users, or one of them, have allowed assistants, the newest first.
    pub async fn list_users_assistants(
        &self,
        user: Option<&UserId>,
        page: &PageOf,
    ) -> AppResult<Page<UsersAssistant>> {
        if let Some(user) = user {
            self.get_user(user).await?;
        }
        Ok(Page::of(self.store.list_users_assistants(user, self.now(), &page.paging()?).await?))
    }

    /// Ends what a user has allowed an assistant: its tokens are dead at once.
    pub async fn delete_assistant(&self, user: &User, id: &AssistantId) -> AppResult<()> {
        self.take_assistant_away(Some(&user.id), id, "the_user").await
    }

    /// The same for what any user has allowed: the operator's deed.
    pub async fn delete_users_assistant(&self, id: &AssistantId) -> AppResult<()> {
        self.take_assistant_away(None, id, "the_operator").await
    }

    async fn take_assistant_away(
        &self,
        user: Option<&UserId>,
        id: &AssistantId,
        because: &str,
    ) -> AppResult<()> {
        let (user, client) = match self.store.delete_assistant(user, id).await {
            Err(StoreError::NotFound) => return Err(AppError::not_found("assistant")),
            other => other?,
        };
        Ok(self.audit_end(&user, id, &client, because).await?)
    }
}
