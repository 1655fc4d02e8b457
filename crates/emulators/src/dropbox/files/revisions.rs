//! `list_revisions` and `restore`.

use serde_json::{Value, json};

use super::render::Rendering;
use crate::dropbox::args::PathForm;
use crate::dropbox::call::{Call, Outcome, ok};
use crate::dropbox::errors::ApiError;
use crate::dropbox::lookup;
use crate::dropbox::text::{parts_of_rev, time_text};

pub fn list(call: &Call<'_>) -> Outcome {
    let args = &call.args;
    args.only(&["path", "mode", "limit", "before_rev", "include_restorable_info"])?;
    let path = args.path("path", PathForm::Write)?;
    let mode = args.tag("mode", &["path", "id"], "path")?;
    let limit = args.number("limit", 1, 100, 10)? as usize;
    let before = args.find_text("before_rev")?;
    if before.is_some() && mode != "id" {
        return Err(ApiError::route("before_rev_not_supported"));
    }
    let before = match before {
        Some(rev) => Some(parts_of_rev(rev).ok_or_else(|| ApiError::route("invalid_before_rev"))?.1),
        None => None,
    };
    let tree = call.dropbox.read_tree();
    let (node, is_deleted) = match lookup::find(&tree, call, path) {
        Ok(found) => (found.node, false),
        Err(tag) => match lookup::find_deleted(&tree, &call.view, path) {
            Some(node) => (node, true),
            None => return Err(ApiError::route(&format!("path/{tag}"))),
        },
    };
    let data = tree.file(node).ok_or_else(|| ApiError::route("path/not_file"))?;
    let rendering = Rendering::new(&tree, &call.view);
    let versions = std::iter::once(&data.current).chain(data.older.iter().rev());
    let mut rows: Vec<Value> = versions
        .map(|revision| revision.version)
        .filter(|version| before.is_none_or(|before| *version < before))
        .take(limit + 1)
        .map(|version| rendering.plain(node, Some(version)))
        .collect();
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let mut answer = json!({"is_deleted": is_deleted, "entries": rows, "has_more": has_more});
    if let Some(extra) = data.extra.as_ref().filter(|_| is_deleted) {
        answer["server_deleted"] = time_text(extra.deleted_ms).into();
    }
    ok(answer)
}

pub fn restore(call: &Call<'_>) -> Outcome {
    call.args.only(&["path", "rev"])?;
    let path = call.args.path("path", PathForm::Write)?.to_owned();
    let rev = call.args.text("rev")?;
    let invalid = || ApiError::route("invalid_revision");
    let (node, version) = parts_of_rev(rev).ok_or_else(invalid)?;
    call.dropbox.change_tree(|tree, now_ms| {
        let node = tree.find_node(node).filter(|n| lookup::may_see(tree, &call.view, *n));
        let node = node.ok_or_else(invalid)?;
        let data = tree.file(node).ok_or_else(invalid)?;
        let named = lookup::locate(tree, &call.view, &path).ok().map(|found| found.node);
        let named = named.or_else(|| lookup::find_deleted(tree, &call.view, &path));
        if named != Some(node) {
            return Err(ApiError::route("path_lookup/not_found"));
        }
        let is_current = data.current.version == version;
        let wanted =
            if is_current { Some(&data.current) } else { data.older.iter().find(|o| o.version == version) };
        let wanted = wanted.ok_or_else(invalid)?;
        let (content, client_ms) = (wanted.content.clone(), wanted.client_ms);
        if tree.node(node).deleted.is_some() {
            tree.revive(node).map_err(|_| ApiError::route("path_write/conflict/file"))?;
        }
        tree.edit_file(node, content, call.me, client_ms, now_ms).map_err(|_| invalid())?;
        ok(Rendering::new(tree, &call.view).plain(node, None))
    })
}
