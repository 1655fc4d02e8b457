//! `files.get`: finding a file as its caller may see it, its metadata, and its labels.

use super::content;
use super::render::{Viewer, file_text};
use crate::google::answer::{self, Answer};
use crate::google::drive::{Drive, FileRef};
use crate::google::drive_call::DriveCall;
use crate::google::errors::ApiError;
use crate::google::fields::Mask;
use crate::google::schema::{FILE, LABEL_LIST};
use crate::google::state::Google;

pub fn get(google: &Google, call: &DriveCall<'_>) -> Result<Answer, ApiError> {
    if call.wants_media() {
        return content::media(google, call);
    }
    let mask = call.mask(&FILE, Mask::of(&["kind", "id", "name", "mimeType"]))?;
    let drive = google.read_drive();
    let file = find(&drive, call, &call.arguments[0], call.supports_all_drives()?)?;
    let viewer = Viewer::new(google, &drive, call);
    Ok(answer::json(200, file_text(&viewer, file, &mask)))
}

/// Returns a file the caller may see. Everything else is "not found": a wrong id, a lost share, a missing
/// resource key, and a shared drive's item asked for by a caller that does not support shared drives.
pub fn find(
    drive: &Drive,
    call: &DriveCall<'_>,
    id: &str,
    supports_all_drives: bool,
) -> Result<FileRef, ApiError> {
    let missing = || ApiError::file_not_found(id);
    if id == "root" {
        return Ok(drive.accounts[call.me as usize].root);
    }
    let file = drive.find_file(id).ok_or_else(missing)?;
    let node = drive.node(file).ok_or_else(missing)?;
    if node.drive.is_some() && !supports_all_drives {
        return Err(missing());
    }
    if call.sees_only_picked() {
        let picked = node.extra.as_ref().is_some_and(|extra| extra.picked_by.contains(&call.token.client_id));
        if !picked {
            return Err(missing());
        }
    }
    if drive.role_of(call.me, file, call.now_ms).is_some() {
        return Ok(file);
    }
    if drive.link_role(file).is_none() {
        return Err(missing());
    }
    match node.resource_key() {
        Some(key) if !sends_resource_key(call, id, key) => Err(missing()),
        _ => Ok(file),
    }
}

/// Looks for `<id>/<key>` in `X-Goog-Drive-Resource-Keys`.
fn sends_resource_key(call: &DriveCall<'_>, id: &str, key: &str) -> bool {
    let header = call.header("x-goog-drive-resource-keys").unwrap_or_default();
    header.split(',').any(|pair| pair.trim().split_once('/') == Some((id, key)))
}

/// No file carries labels here.
pub fn list_labels(google: &Google, call: &DriveCall<'_>) -> Result<Answer, ApiError> {
    let mask = call.mask(&LABEL_LIST, Mask::Everything)?;
    find(&google.read_drive(), call, &call.arguments[0], true)?;
    let value = serde_json::json!({"kind": "drive#labelList", "labels": []});
    Ok(answer::json(200, mask.apply(value).to_string()))
}
