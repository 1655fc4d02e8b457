//! `download`: the bytes of a file or of one of its revisions.

use serde_json::json;

use super::render::Rendering;
use crate::dropbox::args::PathForm;
use crate::dropbox::call::{Call, Found, Outcome, Reply};
use crate::dropbox::errors::ApiError;
use crate::dropbox::lookup;
use crate::dropbox::text::rev_text;
use crate::dropbox::tree::{FileData, Revision, Tree, View};
use crate::kernel::archive::Archive;

pub fn download(call: &Call<'_>) -> Outcome {
    call.args.only(&["path", "rev"])?;
    let path = call.args.path("path", PathForm::Read)?;
    let tree = call.dropbox.read_tree();
    let found = lookup::find(&tree, call, path).map_err(|tag| ApiError::route(&format!("path/{tag}")))?;
    let data = readable(&tree, found)?;
    let is_export_only = data.extra.as_ref().is_some_and(|extra| extra.export.is_some());
    if is_export_only || data.extra.as_ref().is_some_and(|extra| extra.unsupported) {
        return Err(ApiError::route("unsupported_file"));
    }
    let revision = revision_of(data, found);
    let node = tree.node(found.node);
    let namespace = tree.namespaces[node.namespace as usize].id;
    Ok(Reply::Content {
        result: Rendering::new(&tree, &call.view).plain(found.node, found.version),
        bytes: revision.content.read(),
        content_type: "application/octet-stream".into(),
        name: node.name.to_string(),
        etag: Some(rev_text(found.node, revision.version, namespace)),
    })
}

/// A folder as a ZIP archive; what cannot be downloaded is left out.
pub fn download_zip(call: &Call<'_>) -> Outcome {
    call.args.only(&["path"])?;
    let path = call.args.path("path", PathForm::Read)?;
    let tree = call.dropbox.read_tree();
    let found = lookup::find(&tree, call, path).map_err(|tag| ApiError::route(&format!("path/{tag}")))?;
    if tree.file(found.node).is_some() {
        return Err(ApiError::route("path/not_folder"));
    }
    let top = tree.container(found.node);
    let name = tree.node(found.node).name.to_string();
    let below = tree.subtree(top);
    if below.len() > 10_000 {
        return Err(ApiError::route("too_many_files"));
    }
    let mut archive = Archive::default();
    archive.add(&format!("{name}/"), b"");
    for node in below.into_iter().skip(1) {
        let Some(data) = tree.file(node) else { continue };
        let extra = data.extra.as_ref();
        if extra.is_none_or(|extra| extra.export.is_none() && !extra.restricted && !extra.unsupported) {
            let inside = View { root: top, ..call.view };
            let path = tree.place(&inside, node, top).path.map_or_else(String::new, |(_, display)| display);
            archive.add(&format!("{name}{path}"), &data.current.content.read());
        }
    }
    Ok(Reply::Content {
        result: json!({"metadata": Rendering::new(&tree, &call.view).plain(found.node, None)}),
        bytes: archive.finish().into(),
        content_type: "application/zip".into(),
        name: format!("{name}.zip"),
        etag: None,
    })
}

/// Returns a file that may be read; a folder and forbidden content have their own refusals.
pub fn readable(tree: &Tree, found: Found) -> Result<&FileData, ApiError> {
    let data = tree.file(found.node).ok_or_else(|| ApiError::route("path/not_file"))?;
    if data.extra.as_ref().is_some_and(|extra| extra.restricted) {
        return Err(ApiError::route("path/restricted_content"));
    }
    Ok(data)
}

pub fn revision_of(data: &FileData, found: Found) -> &Revision {
    let older = found.version.and_then(|v| data.older.iter().find(|old| old.version == v));
    older.unwrap_or(&data.current)
}
