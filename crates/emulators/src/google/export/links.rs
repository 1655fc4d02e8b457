//! Export links and thumbnails: addresses outside the API that still want the bearer token.

use axum::http::HeaderMap;

use super::{find_short, generate, link_place, pictures};
use crate::google::answer::Answer;
use crate::google::drive::{Drive, FileRef};
use crate::google::errors::ApiError;
use crate::google::files::content::ranged;
use crate::google::params::Params;
use crate::google::server::caller;
use crate::google::state::Google;

const CONTENT_SCOPES: [&str; 3] = ["drive", "drive.readonly", "drive.file"];

/// Answers `/feeds/download/{place}/Export?id=…&exportFormat=…`; the 10 MB cap does not apply here.
pub fn serve(google: &Google, path: &str, query: &str, headers: &HeaderMap) -> Result<Answer, ApiError> {
    let me = caller(google, query, headers, &CONTENT_SCOPES)?;
    let params = Params::parse(query);
    let id = params.get("id").ok_or_else(|| ApiError::required("id"))?;
    let short = params.get("exportFormat").ok_or_else(|| ApiError::required("exportFormat"))?;
    let drive = google.read_drive();
    let file = visible(google, &drive, me, id)?;
    let node = drive.node(file).ok_or_else(|| ApiError::file_not_found(id))?;
    let missing = || ApiError::new(404, "notFound", "The requested document does not exist.");
    let source = node.content.native().ok_or_else(missing)?;
    let place = path.strip_prefix("/feeds/download/").and_then(|rest| rest.strip_suffix("/Export"));
    if place.is_none() || place != link_place(source.kind) {
        return Err(missing());
    }
    let restricted = node.extra.as_ref().is_some_and(|e| e.export_forbidden || e.download_restricted);
    let writes = drive.role_of(me, file, google.now_ms()).is_some_and(|role| role.can_write());
    if restricted && !writes {
        return Err(ApiError::forbidden("cannotExportFile", "This file cannot be exported by the user."));
    }
    let format = find_short(source.kind, short)
        .ok_or_else(|| ApiError::bad_request("The requested conversion is not supported."))?;
    let bytes = generate(source, &node.name, format);
    let range = headers.get("range").and_then(|value| value.to_str().ok());
    Ok(ranged(range, format.content_type, bytes))
}

/// Answers `/drive-storage/{id}=s220`.
pub fn thumbnail(google: &Google, path: &str, query: &str, headers: &HeaderMap) -> Result<Answer, ApiError> {
    let name = path.trim_start_matches("/drive-storage/");
    let id = name.split('=').next().unwrap_or(name);
    let drive = google.read_drive();
    let public = drive.find_file(id).is_some_and(|file| drive.link_role(file).is_some());
    if !public {
        let scopes = ["drive", "drive.readonly", "drive.file", "drive.metadata", "drive.metadata.readonly"];
        drop(drive);
        let me = caller(google, query, headers, &scopes)?;
        visible(google, &google.read_drive(), me, id)?;
    }
    Ok(Answer::new(200, "image/png", pictures::white_png(220, 160)))
}

fn visible(google: &Google, drive: &Drive, me: u32, id: &str) -> Result<FileRef, ApiError> {
    let missing = || ApiError::file_not_found(id);
    let file = drive.find_file(id).ok_or_else(missing)?;
    let role = drive.role_of(me, file, google.now_ms()).or_else(|| drive.link_role(file));
    role.map(|_| file).ok_or_else(missing)
}
