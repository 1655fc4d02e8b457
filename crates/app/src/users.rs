//! Organisations, users and their tokens: what the product's back end does with the admin key.

use std::time::Duration;

use gangway_effects::random_token;
use gangway_model::ExposeSecret;
use gangway_model::{Organization, OrganizationId, Plan, SecretString, TokenId, User, UserId};
use gangway_store::{AuditEntry, NewUser, StoreError, UserChange, UserToken};
use gangway_sync::{USER_IS_DISABLED, payload};
use serde_json::json;

use crate::app::App;
use crate::error::{AppError, AppResult, Code};
use crate::page::{Page, PageOf};
use crate::secret_hash::SecretHash;

#[derive(Clone, Debug, Default)]
pub struct CreateUser {
    pub organization_id: Option<OrganizationId>,
    pub external_id: Option<String>,
    pub name: Option<String>,
    pub email: Option<String>,
    pub plan: Plan,
}

/// A token just made: the only moment its text exists outside its owner's hands.
#[derive(Debug)]
pub struct CreatedToken {
    pub id: TokenId,
    pub token: SecretString,
}

impl App {
    pub async fn create_organization(&self, name: &str, plan: Plan) -> AppResult<Organization> {
        Ok(self.store.create_organization(name, plan).await?)
    }

    pub async fn list_organizations(&self, page: &PageOf) -> AppResult<Page<Organization>> {
        Ok(Page::of(self.store.list_organizations(&page.paging()?).await?))
    }

    pub async fn create_user(&self, new: CreateUser) -> AppResult<User> {
        self.require_organization(new.organization_id.as_ref()).await?;
        let id = UserId::fresh();
        let key = self.vault.create_user_key(&id).await?;
        let row = NewUser {
            id,
            organization_id: new.organization_id,
            external_id: new.external_id,
            name: new.name,
            email: new.email,
            plan: new.plan,
            key,
        };
        let user = self.store.create_user(&row).await.map_err(|error| match error {
            StoreError::Conflict { .. } => {
                AppError::new(Code::Conflict, "there is already a user with this external_id")
                    .with("field", "external_id")
            }
            other => other.into(),
        })?;
        self.store.append_audit(None, "create_user", &json!({ "user_id": user.id })).await?;
        Ok(user)
    }

    /// All users, or those with `part` in their external id, email or name.
    pub async fn list_users(&self, part: Option<&str>, page: &PageOf) -> AppResult<Page<User>> {
        Ok(Page::of(self.store.list_users(part, &page.paging()?).await?))
    }

    /// The user with the product's own id, as a list of none or one.
    pub async fn find_user_by_external_id(&self, external_id: &str) -> AppResult<Page<User>> {
        let found = self.store.find_user_by_external_id(external_id).await?;
        Ok(Page { rows: found.into_iter().collect(), next: None })
    }

    pub async fn get_user(&self, id: &UserId) -> AppResult<User> {
        self.store.find_user(id).await?.ok_or_else(|| AppError::not_found("user"))
    }

    pub async fn update_user(&self, id: &UserId, change: &UserChange) -> AppResult<User> {
        let before = self.get_user(id).await?;
        self.require_organization(change.organization_id.iter().flatten().next()).await?;
        let user = self.store.update_user(id, change).await?;
        match (before.disabled_at.is_some(), user.disabled_at.is_some()) {
            (false, true) => self.store.append_audit(None, "disable_user", &json!({ "user_id": id })).await?,
            (true, false) => self.store.append_audit(None, "enable_user", &json!({ "user_id": id })).await?,
            _ => {}
        }
        // Also of one who is enabled already: the call before may have ended before this.
        if change.disabled == Some(false) {
            self.take_up_again(id).await?;
        }
        Ok(user)
    }

    /// Goes on with what waited while a user was disabled: jobs, and what has happened at the sources since.
    async fn take_up_again(&self, user: &UserId) -> AppResult<()> {
        let now = self.now();
        self.store.end_pauses_of(user, USER_IS_DISABLED).await?;
        for connection in self.store.find_connections(user, None).await? {
            let id = connection.connector_id.as_str();
            if self.local_connector().is_ok_and(|local| local.descriptor().id == id) {
                continue;
            }
            self.store.enqueue(&payload::follow(&connection.id, now)).await?;
            self.store.enqueue(&payload::subscriptions(&connection.id, now)).await?;
        }
        // What nobody could read meanwhile was passed over.
        self.engine.look_through_unread_again().await;
        self.engine.wake();
        Ok(())
    }

    /// Ends a user: tokens are dead at once; grants are revoked and rows, bytes and keys destroyed by the engine.
    pub async fn delete_user(&self, id: &UserId) -> AppResult<()> {
        self.get_user(id).await?;
        self.store.start_user_deletion(id, &payload::delete_user(id, self.now())).await?;
        self.engine.wake();
        self.vault.forget_user(id);
        self.store.append_audit(None, "delete_user", &json!({ "user_id": id })).await?;
        Ok(())
    }

    /// Makes a token that acts as the user. Only its hash is kept.
    pub async fn create_token(
        &self,
        user: &UserId,
        label: Option<&str>,
        lifetime: Option<Duration>,
    ) -> AppResult<CreatedToken> {
        self.get_user(user).await?;
        let token = SecretString::from(random_token("gw_"));
        let hash = SecretHash::of(token.expose_secret()).to_hex();
        let ends = lifetime.map(|lifetime| self.now() + lifetime);
        let id = self.store.create_token(user, &hash, label, ends).await?;
        self.store.append_audit(None, "create_token", &json!({ "user_id": user, "token_id": id })).await?;
        Ok(CreatedToken { id, token })
    }

    pub async fn list_tokens(&self, user: &UserId) -> AppResult<Vec<UserToken>> {
        self.get_user(user).await?;
        Ok(self.store.list_tokens(user).await?)
    }

    pub async fn delete_token(&self, user: &UserId, id: &TokenId) -> AppResult<()> {
        self.get_user(user).await?;
        match self.store.delete_token(user, id).await {
            Err(StoreError::NotFound) => return Err(AppError::not_found("token")),
            other => other?,
        }
        self.store.append_audit(None, "delete_token", &json!({ "user_id": user, "token_id": id })).await?;
        Ok(())
    }

    pub async fn list_audit(&self, page: &PageOf) -> AppResult<Page<AuditEntry>> {
        Ok(Page::of(self.store.list_audit(None, &page.paging()?).await?))
    }

    async fn require_organization(&self, id: Option<&OrganizationId>) -> AppResult<()> {
        let Some(id) = id else { return Ok(()) };
        match self.store.get_organization(id).await {
            Err(StoreError::NotFound) => {
                Err(AppError::not_found("organization").with("field", "organization_id"))
            }
            other => Ok(other.map(drop)?),
        }
    }
}
