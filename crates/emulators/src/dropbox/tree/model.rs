//! Accounts, namespaces, nodes and links.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use super::content::{Content, block_hash};

pub type AccountRef = u32;
pub type NamespaceRef = u32;
pub type NodeRef = u32;

/// A person with a Dropbox.
#[derive(Debug)]
pub struct Account {
    pub email: String,
    pub name: String,
    /// `dbid:` and 35 characters.
    pub id: String,
    pub uid: u64,
    pub member_id: String,
    pub home: NamespaceRef,
    pub team: Option<usize>,
    pub email_verified: bool,
    pub suspended: bool,
    pub paper_as_files: bool,
    /// Cursors made under another number are no longer good.
    pub cursor_epoch: u64,
    /// Single files that others have shared with this person.
    pub received: BTreeSet<NodeRef>,
}

/// A company with a team space.
#[derive(Debug)]
pub struct Team {
    pub name: String,
    pub id: String,
    pub root: NamespaceRef,
}

/// What somebody may do in a shared folder or with a shared file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    Traverse,
    ViewerNoComment,
    Viewer,
    Editor,
    Owner,
}

impl Access {
    pub fn tag(self) -> &'static str {
        match self {
            Access::Traverse => "traverse",
            Access::ViewerNoComment => "viewer_no_comment",
            Access::Viewer => "viewer",
            Access::Editor => "editor",
            Access::Owner => "owner",
        }
    }

    pub fn is_read_only(self) -> bool {
        self < Access::Editor
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamespaceKind {
    Home(AccountRef),
    Shared,
    TeamFolder,
    TeamRoot,
}

/// A tree of its own, mounted into others.
#[derive(Debug)]
pub struct Namespace {
    /// The number clients know it by.
    pub id: u64,
    pub kind: NamespaceKind,
    pub root: NodeRef,
    pub members: BTreeMap<AccountRef, Member>,
    /// Addresses invited that have no account yet.
    pub invitees: BTreeMap<String, Access>,
    /// Every node that ever lived here, in order of arrival.
    pub nodes: Vec<NodeRef>,
}

#[derive(Debug, Clone, Copy)]
pub struct Member {
    pub access: Access,
    pub since_ms: i64,
}

/// A file, a folder, or the place where a namespace is mounted.
#[derive(Debug)]
pub struct Node {
    pub name: Arc<str>,
    /// The name in lower case: the key among its siblings.
    pub lower: Arc<str>,
    /// None for the root of a namespace.
    pub parent: Option<NodeRef>,
    pub namespace: NamespaceRef,
    pub kind: NodeKind,
    /// Which deletion took it away.
    pub deleted: Option<u64>,
    /// Position of its latest entry in the journal.
    pub latest: u64,
}

#[derive(Debug)]
pub enum NodeKind {
    Folder,
    Mount(NamespaceRef),
    File(Box<FileData>),
}

#[derive(Debug)]
pub struct FileData {
    pub current: Revision,
    pub older: Vec<Revision>,
    pub extra: Option<Box<FileExtra>>,
}

#[derive(Debug)]
pub struct Revision {
    pub version: u16,
    pub client_ms: i64,
    pub server_ms: i64,
    pub by: AccountRef,
    pub content: Content,
    pub hash: OnceLock<[u8; 32]>,
}

impl Revision {
    pub fn content_hash(&self) -> &[u8; 32] {
        self.hash.get_or_init(|| block_hash(&self.content.read()))
    }
}

/// What few files have.
#[derive(Debug, Default, Clone)]
pub struct FileExtra {
    pub export: Option<Export>,
    pub restricted: bool,
    pub unsupported: bool,
    /// Answers `locked` to whoever looks it up.
    pub path_locked: bool,
    pub lock: Option<(AccountRef, i64)>,
    pub shared_with: BTreeMap<AccountRef, Member>,
    pub invitees: BTreeMap<String, Access>,
    pub deleted_ms: i64,
}

/// How a file that cannot be downloaded is exported.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Export {
    pub export_as: String,
    #[serde(default)]
    pub export_options: Vec<String>,
    /// Text by format; `html` is made from `markdown` when only that is given.
    #[serde(default)]
    pub texts: BTreeMap<String, String>,
}

/// A shared link.
#[derive(Debug, Clone)]
pub struct Link {
    pub key: String,
    pub node: NodeRef,
    pub by: AccountRef,
    pub audience: &'static str,
    pub password: Option<String>,
    pub expires_ms: Option<i64>,
    pub revoked: bool,
}
