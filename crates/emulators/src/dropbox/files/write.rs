//! Writing: upload, new folders, deletion, moves and copies.

use chrono::DateTime;
use serde_json::{Value, json};

use super::render::Rendering;
use crate::dropbox::args::PathForm;
use crate::dropbox::call::{Call, Outcome, nothing, ok};
use crate::dropbox::errors::{ApiError, nested};
use crate::dropbox::lookup;
use crate::dropbox::text::{hex, rev_text};
use crate::dropbox::tree::{Access, Content, NewFile, NodeKind, NodeRef, Tree, block_hash};

/// Names the service keeps for itself.
const DISALLOWED: [&str; 6] =
    ["desktop.ini", "thumbs.db", ".ds_store", "icon\r", ".dropbox", ".dropbox.attr"];

/// The folder and name a path would be written to, with missing folders created.
fn target(tree: &mut Tree, call: &Call<'_>, path: &str) -> Result<(NodeRef, String), &'static str> {
    let (folder, name) = path.rsplit_once('/').ok_or("malformed_path")?;
    let lower = name.to_lowercase();
    if name.is_empty() || path.contains("//") {
        return Err("malformed_path");
    }
    if DISALLOWED.contains(&lower.as_str()) || name.chars().count() > 255 {
        return Err("disallowed_name");
    }
    let (from, below) = match folder.strip_prefix("ns:") {
        Some(rest) => {
            let (id, below) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let namespace = id.parse().ok().and_then(|id| tree.find_namespace(id));
            let namespace = namespace.filter(|found| tree.access_to(call.me, *found).is_some());
            (tree.namespaces[namespace.ok_or("no_write_permission")? as usize].root, below)
        }
        None => (call.view.root, folder),
    };
    let mut deepest = from;
    let mut rest = below;
    while let Some(child) = {
        let head = rest.trim_start_matches('/').split('/').next().unwrap_or_default();
        if head.is_empty() { None } else { tree.child(tree.container(deepest), head) }
    } {
        deepest = child;
        rest = rest.trim_start_matches('/');
        rest = &rest[rest.find('/').unwrap_or(rest.len())..];
    }
    let namespace = tree.node(tree.container(deepest)).namespace;
    if tree.access_to(call.me, namespace).is_none_or(Access::is_read_only) {
        return Err("no_write_permission");
    }
    if tree.file(deepest).is_some() {
        return Err("conflict/file_ancestor");
    }
    let folder = tree.ensure_folder(deepest, rest).map_err(|_| "conflict/file_ancestor")?;
    Ok((folder, name.to_owned()))
}

fn write_error(prefix: &str, tag: &str) -> ApiError {
    ApiError::route(&format!("{prefix}/{tag}"))
}

pub fn upload(call: &Call<'_>) -> Outcome {
    let args = &call.args;
    args.only(&[
        "path",
        "mode",
        "autorename",
        "client_modified",
        "mute",
        "property_groups",
        "strict_conflict",
        "content_hash",
    ])?;
    let path = args.path("path", PathForm::Write)?.to_owned();
    let mode = args.tag("mode", &["add", "overwrite", "update"], "add")?.to_owned();
    let update = args.value("mode").and_then(|mode| mode["update"].as_str()).map(str::to_owned);
    let autorename = args.flag("autorename", false)?;
    let client_ms = match args.find_text("client_modified")? {
        Some(text) => DateTime::parse_from_rfc3339(text)
            .map_err(|_| args.wrong("client_modified", "not a timestamp"))?
            .timestamp_millis(),
        None => call.now_ms,
    };
    if let Some(expected) = args.find_text("content_hash")?
        && expected != hex(&block_hash(call.body))
    {
        return Err(ApiError::route("content_hash_mismatch"));
    }
    let refuse = |tag: &str| {
        let tags: Vec<&str> = tag.split('/').collect();
        let error =
            json!({".tag": "path", "reason": nested(&tags), "upload_session_id": "pid_upload_session:AA"});
        ApiError::route_with(&format!("path/{tag}"), error)
    };
    let content = Content::Bytes(call.body.clone());
    call.dropbox.change_tree(|tree, now_ms| {
        let (folder, mut name) = if path.starts_with("id:") {
            let node = lookup::locate(tree, &call.view, &path).map_err(|_| refuse("malformed_path"))?.node;
            let parent = tree.node(node).parent.ok_or_else(|| refuse("malformed_path"))?;
            (parent, tree.node(node).name.to_string())
        } else {
            target(tree, call, &path).map_err(&refuse)?
        };
        if let Some(known) = tree.child(folder, &name) {
            let conflict = if tree.file(known).is_some() { "conflict/file" } else { "conflict/folder" };
            let rev = tree.file(known).map(|data| {
                let namespace = tree.namespaces[tree.node(known).namespace as usize].id;
                rev_text(known, data.current.version, namespace)
            });
            let same = tree.file(known).is_some_and(|d| d.current.content_hash() == &block_hash(call.body));
            let replaces = match mode.as_str() {
                "overwrite" => rev.is_some(),
                "update" => rev.is_some() && rev == update,
                _ => false,
            };
            if replaces || (same && mode == "add") {
                if !same {
                    tree.edit_file(known, content, call.me, client_ms, now_ms)
                        .map_err(|_| refuse(conflict))?;
                }
                return ok(Rendering::new(tree, &call.view).plain(known, None));
            }
            if !autorename {
                return Err(refuse(conflict));
            }
            name = tree.free_name(folder, &name);
        }
        let new = NewFile { folder, name: &name, content, by: call.me, client_ms };
        let node = tree.create_file(new, now_ms).map_err(|_| refuse("malformed_path"))?;
        ok(Rendering::new(tree, &call.view).plain(node, None))
    })
}

pub fn create_folder(call: &Call<'_>) -> Outcome {
    call.args.only(&["path", "autorename"])?;
    let path = call.args.path("path", PathForm::Write)?.to_owned();
    let autorename = call.args.flag("autorename", false)?;
    call.dropbox.change_tree(|tree, _| {
        let (folder, mut name) = target(tree, call, &path).map_err(|tag| write_error("path", tag))?;
        if let Some(known) = tree.child(folder, &name) {
            if !autorename {
                let kind = if tree.file(known).is_some() { "file" } else { "folder" };
                return Err(write_error("path", &format!("conflict/{kind}")));
            }
            name = tree.free_name(folder, &name);
        }
        let node = tree.create_folder(folder, &name).map_err(|_| write_error("path", "malformed_path"))?;
        ok(json!({"metadata": Rendering::new(tree, &call.view).plain(node, None)}))
    })
}

pub fn delete(call: &Call<'_>) -> Outcome {
    let metadata = remove(call, &removed_path(call)?, false)?;
    ok(json!({"metadata": metadata}))
}

pub fn delete_for_good(call: &Call<'_>) -> Outcome {
    remove(call, &removed_path(call)?, true)?;
    nothing()
}

fn removed_path(call: &Call<'_>) -> Result<String, ApiError> {
    call.args.only(&["path", "parent_rev"])?;
    Ok(call.args.path("path", PathForm::Write)?.to_owned())
}

/// Deletes what a path names and returns its metadata; a shared folder is only unmounted.
pub fn remove(call: &Call<'_>, path: &str, for_good: bool) -> Result<Value, ApiError> {
    call.dropbox.change_tree(|tree, now_ms| {
        let node = match lookup::find(tree, call, path) {
            Ok(found) => found.node,
            Err(tag) => match lookup::find_deleted(tree, &call.view, path).filter(|_| for_good) {
                Some(node) => node,
                None => return Err(write_error("path_lookup", tag)),
            },
        };
        let namespace = tree.node(node).namespace;
        if tree.access_to(call.me, namespace).is_none_or(Access::is_read_only) {
            return Err(write_error("path_write", "no_write_permission"));
        }
        let metadata = Rendering::new(tree, &call.view).entry(node);
        let done = match tree.node(node).kind {
            NodeKind::Mount(mounted) => tree.unmount_for(call.me, mounted),
            _ if for_good => tree.erase(node, now_ms),
            _ => tree.delete(node, now_ms),
        };
        done.map_err(|_| write_error("path_write", "operation_suppressed"))?;
        Ok(metadata)
    })
}

pub fn relocate(call: &Call<'_>, copy: bool) -> Outcome {
    call.args.only(&[
        "from_path",
        "to_path",
        "allow_shared_folder",
        "autorename",
        "allow_ownership_transfer",
    ])?;
    let from = call.args.path("from_path", PathForm::Write)?.to_owned();
    let to = call.args.path("to_path", PathForm::Write)?.to_owned();
    let autorename = call.args.flag("autorename", false)?;
    call.dropbox.change_tree(|tree, now_ms| {
        let node = lookup::find(tree, call, &from).map_err(|tag| write_error("from_lookup", tag))?.node;
        let (folder, mut name) = target(tree, call, &to).map_err(|tag| write_error("to", tag))?;
        if let Some(known) = tree.child(folder, &name)
            && (copy || known != node)
        {
            if !autorename {
                let kind = if tree.file(known).is_some() { "file" } else { "folder" };
                return Err(write_error("to", &format!("conflict/{kind}")));
            }
            name = tree.free_name(folder, &name);
        }
        let moved = if copy {
            copy_below(tree, call, node, folder, &name, now_ms)
        } else {
            tree.relocate(node, folder, &name).map(|()| node)
        };
        let moved = moved.map_err(|_| ApiError::route("cant_move_folder_into_itself"))?;
        ok(json!({"metadata": Rendering::new(tree, &call.view).entry(moved)}))
    })
}

fn copy_below(
    tree: &mut Tree,
    call: &Call<'_>,
    node: NodeRef,
    folder: NodeRef,
    name: &str,
    now_ms: i64,
) -> anyhow::Result<NodeRef> {
    if let Some(data) = tree.file(node) {
        let (content, client_ms) = (data.current.content.clone(), data.current.client_ms);
        return tree.create_file(NewFile { folder, name, content, by: call.me, client_ms }, now_ms);
    }
    let children: Vec<(String, NodeRef)> = tree
        .children_of(tree.container(node))
        .values()
        .map(|child| (tree.node(*child).name.to_string(), *child))
        .collect();
    let made = tree.create_folder(folder, name)?;
    for (name, child) in children {
        copy_below(tree, call, child, made, &name, now_ms)?;
    }
    Ok(made)
}
