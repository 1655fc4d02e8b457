//! Shared links: making, listing, opening and revoking them.

use serde_json::{Value, json};

use crate::dropbox::args::PathForm;
use crate::dropbox::call::{Call, Outcome, Reply, nothing, ok};
use crate::dropbox::errors::ApiError;
use crate::dropbox::lookup;
use crate::dropbox::state::Dropbox;
use crate::dropbox::text::{file_id, rev_text, time_text};
use crate::dropbox::tree::{Link, NodeRef, Tree};

/// The address of a link.
pub fn url_of(dropbox: &Dropbox, tree: &Tree, link: &Link) -> String {
    let name = &tree.node(link.node).name;
    let kind = if tree.file(link.node).is_some() { "fi" } else { "fo" };
    let name = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
    format!("{}/www/scl/{kind}/{}/{name}?dl=0", dropbox.base, link.key)
}

fn find_link<'t>(tree: &'t Tree, url: &str) -> Option<(usize, &'t Link)> {
    let (_, rest) = url.split_once("/scl/")?;
    let key = rest.split(['/', '?']).nth(1)?;
    tree.links.iter().enumerate().find(|(_, link)| link.key == key && !link.revoked)
}

/// Finds what a link leads to, if the caller may follow it.
pub fn open_link(
    call: &Call<'_>,
    tree: &Tree,
    url: &str,
    password: Option<&str>,
) -> Result<NodeRef, &'static str> {
    let (_, link) = find_link(tree, url).ok_or("shared_link_not_found")?;
    if tree.node(link.node).deleted.is_some() || link.expires_ms.is_some_and(|end| call.now_ms >= end) {
        return Err("shared_link_not_found");
    }
    let node = tree.node(link.node);
    let is_member = tree.access_to(call.me, node.namespace).is_some();
    let received = tree.accounts[call.me as usize].received.contains(&link.node);
    let same_team = tree.accounts[link.by as usize].team.is_some()
        && tree.accounts[link.by as usize].team == tree.accounts[call.me as usize].team;
    let allowed = match link.audience {
        "public" => true,
        "team" => same_team || is_member,
        _ => is_member || received,
    };
    let unlocked = link.password.is_none() || link.password.as_deref() == password;
    if allowed && unlocked { Ok(link.node) } else { Err("shared_link_access_denied") }
}

fn link_metadata(call: &Call<'_>, tree: &Tree, link: &Link) -> Value {
    let node = tree.node(link.node);
    let mut body = json!({
        ".tag": "folder",
        "url": url_of(call.dropbox, tree, link),
        "id": file_id(tree.public_number(link.node)),
        "name": node.name.as_ref(),
        "link_permissions": permissions(call, link),
    });
    if let Some(lower) = tree.path_lower(&call.view, link.node) {
        body["path_lower"] = lower.into();
    }
    if let Some(end) = link.expires_ms {
        body["expires"] = time_text(end).into();
    }
    if let Some(data) = tree.file(link.node) {
        let namespace = tree.namespaces[node.namespace as usize].id;
        body[".tag"] = "file".into();
        body["client_modified"] = time_text(data.current.client_ms).into();
        body["server_modified"] = time_text(data.current.server_ms).into();
        body["rev"] = rev_text(link.node, data.current.version, namespace).into();
        body["size"] = data.current.content.size().into();
    }
    body
}

fn permissions(call: &Call<'_>, link: &Link) -> Value {
    let visibility = match link.audience {
        "public" => "public",
        "team" => "team_only",
        _ => "no_one",
    };
    let option = |audience: &str, allowed: bool| json!({"audience": {".tag": audience}, "allowed": allowed});
    json!({
        "can_revoke": link.by == call.me,
        "resolved_visibility": {".tag": visibility},
        "effective_audience": {".tag": link.audience},
        "link_access_level": {".tag": "viewer"},
        "visibility_policies": [{
            "policy": {".tag": "public"},
            "resolved_policy": {".tag": "public"},
            "allowed": true,
        }],
        "can_set_expiry": false,
        "can_remove_expiry": true,
        "allow_download": true,
        "can_allow_download": true,
        "can_disallow_download": false,
        "allow_comments": false,
        "team_restricts_comments": false,
        "audience_options": [option("public", true), option("team", false), option("no_one", true)],
        "can_set_password": false,
        "can_remove_password": true,
        "require_password": link.password.is_some(),
        "can_use_extended_sharing_controls": false,
    })
}

pub fn list(call: &Call<'_>) -> Outcome {
    call.args.only(&["path", "cursor", "direct_only"])?;
    let tree = call.dropbox.read_tree();
    let node = match call.args.value("path") {
        Some(_) => {
            let path = call.args.path("path", PathForm::Read)?;
            let found = lookup::find(&tree, call, path);
            Some(found.map_err(|tag| ApiError::route(&format!("path/{tag}")))?.node)
        }
        None => None,
    };
    let links = tree.links.iter().filter(|link| link.by == call.me && !link.revoked);
    let links = links.filter(|link| node.is_none_or(|node| link.node == node));
    let rows: Vec<Value> = links.map(|link| link_metadata(call, &tree, link)).collect();
    ok(json!({"links": rows, "has_more": false}))
}

pub fn create(call: &Call<'_>) -> Outcome {
    call.args.only(&["path", "settings"])?;
    let path = call.args.path("path", PathForm::Read)?.to_owned();
    let (mut audience, mut password) = ("public", None);
    if let Some(settings) = call.args.inner("settings")? {
        settings.only(&[
            "require_password",
            "link_password",
            "expires",
            "audience",
            "access",
            "requested_visibility",
            "allow_download",
        ])?;
        let wish = settings.tag("audience", &["public", "team", "no_one", "members"], "public")?;
        audience = ["public", "team", "members"].into_iter().find(|known| *known == wish).unwrap_or("no_one");
        password = settings.find_text("link_password")?.map(str::to_owned);
    }
    call.dropbox.change_tree(|tree, _| {
        let found = lookup::find(tree, call, &path);
        let node = found.map_err(|tag| ApiError::route(&format!("path/{tag}")))?.node;
        let known = tree.links.iter().find(|l| l.node == node && l.by == call.me && !l.revoked);
        if let Some(link) = known {
            let metadata = link_metadata(call, tree, link);
            let inner = json!({".tag": "metadata", "metadata": metadata});
            let error = json!({".tag": "shared_link_already_exists", "shared_link_already_exists": inner});
            return Err(ApiError::route_with("shared_link_already_exists/metadata", error));
        }
        let position = tree.add_link(node, call.me, audience);
        tree.links[position].password = password;
        ok(link_metadata(call, tree, &tree.links[position]))
    })
}

/// Follows the `path` below a folder's link.
fn linked(call: &Call<'_>, tree: &Tree) -> Result<NodeRef, ApiError> {
    let args = &call.args;
    args.only(&["url", "path", "link_password"])?;
    let node = open_link(call, tree, args.text("url")?, args.find_text("link_password")?);
    let node = node.map_err(ApiError::route)?;
    match args.find_text("path")?.filter(|path| !path.is_empty()) {
        None => Ok(node),
        Some(below) => tree
            .follow(&call.view, tree.container(node), below)
            .ok_or_else(|| ApiError::route("shared_link_not_found")),
    }
}

pub fn metadata(call: &Call<'_>) -> Outcome {
    let tree = call.dropbox.read_tree();
    let node = linked(call, &tree)?;
    let link = find_link(&tree, call.args.text("url")?).map(|(_, link)| Link { node, ..link.clone() });
    let link = link.ok_or_else(|| ApiError::route("shared_link_not_found"))?;
    ok(link_metadata(call, &tree, &link))
}

pub fn file(call: &Call<'_>) -> Outcome {
    let tree = call.dropbox.read_tree();
    let node = linked(call, &tree)?;
    let data = tree.file(node).ok_or_else(|| ApiError::route("shared_link_is_directory"))?;
    if data.extra.as_ref().is_some_and(|extra| extra.export.is_some()) {
        return Err(ApiError::route("unsupported_link_type"));
    }
    let link = find_link(&tree, call.args.text("url")?).map(|(_, link)| Link { node, ..link.clone() });
    let link = link.ok_or_else(|| ApiError::route("shared_link_not_found"))?;
    let namespace = tree.namespaces[tree.node(node).namespace as usize].id;
    Ok(Reply::Content {
        result: link_metadata(call, &tree, &link),
        bytes: data.current.content.read(),
        content_type: "application/octet-stream".into(),
        name: tree.node(node).name.to_string(),
        etag: Some(rev_text(node, data.current.version, namespace)),
    })
}

pub fn revoke(call: &Call<'_>) -> Outcome {
    call.args.only(&["url"])?;
    let url = call.args.text("url")?.to_owned();
    call.dropbox.change_tree(|tree, _| {
        let found = find_link(tree, &url).map(|(position, link)| (position, link.by));
        let (position, by) = found.ok_or_else(|| ApiError::route("shared_link_not_found"))?;
        if by != call.me {
            return Err(ApiError::route("shared_link_access_denied"));
        }
        tree.links[position].revoked = true;
        nothing()
    })
}

pub fn modify(call: &Call<'_>) -> Outcome {
    call.args.only(&["url", "settings", "remove_expiration"])?;
    let url = call.args.text("url")?.to_owned();
    let settings = call.args.inner("settings")?.ok_or_else(|| call.args.wrong("settings", "missing"))?;
    let expires = settings.find_text("expires")?.map(crate::kernel::clock::parse_rfc3339).transpose();
    let expires = expires.map_err(|_| call.args.wrong("expires", "not a timestamp"))?;
    let password = settings.find_text("link_password")?.map(str::to_owned);
    let forget_expiry = call.args.flag("remove_expiration", false)?;
    call.dropbox.change_tree(|tree, _| {
        let found = find_link(tree, &url).map(|(position, link)| (position, link.by));
        let (position, by) = found.ok_or_else(|| ApiError::route("shared_link_not_found"))?;
        if by != call.me {
            return Err(ApiError::route("shared_link_access_denied"));
        }
        let link = &mut tree.links[position];
        link.password = password.or(link.password.take());
        link.expires_ms = if forget_expiry { None } else { expires.or(link.expires_ms) };
        ok(link_metadata(call, tree, &tree.links[position]))
    })
}
