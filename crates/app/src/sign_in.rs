//! Who is calling: a user by token, or the product's back end by the admin key; either by a browser's session, too.

use std::sync::Arc;

use gangway_model::User;
use gangway_store::ConnectedCaller;

use crate::app::App;
use crate::error::{AppError, AppResult, Code};
use crate::secret_hash::SecretHash;
use crate::sessions::Credential;

impl App {
    /// The user a token acts as.
    pub async fn sign_in(&self, credential: &Credential) -> AppResult<User> {
        let hash = self.hash_behind(credential).await?;
        self.user_behind(&hash).await
    }

    pub(crate) async fn user_behind(&self, hash: &SecretHash) -> AppResult<User> {
        if let Some(user) = self.store.find_user_by_token_hash(&hash.to_hex(), self.now()).await? {
            return working(user);
        }
        Err(self.refuse_token(hash))
    }

    /// The user a token acts as, with every connection: one look-up, where signing in and asking would be two.
    pub(crate) async fn sign_in_connected(&self, credential: &Credential) -> AppResult<Arc<ConnectedCaller>> {
        let hash = self.hash_behind(credential).await?;
        let caller = self.store.find_connected_caller(&hash.to_hex()).await?;
        let caller = caller.ok_or_else(|| self.refuse_token(&hash))?;
        check_working(&caller.user)?;
        Ok(caller)
    }

    fn refuse_token(&self, hash: &SecretHash) -> AppError {
        if self.is_admin_key(hash) {
            return AppError::new(Code::Forbidden, "the admin key acts for no user: make a user token");
        }
        AppError::new(Code::Unauthorized, "this token is unknown, revoked or past its end")
    }

    /// Lets the holder of the admin key in.
    pub async fn sign_in_admin(&self, credential: &Credential) -> AppResult<()> {
        let hash = self.hash_behind(credential).await?;
        if self.is_admin_key(&hash) {
            return Ok(());
        }
        if self.store.find_user_by_token_hash(&hash.to_hex(), self.now()).await?.is_some() {
            return Err(AppError::new(Code::Forbidden, "this needs the admin key, not a user token"));
        }
        Err(AppError::new(Code::Unauthorized, "this admin key is not the server's"))
    }

    pub(crate) fn is_admin_key(&self, hash: &SecretHash) -> bool {
        self.settings.admin_key.as_ref().is_some_and(|key| key.matches(hash))
    }
}

/// A user, unless they are disabled: whoever finds a user to act as asks this.
pub(crate) fn working(user: User) -> AppResult<User> {
    check_working(&user).map(|()| user)
}

fn check_working(user: &User) -> AppResult<()> {
    match user.disabled_at {
        Some(_) => Err(AppError::user_disabled()),
        None => Ok(()),
    }
}
