//! Notification channels: `changes.watch`, `files.watch`, `channels.stop`, and the messages they send.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::changes::{FeedOwner, feed_owner, read_token};
use super::drive::{AccountRef, Event, FileRef};
use super::drive_call::DriveCall;
use super::errors::ApiError;
use super::fields::Mask;
use super::files::get::find;
use super::schema::CHANNEL;
use super::state::Google;
use crate::kernel::clock::http_date;
use crate::kernel::secret::stable_id;
use crate::kernel::webhooks::Delivery;

const DEFAULT_LIFE_MS: i64 = 3_600_000;
const CHANGES_MAX_LIFE_MS: i64 = 604_800_000;
const FILES_MAX_LIFE_MS: i64 = 86_400_000;

/// What a channel watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Watched {
    Feed(FeedOwner),
    File(FileRef),
}

#[derive(Debug, Clone)]
pub struct Channel {
    pub id: String,
    pub resource_id: String,
    pub resource_uri: String,
    pub address: String,
    token: Option<String>,
    pub expires_ms: i64,
    owner: AccountRef,
    pub subject: String,
    pub client_id: String,
    watched: Watched,
    messages: u64,
}

/// The live channels, by id.
#[derive(Debug, Default)]
pub struct Channels {
    by_id: BTreeMap<String, Channel>,
}

/// The body of a watch call.
#[derive(Debug, Deserialize)]
struct WatchRequest {
    id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    address: Option<String>,
    token: Option<String>,
    expiration: Option<Value>,
}

pub fn watch_changes(google: &Google, call: &DriveCall<'_>) -> Result<Answer, ApiError> {
    let owner = {
        let drive = google.read_drive();
        let owner = feed_owner(&drive, call)?;
        read_token(owner.feed(&drive), call)?;
        owner
    };
    let query: Vec<String> = ["driveId", "pageToken", "includeItemsFromAllDrives", "supportsAllDrives"]
        .iter()
        .filter_map(|name| Some(format!("{name}={}", call.params.get(name)?)))
        .collect();
    let uri = format!("{}/drive/v3/changes?alt=json&{}", google.base, query.join("&"));
    open(google, call, Watched::Feed(owner), uri, CHANGES_MAX_LIFE_MS)
}

pub fn watch_file(google: &Google, call: &DriveCall<'_>) -> Result<Answer, ApiError> {
    let id = &call.arguments[0];
    let file = find(&google.read_drive(), call, id, call.supports_all_drives()?)?;
    let uri = format!("{}/drive/v3/files/{id}?alt=json", google.base);
    open(google, call, Watched::File(file), uri, FILES_MAX_LIFE_MS)
}

fn open(
    google: &Google,
    call: &DriveCall<'_>,
    watched: Watched,
    resource_uri: String,
    longest_ms: i64,
) -> Result<Answer, ApiError> {
    let mask = call.mask(&CHANNEL, Mask::Everything)?;
    // The channel belongs into the body; a call that sends it as a query arrives here without one.
    let request: WatchRequest =
        serde_json::from_slice(call.body).map_err(|_| ApiError::required("entityResource"))?;
    let id = request.id.filter(|id| !id.is_empty()).ok_or_else(|| ApiError::required("entityResource.id"))?;
    let well_formed =
        id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_+/=".contains(&b));
    if !well_formed {
        return Err(ApiError::new(400, "channelIdInvalid", "Invalid channel id"));
    }
    match request.kind.as_deref() {
        Some("web_hook" | "webhook") => {}
        None => return Err(ApiError::required("entityResource.type")),
        Some(_) => return Err(ApiError::new(400, "channelUnknown", "Unknown channel type")),
    }
    let address = request.address.ok_or_else(|| ApiError::required("entityResource.address"))?;
    check_address(&address)?;
    if request.token.as_ref().is_some_and(|token| token.len() > 256) {
        return Err(ApiError::new(400, "channelTokenTooLong", "The channel token is too long"));
    }
    let expires_ms = expiration(request.expiration.as_ref(), call.now_ms, longest_ms)?;
    let resource_id = resource_id(google, watched);
    let channel = Channel {
        id: id.clone(),
        resource_id: resource_id.clone(),
        resource_uri: resource_uri.clone(),
        address,
        token: request.token.clone(),
        expires_ms,
        owner: call.me,
        subject: call.token.subject.clone(),
        client_id: call.token.client_id.clone(),
        watched,
        messages: 0,
    };
    {
        let mut channels = google.lock_channels();
        channels.by_id.retain(|_, known| known.expires_ms > call.now_ms);
        if channels.by_id.contains_key(&id) {
            let message = format!("Channel id {id} not unique");
            return Err(ApiError::new(400, "channelIdNotUnique", message));
        }
        let channel = channels.by_id.entry(id.clone()).or_insert(channel);
        google.kernel.webhooks.send(message(channel, "sync", ""));
    }
    let mut answer = json!({
        "kind": "api#channel",
        "id": id,
        "resourceId": resource_id,
        "resourceUri": resource_uri,
        "expiration": expires_ms.to_string(),
    });
    if let Some(token) = request.token {
        answer["token"] = json!(token);
    }
    Ok(answer::json(200, mask.apply(answer).to_string()))
}

/// Accepts https, and plain http on the machine itself so that tests can listen.
fn check_address(address: &str) -> Result<(), ApiError> {
    let refused = |reason: &str, message: &str| Err(ApiError::new(400, reason, message));
    let Ok(url) = url::Url::parse(address) else {
        return refused("channelAddressInvalid", "Invalid webhook callback address");
    };
    let loopback = match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    };
    match url.scheme() {
        "https" => Ok(()),
        "http" if loopback => Ok(()),
        _ => refused("webhookUrlNotHttps", "WebHook callback must be HTTPS: the address is not https."),
    }
}

/// Reads the wish for an end of life: a number or text of milliseconds, silently cut to the longest life.
fn expiration(wish: Option<&Value>, now_ms: i64, longest_ms: i64) -> Result<i64, ApiError> {
    let wished = match wish {
        None | Some(Value::Null) => return Ok(now_ms + DEFAULT_LIFE_MS),
        Some(Value::Number(number)) => number.as_i64(),
        Some(Value::String(text)) => text.parse().ok(),
        Some(_) => None,
    };
    let wished = wished.ok_or_else(|| ApiError::invalid_value("expiration"))?;
    if wished <= now_ms {
        return Err(ApiError::new(400, "channelExpirationInvalid", "The expiration must be in the future"));
    }
    Ok(wished.min(now_ms + longest_ms))
}

fn resource_id(google: &Google, watched: Watched) -> String {
    match watched {
        Watched::Feed(FeedOwner::Account(account)) => stable_id("watched account", u64::from(account), 27),
        Watched::Feed(FeedOwner::Drive(shared)) => stable_id("watched drive", u64::from(shared), 27),
        Watched::File(file) => {
            let number = u64::from(file);
            debug_assert!(google.read_drive().node(file).is_some());
            stable_id("watched file", number, 27)
        }
    }
}

pub fn stop(google: &Google, call: &DriveCall<'_>) -> Result<Answer, ApiError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct StopRequest {
        id: Option<String>,
        resource_id: Option<String>,
    }
    let request: StopRequest =
        serde_json::from_slice(call.body).map_err(|_| ApiError::required("entityResource"))?;
    let id = request.id.ok_or_else(|| ApiError::required("entityResource.id"))?;
    let resource_id = request.resource_id.ok_or_else(|| ApiError::required("entityResource.resourceId"))?;
    let mut channels = google.lock_channels();
    let known = channels.by_id.get(&id).is_some_and(|channel| {
        channel.resource_id == resource_id
            && channel.owner == call.me
            && channel.client_id == call.token.client_id
            && channel.expires_ms > call.now_ms
    });
    if !known {
        let message = format!("Channel '{id}' not found for project");
        return Err(ApiError::new(404, "notFound", message));
    }
    channels.by_id.remove(&id);
    Ok(Answer::empty(204))
}

fn message(channel: &mut Channel, state: &str, changed: &str) -> Delivery {
    channel.messages += 1;
    let mut headers: Vec<(String, String)> = vec![
        ("X-Goog-Channel-ID".into(), channel.id.clone()),
        ("X-Goog-Message-Number".into(), channel.messages.to_string()),
        ("X-Goog-Resource-ID".into(), channel.resource_id.clone()),
        ("X-Goog-Resource-State".into(), state.into()),
        ("X-Goog-Resource-URI".into(), channel.resource_uri.clone()),
        ("X-Goog-Channel-Expiration".into(), http_date(channel.expires_ms)),
        (
            "User-Agent".into(),
            "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)".into(),
        ),
    ];
    if let Some(token) = &channel.token {
        headers.push(("X-Goog-Channel-Token".into(), token.clone()));
    }
    if !changed.is_empty() {
        headers.push(("X-Goog-Changed".into(), changed.into()));
    }
    let body = if state == "change" {
        headers.push(("Content-Type".into(), "application/json; charset=UTF-8".into()));
        Bytes::from_static(b"{\"kind\":\"drive#changes\"}")
    } else {
        Bytes::new()
    };
    Delivery { lane: channel.id.clone(), url: channel.address.clone(), headers, body, variants: None }
}

impl Google {
    pub fn lock_channels(&self) -> std::sync::MutexGuard<'_, Channels> {
        self.channels.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Returns the channels that are still alive.
    pub fn list_channels(&self) -> Vec<Channel> {
        let now_ms = self.now_ms();
        let channels = self.lock_channels();
        channels.by_id.values().filter(|channel| channel.expires_ms > now_ms).cloned().collect()
    }

    pub fn forget_channels(&self) {
        self.lock_channels().by_id.clear();
    }

    /// Sends what happened to every channel that watches it. Channels of ended grants stay silent.
    pub fn notify(&self, events: &[Event], now_ms: i64) {
        let mut channels = self.lock_channels();
        for channel in channels.by_id.values_mut() {
            let alive = channel.expires_ms > now_ms
                && self.kernel.authz.find_grant(&channel.subject, &channel.client_id).is_some();
            if !alive {
                continue;
            }
            for event in events {
                let (state, changed) = match (event, channel.watched) {
                    (Event::AccountFeed(a), Watched::Feed(FeedOwner::Account(b))) if *a == b => {
                        ("change", "")
                    }
                    (Event::DriveFeed(a), Watched::Feed(FeedOwner::Drive(b))) if *a == b => ("change", ""),
                    (Event::File(a, state, changed), Watched::File(b)) if *a == b => (*state, *changed),
                    _ => continue,
                };
                self.kernel.webhooks.send(message(channel, state, changed));
            }
        }
    }
}
