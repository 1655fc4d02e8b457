//! Pushes for whole OAuth apps, as the operator sets them up at the providers: where they go, and what they are signed
//! with.

use std::time::Duration;

use gangway_connector::{AppSecret, Connector, Descriptor, OfferedSecret, Push};
use gangway_model::{ConnectorId, ExposeSecret, SecretString, Timestamp};
use gangway_store::AppSecretState;
use serde_json::json;
use url::Url;

use crate::app::App;
use crate::error::{AppError, AppResult, Code};

/// The least time between two offers of a secret that are both kept.
const BETWEEN_OFFERS: Duration = Duration::from_secs(5);

/// One offer of a secret is looked at at a time.
#[derive(Debug, Default)]
pub struct OfferTurn(tokio::sync::Mutex<()>);

/// How far an operator is with a connector's pushes.
#[derive(Debug)]
pub enum WebhookState {
    /// Every connection asks for its own pushes: nothing is to be done.
    Automatic,
    /// The secret is known: pushes are taken.
    Ready,
    /// `webhook_secret` has to be set.
    NeedsSecret,
    /// The provider has not been told the address yet, or has not called.
    WaitsForHandshake,
    /// The provider offered this secret: the operator confirms it there.
    Offered { secret: SecretString, at: Timestamp },
}

#[derive(Debug)]
pub struct Webhook {
    pub descriptor: &'static Descriptor,
    /// What to enter at the provider; `None` while this server has no public address for pushes.
    pub address: Option<Url>,
    pub state: WebhookState,
}

impl App {
    /// Every connector that takes pushes.
    pub async fn list_webhooks(&self) -> AppResult<Vec<Webhook>> {
        let mut all = Vec::new();
        for connector in self.registry {
            let descriptor = connector.descriptor();
            if descriptor.is_built() && descriptor.capabilities.push != Push::None {
                all.push(self.webhook(descriptor).await?);
            }
        }
        Ok(all)
    }

    async fn webhook(&self, descriptor: &'static Descriptor) -> AppResult<Webhook> {
        let set = self.apps.get(descriptor.id);
        let state = match descriptor.capabilities.push {
            Push::None | Push::PerFeed => WebhookState::Automatic,
            Push::PerApp(_) if set.is_some_and(|set| set.webhook_secret.is_some()) => WebhookState::Ready,
            Push::PerApp(AppSecret::ClientSecret) => match self.apps.oauth(descriptor.id) {
                Some(_) => WebhookState::Ready,
                None => WebhookState::NeedsSecret,
            },
            Push::PerApp(AppSecret::Configured) => WebhookState::NeedsSecret,
            Push::PerApp(AppSecret::Offered) => {
                match self.store.find_app_secret(&descriptor.id.into()).await? {
                    None => WebhookState::WaitsForHandshake,
                    Some(kept) if kept.state == AppSecretState::Confirmed => WebhookState::Ready,
                    Some(kept) => WebhookState::Offered {
                        secret: self.vault.open_app_secret(&kept).await?,
                        at: kept.offered_at,
                    },
                }
            }
        };
        let path = format!("webhooks/{}", descriptor.id);
        let address = self.settings.webhook_base.as_ref().and_then(|base| base.join(&path).ok());
        Ok(Webhook { descriptor, address, state })
    }

    /// Says that the offered secret is the right one: no later offer replaces it.
    pub async fn confirm_webhook(&self, connector_id: &str) -> AppResult<()> {
        let connector = ConnectorId::from(self.get_connector(connector_id)?.descriptor().id);
        let Some(kept) = self.store.find_app_secret(&connector).await? else {
            return Err(AppError::new(Code::Conflict, "the provider has not offered a secret yet"));
        };
        if !self.store.confirm_app_secret(&kept).await? {
            return Err(AppError::new(Code::Conflict, "the provider has offered another secret: look again"));
        }
        self.store.append_audit(None, "confirm_webhook", &json!({ "connector_id": connector })).await?;
        Ok(())
    }

    /// Forgets the secret, so that a new handshake can offer another.
    pub async fn forget_webhook(&self, connector_id: &str) -> AppResult<()> {
        let connector = ConnectorId::from(self.get_connector(connector_id)?.descriptor().id);
        if !self.store.delete_app_secret(&connector).await? {
            return Err(AppError::not_found("webhook secret"));
        }
        self.store.append_audit(None, "forget_webhook", &json!({ "connector_id": connector })).await?;
        Ok(())
    }

    /// Keeps what a provider offers to sign with. One that is set or confirmed stays, whoever offers another: the
    /// offer itself proves nothing.
    pub(crate) async fn keep_offer(
        &self,
        connector: &'static dyn Connector,
        offered: &OfferedSecret,
    ) -> AppResult<bool> {
        let descriptor = connector.descriptor();
        let takes_offers = descriptor.capabilities.push == Push::PerApp(AppSecret::Offered)
            && self.apps.oauth(descriptor.id).is_some();
        // One at a time and seconds apart: sealing costs a key derivation, and anybody can send offers.
        let Ok(_turn) = self.offer_turn.0.try_lock() else { return Ok(false) };
        let is_set = self.apps.get(descriptor.id).is_some_and(|set| set.webhook_secret.is_some());
        // Looked at first: sealing costs much more than asking.
        let kept = self.store.find_app_secret(&descriptor.id.into()).await?;
        let is_settled = kept.is_some_and(|kept| {
            kept.state == AppSecretState::Confirmed || self.now() < kept.offered_at + BETWEEN_OFFERS
        });
        if !takes_offers || is_set || is_settled {
            return Ok(false);
        }
        Ok(self.vault.offer_app_secret(&descriptor.id.into(), &offered.0).await?)
    }

    /// What a connector's pushes for the whole app are signed with. A secret that was only offered counts for nothing:
    /// anybody can offer one.
    pub(crate) async fn app_secret(
        &self,
        connector: &'static dyn Connector,
    ) -> AppResult<Option<SecretString>> {
        let descriptor = connector.descriptor();
        let Push::PerApp(kind) = descriptor.capabilities.push else { return Ok(None) };
        if let Some(secret) = self.apps.get(descriptor.id).and_then(|set| set.webhook_secret.clone()) {
            return Ok(Some(secret));
        }
        Ok(match kind {
            AppSecret::ClientSecret => {
                let app = self.apps.oauth(descriptor.id).map(|(app, _)| app);
                app.map(|app| app.client_secret.expose_secret().into())
            }
            AppSecret::Configured => None,
            AppSecret::Offered => match self.store.find_app_secret(&descriptor.id.into()).await? {
                Some(kept) if kept.state == AppSecretState::Confirmed => {
                    Some(self.vault.open_app_secret(&kept).await?)
                }
                _ => None,
            },
        })
    }
}
