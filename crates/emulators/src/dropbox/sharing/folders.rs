//! Shared folders: `list_folders` (no `has_more`: the end is the page without a cursor), mounting, unmounting.

use serde_json::{Value, json};

use super::rows;
use crate::dropbox::call::{Call, Outcome, nothing, ok};
use crate::dropbox::cursor::RowCursor;
use crate::dropbox::errors::ApiError;
use crate::dropbox::text::{file_id, time_text};
use crate::dropbox::tree::{Access, NamespaceKind, NamespaceRef, Tree};

const KIND: char = 'F';
const MOUNTABLE: char = 'M';

pub fn list(call: &Call<'_>, mountable: bool) -> Outcome {
    call.args.only(&["limit", "actions"])?;
    let limit = call.args.number("limit", 1, 1000, 1000)? as usize;
    answer(call, mountable, rows::first(call, limit, Value::Null))
}

pub fn resume(call: &Call<'_>, mountable: bool) -> Outcome {
    let cursor = rows::next(call, if mountable { MOUNTABLE } else { KIND })?;
    answer(call, mountable, cursor)
}

fn answer(call: &Call<'_>, mountable: bool, cursor: RowCursor) -> Outcome {
    let tree = call.dropbox.read_tree();
    let home = tree.accounts[call.me as usize].home;
    let all = 0..tree.namespaces.len() as NamespaceRef;
    let mine: Vec<NamespaceRef> = all
        .filter(|found| tree.namespaces[*found as usize].members.contains_key(&call.me))
        .filter(|found| !mountable || (tree.mount_of(home, *found).is_none() && is_shared(&tree, *found)))
        .collect();
    let (page, after) = rows::page(call, if mountable { MOUNTABLE } else { KIND }, cursor, &mine);
    let entries: Vec<Value> = page.into_iter().map(|found| metadata(call, &tree, found)).collect();
    let mut body = json!({"entries": entries});
    if let Some(after) = after {
        body["cursor"] = after.into();
    }
    ok(body)
}

fn is_shared(tree: &Tree, namespace: NamespaceRef) -> bool {
    tree.namespaces[namespace as usize].kind == NamespaceKind::Shared
}

/// Finds a shared folder of the caller's by id.
pub fn find(call: &Call<'_>, tree: &Tree, id: &str) -> Result<NamespaceRef, &'static str> {
    let known = id.parse().ok().and_then(|id| tree.find_namespace(id)).ok_or("invalid_id")?;
    if matches!(tree.namespaces[known as usize].kind, NamespaceKind::Home(_) | NamespaceKind::TeamRoot) {
        return Err("invalid_id");
    }
    if tree.access_to(call.me, known).is_none() {
        return Err("not_a_member");
    }
    Ok(known)
}

pub fn get(call: &Call<'_>) -> Outcome {
    call.args.only(&["shared_folder_id", "actions"])?;
    let tree = call.dropbox.read_tree();
    let found = find(call, &tree, call.args.text("shared_folder_id")?).map_err(ApiError::route)?;
    ok(metadata(call, &tree, found))
}

fn metadata(call: &Call<'_>, tree: &Tree, namespace: NamespaceRef) -> Value {
    let found = &tree.namespaces[namespace as usize];
    let member = found.members.get(&call.me);
    let access = member.map_or(Access::Viewer, |member| member.access);
    let is_team_folder = found.kind == NamespaceKind::TeamFolder;
    let owner = tree.owner_of(namespace);
    let home = tree.accounts[call.me as usize].home;
    // Folders of the team are mounted in its space, beside the members' homes.
    let mount = tree.mount_of(home, namespace).or_else(|| tree.mount_of(tree.root_of(call.me), namespace));
    let name = match mount {
        Some(mount) => tree.node(mount).name.to_string(),
        None => tree.namespace_name(namespace),
    };
    let mut body = json!({
        "access_type": {".tag": access.tag()},
        "is_inside_team_folder": false,
        "is_team_folder": is_team_folder,
        "name": name,
        "policy": policy(),
        "preview_url": format!("{}/www/scl/fo/{}", call.dropbox.base, found.id),
        "shared_folder_id": found.id.to_string(),
        "time_invited": time_text(member.map_or(0, |member| member.since_ms)),
        "owner_display_names": owner.map(|owner| tree.accounts[owner as usize].name.as_str()),
        "access_inheritance": {".tag": "inherit"},
        "folder_id": file_id(tree.public_number(found.root)),
    });
    body["owner_display_names"] = body["owner_display_names"].as_str().into_iter().collect::<Vec<_>>().into();
    if let Some((lower, display)) = mount.and_then(|mount| tree.place(&call.view, mount, mount).path) {
        body["path_lower"] = lower.into();
        body["path_display"] = display.into();
    }
    let team = tree.accounts[owner.unwrap_or(call.me) as usize].team;
    if let Some(team) = team.map(|team| &tree.teams[team]) {
        body["owner_team"] = json!({"id": team.id, "name": team.name});
    }
    body
}

pub fn policy() -> Value {
    json!({
        "acl_update_policy": {".tag": "owner"},
        "shared_link_policy": {".tag": "anyone"},
        "member_policy": {".tag": "anyone"},
        "resolved_member_policy": {".tag": "anyone"},
    })
}

pub fn mount(call: &Call<'_>) -> Outcome {
    call.args.only(&["shared_folder_id"])?;
    let id = call.args.text("shared_folder_id")?.to_owned();
    call.dropbox.change_tree(|tree, _| {
        let refuse = |tag| ApiError::route(&format!("access_error/{tag}"));
        let found = find(call, tree, &id).map_err(refuse)?;
        if !is_shared(tree, found) {
            return Err(ApiError::route("not_mountable"));
        }
        tree.mount_for(call.me, found).map_err(|_| ApiError::route("already_mounted"))?;
        ok(metadata(call, tree, found))
    })
}

pub fn unmount(call: &Call<'_>) -> Outcome {
    call.args.only(&["shared_folder_id"])?;
    let id = call.args.text("shared_folder_id")?.to_owned();
    call.dropbox.change_tree(|tree, _| {
        let refuse = |tag| ApiError::route(&format!("access_error/{tag}"));
        let found = find(call, tree, &id).map_err(refuse)?;
        tree.unmount_for(call.me, found).map_err(|_| ApiError::route("access_error/unmounted"))?;
        nothing()
    })
}
