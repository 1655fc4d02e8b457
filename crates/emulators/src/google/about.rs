//! `about.get`: the caller and what the service can do.

use serde_json::{Map, Value, json};

use super::answer::{self, Answer};
use super::drive::Drive;
use super::drive_call::DriveCall;
use super::errors::ApiError;
use super::export;
use super::fields::Mask;
use super::files::render::Viewer;
use super::schema::ABOUT;
use super::state::Google;

const STORAGE_LIMIT: u64 = 16_106_127_360;

pub fn get(google: &Google, call: &DriveCall<'_>) -> Result<Answer, ApiError> {
    let Some(fields) = call.params.get("fields") else {
        return Err(ApiError::new(400, "required", "The 'fields' parameter is required for this method."));
    };
    let mask = Mask::parse(fields, &ABOUT)?;
    let drive = google.read_drive();
    let viewer = Viewer::new(google, &drive, call);
    let mut about = json!({
        "kind": "drive#about",
        "user": viewer.user(call.me),
        "importFormats": {"text/markdown": ["application/vnd.google-apps.document"]},
        "exportFormats": export_formats(),
        "maxImportSizes": {"application/vnd.google-apps.document": "10485760"},
        "maxUploadSize": "5242880000000",
        "appInstalled": false,
        "folderColorPalette": ["#ac725e", "#d06b64", "#8f8f8f"],
        "driveThemes": [],
        "canCreateDrives": true,
    });
    if mask.wants("storageQuota") {
        about["storageQuota"] = storage_quota(&drive, call);
    }
    Ok(answer::json(200, mask.apply(about).to_string()))
}

fn storage_quota(drive: &Drive, call: &DriveCall<'_>) -> Value {
    let me = &drive.accounts[call.me as usize];
    let owned = me.visible.iter().filter_map(|file| Some((*file, drive.node(*file)?)));
    let (mut usage, mut in_trash) = (0, 0);
    for (file, node) in owned.filter(|(_, node)| node.owner == Some(call.me)) {
        usage += node.size;
        if drive.is_trashed(file) {
            in_trash += node.size;
        }
    }
    json!({
        "limit": STORAGE_LIMIT.to_string(),
        "usage": usage.to_string(),
        "usageInDrive": usage.to_string(),
        "usageInDriveTrash": in_trash.to_string(),
    })
}

fn export_formats() -> Value {
    let mut table = Map::new();
    for kind in export::EXPORTABLE {
        let targets: Vec<&str> = export::formats_of(*kind).iter().map(|format| format.mime).collect();
        table.insert(kind.mime(), json!(targets));
    }
    Value::Object(table)
}
