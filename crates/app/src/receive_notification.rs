//! A provider's push: proven genuine, then turned into a look at the feed. Its content is never data.

use gangway_connector::{Connector, NotificationKey, NotificationRequest, Rejected, Verdict};
use gangway_model::{ConnectionId, ExposeSecret, SecretString, SubscriptionId};
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
        let (secret, subscription) = match key {
            NotificationKey::Subscription { id } => {
                let (secret, subscription) = self.subscription_secret(connector, id).await?;
                (secret, Some(subscription))
            }
            NotificationKey::App => (self.app_secret(connector)?, None),
        };
        let verdict =
            connector.verify_notification(request, &secret).map_err(|why| refused(connector, why))?;
        let connections = match verdict {
            Verdict::Answer { content_type, body } => {
                return Ok(NotificationAnswer::Handshake { content_type, body });
            }
            Verdict::Nothing => return Ok(NotificationAnswer::Accepted),
            Verdict::Poll { feeds: _ } => match subscription {
                Some(subscription) => {
                    self.store.touch_push(&subscription.id, self.now()).await?;
                    vec![subscription.connection_id]
                }
                None => Vec::new(),
            },
            Verdict::PollAccounts { account_ids } => self.connections_of(connector_id, &account_ids).await?,
        };
        for connection in connections {
            self.store.enqueue(&payload::follow(&connection, self.now())).await?;
        }
        self.engine.wake();
        metrics::counter!("gangway_notifications_total", "connector" => connector.descriptor().id)
            .increment(1);
        Ok(NotificationAnswer::Accepted)
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

    fn app_secret(&self, connector: &'static dyn Connector) -> AppResult<SecretString> {
        let settings = self.apps.oauth(connector.descriptor().id);
        let secret = settings.map(|(app, _)| app.client_secret.expose_secret().into());
        secret.ok_or_else(|| refused(connector, Rejected("no_app_configured")))
    }

    async fn connections_of(&self, connector_id: &str, accounts: &[String]) -> AppResult<Vec<ConnectionId>> {
        Ok(self.store.find_connections_of_accounts(&connector_id.into(), accounts).await?)
    }
}

/// One answer for everything that is not a genuine push; the log says which it was.
fn refused(connector: &'static dyn Connector, why: Rejected) -> AppError {
    let id = connector.descriptor().id;
    metrics::counter!("gangway_notifications_refused_total", "connector" => id).increment(1);
    tracing::info!(connector = id, %why, "refused a notification");
    AppError::new(Code::NotFound, "there is no such subscription")
}
