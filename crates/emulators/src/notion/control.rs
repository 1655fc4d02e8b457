//! Notion's part of the control API: people, pages, blocks, databases, comments, switches, subscriptions.

use std::sync::Arc;

use axum::extract::{Path, Query, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{delete, get, patch, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::handle::{Control, Generate};
use super::ids;
use super::state::Notion;
use super::webhooks::NewSubscription;
use super::workspace::Target;
use crate::kernel::control::{ControlResult, kernel_routes};
use crate::kernel::seed::Seed;

/// Returns every control route, to be mounted under `/_emulator`.
pub fn routes(notion: Arc<Notion>, handle: Control) -> Router<Arc<Notion>> {
    let own = Router::new()
        .route("/health", get(health))
        .route("/reset", post(reset))
        .route("/switches", get(read_switches).patch(merge_switches))
        .route("/accounts", get(list_accounts).post(add_account))
        .route("/accounts/{email}", patch(edit_account))
        .route("/bots", get(list_bots))
        .route("/bots/{id}", delete(disconnect))
        .route("/cursors/expire", post(expire_cursors))
        .route("/pages", get(find).post(create_page).patch(edit_page).delete(delete_page))
        .route("/pages/move", post(move_page))
        .route("/pages/share", post(share))
        .route("/pages/unshare", post(unshare))
        .route("/blocks", post(write_blocks).patch(edit_block).delete(remove_block))
        .route("/databases", post(create_database))
        .route("/data_sources", post(add_data_source))
        .route("/rows", post(add_rows))
        .route("/comments", post(add_comment))
        .route("/comments/{id}", patch(edit_comment).delete(delete_comment))
        .route("/generate", post(generate))
        .route("/webhooks/subscriptions", get(list_subscriptions).post(subscribe))
        .route("/webhooks/subscriptions/{id}", delete(unsubscribe))
        .route("/webhooks/subscriptions/{id}/verify", post(verify))
        .route("/webhooks/subscriptions/{id}/resend", post(resend))
        .with_state(handle.clone());
    own.merge(kernel_routes(Arc::clone(&notion.kernel)))
        .layer(from_fn_with_state(handle, release_events))
        .with_state(())
}

/// Lets gathered events go after a control call moved the clock, and before a flush waits for them.
async fn release_events(State(control): State<Control>, request: Request, next: Next) -> Response {
    if request.uri().path().ends_with("/webhooks/flush") {
        control.release_all();
    }
    let response = next.run(request).await;
    control.release_due();
    response
}

type Handle = State<Control>;

fn reply<T: serde::Serialize>(result: anyhow::Result<T>) -> ControlResult {
    Ok(Json(json!(result?)))
}

fn done(result: anyhow::Result<()>) -> ControlResult {
    result?;
    Ok(Json(json!({})))
}

/// Reads the target that a body names beside its properties, and takes it out.
fn target_of(body: &mut Value) -> anyhow::Result<Target> {
    let mut target = Target::default();
    if let Some(body) = body.as_object_mut() {
        target.id = body.remove("id").and_then(|id| id.as_str().map(str::to_owned));
        target.path = body.remove("path");
    }
    Ok(target)
}

fn named_target(body: &mut Value, name: &str) -> anyhow::Result<Option<Target>> {
    match body.as_object_mut().and_then(|body| body.remove(name)) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(key)) => Ok(Some(Target::id(key))),
        Some(target) => Ok(Some(serde_json::from_value(target)?)),
    }
}

async fn health(State(control): Handle) -> Json<Value> {
    Json(json!({"status": "ok", "provider": "notion", "now_ms": control.now_ms()}))
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
    #[serde(default)]
    guest: bool,
}

async fn add_account(State(control): Handle, Json(body): Json<NewAccount>) -> ControlResult {
    done(control.add_account(&body.email, &body.name, body.guest))
}

#[derive(Deserialize)]
struct EditAccount {
    deactivated: bool,
}

async fn edit_account(
    State(control): Handle,
    Path(email): Path<String>,
    Json(body): Json<EditAccount>,
) -> ControlResult {
    done(control.set_deactivated(&email, body.deactivated))
}

async fn list_bots(State(control): Handle) -> Json<Value> {
    Json(json!({"bots": control.list_bots()}))
}

async fn disconnect(State(control): Handle, Path(id): Path<String>) -> ControlResult {
    done(control.disconnect(&id))
}

async fn expire_cursors(State(control): Handle) -> Json<Value> {
    control.expire_cursors();
    Json(json!({}))
}

async fn find(State(control): Handle, Query(target): Query<Target>) -> ControlResult {
    reply(control.find(&target))
}

async fn create_page(State(control): Handle, Json(mut body): Json<Value>) -> ControlResult {
    let parent = named_target(&mut body, "parent")?;
    reply(control.create_page(parent.as_ref(), &body))
}

async fn edit_page(State(control): Handle, Json(mut body): Json<Value>) -> ControlResult {
    let target = target_of(&mut body)?;
    reply(control.edit_page(&target, &body))
}

async fn delete_page(State(control): Handle, Query(target): Query<Target>) -> ControlResult {
    done(control.delete(&target))
}

async fn move_page(State(control): Handle, Json(mut body): Json<Value>) -> ControlResult {
    let parent = named_target(&mut body, "parent")?;
    let target = target_of(&mut body)?;
    reply(control.move_to(&target, parent.as_ref()))
}

async fn share(State(control): Handle, Json(mut body): Json<Value>) -> ControlResult {
    let target = target_of(&mut body)?;
    let count = control.share(&target, body["account"].as_str())?;
    Ok(Json(json!({"connections": count})))
}

async fn unshare(State(control): Handle, Json(mut body): Json<Value>) -> ControlResult {
    let target = target_of(&mut body)?;
    let count = control.unshare(&target, body["account"].as_str())?;
    Ok(Json(json!({"connections": count})))
}

async fn write_blocks(State(control): Handle, Json(mut body): Json<Value>) -> ControlResult {
    let target = target_of(&mut body)?;
    let blocks = body["blocks"].as_array().cloned().unwrap_or_default();
    if body["replace"] == true {
        return reply(control.replace_blocks(&target, &blocks));
    }
    reply(control.append_blocks(&target, &blocks, body["after"].as_str()))
}

async fn edit_block(State(control): Handle, Json(mut body): Json<Value>) -> ControlResult {
    let target = target_of(&mut body)?;
    reply(control.edit_block(&target, &body))
}

async fn remove_block(State(control): Handle, Query(target): Query<Target>) -> ControlResult {
    done(control.remove_block(&target))
}

async fn create_database(State(control): Handle, Json(mut body): Json<Value>) -> ControlResult {
    let parent = named_target(&mut body, "parent")?;
    reply(control.create_database(parent.as_ref(), &body))
}

async fn add_data_source(State(control): Handle, Json(mut body): Json<Value>) -> ControlResult {
    let database = named_target(&mut body, "database")?.unwrap_or_default();
    reply(control.add_data_source(&database, &body))
}

async fn add_rows(State(control): Handle, Json(mut body): Json<Value>) -> ControlResult {
    let target = target_of(&mut body)?;
    let rows = body["rows"].as_array().cloned().unwrap_or_default();
    reply(control.add_rows(&target, &rows))
}

async fn add_comment(State(control): Handle, Json(mut body): Json<Value>) -> ControlResult {
    let target = target_of(&mut body)?;
    let id = control.add_comment(&target, body["text"].as_str().unwrap_or_default(), body["by"].as_str())?;
    Ok(Json(json!({"id": id})))
}

async fn edit_comment(
    State(control): Handle,
    Path(id): Path<String>,
    Json(body): Json<Value>,
) -> ControlResult {
    done(control.edit_comment(&id, body["text"].as_str(), body["resolved"].as_bool()))
}

async fn delete_comment(State(control): Handle, Path(id): Path<String>) -> ControlResult {
    done(control.delete_comment(&id))
}

async fn generate(State(control): Handle, Json(wish): Json<Generate>) -> ControlResult {
    let made = control.generate(&wish)?;
    let show = |id: Option<&ids::Id>| id.map(|id| ids::show(*id));
    Ok(Json(json!({"created": made.len(), "first_id": show(made.first()), "last_id": show(made.last())})))
}

async fn list_subscriptions(State(control): Handle) -> Json<Value> {
    Json(json!({"subscriptions": control.list_subscriptions(), "waiting_events": control.waiting_events()}))
}

async fn subscribe(State(control): Handle, Json(wish): Json<NewSubscription>) -> ControlResult {
    reply(control.subscribe(&wish))
}

async fn unsubscribe(State(control): Handle, Path(id): Path<String>) -> ControlResult {
    done(control.unsubscribe(&id))
}

#[derive(Deserialize)]
struct Verify {
    token: String,
}

async fn verify(State(control): Handle, Path(id): Path<String>, Json(body): Json<Verify>) -> ControlResult {
    reply(control.verify_subscription(&id, &body.token))
}

async fn resend(State(control): Handle, Path(id): Path<String>) -> ControlResult {
    done(control.resend_token(&id))
}
