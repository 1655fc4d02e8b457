//! The nouns of the emulated Drive.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use super::content::Content;
use super::feed::Feed;

pub const FOLDER: &str = "application/vnd.google-apps.folder";
pub const SHORTCUT: &str = "application/vnd.google-apps.shortcut";
pub const NATIVE_PREFIX: &str = "application/vnd.google-apps.";

/// Positions in the store's lists; never reused.
pub type FileRef = u32;
pub type AccountRef = u32;
pub type DriveRef = u32;

/// A person with a My Drive.
#[derive(Debug)]
pub struct Account {
    pub email: String,
    pub name: String,
    /// The stable identity of the person towards OAuth clients.
    pub sub: String,
    /// The same person inside permission lists.
    pub permission_id: String,
    pub root: FileRef,
    pub feed: Feed,
    /// Every file this person owns or was given, directly or through a folder; shared drives only
    /// where an item was given to the person directly.
    pub visible: BTreeSet<FileRef>,
}

impl Account {
    pub fn domain(&self) -> &str {
        self.email.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

/// A shared drive.
#[derive(Debug)]
pub struct SharedDrive {
    pub id: Arc<str>,
    pub name: String,
    pub created_ms: i64,
    pub root: FileRef,
    pub members: Vec<Permission>,
    pub items: BTreeSet<FileRef>,
    pub feed: Feed,
    pub deleted: bool,
    pub hidden_by: BTreeSet<AccountRef>,
}

/// What a person may do; later means more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    Reader,
    Commenter,
    Writer,
    FileOrganizer,
    Organizer,
    Owner,
}

impl Role {
    pub fn word(self) -> &'static str {
        match self {
            Role::Reader => "reader",
            Role::Commenter => "commenter",
            Role::Writer => "writer",
            Role::FileOrganizer => "fileOrganizer",
            Role::Organizer => "organizer",
            Role::Owner => "owner",
        }
    }

    pub fn can_write(self) -> bool {
        self >= Role::Writer
    }
}

/// Whom a permission is given to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grantee {
    User(AccountRef),
    /// A person without an account in this emulator.
    Outsider(String),
    Group(String),
    Domain(String),
    Anyone,
}

/// One entry of a permission list.
#[derive(Debug, Clone)]
pub struct Permission {
    pub id: String,
    pub grantee: Grantee,
    pub role: Role,
    pub allow_discovery: bool,
    pub expires_ms: Option<i64>,
    pub deleted: bool,
    pub view: Option<String>,
}

/// Checksums of a blob, computed at first use.
#[derive(Debug, Clone)]
pub struct Digests {
    pub md5: String,
    pub sha1: String,
    pub sha256: String,
}

/// One stored version of a file's content.
#[derive(Debug, Clone)]
pub struct Revision {
    pub id: String,
    pub modified_ms: i64,
    pub modified_by: AccountRef,
    pub content: Content,
    pub size: u64,
    pub name: String,
    pub keep_forever: bool,
}

/// What only few files have.
#[derive(Debug, Default, Clone)]
pub struct Extra {
    pub permissions: Vec<Permission>,
    pub description: Option<String>,
    pub starred_by: BTreeSet<AccountRef>,
    pub viewed_by: BTreeMap<AccountRef, i64>,
    pub shared_with_me: BTreeMap<AccountRef, (i64, AccountRef)>,
    pub properties: BTreeMap<String, String>,
    pub app_properties: BTreeMap<String, String>,
    pub shortcut_target: Option<String>,
    pub shortcut_target_mime: Option<String>,
    pub resource_key: Option<String>,
    pub abusive: bool,
    pub download_restricted: bool,
    pub export_forbidden: bool,
    pub limited_access: bool,
    /// OAuth clients that created or were handed this file (the `drive.file` scope).
    pub picked_by: BTreeSet<String>,
    /// Earlier versions, oldest first; the head is the file itself.
    pub older: Vec<Revision>,
}

/// A file, folder or shortcut.
#[derive(Debug)]
pub struct FileNode {
    pub id: Arc<str>,
    pub name: String,
    pub mime: Arc<str>,
    pub parent: Option<FileRef>,
    /// Absent for items of a shared drive.
    pub owner: Option<AccountRef>,
    pub drive: Option<DriveRef>,
    pub created_ms: i64,
    pub modified_ms: i64,
    pub modified_by: AccountRef,
    pub version: u64,
    /// How many contents the file has had.
    pub revision: u32,
    pub trashed: bool,
    pub trashed_ms: i64,
    pub content: Content,
    pub size: u64,
    pub digests: OnceLock<Box<Digests>>,
    pub extra: Option<Box<Extra>>,
}

impl FileNode {
    pub fn is_folder(&self) -> bool {
        &*self.mime == FOLDER
    }

    pub fn is_shortcut(&self) -> bool {
        &*self.mime == SHORTCUT
    }

    /// Says whether the file has bytes of its own, as opposed to folders, shortcuts and native documents.
    pub fn is_blob(&self) -> bool {
        !self.mime.starts_with(NATIVE_PREFIX)
    }

    pub fn extra_mut(&mut self) -> &mut Extra {
        self.extra.get_or_insert_with(Default::default)
    }

    pub fn permissions(&self) -> &[Permission] {
        self.extra.as_ref().map_or(&[], |extra| &extra.permissions)
    }

    pub fn resource_key(&self) -> Option<&str> {
        self.extra.as_ref().and_then(|extra| extra.resource_key.as_deref())
    }

    /// Returns the id of the newest version: opaque for blobs, a counter for native documents.
    pub fn head_revision_id(&self) -> String {
        revision_id(self, self.revision)
    }
}

/// Returns the id of a file's nth version.
pub fn revision_id(node: &FileNode, number: u32) -> String {
    if node.is_blob() {
        let seed = format!("{}/{number}", node.id);
        format!("0B{}", crate::kernel::secret::stable_id("revision", hash_of(&seed), 49))
    } else {
        number.to_string()
    }
}

fn hash_of(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
