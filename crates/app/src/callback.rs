//! What our own callback page has to know before anything is completed.

use gangway_connector::Descriptor;
use gangway_model::User;

use crate::app::App;
use crate::error::AppResult;
use crate::secret_hash::SecretHash;
use crate::sign_in::working;

/// An authorization that waits for its code.
#[derive(Debug)]
pub struct OpenCallback {
    pub user: User,
    pub descriptor: &'static Descriptor,
}

impl App {
    /// Whom a state would connect to what; `None` when it is unknown, used or expired. Uses nothing up.
    pub async fn find_open_callback(&self, state: &str) -> AppResult<Option<OpenCallback>> {
        let hash = SecretHash::of(state).to_hex();
        let Some(found) = self.store.find_authorization_request(&hash).await? else { return Ok(None) };
        let request = found.request;
        if found.used || request.expires_at <= self.now() {
            return Ok(None);
        }
        let descriptor = self.get_connector(request.connector_id.as_str())?.descriptor();
        let user = self.store.find_user(&request.user_id).await?.map(working).transpose()?;
        Ok(user.map(|user| OpenCallback { user, descriptor }))
    }
}
