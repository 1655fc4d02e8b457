//! Drive's JSON, read leniently: an odd field spoils itself, never the page it stands on.

use std::collections::BTreeMap;

use gangway_model::Timestamp;
use serde::{Deserialize, Deserializer};

/// What we ask of a file. `fields` must name `nextPageToken` beside it, or lists end after one page.
pub const FILE_FIELDS: &str = "id,name,mimeType,size,modifiedTime,createdTime,webViewLink,parents,driveId,\
    trashed,md5Checksum,sha256Checksum,headRevisionId,ownedByMe,sharedWithMeTime,resourceKey,\
    capabilities(canDownload),shortcutDetails(targetId,targetMimeType)";

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FileList {
    pub files: Vec<DriveFile>,
    pub next_page_token: Option<String>,
    pub incomplete_search: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DriveFile {
    pub id: String,
    pub name: Option<String>,
    pub mime_type: Option<String>,
    #[serde(deserialize_with = "int64")]
    pub size: Option<i64>,
    #[serde(deserialize_with = "moment")]
    pub modified_time: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub created_time: Option<Timestamp>,
    pub web_view_link: Option<String>,
    pub thumbnail_link: Option<String>,
    pub parents: Vec<String>,
    pub drive_id: Option<String>,
    pub trashed: bool,
    pub md5_checksum: Option<String>,
    pub sha256_checksum: Option<String>,
    pub head_revision_id: Option<String>,
    pub owned_by_me: Option<bool>,
    pub shared_with_me_time: Option<String>,
    pub resource_key: Option<String>,
    pub capabilities: Option<FileCapabilities>,
    pub shortcut_details: Option<ShortcutDetails>,
    pub export_links: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FileCapabilities {
    pub can_download: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ShortcutDetails {
    pub target_id: Option<String>,
    pub target_mime_type: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DriveList {
    pub drives: Vec<SharedDrive>,
    pub next_page_token: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SharedDrive {
    pub id: String,
    pub name: Option<String>,
    #[serde(deserialize_with = "moment")]
    pub created_time: Option<Timestamp>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StartPageToken {
    pub start_page_token: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ChangeList {
    pub changes: Vec<DriveChange>,
    pub next_page_token: Option<String>,
    pub new_start_page_token: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DriveChange {
    pub change_type: Option<String>,
    pub removed: bool,
    pub file_id: Option<String>,
    pub drive_id: Option<String>,
    pub file: Option<DriveFile>,
    pub drive: Option<SharedDrive>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RevisionList {
    pub revisions: Vec<DriveRevision>,
    pub next_page_token: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DriveRevision {
    pub id: String,
    pub mime_type: Option<String>,
    #[serde(deserialize_with = "moment")]
    pub modified_time: Option<Timestamp>,
    #[serde(deserialize_with = "int64")]
    pub size: Option<i64>,
    pub last_modifying_user: Option<DriveUser>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct About {
    pub user: Option<DriveUser>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DriveUser {
    pub display_name: Option<String>,
    pub email_address: Option<String>,
    pub permission_id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct UserInfo {
    pub sub: Option<String>,
    pub email: Option<String>,
    pub name: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Channel {
    pub id: Option<String>,
    pub resource_id: Option<String>,
    #[serde(deserialize_with = "int64")]
    pub expiration: Option<i64>,
}

/// A download that Google prepares on its side.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Operation {
    pub name: Option<String>,
    pub done: bool,
    pub response: Option<OperationResponse>,
    pub error: Option<OperationError>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OperationResponse {
    pub download_uri: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct OperationError {
    pub code: Option<i64>,
}

/// 64-bit numbers travel as text; anything else than a number is as good as absent.
fn int64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(i64),
        Text(String),
        Other(serde::de::IgnoredAny),
    }
    Ok(match Written::deserialize(deserializer)? {
        Written::Number(number) => Some(number),
        Written::Text(text) => text.trim().parse().ok(),
        Written::Other(_) => None,
    })
}

/// A moment in RFC 3339; anything else is as good as absent.
fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
    Ok(text.and_then(|text| chrono::DateTime::parse_from_rfc3339(&text).ok()).map(Into::into))
}
