//! Pushes for whole OAuth apps, as the operator sets them up at the providers: where they go, and what they are signed
//! with.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

use gangway_connector::{AppSecret, Connector, Descriptor, OfferedSecret, Push};
use gangway_model::{ConnectorId, ExposeSecret, SecretString, Timestamp};
use gangway_store::{AppSecretState, SealedAppSecret};
use serde_json::json;
use url::Url;

use crate::app::App;
use crate::error::{AppError, AppResult, Code};

/// The least time between two offers of a secret that are both sealed into the rows.
const BETWEEN_SEALED: Duration = Duration::from_secs(5);
/// Offers of a connector that are shown.
const MOST_OFFERS: usize = 20;

/// A secret that somebody offered to sign pushes with.
#[derive(Clone, Debug)]
pub struct Offer {
    pub secret: SecretString,
    pub at: Timestamp,
}

impl Offer {
    fn is_of(&self, secret: &SecretString) -> bool {
        self.secret.expose_secret() == secret.expose_secret()
    }
}

/// What was offered lately to this process. Anybody can offer something at any time, so that the latest offer need not
/// be the provider's: the last few are kept for the operator to choose from. The rows hold one of them, for a restart.
#[derive(Debug, Default)]
pub struct RecentOffers {
    /// One offer is sealed at a time.
    turn: tokio::sync::Mutex<()>,
    /// By connector, the newest first.
    offers: Mutex<BTreeMap<ConnectorId, VecDeque<Offer>>>,
}

impl RecentOffers {
    fn add(&self, connector: &ConnectorId, offer: Offer) {
        let mut all = self.offers.lock().expect("no holder of the offers' lock panics");
        let offers = all.entry(connector.clone()).or_default();
        offers.retain(|known| !known.is_of(&offer.secret));
        offers.push_front(offer);
        offers.truncate(MOST_OFFERS);
    }

    fn of(&self, connector: &ConnectorId) -> Vec<Offer> {
        let all = self.offers.lock().expect("no holder of the offers' lock panics");
        all.get(connector).into_iter().flatten().cloned().collect()
    }

    fn forget(&self, connector: &ConnectorId) {
        self.offers.lock().expect("no holder of the offers' lock panics").remove(connector);
    }
}

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
    /// These secrets were offered, the newest first: the operator confirms the provider's there.
    Offered { offers: Vec<Offer> },
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
                let connector = ConnectorId::from(descriptor.id);
                match self.store.find_app_secret(&connector).await? {
                    Some(kept) if kept.state == AppSecretState::Confirmed => WebhookState::Ready,
                    kept => match self.offers(&connector, kept.as_ref()).await? {
                        offers if offers.is_empty() => WebhookState::WaitsForHandshake,
                        offers => WebhookState::Offered { offers },
                    },
                }
            }
        };
        let path = format!("webhooks/{}", descriptor.id);
        let address = self.settings.webhook_base.as_ref().and_then(|base| base.join(&path).ok());
        Ok(Webhook { descriptor, address, state })
    }

    /// What was offered to this process, and what lies in the rows from before; the newest first.
    async fn offers(&self, connector: &ConnectorId, kept: Option<&SealedAppSecret>) -> AppResult<Vec<Offer>> {
        let mut offers = self.recent_offers.of(connector);
        if let Some(kept) = kept {
            let secret = self.vault.open_app_secret(kept).await?;
            if !offers.iter().any(|offer| offer.is_of(&secret)) {
                offers.push(Offer { secret, at: kept.offered_at });
                offers.sort_by_key(|offer| std::cmp::Reverse(offer.at));
            }
        }
        Ok(offers)
    }

    /// Says that an offered secret is the right one: no later offer replaces it. Which one has to be said when there are
    /// several.
    pub async fn confirm_webhook(&self, connector_id: &str, wanted: Option<&SecretString>) -> AppResult<()> {
        let conflict = |message: &str| Err(AppError::new(Code::Conflict, message));
        let connector = ConnectorId::from(self.get_connector(connector_id)?.descriptor().id);
        let _turn = self.recent_offers.turn.lock().await;
        let kept = self.store.find_app_secret(&connector).await?;
        let is_confirmed = kept.as_ref().is_some_and(|kept| kept.state == AppSecretState::Confirmed);
        let offers = match (is_confirmed, &kept) {
            // Nothing but the confirmed one counts any more.
            (true, Some(kept)) => {
                vec![Offer { secret: self.vault.open_app_secret(kept).await?, at: kept.offered_at }]
            }
            _ => self.offers(&connector, kept.as_ref()).await?,
        };
        let chosen = match wanted {
            Some(wanted) => match offers.iter().find(|offer| offer.is_of(wanted)) {
                Some(offer) => offer,
                None => return conflict("no such secret was offered lately, or another one is confirmed"),
            },
            None => match offers.as_slice() {
                [] => return conflict("the provider has not offered a secret yet"),
                [only] => only,
                _ => {
                    return conflict("several secrets were offered: name the one that the provider accepted");
                }
            },
        };
        let is_kept = match &kept {
            Some(kept) => chosen.is_of(&self.vault.open_app_secret(kept).await?),
            None => false,
        };
        if !is_kept {
            self.vault.offer_app_secret(&connector, &chosen.secret).await?;
        }
        let Some(kept) = self.store.find_app_secret(&connector).await? else {
            return conflict("the secret was forgotten meanwhile: look again");
        };
        // Another process may have kept another one meanwhile.
        let is_chosen = chosen.is_of(&self.vault.open_app_secret(&kept).await?);
        if !is_chosen || !self.store.confirm_app_secret(&kept).await? {
            return conflict("the provider has offered another secret: look again");
        }
        self.recent_offers.forget(&connector);
        self.store.append_audit(None, "confirm_webhook", &json!({ "connector_id": connector })).await?;
        Ok(())
    }

    /// Forgets the secret, so that a new handshake can offer another.
    pub async fn forget_webhook(&self, connector_id: &str) -> AppResult<()> {
        let connector = ConnectorId::from(self.get_connector(connector_id)?.descriptor().id);
        let was_offered = !self.recent_offers.of(&connector).is_empty();
        self.recent_offers.forget(&connector);
        if !self.store.delete_app_secret(&connector).await? && !was_offered {
            return Err(AppError::not_found("webhook secret"));
        }
        self.store.append_audit(None, "forget_webhook", &json!({ "connector_id": connector })).await?;
        Ok(())
    }

    /// Keeps what a provider offers to sign with, beside what others offer. One that is set or confirmed stays, whoever
    /// offers another: the offer itself proves nothing.
    pub(crate) async fn keep_offer(
        &self,
        connector: &'static dyn Connector,
        offered: &OfferedSecret,
    ) -> AppResult<bool> {
        let descriptor = connector.descriptor();
        let takes_offers = descriptor.capabilities.push == Push::PerApp(AppSecret::Offered)
            && self.apps.oauth(descriptor.id).is_some();
        let connector = ConnectorId::from(descriptor.id);
        let is_set = self.apps.get(descriptor.id).is_some_and(|set| set.webhook_secret.is_some());
        let kept = self.store.find_app_secret(&connector).await?;
        let is_confirmed = kept.as_ref().is_some_and(|kept| kept.state == AppSecretState::Confirmed);
        if !takes_offers || is_set || is_confirmed {
            return Ok(false);
        }
        let at = self.now();
        self.recent_offers.add(&connector, Offer { secret: offered.0.clone(), at });
        // One at a time and seconds apart: sealing costs a key derivation, and anybody can send offers.
        if let Ok(_turn) = self.recent_offers.turn.try_lock()
            && kept.is_none_or(|kept| at >= kept.offered_at + BETWEEN_SEALED)
        {
            self.vault.offer_app_secret(&connector, &offered.0).await?;
        }
        Ok(true)
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
