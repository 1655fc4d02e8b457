//! `list_folder`, its continuation and `get_latest_cursor`: arguments and cursors.

use serde_json::json;

use super::page::Page;
use crate::dropbox::args::PathForm;
use crate::dropbox::call::{Call, Outcome, ok};
use crate::dropbox::cursor::{ListCursor, ListOptions, Phase, open, seal};
use crate::dropbox::errors::ApiError;
use crate::dropbox::lookup;
use crate::dropbox::sharing;
use crate::dropbox::tree::Tree;
use crate::kernel::faults::Hint;

pub const CURSOR_KIND: char = 'L';

const FIELDS: [&str; 11] = [
    "path",
    "recursive",
    "include_media_info",
    "include_deleted",
    "include_has_explicit_shared_members",
    "include_mounted_folders",
    "limit",
    "shared_link",
    "include_property_groups",
    "include_non_downloadable_files",
    "include_restorable_info",
];

/// Reads the arguments into a cursor that stands before the first entry.
fn begin(call: &Call<'_>, tree: &Tree) -> Result<ListCursor, ApiError> {
    let args = &call.args;
    args.only(&FIELDS)?;
    let path = args.path("path", PathForm::Listing)?;
    let options = ListOptions {
        recursive: args.flag("recursive", false)?,
        include_deleted: args.flag("include_deleted", false)?,
        include_mounted: args.flag("include_mounted_folders", true)?,
        include_non_downloadable: args.flag("include_non_downloadable_files", true)?,
        explicit_members: args.flag("include_has_explicit_shared_members", false)?,
        limit: args.find_number("limit", 1, 2000)?.map(|limit| limit as usize),
    };
    args.flag("include_media_info", false)?;
    let node = match args.inner("shared_link")? {
        None => {
            let found = lookup::find(tree, call, path);
            found.map_err(|tag| ApiError::route(&format!("path/{tag}")))?.node
        }
        Some(_) if options.recursive => {
            return Err(args.wrong("recursive", "not supported for shared links"));
        }
        Some(link) => {
            link.only(&["url", "password"])?;
            let shared =
                sharing::links::open_link(call, tree, link.text("url")?, link.find_text("password")?);
            let shared = shared.map_err(|_| ApiError::route("path/not_found"))?;
            let below = tree.follow(&call.view, tree.container(shared), path);
            below.ok_or_else(|| ApiError::route("path/not_found"))?
        }
    };
    if tree.file(node).is_some() {
        return Err(ApiError::route("path/not_folder"));
    }
    let phase =
        if options.recursive { Phase::Nodes { namespace: 0, at: 0 } } else { Phase::Children(String::new()) };
    Ok(ListCursor {
        account: call.me,
        root: call.view.root,
        base: tree.container(node),
        options,
        seen: tree.journal().len() as u64,
        epoch: tree.accounts[call.me as usize].cursor_epoch,
        phase: Some(phase),
    })
}

pub fn start(call: &Call<'_>) -> Outcome {
    let tree = call.dropbox.read_tree();
    let cursor = begin(call, &tree)?;
    answer(call, &tree, cursor, true)
}

pub fn latest(call: &Call<'_>) -> Outcome {
    let tree = call.dropbox.read_tree();
    let cursor = ListCursor { phase: None, ..begin(call, &tree)? };
    ok(json!({"cursor": seal(CURSOR_KIND, &cursor)}))
}

pub fn resume(call: &Call<'_>) -> Outcome {
    call.args.only(&["cursor"])?;
    let cursor: ListCursor = open(CURSOR_KIND, call.args.text("cursor")?)?;
    let tree = call.dropbox.read_tree();
    let is_own = cursor.account == call.me && cursor.root == call.view.root;
    if !is_own || is_void(&tree, &cursor) || call.hint == Some(Hint::ExpiredCursor) {
        return Err(ApiError::route("reset"));
    }
    let base = tree.node(cursor.base);
    let shared_by_link = tree.links.iter().any(|link| link.node == cursor.base && !link.revoked);
    let reachable = shared_by_link || tree.access_to(call.me, base.namespace).is_some();
    if base.deleted.is_some() || !reachable {
        return Err(ApiError::route("path/not_found"));
    }
    answer(call, &tree, cursor, false)
}

/// Says whether a cursor can no longer be followed.
pub fn is_void(tree: &Tree, cursor: &ListCursor) -> bool {
    let account = tree.accounts.get(cursor.account as usize);
    account.is_none_or(|account| account.cursor_epoch != cursor.epoch)
        || tree.find_node(cursor.base).is_none()
        || tree.find_node(cursor.root).is_none()
        || cursor.seen > tree.journal().len() as u64
}

fn answer(call: &Call<'_>, tree: &Tree, cursor: ListCursor, first: bool) -> Outcome {
    let before = seal(CURSOR_KIND, &cursor);
    if call.hint == Some(Hint::EmptyPage) {
        return ok(json!({"entries": [], "cursor": before, "has_more": true}));
    }
    let mut page = Page::new(call, tree, cursor);
    if first && call.switches.recursive_lists_itself {
        page.add_itself();
    }
    page.fill();
    if call.hint == Some(Hint::RepeatPageToken) {
        return ok(json!({"entries": page.entries, "cursor": before, "has_more": true}));
    }
    let text = seal(CURSOR_KIND, &page.cursor);
    ok(json!({"entries": page.entries, "cursor": text, "has_more": page.has_more}))
}
