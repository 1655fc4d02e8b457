//! Slack's part of the control API: people, conversations, messages, files, apps and their events.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::DEFAULT_CLIENT_ID;
use super::edits::{ChannelEdit, ChannelWish, FileWish, Generate, MessageWish};
use super::handle::Control;
use super::state::Slack;
use super::workspace::{Deletion, UserEdit};
use crate::kernel::control::{ControlResult, kernel_routes};
use crate::kernel::seed::Seed;

/// Returns every control route, to be mounted under `/_emulator`.
pub fn routes(slack: Arc<Slack>, handle: Control) -> Router<Arc<Slack>> {
    let own = Router::new()
        .route("/health", get(health))
        .route("/reset", post(reset))
        .route("/switches", get(read_switches).patch(merge_switches))
        .route("/accounts", get(list_accounts).post(add_account))
        .route("/accounts/{user}", axum::routing::patch(edit_account))
        .route("/groups", post(add_group))
        .route("/groups/{group}", axum::routing::patch(edit_group))
        .route("/channels", get(list_channels).post(create_channel))
        .route("/channels/{channel}", axum::routing::patch(edit_channel).delete(delete_channel))
        .route("/channels/{channel}/members", post(add_member))
        .route("/channels/{channel}/members/{user}", delete(remove_member))
        .route("/channels/{channel}/purge", post(purge))
        .route("/channels/{channel}/change_id", post(change_id))
        .route("/messages", get(find_message).post(post_message).patch(edit_message).delete(delete_message))
        .route("/messages/react", post(react))
        .route("/messages/storm", post(storm))
        .route("/generate", post(generate))
        .route("/files", get(list_files).post(upload))
        .route("/files/{id}", get(find_file).patch(edit_file).delete(delete_file))
        .route("/files/{id}/publish", post(publish_file))
        .route("/app", get(read_app))
        .route("/events", get(read_app).put(subscribe).patch(enable))
        .route("/events/send", post(send_event))
        .route("/events/rate_limited", post(rate_limited))
        .route("/installs", get(list_installs).delete(uninstall))
        .route("/installs/{user}", delete(revoke_user))
        .with_state(handle);
    own.merge(kernel_routes(Arc::clone(&slack.kernel))).with_state(())
}

type Handle = State<Control>;

fn reply<T: serde::Serialize>(result: anyhow::Result<T>) -> ControlResult {
    Ok(Json(json!(result?)))
}

fn done(result: anyhow::Result<()>) -> ControlResult {
    result?;
    Ok(Json(json!({})))
}

async fn health(State(control): Handle) -> Json<Value> {
    Json(json!({"status": "ok", "provider": "slack", "now_ms": control.now_ms()}))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Reset {
    seed: Option<String>,
}

async fn reset(State(control): Handle, body: Option<Json<Reset>>) -> ControlResult {
    let wish = body.map(|Json(reset)| reset).unwrap_or_default();
    let seed = wish.seed.map(|text| text.parse::<Seed>().unwrap_or_default());
    done(control.reset(seed.as_ref()))
}

async fn read_switches(State(control): Handle) -> Json<Value> {
    Json(json!(control.switches()))
}

async fn merge_switches(State(control): Handle, Json(wish): Json<Value>) -> ControlResult {
    reply(control.merge_switches(&wish))
}

async fn list_accounts(State(control): Handle) -> Json<Value> {
    let row = |(email, name): (String, String)| {
        let id = control.user_id(&email).unwrap_or_default();
        json!({"id": id, "email": email, "name": name})
    };
    Json(json!({"accounts": control.list_accounts().into_iter().map(row).collect::<Vec<_>>()}))
}

#[derive(Deserialize)]
struct NewAccount {
    email: String,
    name: String,
    #[serde(flatten)]
    edit: serde_json::Map<String, Value>,
}

async fn add_account(State(control): Handle, Json(body): Json<NewAccount>) -> ControlResult {
    let edit: UserEdit = serde_json::from_value(Value::Object(body.edit)).map_err(anyhow::Error::from)?;
    let id = control.add_account(&body.email, &body.name)?;
    control.edit_user(&id, &edit)?;
    Ok(Json(json!({"id": id})))
}

async fn edit_account(
    State(control): Handle,
    Path(user): Path<String>,
    Json(edit): Json<UserEdit>,
) -> ControlResult {
    done(control.edit_user(&user, &edit))
}

#[derive(Deserialize)]
struct GroupBody {
    #[serde(default)]
    handle: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    users: Vec<String>,
}

async fn add_group(State(control): Handle, Json(body): Json<GroupBody>) -> ControlResult {
    let id = control.add_group(&body.handle, &body.name, &body.users)?;
    Ok(Json(json!({"id": id})))
}

async fn edit_group(
    State(control): Handle,
    Path(group): Path<String>,
    Json(body): Json<GroupBody>,
) -> ControlResult {
    done(control.set_group_users(&group, &body.users))
}

async fn list_channels(State(control): Handle) -> Json<Value> {
    Json(json!({"channels": control.list_channels()}))
}

async fn create_channel(State(control): Handle, Json(wish): Json<ChannelWish>) -> ControlResult {
    let id = control.create_channel(&wish)?;
    Ok(Json(json!({"id": id})))
}

async fn edit_channel(
    State(control): Handle,
    Path(channel): Path<String>,
    Json(edit): Json<ChannelEdit>,
) -> ControlResult {
    done(control.edit_channel(&channel, &edit))
}

async fn delete_channel(State(control): Handle, Path(channel): Path<String>) -> ControlResult {
    done(control.delete_channel(&channel))
}

#[derive(Deserialize)]
struct Member {
    user: String,
}

async fn add_member(
    State(control): Handle,
    Path(channel): Path<String>,
    Json(body): Json<Member>,
) -> ControlResult {
    done(control.add_member(&channel, &body.user))
}

async fn remove_member(
    State(control): Handle,
    Path((channel, user)): Path<(String, String)>,
) -> ControlResult {
    done(control.remove_member(&channel, &user))
}

#[derive(Deserialize)]
struct Purge {
    before: String,
}

async fn purge(
    State(control): Handle,
    Path(channel): Path<String>,
    Json(body): Json<Purge>,
) -> ControlResult {
    let removed = control.purge(&channel, &body.before)?;
    Ok(Json(json!({"removed": removed})))
}

async fn change_id(State(control): Handle, Path(channel): Path<String>) -> ControlResult {
    let id = control.change_channel_id(&channel)?;
    Ok(Json(json!({"id": id})))
}

#[derive(Deserialize)]
struct MessagePlace {
    channel: String,
    ts: String,
}

async fn find_message(State(control): Handle, Query(place): Query<MessagePlace>) -> ControlResult {
    reply(control.find_message(&place.channel, &place.ts))
}

async fn post_message(State(control): Handle, Json(wish): Json<MessageWish>) -> ControlResult {
    let ts = control.post(&wish)?;
    Ok(Json(json!({"channel": control.channel_id(&wish.channel)?, "ts": ts})))
}

#[derive(Deserialize)]
struct MessageEdit {
    channel: String,
    ts: String,
    text: String,
}

async fn edit_message(State(control): Handle, Json(body): Json<MessageEdit>) -> ControlResult {
    done(control.edit_message(&body.channel, &body.ts, &body.text))
}

async fn delete_message(State(control): Handle, Query(place): Query<MessagePlace>) -> ControlResult {
    let deletion = control.delete_message(&place.channel, &place.ts)?;
    Ok(Json(json!({"tombstone": deletion == Deletion::Tombstoned})))
}

#[derive(Deserialize)]
struct React {
    channel: String,
    ts: String,
    name: String,
    user: String,
    #[serde(default)]
    remove: bool,
}

async fn react(State(control): Handle, Json(body): Json<React>) -> ControlResult {
    let changed = control.react(&body.channel, &body.ts, &body.name, &body.user, !body.remove)?;
    Ok(Json(json!({"changed": changed})))
}

#[derive(Deserialize)]
struct Storm {
    channel: String,
    ts: String,
    count: usize,
}

async fn storm(State(control): Handle, Json(body): Json<Storm>) -> ControlResult {
    done(control.storm(&body.channel, &body.ts, body.count))
}

async fn generate(State(control): Handle, Json(wish): Json<Generate>) -> ControlResult {
    let (first, last) = control.generate(&wish)?;
    Ok(Json(json!({"created": wish.count, "first_ts": first, "last_ts": last})))
}

async fn list_files(State(control): Handle) -> Json<Value> {
    Json(json!({"files": control.list_files()}))
}

async fn upload(State(control): Handle, Json(wish): Json<FileWish>) -> ControlResult {
    let id = control.upload(&wish)?;
    Ok(Json(json!({"id": id})))
}

async fn find_file(State(control): Handle, Path(id): Path<String>) -> ControlResult {
    reply(control.find_file(&id))
}

#[derive(Deserialize)]
struct FileEdit {
    title: Option<String>,
    content: Option<String>,
}

async fn edit_file(
    State(control): Handle,
    Path(id): Path<String>,
    Json(body): Json<FileEdit>,
) -> ControlResult {
    done(control.edit_file(&id, body.title.as_deref(), body.content.as_deref()))
}

async fn delete_file(State(control): Handle, Path(id): Path<String>) -> ControlResult {
    done(control.delete_file(&id))
}

async fn publish_file(State(control): Handle, Path(id): Path<String>) -> ControlResult {
    done(control.publish_file(&id))
}

/// Which app is meant; the one every emulator knows when absent.
#[derive(Deserialize)]
struct Which {
    client_id: Option<String>,
}

impl Which {
    fn client(&self) -> &str {
        self.client_id.as_deref().unwrap_or(DEFAULT_CLIENT_ID)
    }
}

async fn read_app(State(control): Handle, Query(which): Query<Which>) -> Json<Value> {
    Json(control.app(which.client()))
}

#[derive(Deserialize)]
struct Subscribe {
    #[serde(flatten)]
    which: Which,
    url: String,
    #[serde(default)]
    events: Vec<String>,
}

async fn subscribe(State(control): Handle, Json(body): Json<Subscribe>) -> ControlResult {
    let all = ["*"];
    let named: Vec<&str> = body.events.iter().map(String::as_str).collect();
    let events = if named.is_empty() { &all[..] } else { &named[..] };
    done(control.subscribe(body.which.client(), &body.url, events).await)
}

#[derive(Deserialize)]
struct Enable {
    #[serde(flatten)]
    which: Which,
    enabled: bool,
}

async fn enable(State(control): Handle, Json(body): Json<Enable>) -> ControlResult {
    done(control.enable_subscription(body.which.client(), body.enabled))
}

#[derive(Deserialize)]
struct SendEvent {
    #[serde(flatten)]
    which: Which,
    team_id: Option<String>,
    event: Value,
}

async fn send_event(State(control): Handle, Json(body): Json<SendEvent>) -> Json<Value> {
    control.send_event(body.which.client(), body.team_id.as_deref(), &body.event);
    Json(json!({}))
}

async fn rate_limited(State(control): Handle, body: Option<Json<Which>>) -> Json<Value> {
    let which = body.map_or(Which { client_id: None }, |Json(which)| which);
    control.send_rate_limited(which.client());
    Json(json!({}))
}

async fn list_installs(State(control): Handle, Query(which): Query<Which>) -> Json<Value> {
    Json(json!({"installs": control.list_installs(which.client_id.as_deref())}))
}

async fn uninstall(State(control): Handle, Query(which): Query<Which>) -> Json<Value> {
    Json(json!({"ended": control.uninstall(which.client())}))
}

async fn revoke_user(
    State(control): Handle,
    Path(user): Path<String>,
    Query(which): Query<Which>,
) -> ControlResult {
    let ended = control.revoke_user(&user, which.client_id.as_deref())?;
    Ok(Json(json!({"ended": ended})))
}
