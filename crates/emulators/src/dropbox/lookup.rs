//! Finding what a path names: `/a/b`, `id:`, `rev:` and `ns:` forms, in any case.

use super::call::{Call, Found};
use super::text::{number_of_id, parts_of_rev};
use super::tree::{NodeRef, Tree, View};

/// The tag of a lookup error.
pub type LookupTag = &'static str;

/// Finds a live node. The tag says why there is none.
pub fn find(tree: &Tree, call: &Call<'_>, path: &str) -> Result<Found, LookupTag> {
    let found = locate(tree, &call.view, path)?;
    let node = tree.node(found.node);
    if node.deleted.is_some() {
        return Err("not_found");
    }
    if let Some(data) = tree.file(found.node) {
        if data.extra.as_ref().is_some_and(|extra| extra.path_locked) {
            return Err("locked");
        }
        if call.switches.lookup_lag_ms > 0
            && data.older.is_empty()
            && data.current.server_ms > call.now_ms - call.switches.lookup_lag_ms
        {
            return Err("not_found");
        }
    }
    Ok(found)
}

/// Finds a node by any form of path, live or deleted by number, live only by name.
pub fn locate(tree: &Tree, view: &View, path: &str) -> Result<Found, LookupTag> {
    let whole = |node| Found { node, version: None };
    if let Some(rest) = path.strip_prefix("ns:") {
        let (id, below) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let namespace = id.parse().ok().and_then(|id| tree.find_namespace(id)).ok_or("not_found")?;
        tree.access_to(view.account, namespace).ok_or("not_found")?;
        let root = tree.namespaces[namespace as usize].root;
        check_form(below)?;
        return tree.follow(view, root, below).map(whole).ok_or("not_found");
    }
    if path.starts_with("id:") {
        let (id, below) = path.split_at(path.find('/').unwrap_or(path.len()));
        let node = number_of_id(id).and_then(|number| tree.find_public(number)).ok_or("not_found")?;
        if !may_see(tree, view, node) {
            return Err("not_found");
        }
        check_form(below)?;
        let here = tree.container(node);
        let found =
            if below.is_empty() { Some(tree.shown(view, node)) } else { tree.follow(view, here, below) };
        return found.map(whole).ok_or("not_found");
    }
    if let Some(rev) = path.strip_prefix("rev:") {
        let (node, version) = parts_of_rev(rev).ok_or("not_found")?;
        let node = tree.find_node(node).filter(|node| may_see(tree, view, *node)).ok_or("not_found")?;
        let data = tree.file(node).ok_or("not_found")?;
        let known = data.current.version == version || data.older.iter().any(|old| old.version == version);
        return known.then_some(Found { node, version: Some(version) }).ok_or("not_found");
    }
    check_form(path)?;
    tree.follow(view, view.root, path).map(whole).ok_or("not_found")
}

/// A path ends without a slash and has no empty part.
fn check_form(path: &str) -> Result<(), LookupTag> {
    let malformed = path.len() > 1 && (path.ends_with('/') || path.contains("//"));
    if malformed { Err("malformed_path") } else { Ok(()) }
}

/// Says whether a caller may read a node that was named by number.
pub fn may_see(tree: &Tree, view: &View, node: NodeRef) -> bool {
    let in_reach = tree.path_lower(view, node).is_some();
    let is_member = tree.access_to(view.account, tree.node(node).namespace).is_some();
    let received = tree.accounts[view.account as usize].received.contains(&node);
    let root_is_folder_of_app = tree.node(view.root).parent.is_some();
    in_reach || received || (is_member && !root_is_folder_of_app)
}

/// Finds a deleted node by its path.
pub fn find_deleted(tree: &Tree, view: &View, path: &str) -> Option<NodeRef> {
    if path.starts_with("id:") {
        let found = locate(tree, view, path).ok()?.node;
        return tree.node(found).deleted.map(|_| found);
    }
    let mut here = view.root;
    for name in path.split('/').filter(|part| !part.is_empty()) {
        let folder = tree.container(here);
        let lower = name.to_lowercase();
        let live = tree.children_of(folder).get(lower.as_str());
        here = *live.or_else(|| tree.buried_in(folder).get(lower.as_str()))?;
    }
    tree.node(here).deleted.map(|_| here)
}
