//! A provider's push: proven genuine, then turned into a look at the feed. Its content is never data.

use gangway_connector::{Connector, Hint, NotificationKey, NotificationRequest, Rejected, Verdict, Whose};
use gangway_model::{ConnectionId, ProviderItemId, SecretString, SubscriptionId};
use gangway_store::{NewSubscription, SubscriptionState};
use gangway_sync::payload;

use crate::app::App;
use crate::error::{AppError, AppResult, Code};

/// What to answer the provider.
#[derive(Debug, PartialEq, Eq)]
pub enum NotificationAnswer {
    /// Genuine; nothing to say.
    Accepted,
    /// The provider's handshake.
    Handshake { content_type: &'static str, body: String },
}

impl App {
    /// Verifies a push and enqueues a look at the connections it concerns. Answered before anything is fetched.
    pub async fn receive_notification(
        &self,
        connector_id: &str,
        request: &NotificationRequest,
    ) -> AppResult<NotificationAnswer> {
        let connector = self.get_connector(connector_id)?;
        let key = connector.notification_key(request).map_err(|why| refused(connector, why))?;
        let (verdict, subscription) = match key {
            NotificationKey::Subscription { id } => {
                let (secret, subscription) = self.subscription_secret(connector, id).await?;
                (connector.verify_notification(request, &secret), Some(subscription))
            }
            NotificationKey::App => (self.verify_for_app(connector, request).await?, None),
            NotificationKey::Unsigned => {
                match connector.verify_notification(request, &SecretString::from("")) {
                    Ok(Verdict::Look(_)) => (Err(Rejected("unsigned")), None),
                    verdict => (verdict, None),
                }
            }
            NotificationKey::Offer { secret } => {
                return match self.keep_offer(connector, &secret).await? {
                    true => Ok(NotificationAnswer::Accepted),
                    false => Err(refused(connector, Rejected("offer_not_wanted"))),
                };
            }
        };
        let hint = match verdict.map_err(|why| refused(connector, why))? {
            Verdict::Answer { content_type, body } => {
                return Ok(NotificationAnswer::Handshake { content_type, body });
            }
            Verdict::Nothing => return Ok(NotificationAnswer::Accepted),
            Verdict::Look(hint) => hint,
        };
        let meant = self.connections_meant(connector, &hint.whose, subscription.as_ref()).await?;
        if hint.feeds {
            for connection in &meant {
                self.store.enqueue(&payload::follow(connection, self.now())).await?;
            }
        }
        if !hint.items.is_empty() {
            for connection in self.concerned(meant, &hint).await? {
                for item in &hint.items {
                    self.store.enqueue(&payload::look(&connection, item, self.now())).await?;
                }
            }
        }
        self.engine.wake();
        metrics::counter!("gangway_notifications_total", "connector" => connector.descriptor().id)
            .increment(1);
        Ok(NotificationAnswer::Accepted)
    }

    async fn verify_for_app(
        &self,
        connector: &'static dyn Connector,
        request: &NotificationRequest,
    ) -> AppResult<Result<Verdict, Rejected>> {
        Ok(match self.app_secret(connector).await? {
            Some(secret) => connector.verify_notification(request, &secret),
            None => Err(Rejected("no_secret_in_force")),
        })
    }

    /// The connections that a genuine push is about; notes that it came.
    async fn connections_meant(
        &self,
        connector: &'static dyn Connector,
        whose: &Whose,
        subscription: Option<&NewSubscription>,
    ) -> AppResult<Vec<ConnectionId>> {
        let id = connector.descriptor().id.into();
        let connections = match (whose, subscription) {
            (Whose::Subscription, Some(subscription)) => {
                self.store.touch_push(&subscription.id, self.now()).await?;
                let connection = vec![subscription.connection_id.clone()];
                return Ok(self.store.without_disabled_users(connection).await?);
            }
            (Whose::Subscription, None) => Vec::new(),
            (Whose::Accounts(accounts), _) => self.store.find_connections_of_accounts(&id, accounts).await?,
            (Whose::Workspace(workspace), _) => {
                self.store.find_connections_of_workspace(&id, workspace).await?
            }
        };
        self.store.touch_app_pushes(&connections, self.now()).await?;
        // What is pushed for a disabled user is found when they are enabled and their feeds are read on.
        Ok(self.store.without_disabled_users(connections).await?)
    }

    /// Those of the connections that have something to do with what a hint names: a message costs a call for each of
    /// them, and a workspace may have thousands.
    async fn concerned(&self, connections: Vec<ConnectionId>, hint: &Hint) -> AppResult<Vec<ConnectionId>> {
        if hint.within.is_empty() {
            return Ok(connections);
        }
        let places: Vec<ProviderItemId> = hint.within.iter().chain(&hint.items).cloned().collect();
        Ok(self.store.filter_connections_with(&connections, &places).await?)
    }

    async fn subscription_secret(
        &self,
        connector: &'static dyn Connector,
        id: String,
    ) -> AppResult<(SecretString, NewSubscription)> {
        let unknown = || refused(connector, Rejected("unknown_subscription"));
        let found = self.store.find_subscription(&SubscriptionId::from(id)).await?.ok_or_else(unknown)?;
        if found.state != SubscriptionState::Active {
            return Err(unknown());
        }
        let found = found.subscription;
        let connection = self.store.find_connection(&found.connection_id).await?.ok_or_else(unknown)?;
        if connection.connector_id.as_str() != connector.descriptor().id {
            return Err(unknown());
        }
        let purpose = gangway_sync::subscription_purpose(&found.id);
        let plain = self.vault.open(&connection.user_id, &purpose, &found.secret_sealed).await?;
        let secret = std::str::from_utf8(&plain).map_err(AppError::internal)?.into();
        Ok((secret, found))
    }
}

/// One answer for everything that is not a genuine push; the log says which it was.
fn refused(connector: &'static dyn Connector, why: Rejected) -> AppError {
    let id = connector.descriptor().id;
    metrics::counter!("gangway_notifications_refused_total", "connector" => id).increment(1);
    tracing::info!(connector = id, %why, "refused a notification");
    AppError::new(Code::NotFound, "there is no such subscription")
}
