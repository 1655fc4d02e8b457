//! `files.download`: the long-running operation, and the address its result is fetched from.

use bytes::Bytes;
use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::drive_call::DriveCall;
use super::errors::ApiError;
use super::fields::Mask;
use super::files::content::{exported, ranged};
use super::files::get::find;
use super::schema::OPERATION;
use super::state::Google;
use crate::kernel::secret::random_token;

const LIFE_MS: i64 = 86_400_000;

/// A download that is being prepared or is ready.
#[derive(Debug, Clone)]
pub struct DownloadOperation {
    secret: String,
    subject: String,
    mime: String,
    bytes: Bytes,
    polled: bool,
    expires_ms: i64,
}

pub fn start(google: &Google, call: &DriveCall<'_>) -> Result<Answer, ApiError> {
    let mask = call.mask(&OPERATION, Mask::Everything)?;
    let id = &call.arguments[0];
    let drive = google.read_drive();
    let file = find(&drive, call, id, true)?;
    let node = drive.node(file).ok_or_else(|| ApiError::file_not_found(id))?;
    let wished = call.params.get("mimeType");
    let (bytes, mime) = if node.is_blob() {
        if wished.is_some() {
            let message = "mimeType can only be set when downloading Google Workspace documents.";
            return Err(ApiError::invalid_parameter("mimeType", message));
        }
        let bytes = node.content.blob().unwrap_or_default();
        (bytes, node.mime.to_string())
    } else {
        let mime = wished.unwrap_or("application/pdf");
        let (bytes, content_type) = exported(&drive, call, file, mime)?;
        (bytes, content_type.to_owned())
    };
    let resource_key = node.resource_key().map(str::to_owned);
    drop(drive);
    let name = random_token("NvAD", 40);
    let operation = DownloadOperation {
        secret: random_token("", 24),
        subject: call.token.subject.clone(),
        mime,
        bytes,
        polled: false,
        expires_ms: call.now_ms + LIFE_MS,
    };
    let mut value = operation_json(google, &name, &operation);
    if let Some(key) = resource_key {
        value["metadata"]["resourceKey"] = json!(key);
    }
    let mut downloads = google.downloads.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    downloads.retain(|_, known| known.expires_ms > call.now_ms);
    downloads.insert(name, operation);
    Ok(answer::json(200, mask.apply(value).to_string()))
}

/// The first look at an operation finds it done.
pub fn get(google: &Google, call: &DriveCall<'_>) -> Result<Answer, ApiError> {
    let mask = call.mask(&OPERATION, Mask::Everything)?;
    let name = &call.arguments[0];
    let mut downloads = google.downloads.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let operation = downloads
        .get_mut(name)
        .filter(|known| known.expires_ms > call.now_ms && known.subject == call.token.subject)
        .ok_or_else(|| ApiError::not_found("Operation", name, "name"))?;
    operation.polled = true;
    let value = operation_json(google, name, operation);
    Ok(answer::json(200, mask.apply(value).to_string()))
}

fn operation_json(google: &Google, name: &str, operation: &DownloadOperation) -> Value {
    let mut value = json!({
        "name": name,
        "done": operation.polled,
        "metadata": {
            "@type": "type.googleapis.com/google.apps.drive.v3.DownloadFileMetadata",
        },
    });
    if operation.polled {
        let uri = format!("{}/download/drive/v3/{name}?key={}", google.base, operation.secret);
        value["response"] = json!({
            "@type": "type.googleapis.com/google.apps.drive.v3.DownloadFileResponse",
            "downloadUri": uri,
            "partialDownloadAllowed": true,
        });
    }
    value
}

/// Serves the result; the address itself is the permission.
pub fn fetch(google: &Google, name: &str, key: &str, range: Option<&str>) -> Result<Answer, ApiError> {
    let now_ms = google.now_ms();
    let downloads = google.downloads.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let operation = downloads
        .get(name)
        .filter(|known| known.secret == key && known.expires_ms > now_ms)
        .ok_or_else(|| ApiError::new(404, "notFound", "The download has expired."))?;
    Ok(ranged(range, &operation.mime, operation.bytes.clone()))
}
