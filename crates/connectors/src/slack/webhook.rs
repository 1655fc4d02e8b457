//! The Events API: pushes for the whole app, signed with its signing secret. A push is a hint: what it names is asked
//! for again, so repeated, late and reordered ones do no harm.
//! <https://docs.slack.dev/apis/events-api/> <https://docs.slack.dev/authentication/verifying-requests-from-slack/>

use gangway_connector::signature::is_hmac_sha256;
use gangway_connector::{Hint, NotificationKey, NotificationRequest, Rejected, Verdict, Whose};
use gangway_model::{ProviderItemId, SecretString};
use http::Method;
use serde_json::Value;

use super::ids::{Ts, is_channel, is_file, is_id, thread_id};
use super::message::is_noise;

/// How far a push's own time may be from ours, either way.
const LONGEST_AGE: i64 = 5 * 60;
const LONGEST_CHALLENGE: usize = 1024;
/// Files looked up because of one push.
const MOST_FILES: usize = 20;

pub fn notification_key(request: &NotificationRequest) -> Result<NotificationKey, Rejected> {
    if request.method != Method::POST {
        return Err(Rejected("not_a_post"));
    }
    if request.header("x-slack-signature").is_none() {
        return Err(Rejected("no_signature"));
    }
    Ok(NotificationKey::App)
}

pub fn verify(request: &NotificationRequest, secret: &SecretString) -> Result<Verdict, Rejected> {
    let signature = request.header("x-slack-signature").ok_or(Rejected("no_signature"))?;
    let timestamp = request.header("x-slack-request-timestamp").ok_or(Rejected("no_timestamp"))?;
    let sent_at: i64 = timestamp.parse().map_err(|_| Rejected("bad_timestamp"))?;
    if request.received_at.timestamp().abs_diff(sent_at) > LONGEST_AGE.unsigned_abs() {
        return Err(Rejected("too_old"));
    }
    let claimed = signature.strip_prefix("v0=").ok_or(Rejected("unknown_signature"))?;
    let parts = [b"v0:", timestamp.as_bytes(), b":", &request.body];
    if !is_hmac_sha256(secret, &parts, claimed) {
        return Err(Rejected("wrong_signature"));
    }
    let body: Value = serde_json::from_slice(&request.body).map_err(|_| Rejected("not_json"))?;
    match word(&body, "type") {
        Some("url_verification") => handshake(&body),
        Some("app_rate_limited") => Ok(look(&body, Vec::new(), true)),
        _ => Ok(body.get("event").map_or(Verdict::Nothing, |event| told(&body, event))),
    }
}

fn handshake(body: &Value) -> Result<Verdict, Rejected> {
    let challenge = word(body, "challenge").filter(|text| text.len() <= LONGEST_CHALLENGE);
    let challenge = challenge.ok_or(Rejected("no_challenge"))?;
    Ok(Verdict::Answer { content_type: "text/plain", body: challenge.to_owned() })
}

/// What one event asks for.
fn told(body: &Value, event: &Value) -> Verdict {
    let kind = word(event, "type").unwrap_or_default();
    let channel = channel_of(event);
    let channels: Vec<ProviderItemId> = channel.map(ProviderItemId::from).into_iter().collect();
    match kind {
        "message" => message(body, event, channel),
        // Much was removed at once, by nobody in particular.
        "channel_history_changed" | "group_history_changed" | "im_history_changed" => {
            look(body, channels, true)
        }
        "channel_id_changed" => {
            let ids = ["old_channel_id", "new_channel_id"].map(|name| word(event, name));
            let ids = ids.into_iter().flatten().filter(|id| is_channel(id)).map(ProviderItemId::from);
            look(body, ids.collect(), true)
        }
        // Who sees what has changed: the list of channels is read again.
        "member_joined_channel" | "member_left_channel" | "channel_left" | "group_left" => {
            look(body, channels, true)
        }
        "file_created" | "file_shared" | "file_unshared" | "file_change" | "file_public" | "file_deleted" => {
            look(body, file_of(event).map(ProviderItemId::from).into_iter().collect(), false)
        }
        // The next call finds out; lost events are caught up with in the same way.
        "tokens_revoked" | "app_uninstalled" | "app_rate_limited" => look(body, Vec::new(), true),
        _ if kind.starts_with("channel_") || kind.starts_with("group_") => look(body, channels, false),
        _ => Verdict::Nothing,
    }
}

/// The thread that a message is in, and the files that it brings or brought.
fn message(body: &Value, event: &Value, channel: Option<&str>) -> Verdict {
    let Some(channel) = channel else { return Verdict::Nothing };
    if is_noise(word(event, "subtype")) {
        return Verdict::Nothing;
    }
    let (now, before) = (event.get("message"), event.get("previous_message"));
    let time =
        |message: Option<&Value>, name: &str| message.and_then(|it| word(it, name)).and_then(Ts::parse);
    let told = now.or(before).or(Some(event));
    let root = time(told, "thread_ts")
        .or_else(|| time(before, "thread_ts"))
        .or_else(|| time(Some(event), "deleted_ts"))
        .or_else(|| time(told, "ts"));
    let mut items: Vec<ProviderItemId> = root.map(|root| thread_id(channel, root)).into_iter().collect();
    for message in [Some(event), now, before].into_iter().flatten() {
        let files = message.get("files").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for id in files.iter().filter_map(|file| word(file, "id")).filter(|id| is_file(id)).take(MOST_FILES) {
            let id = ProviderItemId::from(id);
            if !items.contains(&id) {
                items.push(id);
            }
        }
    }
    look(body, items, false)
}

/// A channel event names its channel by id, or describes it.
fn channel_of(event: &Value) -> Option<&str> {
    let channel = event.get("channel");
    let id = channel.and_then(Value::as_str).or_else(|| channel.and_then(|it| word(it, "id")));
    id.or_else(|| word(event, "channel_id")).filter(|id| is_channel(id))
}

fn look(body: &Value, items: Vec<ProviderItemId>, feeds: bool) -> Verdict {
    let Some(workspace) = workspace_of(body) else { return Verdict::Nothing };
    if items.is_empty() && !feeds {
        return Verdict::Nothing;
    }
    let within = places_of(body, workspace);
    Verdict::Look(Hint { whose: Whose::Workspace(workspace.to_owned()), items, within, feeds })
}

/// Where an event happened: in its channel, and for a channel itself in the workspace, which those follow who follow all
/// its channels, one that is new among them. A file without a channel matters to those who have the file; whoever gets
/// it anew is told by the message that brings it.
fn places_of(body: &Value, workspace: &str) -> Vec<ProviderItemId> {
    let Some(event) = body.get("event") else { return Vec::new() };
    let kind = word(event, "type").unwrap_or_default();
    let channel = channel_of(event).map(ProviderItemId::from);
    let is_about_channel = kind.starts_with("channel_") || kind.starts_with("group_");
    let of_all = (is_about_channel && channel.is_some()).then(|| ProviderItemId::from(workspace));
    let file = file_of(event).filter(|_| channel.is_none()).map(ProviderItemId::from);
    channel.into_iter().chain(of_all).chain(file).collect()
}

/// A file event names its file by id, or describes it.
fn file_of(event: &Value) -> Option<&str> {
    let nested = event.get("file").and_then(|file| word(file, "id"));
    word(event, "file_id").or(nested).filter(|id| is_file(id))
}

/// The workspace that the app is installed in. In shared channels the event itself may come from another one.
fn workspace_of(body: &Value) -> Option<&str> {
    let installs = body.get("authorizations").and_then(Value::as_array);
    let installed = installs.and_then(|list| list.first()).and_then(|install| word(install, "team_id"));
    let inner = body.get("event").and_then(|event| word(event, "team_id"));
    [installed, word(body, "team_id"), inner].into_iter().flatten().find(|id| is_id(id))
}

fn word<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}
