//! Dropbox's part of the control API: accounts, files, sharing, teams, apps, webhooks.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::edits::{FileEdit, FileTarget, Generate, Share};
use super::handle::{AccountEdit, Control};
use super::state::{App, Dropbox};
use super::tree::Access;
use crate::kernel::control::{ControlResult, kernel_routes};
use crate::kernel::seed::Seed;

/// Returns every control route, to be mounted under `/_emulator`.
pub fn routes(dropbox: Arc<Dropbox>, handle: Control) -> Router<Arc<Dropbox>> {
    let own = Router::new()
        .route("/health", get(health))
        .route("/reset", post(reset))
        .route("/switches", get(read_switches).patch(merge_switches))
        .route("/accounts", get(list_accounts).post(add_account).patch(edit_account))
        .route("/files", get(find_file).post(create_file).patch(update_file).delete(delete_file))
        .route("/files/erase", post(erase_file))
        .route("/files/restore", post(restore_file))
        .route("/share", post(share))
        .route("/unshare", post(unshare))
        .route("/members", put(set_member).delete(remove_member))
        .route("/mount", post(mount))
        .route("/unmount", post(unmount))
        .route("/team/join", post(join_team))
        .route("/team/leave", post(leave_team))
        .route("/team/folders", post(create_team_folder))
        .route("/cursors/reset", post(reset_cursors))
        .route("/generate", post(generate))
        .route("/apps", get(read_app).put(set_app))
        .route("/webhooks/uris", post(add_webhook).delete(remove_webhooks))
        .route("/webhooks/release", post(release_webhooks))
        .route("/webhooks/send", post(send_webhook))
        .with_state(handle);
    own.merge(kernel_routes(Arc::clone(&dropbox.kernel))).with_state(())
}

type Handle = State<Control>;

fn reply<T: serde::Serialize>(result: anyhow::Result<T>) -> ControlResult {
    Ok(Json(json!(result?)))
}

async fn health(State(control): Handle) -> Json<Value> {
    Json(json!({"status": "ok", "provider": "dropbox", "now_ms": control.now_ms()}))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Reset {
    seed: Option<String>,
}

async fn reset(State(control): Handle, body: Option<Json<Reset>>) -> ControlResult {
    let wish = body.map(|Json(reset)| reset).unwrap_or_default();
    let seed = wish.seed.map(|text| text.parse::<Seed>().unwrap_or_default());
    reply(control.reset(seed.as_ref()))
}

async fn read_switches(State(control): Handle) -> Json<Value> {
    Json(json!(control.switches()))
}

async fn merge_switches(State(control): Handle, Json(wish): Json<Value>) -> ControlResult {
    reply(control.merge_switches(&wish))
}

async fn list_accounts(State(control): Handle) -> Json<Value> {
    let rows = control.list_accounts().into_iter().map(|(email, name)| {
        let id = control.account_id(&email).unwrap_or_default();
        json!({"email": email, "name": name, "account_id": id})
    });
    Json(json!({"accounts": rows.collect::<Vec<Value>>()}))
}

#[derive(Deserialize)]
struct Account {
    email: String,
    #[serde(default)]
    name: String,
    #[serde(flatten)]
    edit: serde_json::Map<String, Value>,
}

impl Account {
    fn edit(&self) -> anyhow::Result<AccountEdit> {
        Ok(serde_json::from_value(Value::Object(self.edit.clone()))?)
    }
}

async fn add_account(State(control): Handle, Json(body): Json<Account>) -> ControlResult {
    let edit = body.edit()?;
    control.add_account(&body.email, &body.name)?;
    reply(control.edit_account(&body.email, &edit))
}

async fn edit_account(State(control): Handle, Json(body): Json<Account>) -> ControlResult {
    reply(control.edit_account(&body.email, &body.edit()?))
}

async fn find_file(State(control): Handle, Query(target): Query<FileTarget>) -> ControlResult {
    reply(control.find_file(&target))
}

/// The same flat body creates and changes: the target's fields beside the properties to set.
#[derive(Deserialize)]
struct FileBody {
    id: Option<String>,
    path: Option<String>,
    account: Option<String>,
    #[serde(default)]
    team: bool,
    #[serde(default)]
    folder: bool,
    #[serde(flatten)]
    edit: serde_json::Map<String, Value>,
}

impl FileBody {
    fn parts(self) -> anyhow::Result<(FileTarget, FileEdit)> {
        let target = FileTarget { id: self.id, path: self.path, account: self.account, team: self.team };
        Ok((target, serde_json::from_value(Value::Object(self.edit))?))
    }
}

async fn create_file(State(control): Handle, Json(body): Json<FileBody>) -> ControlResult {
    let folder = body.folder;
    let (target, edit) = body.parts()?;
    reply(control.create(&target, folder, &edit))
}

async fn update_file(State(control): Handle, Json(body): Json<FileBody>) -> ControlResult {
    let (target, edit) = body.parts()?;
    reply(control.update_file(&target, &edit))
}

async fn delete_file(State(control): Handle, Query(target): Query<FileTarget>) -> ControlResult {
    reply(control.delete_file(&target))
}

async fn erase_file(State(control): Handle, Json(target): Json<FileTarget>) -> ControlResult {
    reply(control.erase_file(&target))
}

async fn restore_file(State(control): Handle, Json(target): Json<FileTarget>) -> ControlResult {
    reply(control.restore_file(&target))
}

#[derive(Deserialize)]
struct ShareBody {
    target: FileTarget,
    share: Share,
}

async fn share(State(control): Handle, Json(body): Json<ShareBody>) -> ControlResult {
    reply(control.share(&body.target, &body.share))
}

#[derive(Deserialize)]
struct UnshareBody {
    target: FileTarget,
    email: String,
}

async fn unshare(State(control): Handle, Json(body): Json<UnshareBody>) -> ControlResult {
    reply(control.unshare(&body.target, &body.email))
}

#[derive(Deserialize)]
struct MemberBody {
    namespace_id: String,
    email: String,
    access: Option<Access>,
}

async fn set_member(State(control): Handle, Json(body): Json<MemberBody>) -> ControlResult {
    let access = body.access.unwrap_or(Access::Viewer);
    reply(control.set_member(&body.namespace_id, &body.email, access))
}

async fn remove_member(State(control): Handle, Json(body): Json<MemberBody>) -> ControlResult {
    reply(control.remove_member(&body.namespace_id, &body.email))
}

async fn mount(State(control): Handle, Json(body): Json<MemberBody>) -> ControlResult {
    reply(control.mount(&body.namespace_id, &body.email))
}

async fn unmount(State(control): Handle, Json(body): Json<MemberBody>) -> ControlResult {
    reply(control.unmount(&body.namespace_id, &body.email))
}

#[derive(Deserialize)]
struct TeamBody {
    account: String,
    #[serde(default = "usual_team")]
    team: String,
}

fn usual_team() -> String {
    "Lantern Tea Company".to_owned()
}

async fn join_team(State(control): Handle, Json(body): Json<TeamBody>) -> ControlResult {
    reply(control.join_team(&body.account, &body.team))
}

async fn leave_team(State(control): Handle, Json(body): Json<TeamBody>) -> ControlResult {
    reply(control.leave_team(&body.account))
}

#[derive(Deserialize)]
struct TeamFolderBody {
    #[serde(default = "usual_team")]
    team: String,
    name: String,
    #[serde(default)]
    members: Vec<Share>,
}

async fn create_team_folder(State(control): Handle, Json(body): Json<TeamFolderBody>) -> ControlResult {
    let members: Vec<(&str, Access)> = body.members.iter().map(|m| (m.email.as_str(), m.access)).collect();
    let id = control.create_team_folder(&body.team, &body.name, &members)?;
    Ok(Json(json!({"namespace_id": id})))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CursorBody {
    account: Option<String>,
}

async fn reset_cursors(State(control): Handle, body: Option<Json<CursorBody>>) -> ControlResult {
    let wish = body.map(|Json(body)| body).unwrap_or_default();
    reply(control.reset_cursors(wish.account.as_deref()))
}

async fn generate(State(control): Handle, Json(wish): Json<Generate>) -> ControlResult {
    let ids = control.generate(&wish)?;
    Ok(Json(json!({"created": ids.len(), "first_id": ids.first(), "last_id": ids.last()})))
}

#[derive(Deserialize)]
struct AppQuery {
    client_id: String,
}

async fn read_app(State(control): Handle, Query(query): Query<AppQuery>) -> Json<Value> {
    Json(json!(control.app(&query.client_id)))
}

#[derive(Deserialize)]
struct AppBody {
    client_id: String,
    app: App,
}

async fn set_app(State(control): Handle, Json(body): Json<AppBody>) -> Json<Value> {
    control.change_app(&body.client_id, |app| *app = body.app);
    Json(json!({}))
}

#[derive(Deserialize)]
struct WebhookBody {
    client_id: String,
    uri: String,
}

async fn add_webhook(State(control): Handle, Json(body): Json<WebhookBody>) -> ControlResult {
    reply(control.add_webhook(&body.client_id, &body.uri).await)
}

async fn remove_webhooks(State(control): Handle, Json(body): Json<AppQuery>) -> Json<Value> {
    control.remove_webhooks(&body.client_id);
    Json(json!({}))
}

async fn release_webhooks(State(control): Handle) -> Json<Value> {
    control.release_webhooks();
    Json(json!({}))
}

#[derive(Deserialize)]
struct SendBody {
    client_id: String,
    account_ids: Vec<String>,
    signed_with: Option<String>,
}

async fn send_webhook(State(control): Handle, Json(body): Json<SendBody>) -> ControlResult {
    reply(control.send_webhook(&body.client_id, &body.account_ids, body.signed_with.as_deref()))
}
