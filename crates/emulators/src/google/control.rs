//! Google's part of the control API: accounts, files, shared drives, switches, channels.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::drive::Role;
use super::edits::{FileEdit, FileTarget, Generate, NewFile, Share};
use super::handle::Control;
use super::state::Google;
use crate::kernel::control::{ControlResult, kernel_routes};
use crate::kernel::seed::Seed;

/// Returns every control route, to be mounted under `/_emulator`.
pub fn routes(google: Arc<Google>, handle: Control) -> Router<Arc<Google>> {
    let own = Router::new()
        .route("/health", get(health))
        .route("/reset", post(reset))
        .route("/switches", get(read_switches).patch(merge_switches))
        .route("/accounts", get(list_accounts).post(add_account))
        .route("/files", get(find_file).post(create_file).patch(update_file).delete(delete_file))
        .route("/files/share", post(share_file))
        .route("/files/unshare", post(unshare_file))
        .route("/files/pick", post(pick_file))
        .route("/generate", post(generate))
        .route("/drives", get(list_drives).post(create_drive))
        .route("/drives/{id}", delete(delete_drive).patch(rename_drive))
        .route("/drives/{id}/members", post(add_member))
        .route("/drives/{id}/members/{email}", delete(remove_member))
        .route("/webhooks/channels", get(list_channels))
        .with_state(handle);
    own.merge(kernel_routes(Arc::clone(&google.kernel))).with_state(())
}

type Handle = State<Control>;

fn reply<T: serde::Serialize>(result: anyhow::Result<T>) -> ControlResult {
    Ok(Json(json!(result?)))
}

async fn health(State(control): Handle) -> Json<Value> {
    Json(json!({"status": "ok", "provider": "google", "now_ms": control.now_ms()}))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Reset {
    seed: Option<String>,
}

async fn reset(State(control): Handle, body: Option<Json<Reset>>) -> ControlResult {
    let wish = body.map(|Json(reset)| reset).unwrap_or_default();
    let seed = wish.seed.map(|text| text.parse::<Seed>().unwrap_or_default());
    control.reset(seed.as_ref())?;
    Ok(Json(json!({})))
}

async fn read_switches(State(control): Handle) -> Json<Value> {
    Json(json!(control.switches()))
}

async fn merge_switches(State(control): Handle, Json(wish): Json<Value>) -> ControlResult {
    reply(control.merge_switches(&wish))
}

async fn list_accounts(State(control): Handle) -> Json<Value> {
    let accounts: Vec<Value> = control
        .list_accounts()
        .into_iter()
        .map(|(email, name)| json!({"email": email, "name": name}))
        .collect();
    Json(json!({"accounts": accounts}))
}

#[derive(Deserialize)]
struct NewAccount {
    email: String,
    name: String,
}

async fn add_account(State(control): Handle, Json(body): Json<NewAccount>) -> ControlResult {
    reply(control.add_account(&body.email, &body.name))
}

async fn find_file(State(control): Handle, Query(target): Query<FileTarget>) -> ControlResult {
    reply(control.find_file(&target))
}

/// The same flat body creates and changes: the target's fields beside the properties to set.
#[derive(Deserialize)]
struct FileBody {
    id: Option<String>,
    account: Option<String>,
    drive: Option<String>,
    path: Option<String>,
    #[serde(default)]
    folder: bool,
    shortcut_id: Option<String>,
    shortcut_to: Option<FileTarget>,
    #[serde(flatten)]
    edit: serde_json::Map<String, Value>,
}

impl FileBody {
    fn target(&self) -> FileTarget {
        FileTarget {
            id: self.id.clone(),
            account: self.account.clone(),
            drive: self.drive.clone(),
            path: self.path.clone(),
        }
    }

    fn edit(&self) -> anyhow::Result<FileEdit> {
        Ok(serde_json::from_value(Value::Object(self.edit.clone()))?)
    }
}

async fn create_file(State(control): Handle, Json(body): Json<FileBody>) -> ControlResult {
    let new = NewFile {
        target: body.target(),
        folder: body.folder,
        shortcut_id: body.shortcut_id.clone(),
        shortcut_to: body.shortcut_to.clone(),
        edit: body.edit()?,
    };
    reply(control.create_file(&new))
}

async fn update_file(State(control): Handle, Json(body): Json<FileBody>) -> ControlResult {
    reply(control.update_file(&body.target(), &body.edit()?))
}

async fn delete_file(State(control): Handle, Query(target): Query<FileTarget>) -> ControlResult {
    reply(control.delete_file(&target))
}

#[derive(Deserialize)]
struct ShareBody {
    #[serde(default)]
    target: FileTarget,
    #[serde(default)]
    share: Share,
}

async fn share_file(State(control): Handle, Json(body): Json<ShareBody>) -> ControlResult {
    reply(control.share(&body.target, &body.share))
}

async fn unshare_file(State(control): Handle, Json(body): Json<ShareBody>) -> ControlResult {
    reply(control.unshare(&body.target, &body.share))
}

#[derive(Deserialize)]
struct PickBody {
    target: FileTarget,
    client_id: String,
}

async fn pick_file(State(control): Handle, Json(body): Json<PickBody>) -> ControlResult {
    reply(control.pick(&body.target, &body.client_id))
}

async fn generate(State(control): Handle, Json(wish): Json<Generate>) -> ControlResult {
    let ids = control.generate(&wish)?;
    Ok(Json(json!({"created": ids.len(), "first_id": ids.first(), "last_id": ids.last()})))
}

async fn list_drives(State(control): Handle) -> Json<Value> {
    let drives: Vec<Value> =
        control.list_drives().into_iter().map(|(id, name)| json!({"id": id, "name": name})).collect();
    Json(json!({"drives": drives}))
}

#[derive(Deserialize)]
struct NewDrive {
    name: String,
    organizer: String,
}

async fn create_drive(State(control): Handle, Json(body): Json<NewDrive>) -> ControlResult {
    let id = control.create_drive(&body.name, &body.organizer)?;
    Ok(Json(json!({"id": id})))
}

#[derive(Deserialize)]
struct RenameDrive {
    name: String,
}

async fn rename_drive(
    State(control): Handle,
    Path(id): Path<String>,
    Json(body): Json<RenameDrive>,
) -> ControlResult {
    reply(control.rename_drive(&id, &body.name))
}

async fn delete_drive(State(control): Handle, Path(id): Path<String>) -> ControlResult {
    reply(control.delete_drive(&id))
}

#[derive(Deserialize)]
struct NewMember {
    email: String,
    role: Role,
}

async fn add_member(
    State(control): Handle,
    Path(id): Path<String>,
    Json(body): Json<NewMember>,
) -> ControlResult {
    reply(control.add_member(&id, &body.email, body.role))
}

async fn remove_member(State(control): Handle, Path((id, email)): Path<(String, String)>) -> ControlResult {
    reply(control.remove_member(&id, &email))
}

async fn list_channels(State(control): Handle) -> Json<Value> {
    Json(json!({"channels": control.list_channels()}))
}
