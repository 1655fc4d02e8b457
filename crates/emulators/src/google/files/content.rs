//! Bytes: `alt=media` with ranges, and exports of native documents.

use bytes::Bytes;

use super::get::find;
use crate::google::answer::Answer;
use crate::google::drive::{Drive, FileNode, FileRef, Role};
use crate::google::drive_call::DriveCall;
use crate::google::errors::ApiError;
use crate::google::export;
use crate::google::state::Google;
use crate::kernel::range::{RangeAnswer, answer_range};

/// Exports through the API end here; export links do not.
pub const EXPORT_CAP: usize = 10 * 1024 * 1024;

/// Scopes that allow reading content; the metadata scopes do not.
const CONTENT_SCOPES: [&str; 6] = [
    "drive",
    "drive.readonly",
    "drive.file",
    "drive.appdata",
    "drive.meet.readonly",
    "drive.photos.readonly",
];

pub fn media(google: &Google, call: &DriveCall<'_>) -> Result<Answer, ApiError> {
    if !call.has_scope(&CONTENT_SCOPES) {
        return Err(ApiError::insufficient_scope(call.operation.id));
    }
    let drive = google.read_drive();
    let file = find(&drive, call, &call.arguments[0], call.supports_all_drives()?)?;
    let node = drive.node(file).ok_or_else(|| ApiError::file_not_found(&call.arguments[0]))?;
    let bytes = downloadable(&drive, call, file, node)?;
    let mime = node.mime.to_string();
    drop(drive);
    Ok(ranged(call.header("range"), &mime, bytes))
}

/// Checks everything that can forbid a download and returns the bytes.
fn downloadable(
    drive: &Drive,
    call: &DriveCall<'_>,
    file: FileRef,
    node: &FileNode,
) -> Result<Bytes, ApiError> {
    let bytes = node.content.blob().filter(|_| node.is_blob()).ok_or_else(|| {
        ApiError::forbidden(
            "fileNotDownloadable",
            "Only files with binary content can be downloaded. Use Export with Docs Editors files.",
        )
    })?;
    let role =
        drive.role_of(call.me, file, call.now_ms).or_else(|| drive.link_role(file)).unwrap_or(Role::Reader);
    check_restriction(node, role)?;
    if node.extra.as_ref().is_some_and(|extra| extra.abusive) {
        let may_acknowledge = role == Role::Owner || role == Role::Organizer;
        let acknowledges = call.params.flag("acknowledgeAbuse")?;
        if acknowledges && !may_acknowledge {
            return Err(ApiError::forbidden(
                "invalidAbuseAcknowledgment",
                "Only the owner of the file or an organizer of the shared drive can acknowledge \
                 the risk of downloading it.",
            ));
        }
        if !acknowledges {
            return Err(ApiError::forbidden(
                "cannotDownloadAbusiveFile",
                "This file has been identified as malware or spam and cannot be downloaded.",
            ));
        }
    }
    Ok(bytes)
}

fn check_restriction(node: &FileNode, role: Role) -> Result<(), ApiError> {
    let restricted = node.extra.as_ref().is_some_and(|extra| extra.download_restricted);
    if restricted && !role.can_write() {
        return Err(ApiError::forbidden("cannotDownloadFile", "This file cannot be downloaded by the user."));
    }
    Ok(())
}

/// Answers a body, or the part of it a `Range` header asks for.
pub fn ranged(range: Option<&str>, mime: &str, bytes: Bytes) -> Answer {
    let length = bytes.len() as u64;
    match answer_range(range, length) {
        RangeAnswer::Whole => Answer::new(200, mime, bytes).with_header("Accept-Ranges", "bytes"),
        RangeAnswer::Part { first, last } => {
            let part = bytes.slice(first as usize..=last as usize);
            Answer::new(206, mime, part)
                .with_header("Accept-Ranges", "bytes")
                .with_header("Content-Range", format!("bytes {first}-{last}/{length}"))
        }
        RangeAnswer::Unsatisfiable => {
            ApiError::new(416, "requestedRangeNotSatisfiable", "Request range not satisfiable")
                .with_header("Content-Range", format!("bytes */{length}"))
                .into_answer()
        }
    }
}

pub fn export(google: &Google, call: &DriveCall<'_>) -> Result<Answer, ApiError> {
    let mime = call.params.get("mimeType").ok_or_else(|| ApiError::required("mimeType"))?;
    let drive = google.read_drive();
    let file = find(&drive, call, &call.arguments[0], true)?;
    let (bytes, kind) = exported(&drive, call, file, mime)?;
    if bytes.len() > EXPORT_CAP {
        return Err(ApiError::forbidden("exportSizeLimitExceeded", "This file is too large to be exported."));
    }
    Ok(Answer::new(200, kind, bytes))
}

/// Generates an export after checking that it exists and is allowed; returns the bytes and their type.
pub fn exported(
    drive: &Drive,
    call: &DriveCall<'_>,
    file: FileRef,
    mime: &str,
) -> Result<(Bytes, &'static str), ApiError> {
    let node = drive.node(file).ok_or_else(|| ApiError::file_not_found(&call.arguments[0]))?;
    let Some(source) = node.content.native() else {
        return Err(ApiError::forbidden("fileNotExportable", "Export only supports Docs Editors files."));
    };
    let formats = export::formats_of(source.kind);
    if formats.is_empty() {
        return Err(ApiError::forbidden("fileNotExportable", "Export only supports Docs Editors files."));
    }
    let role =
        drive.role_of(call.me, file, call.now_ms).or_else(|| drive.link_role(file)).unwrap_or(Role::Reader);
    let extra = node.extra.as_ref();
    let forbidden = extra.is_some_and(|extra| extra.export_forbidden)
        || (extra.is_some_and(|extra| extra.download_restricted) && !role.can_write());
    if forbidden {
        return Err(ApiError::forbidden("cannotExportFile", "This file cannot be exported by the user."));
    }
    let format = export::find_format(source.kind, mime)
        .ok_or_else(|| ApiError::bad_request("The requested conversion is not supported."))?;
    Ok((export::generate(source, &node.name, format), format.content_type))
}
