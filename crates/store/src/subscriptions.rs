//! Webhook subscriptions at the providers.

use std::fmt;

use gangway_model::{ConnectionId, FeedKey, SubscriptionId, Timestamp};
use sqlx::any::AnyRow;

use crate::Store;
use crate::disabled::SUBSCRIBER_WORKS;
use crate::error::Result;
use crate::row::{Columns, read_all};
use crate::sql::Sql;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscriptionState {
    Active,
    /// To be stopped at the provider; notifications are no longer believed.
    Stopping,
}

impl SubscriptionState {
    pub fn as_str(self) -> &'static str {
        match self {
            SubscriptionState::Active => "active",
            SubscriptionState::Stopping => "stopping",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Stopping].into_iter().find(|state| state.as_str() == text)
    }
}

#[derive(Clone)]
pub struct NewSubscription {
    pub id: SubscriptionId,
    pub connection_id: ConnectionId,
    pub feed: FeedKey,
    /// The provider's own name for what is watched, which stopping needs.
    pub resource_id: Option<String>,
    pub secret_sealed: Vec<u8>,
    pub expires_at: Option<Timestamp>,
}

impl fmt::Debug for NewSubscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewSubscription")
            .field("id", &self.id)
            .field("connection_id", &self.connection_id)
            .field("feed", &self.feed)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Debug)]
pub struct Subscription {
    pub subscription: NewSubscription,
    pub state: SubscriptionState,
    pub created_at: Timestamp,
    pub last_push_at: Option<Timestamp>,
}

const COLUMNS: &str =
    "id, connection_id, feed, resource_id, secret_sealed, state, created_at, expires_at, last_push_at";

fn read_subscription(row: &AnyRow) -> Result<Subscription> {
    let subscription = NewSubscription {
        id: row.id("id")?,
        connection_id: row.id("connection_id")?,
        feed: row.id("feed")?,
        resource_id: row.opt_text("resource_id")?,
        secret_sealed: row.bytes("secret_sealed")?,
        expires_at: row.opt_time("expires_at")?,
    };
    Ok(Subscription {
        subscription,
        state: row.word("state", SubscriptionState::parse)?,
        created_at: row.time("created_at")?,
        last_push_at: row.opt_time("last_push_at")?,
    })
}

fn subscriptions() -> Sql {
    Sql::new("SELECT ").sql(COLUMNS).sql(" FROM subscriptions")
}

impl Store {
    /// Remembers a subscription. To be called before the provider is asked, so that none is ever left
    /// unknown; [`Store::set_subscription_answer`] adds what the provider said.
    pub async fn create_subscription(&self, new: &NewSubscription) -> Result<()> {
        Sql::new("INSERT INTO subscriptions (")
            .sql(COLUMNS)
            .sql(") VALUES ")
            .rows(&[new], |new| {
                [
                    (&new.id).into(),
                    (&new.connection_id).into(),
                    (&new.feed).into(),
                    (&new.resource_id).into(),
                    (&new.secret_sealed).into(),
                    SubscriptionState::Active.as_str().into(),
                    self.now().into(),
                    new.expires_at.into(),
                    None::<i64>.into(),
                ]
            })
            .run(&self.write)
            .await?;
        Ok(())
    }

    pub async fn set_subscription_answer(
        &self,
        id: &SubscriptionId,
        resource_id: Option<&str>,
        expires_at: Option<Timestamp>,
    ) -> Result<()> {
        Sql::new("UPDATE subscriptions SET resource_id = ")
            .arg(resource_id)
            .sql(", expires_at = ")
            .arg(expires_at)
            .sql(" WHERE id = ")
            .arg(id)
            .run(&self.write)
            .await?;
        Ok(())
    }

    pub async fn find_subscription(&self, id: &SubscriptionId) -> Result<Option<Subscription>> {
        let row = subscriptions().sql(" WHERE id = ").arg(id).first(&self.read).await?;
        row.as_ref().map(read_subscription).transpose()
    }

    /// A connection's subscriptions in the order they were made, stopping ones too.
    pub async fn list_by_connection(&self, connection: &ConnectionId) -> Result<Vec<Subscription>> {
        let rows =
            subscriptions().sql(" WHERE connection_id = ").arg(connection).sql(" ORDER BY created_at, id");
        read_all(rows.all(&self.read).await?, read_subscription)
    }

    /// Active subscriptions that end before `before`, the first to end first.
    pub async fn list_expiring(&self, before: Timestamp, limit: u32) -> Result<Vec<Subscription>> {
        let rows = subscriptions()
            .sql(" WHERE state = 'active' AND expires_at < ")
            .arg(before)
            .sql(" AND")
            .sql(SUBSCRIBER_WORKS)
            .sql(" ORDER BY expires_at, id LIMIT ")
            .arg(limit)
            .all(&self.read)
            .await?;
        read_all(rows, read_subscription)
    }

    pub async fn mark_stopping(&self, id: &SubscriptionId) -> Result<()> {
        Sql::new("UPDATE subscriptions SET state = 'stopping' WHERE id = ").arg(id).run(&self.write).await?;
        Ok(())
    }

    pub async fn delete_subscription(&self, id: &SubscriptionId) -> Result<()> {
        Sql::new("DELETE FROM subscriptions WHERE id = ").arg(id).run(&self.write).await?;
        Ok(())
    }

    /// Notes that a notification came.
    pub async fn touch_push(&self, id: &SubscriptionId, at: Timestamp) -> Result<()> {
        Sql::new("UPDATE subscriptions SET last_push_at = ")
            .arg(at)
            .sql(" WHERE id = ")
            .arg(id)
            .run(&self.write)
            .await?;
        Ok(())
    }
}
