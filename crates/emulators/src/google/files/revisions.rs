//! The versions of a file.

use serde_json::{Value, json};

use super::content::ranged;
use super::get::find;
use super::render::{Viewer, export_links};
use crate::google::answer::{self, Answer};
use crate::google::drive::{Content, Drive, FileNode, Revision};
use crate::google::drive_call::DriveCall;
use crate::google::errors::ApiError;
use crate::google::fields::Mask;
use crate::google::schema::{REVISION, REVISION_LIST};
use crate::google::state::Google;
use crate::kernel::clock::rfc3339;

/// Blob versions are purged after this long unless they are kept for ever.
const BLOB_REVISION_LIFE_MS: i64 = 30 * 86_400_000;

pub fn list(google: &Google, call: &DriveCall<'_>) -> Result<Answer, ApiError> {
    let entry = ["kind", "id", "mimeType", "modifiedTime"];
    let mut default = Mask::of(&["kind", "nextPageToken"]);
    if let Mask::Only(fields) = &mut default {
        fields.push(("revisions".to_owned(), Mask::of(&entry)));
    }
    let mask = call.mask(&REVISION_LIST, default)?;
    let size = call.params.page_size(200, 1000)?;
    let drive = google.read_drive();
    let node = readable(&drive, call)?;
    let viewer = Viewer::new(google, &drive, call);
    let all = revisions(node, call.now_ms);
    let start = match call.params.get("pageToken") {
        Some(token) => token.parse::<usize>().map_err(|_| ApiError::invalid_value("pageToken"))?,
        None => 0,
    };
    let page: Vec<Value> = all
        .iter()
        .skip(start)
        .take(size)
        .map(|revision| revision_json(&viewer, google, node, revision))
        .collect();
    let mut value = json!({"kind": "drive#revisionList", "revisions": page});
    if start + size < all.len() {
        value["nextPageToken"] = json!((start + size).to_string());
    }
    Ok(answer::json(200, mask.apply(value).to_string()))
}

pub fn get(google: &Google, call: &DriveCall<'_>) -> Result<Answer, ApiError> {
    let default = Mask::of(&["kind", "id", "mimeType", "modifiedTime"]);
    let mask = call.mask(&REVISION, default)?;
    let drive = google.read_drive();
    let node = readable(&drive, call)?;
    let wanted = call.arguments[1].as_str();
    let wanted = if wanted == "head" { node.head_revision_id() } else { wanted.to_owned() };
    let revision = revisions(node, call.now_ms)
        .into_iter()
        .find(|revision| revision.id == wanted)
        .ok_or_else(|| ApiError::not_found("Revision", &wanted, "revisionId"))?;
    if call.wants_media() {
        if !call.has_scope(&["drive", "drive.readonly", "drive.file", "drive.appdata"]) {
            return Err(ApiError::insufficient_scope(call.operation.id));
        }
        let bytes = revision.content.blob().ok_or_else(|| {
            ApiError::forbidden(
                "fileNotDownloadable",
                "Only files with binary content can be downloaded. Use Export with Docs Editors files.",
            )
        })?;
        return Ok(ranged(call.header("range"), &node.mime, bytes));
    }
    let viewer = Viewer::new(google, &drive, call);
    let value = revision_json(&viewer, google, node, &revision);
    Ok(answer::json(200, mask.apply(value).to_string()))
}

/// Returns the file if its history may be read: readers may not.
fn readable<'d>(drive: &'d Drive, call: &DriveCall<'_>) -> Result<&'d FileNode, ApiError> {
    let id = &call.arguments[0];
    let file = find(drive, call, id, true)?;
    let node = drive.node(file).ok_or_else(|| ApiError::file_not_found(id))?;
    if node.is_folder() || node.is_shortcut() {
        return Err(ApiError::forbidden("revisionsNotSupported", "The file does not support revisions."));
    }
    if !drive.role_of(call.me, file, call.now_ms).is_some_and(|role| role.can_write()) {
        return Err(ApiError::forbidden(
            "insufficientFilePermissions",
            "The user does not have sufficient permissions for this file.",
        ));
    }
    Ok(node)
}

/// Returns all versions still there, oldest first, the current one last.
fn revisions(node: &FileNode, now_ms: i64) -> Vec<Revision> {
    let older = node.extra.as_ref().map_or(&[][..], |extra| &extra.older);
    let mut all: Vec<Revision> = older
        .iter()
        .filter(|revision| {
            let fresh = now_ms - revision.modified_ms < BLOB_REVISION_LIFE_MS;
            !node.is_blob() || revision.keep_forever || fresh
        })
        .cloned()
        .collect();
    all.push(Revision {
        id: node.head_revision_id(),
        modified_ms: node.modified_ms,
        modified_by: node.modified_by,
        content: node.content.clone(),
        size: node.size,
        name: node.name.clone(),
        keep_forever: false,
    });
    all
}

fn revision_json(viewer: &Viewer<'_>, google: &Google, node: &FileNode, revision: &Revision) -> Value {
    let mut value = json!({
        "kind": "drive#revision",
        "id": revision.id,
        "mimeType": &*node.mime,
        "modifiedTime": rfc3339(revision.modified_ms),
        "lastModifyingUser": viewer.user(revision.modified_by),
    });
    match &revision.content {
        Content::Native(source) => {
            value["published"] = json!(false);
            if let Some(links) = export_links(&google.base, &node.id, source.kind) {
                value["exportLinks"] = links;
            }
        }
        content => {
            value["keepForever"] = json!(revision.keep_forever);
            value["originalFilename"] = json!(revision.name);
            value["size"] = json!(revision.size.to_string());
            if let Some(digests) = content.digests() {
                value["md5Checksum"] = json!(digests.md5);
            }
        }
    }
    value
}
