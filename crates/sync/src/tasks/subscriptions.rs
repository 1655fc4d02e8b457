//! Webhook subscriptions: made for every feed that is followed, replaced before they end, stopped when nobody
//! follows any more. Where they cannot be had, polling goes on as before.

use std::collections::BTreeSet;

use gangway_connector::{Push, Source, SubscribeRequest, Subscription as AtProvider};
use gangway_effects::random_token;
use gangway_model::{
    Connection, ConnectionState, FeedKey, SecretString, SubscriptionId, SyncMode, Timestamp,
};
use gangway_store::{NewSubscription, Subscription, SubscriptionState};

use crate::context::{Rooms, TaskContext};
use crate::schedule::RENEW_AHEAD;
use crate::stop::Stop;
use crate::tasks::payload::OfConnection;

pub async fn run(context: &TaskContext, payload: OfConnection) -> Result<(), Stop> {
    let rooms = &context.rooms;
    let Some(connection) = rooms.store.find_connection(&payload.connection).await? else { return Ok(()) };
    if connection.state != ConnectionState::Active || rooms.store.is_of_disabled_user(&connection.id).await? {
        return Ok(());
    }
    let can_push = context.capabilities(&connection).push == Push::PerFeed;
    let Some(base) = rooms.settings.webhook_base.as_ref().filter(|_| can_push) else { return Ok(()) };
    let address = base
        .join(&format!("webhooks/{}", connection.connector_id))
        .map_err(|error| Stop::failed("bad_public_url", error.to_string()))?;
    let source = context.open(&connection)?;
    let scopes = rooms.store.list_scopes(Some(&connection.id), None, false).await?;
    let wanted: BTreeSet<FeedKey> = scopes
        .into_iter()
        .filter(|scope| scope.mode == SyncMode::Auto)
        .map(|scope| scope.feed.unwrap_or_else(|| source.default_feed()))
        .collect();
    let present = rooms.store.list_by_connection(&connection.id).await?;
    let now = rooms.now();
    for feed in &wanted {
        let lasts = present.iter().any(|one| one.subscription.feed == *feed && is_lasting(one, now));
        if !lasts {
            subscribe(context, &connection, source.as_ref(), feed, address.clone()).await?;
        }
    }
    // The old ones are stopped after the new ones stand, so that no notification falls between.
    for one in rooms.store.list_by_connection(&connection.id).await? {
        let needed = wanted.contains(&one.subscription.feed) && is_lasting(&one, now);
        if !needed {
            stop(rooms, source.as_ref(), &one).await?;
        }
    }
    Ok(())
}

/// Stops every subscription of a connection, as far as its grant still allows to say so.
pub async fn stop_all(context: &TaskContext, connection: &Connection) -> Result<(), Stop> {
    let rooms = &context.rooms;
    let present = rooms.store.list_by_connection(&connection.id).await?;
    if present.is_empty() {
        return Ok(());
    }
    let source = rooms.opener.open(connection).map_err(Stop::Failed)?;
    for one in present {
        stop(rooms, source.as_ref(), &one).await?;
    }
    Ok(())
}

fn is_lasting(one: &Subscription, now: Timestamp) -> bool {
    one.state == SubscriptionState::Active
        && one.subscription.resource_id.is_some()
        && one.subscription.expires_at.is_none_or(|end| end > now + RENEW_AHEAD)
}

async fn subscribe(
    context: &TaskContext,
    connection: &Connection,
    source: &dyn Source,
    feed: &FeedKey,
    address: url::Url,
) -> Result<(), Stop> {
    let rooms = &context.rooms;
    let Some(cursor) = rooms.store.feed_cursor(&connection.id, feed).await? else { return Ok(()) };
    let id = SubscriptionId::fresh();
    let secret = SecretString::from(random_token("push_"));
    let sealed =
        rooms.vault.seal(&connection.user_id, &subscription_purpose(&id), secret_bytes(&secret)).await?;
    let new = NewSubscription {
        id: id.clone(),
        connection_id: connection.id.clone(),
        feed: feed.clone(),
        resource_id: None,
        secret_sealed: sealed,
        expires_at: None,
    };
    rooms.store.create_subscription(&new).await?;
    let request = SubscribeRequest {
        id: id.to_string(),
        feed: feed.clone(),
        cursor,
        secret,
        address,
        now: rooms.now(),
    };
    match source.subscribe(&request).await {
        Ok(made) => {
            // Without the provider's own id there would be nothing to stop it by later.
            let resource = made.resource_id.unwrap_or_else(|| made.id.clone());
            rooms.store.set_subscription_answer(&id, Some(&resource), made.expires_at).await?;
            Ok(())
        }
        Err(error) => {
            rooms.store.delete_subscription(&id).await?;
            tracing::warn!(connection = %connection.id, feed = %feed, code = error.code, %error, "no pushes for this feed; polling goes on");
            match Stop::from_connector(&error) {
                // What does not mend itself is not tried over and over; polling carries on.
                Stop::Failed(_) => Ok(()),
                stop => Err(stop),
            }
        }
    }
}

async fn stop(rooms: &Rooms, source: &dyn Source, one: &Subscription) -> Result<(), Stop> {
    let id = &one.subscription.id;
    rooms.store.mark_stopping(id).await?;
    let ended = one.subscription.expires_at.is_some_and(|end| end <= rooms.now());
    if one.subscription.resource_id.is_some() && !ended {
        let at_provider = AtProvider {
            id: id.to_string(),
            feed: one.subscription.feed.clone(),
            resource_id: one.subscription.resource_id.clone(),
            expires_at: one.subscription.expires_at,
        };
        if let Err(error) = source.unsubscribe(&at_provider).await {
            match Stop::from_connector(&error) {
                stop @ Stop::RetryLater { .. } => return Err(stop),
                // With the grant gone, or the provider refusing for good, it ends by itself.
                _ => {
                    tracing::warn!(subscription = %id, code = error.code, "a subscription could not be stopped; it ends by itself")
                }
            }
        }
    }
    rooms.store.delete_subscription(id).await?;
    Ok(())
}

/// The place that a subscription's secret is sealed for.
pub fn subscription_purpose(id: &SubscriptionId) -> String {
    format!("subscription|{id}|secret")
}

fn secret_bytes(secret: &SecretString) -> &[u8] {
    use gangway_model::ExposeSecret;
    secret.expose_secret().as_bytes()
}
