//! Single shared files: their sharing metadata, and those received from others.

use serde_json::{Value, json};

use super::folders::policy;
use super::{links, rows};
use crate::dropbox::call::{Call, Outcome, ok};
use crate::dropbox::cursor::RowCursor;
use crate::dropbox::errors::{ApiError, nested};
use crate::dropbox::lookup;
use crate::dropbox::text::{file_id, time_text};
use crate::dropbox::tree::{Access, NamespaceKind, NodeRef, Tree};

const RECEIVED: char = 'R';

/// Finds a file that has members besides its owner.
pub fn find_shared(call: &Call<'_>, tree: &Tree, path: &str) -> Result<NodeRef, &'static str> {
    let found = lookup::find(tree, call, path).map_err(|_| "invalid_file")?.node;
    let data = tree.file(found).ok_or("is_folder")?;
    let namespace = &tree.namespaces[tree.node(found).namespace as usize];
    let is_private = matches!(namespace.kind, NamespaceKind::Home(_) | NamespaceKind::TeamRoot);
    let has_members =
        data.extra.as_ref().is_some_and(|e| !e.shared_with.is_empty() || !e.invitees.is_empty());
    if is_private && !has_members { Err("invalid_file") } else { Ok(found) }
}

fn metadata(call: &Call<'_>, tree: &Tree, file: NodeRef) -> Value {
    let node = tree.node(file);
    let namespace = &tree.namespaces[node.namespace as usize];
    let received = tree.file(file).and_then(|data| data.extra.as_ref()?.shared_with.get(&call.me).copied());
    let inherited = tree.access_to(call.me, node.namespace);
    let access = inherited.or(received.map(|member| member.access)).unwrap_or(Access::Viewer);
    let owner = &tree.accounts[tree.owner_of_node(file) as usize];
    let link = tree.links.iter().find(|link| link.node == file && !link.revoked);
    let preview = link.map_or_else(
        || format!("{}/www/scl/fi/{}", call.dropbox.base, file_id(file).replace(':', "_")),
        |link| links::url_of(call.dropbox, tree, link),
    );
    let mut body = json!({
        "id": file_id(tree.public_number(file)),
        "name": node.name.as_ref(),
        "policy": policy(),
        "preview_url": preview,
        "access_type": {".tag": access.tag()},
        "owner_display_names": [owner.name],
        "permissions": [],
    });
    if let Some(team) = owner.team.map(|team| &tree.teams[team]) {
        body["owner_team"] = json!({"id": team.id, "name": team.name});
    }
    if !matches!(namespace.kind, NamespaceKind::Home(_)) {
        body["parent_shared_folder_id"] = namespace.id.to_string().into();
    }
    if let Some((lower, display)) = tree.place(&call.view, file, file).path {
        body["path_lower"] = lower.into();
        body["path_display"] = display.into();
    }
    if let Some(member) = received {
        body["time_invited"] = time_text(member.since_ms).into();
    }
    body
}

pub fn get(call: &Call<'_>) -> Outcome {
    call.args.only(&["file", "actions"])?;
    let tree = call.dropbox.read_tree();
    let found = find_shared(call, &tree, call.args.text("file")?)
        .map_err(|tag| ApiError::route(&format!("access_error/{tag}")))?;
    ok(metadata(call, &tree, found))
}

pub fn get_batch(call: &Call<'_>) -> Outcome {
    call.args.only(&["files", "actions"])?;
    let wishes = call.args.texts("files")?;
    if wishes.len() > 100 {
        return Err(call.args.wrong("files", "list must have at most 100 items"));
    }
    let tree = call.dropbox.read_tree();
    let rows: Vec<Value> = wishes
        .into_iter()
        .map(|path| match find_shared(call, &tree, path) {
            Ok(file) => {
                let mut result = metadata(call, &tree, file);
                result[".tag"] = "metadata".into();
                json!({"file": path, "result": result})
            }
            Err(tag) => json!({"file": path, "result": nested(&["access_error", tag])}),
        })
        .collect();
    ok(Value::Array(rows))
}

pub fn received(call: &Call<'_>) -> Outcome {
    call.args.only(&["limit", "actions"])?;
    let limit = call.args.number("limit", 1, 300, 100)? as usize;
    received_answer(call, rows::first(call, limit, Value::Null))
}

pub fn received_resume(call: &Call<'_>) -> Outcome {
    let cursor = rows::next(call, RECEIVED)?;
    received_answer(call, cursor)
}

fn received_answer(call: &Call<'_>, cursor: RowCursor) -> Outcome {
    let tree = call.dropbox.read_tree();
    let all: Vec<NodeRef> = tree.accounts[call.me as usize]
        .received
        .iter()
        .copied()
        .filter(|file| tree.node(*file).deleted.is_none())
        .collect();
    let (page, after) = rows::page(call, RECEIVED, cursor, &all);
    let entries: Vec<Value> = page.into_iter().map(|file| metadata(call, &tree, file)).collect();
    let mut body = json!({"entries": entries});
    if let Some(after) = after {
        body["cursor"] = after.into();
    }
    ok(body)
}
