//! Push channels. A push is a hint to read the change feed; it carries nothing, may be lost, repeated or late.
//! <https://developers.google.com/workspace/drive/api/guides/push>

use gangway_connector::{
    ConnectorError, Disposition, Hint, NotificationKey, NotificationRequest, Rejected, SubscribeRequest,
    Subscription, Verdict, Whose,
};
use gangway_model::{ExposeSecret, SecretString, Timestamp};
use http::Method;
use serde_json::json;
use subtle::ConstantTimeEq;

use super::api::{ALL_DRIVES, Api, INCLUDE_ALL_DRIVES};
use super::files::drive_of_feed;
use super::wire::Channel;

/// The longest life Google gives a channel of a change feed; without a wish it is one hour.
const CHANNEL_DAYS: i64 = 7;
const LONGEST_CHANNEL_ID: usize = 64;

pub async fn subscribe(api: &Api, request: &SubscribeRequest) -> Result<Subscription, ConnectorError> {
    let mut query = vec![("pageToken", request.cursor.as_str()), ALL_DRIVES, INCLUDE_ALL_DRIVES];
    query.extend(drive_of_feed(&request.feed).map(|drive| ("driveId", drive)));
    let wished_end = request.now + chrono::Duration::days(CHANNEL_DAYS);
    // Only in the body: as query parameters Google takes them for an empty request.
    let body = json!({
        "id": request.id,
        "type": "web_hook",
        "address": request.address.as_str(),
        "token": request.secret.expose_secret(),
        "expiration": wished_end.timestamp_millis(),
    });
    let call = api.post("changes.watch", &["changes", "watch"]).query(&query).json(&body);
    let channel: Channel = call.send_json().await?;
    Ok(Subscription {
        id: request.id.clone(),
        feed: request.feed.clone(),
        resource_id: channel.resource_id,
        expires_at: channel.expiration.and_then(Timestamp::from_timestamp_millis),
    })
}

pub async fn unsubscribe(api: &Api, subscription: &Subscription) -> Result<(), ConnectorError> {
    let Some(resource_id) = &subscription.resource_id else {
        let message = "Google did not name what this push channel watches, so it ends only by itself";
        return Err(ConnectorError::new("no_resource_id", message, Disposition::SkipItem));
    };
    let body = json!({ "id": subscription.id, "resourceId": resource_id });
    let call = api.post("channels.stop", &["channels", "stop"]).json(&body).idempotent();
    match call.send_bytes().await {
        Err(error) if error.is_gone() => Ok(()),
        answer => answer.map(drop),
    }
}

pub fn notification_key(request: &NotificationRequest) -> Result<NotificationKey, Rejected> {
    if request.method != Method::POST {
        return Err(Rejected("not_a_post"));
    }
    let id = request.header("x-goog-channel-id").ok_or(Rejected("no_channel_id"))?;
    if id.is_empty() || id.len() > LONGEST_CHANNEL_ID {
        return Err(Rejected("bad_channel_id"));
    }
    Ok(NotificationKey::Subscription { id: id.to_owned() })
}

/// Google signs nothing: the token that we gave the channel is all there is to check.
pub fn verify(request: &NotificationRequest, secret: &SecretString) -> Result<Verdict, Rejected> {
    let token = request.header("x-goog-channel-token").ok_or(Rejected("no_channel_token"))?;
    let is_ours: bool = token.as_bytes().ct_eq(secret.expose_secret().as_bytes()).into();
    if !is_ours || token.is_empty() {
        return Err(Rejected("wrong_channel_token"));
    }
    match request.header("x-goog-resource-state") {
        None => Err(Rejected("no_resource_state")),
        // The first message of a channel only says that it is open.
        Some("sync") => Ok(Verdict::Nothing),
        Some(_) => Ok(Verdict::Look(Hint {
            whose: Whose::Subscription,
            items: Vec::new(),
            within: Vec::new(),
            feeds: true,
        })),
    }
}
