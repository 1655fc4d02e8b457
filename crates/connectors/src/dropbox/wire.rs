//! Dropbox's JSON, read leniently: an odd field spoils itself, never the page it stands on.

use gangway_model::Timestamp;
use serde::Deserialize;

use crate::lenient::{moment, number, or_default};

/// A file, a folder, or a place where something was. Which, says `tag`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Metadata {
    #[serde(rename = ".tag")]
    pub tag: Option<String>,
    pub id: Option<String>,
    pub name: Option<String>,
    /// Absent where the thing is not mounted in the account's tree.
    pub path_lower: Option<String>,
    pub path_display: Option<String>,
    #[serde(deserialize_with = "moment")]
    pub server_modified: Option<Timestamp>,
    pub rev: Option<String>,
    #[serde(deserialize_with = "number")]
    pub size: Option<i64>,
    pub content_hash: Option<String>,
    pub is_downloadable: Option<bool>,
    pub export_info: Option<ExportInfo>,
    pub sharing_info: Option<SharingInfo>,
    pub preview_url: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ExportInfo {
    pub export_as: Option<String>,
    #[serde(deserialize_with = "or_default")]
    pub export_options: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SharingInfo {
    pub parent_shared_folder_id: Option<String>,
    pub shared_folder_id: Option<String>,
    #[serde(deserialize_with = "or_default")]
    pub no_access: bool,
}

/// Lists must have their rows: an answer without any such field is somebody else's, not an empty folder.
#[derive(Debug, Deserialize)]
pub struct FolderPage {
    pub entries: Vec<Metadata>,
    #[serde(default)]
    pub cursor: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub has_more: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct LatestCursor {
    pub cursor: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SearchPage {
    #[serde(deserialize_with = "or_default")]
    pub matches: Vec<SearchMatch>,
    #[serde(deserialize_with = "or_default")]
    pub has_more: bool,
    pub cursor: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SearchMatch {
    #[serde(deserialize_with = "or_default")]
    pub metadata: MatchMetadata,
}

/// The union around a match's metadata; a kind of match that is not known has none.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct MatchMetadata {
    pub metadata: Option<Metadata>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RevisionList {
    #[serde(deserialize_with = "or_default")]
    pub entries: Vec<Metadata>,
    #[serde(deserialize_with = "or_default")]
    pub is_deleted: bool,
}

/// What a download says about what it served.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ExportResult {
    pub export_metadata: ExportMetadata,
    pub file_metadata: Metadata,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ExportMetadata {
    pub name: Option<String>,
    #[serde(deserialize_with = "number")]
    pub size: Option<i64>,
}

/// A single file that others share with the account.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SharedFile {
    pub id: Option<String>,
    pub name: Option<String>,
    pub preview_url: Option<String>,
    /// Present where the account has put the file into its own tree.
    pub path_lower: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct SharedFilePage {
    pub entries: Vec<SharedFile>,
    #[serde(default)]
    pub cursor: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SharedFolder {
    pub shared_folder_id: Option<String>,
    pub name: Option<String>,
    pub preview_url: Option<String>,
    /// Present where the folder is mounted.
    pub path_lower: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct SharedFolderPage {
    pub entries: Vec<SharedFolder>,
    /// There is no `has_more` here: without a cursor it is the end.
    #[serde(default)]
    pub cursor: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct FullAccount {
    pub account_id: Option<String>,
    pub email: Option<String>,
    #[serde(deserialize_with = "or_default")]
    pub email_verified: bool,
    #[serde(deserialize_with = "or_default")]
    pub name: AccountName,
    #[serde(deserialize_with = "or_default")]
    pub root_info: RootInfo,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AccountName {
    pub display_name: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RootInfo {
    pub root_namespace_id: Option<String>,
}

/// The body of a push.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Notification {
    #[serde(deserialize_with = "or_default")]
    pub list_folder: NotifiedAccounts,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NotifiedAccounts {
    #[serde(deserialize_with = "or_default")]
    pub accounts: Vec<String>,
}
