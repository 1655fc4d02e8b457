//! Which client calls the token endpoint, and whether it is itself.

use gangway_model::{AssistantClientId, ExposeSecret, SecretString};
use gangway_store::AssistantClient;

use super::documents::is_address;
use super::{RefusalWord, Refused};
use crate::app::App;
use crate::secret_hash::SecretHash;

/// What a client shows of itself, in the body or by HTTP Basic.
#[derive(Clone, Debug)]
pub struct ShownClient {
    pub id: String,
    pub secret: Option<SecretString>,
}

impl App {
    /// One answer for "no such client" and "wrong secret".
    pub(super) async fn authenticate_client(&self, shown: &ShownClient) -> Result<AssistantClient, Refused> {
        if is_address(&shown.id) {
            // What a person allowed it, it does as long as the operator admits such programs.
            self.admitted_address(&shown.id)?;
        }
        let id = AssistantClientId::from(shown.id.as_str());
        let found = self.store.find_assistant_client(&id, self.now()).await?;
        let is_itself = |client: &AssistantClient| match (&client.secret_hash, &shown.secret) {
            (Some(hash), Some(secret)) => SecretHash::of(secret.expose_secret()).matches_hex(hash),
            (Some(_), None) => false,
            (None, _) => true,
        };
        found.filter(is_itself).ok_or_else(|| {
            let message = "this client is not known here, or its secret is not the one it was given";
            Refused::new(RefusalWord::InvalidClient, message)
        })
    }
}
