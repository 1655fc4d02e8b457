//! What the control API, the in-process handle and seed manifests can ask to be created or changed.

use std::collections::BTreeMap;

use anyhow::{Context, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::drive::{
    AccountRef, Content, Drive, FOLDER, FileRef, Grantee, NativeKind, NativeSource, NewFile as NewNode, Role,
    SHORTCUT,
};
use super::seeding::sheet_rows;
use crate::kernel::clock::parse_rfc3339;

/// Names a file: by id, or by a path in an account's My Drive or in a shared drive.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FileTarget {
    pub id: Option<String>,
    /// Email of the account whose My Drive the path starts in; the first account when absent.
    pub account: Option<String>,
    /// Name or id of the shared drive the path starts in.
    pub drive: Option<String>,
    pub path: Option<String>,
}

impl FileTarget {
    pub fn id(id: impl Into<String>) -> Self {
        Self { id: Some(id.into()), ..Self::default() }
    }

    /// A path in the first account's My Drive.
    pub fn path(path: impl Into<String>) -> Self {
        Self { path: Some(path.into()), ..Self::default() }
    }

    pub fn in_account(account: impl Into<String>, path: impl Into<String>) -> Self {
        Self { account: Some(account.into()), ..Self::path(path) }
    }

    pub fn in_drive(drive: impl Into<String>, path: impl Into<String>) -> Self {
        Self { drive: Some(drive.into()), ..Self::path(path) }
    }
}

/// Whom to share with. Exactly one of email, group, domain and anyone.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Share {
    pub email: Option<String>,
    pub group: Option<String>,
    pub domain: Option<String>,
    pub anyone: bool,
    pub role: Option<Role>,
    pub allow_discovery: bool,
    pub expires: Option<String>,
    /// The grantee's account is gone but still listed.
    pub deleted: bool,
}

/// The source of a native document.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NativeEdit {
    pub kind: NativeKind,
    #[serde(default)]
    pub text: String,
    /// Name and CSV text of each sheet.
    #[serde(default)]
    pub sheets: Vec<(String, String)>,
}

/// Properties to set; absent ones stay as they are.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FileEdit {
    pub name: Option<String>,
    /// Text content of a blob.
    pub content: Option<String>,
    pub content_base64: Option<String>,
    /// Deterministic filler of this many bytes as content.
    pub filler: Option<u64>,
    pub native: Option<NativeEdit>,
    /// Fills every export of a native document up to this size.
    pub pad_to: Option<u64>,
    pub mime_type: Option<String>,
    /// Moves below this folder.
    pub parent: Option<FileTarget>,
    /// Takes the file out of every folder.
    pub orphan: bool,
    pub trashed: Option<bool>,
    pub starred: Option<bool>,
    pub description: Option<String>,
    pub created: Option<String>,
    pub modified: Option<String>,
    pub viewed: Option<String>,
    pub abusive: Option<bool>,
    pub download_restricted: Option<bool>,
    pub export_forbidden: Option<bool>,
    pub limited_access: Option<bool>,
    pub resource_key: Option<String>,
    pub properties: Option<BTreeMap<String, String>>,
    pub app_properties: Option<BTreeMap<String, String>>,
    pub share: Vec<Share>,
    /// Email of the person who makes the change; the owner when absent.
    pub by: Option<String>,
}

/// A file to create.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NewFile {
    /// Where it goes: the folder part is created when missing; the last part becomes the name.
    #[serde(flatten)]
    pub target: FileTarget,
    pub folder: bool,
    /// Provider id of a shortcut's target, whether it exists or not.
    pub shortcut_id: Option<String>,
    /// Target of a shortcut by path or id.
    pub shortcut_to: Option<FileTarget>,
    pub edit: FileEdit,
}

/// Many files at once.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Generate {
    pub account: Option<String>,
    pub drive: Option<String>,
    /// Folder path; created when missing.
    pub folder: String,
    pub count: u64,
    pub size: u64,
    pub prefix: String,
    pub mime_type: Option<String>,
}

/// What a deed on a file reports back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FileSummary {
    pub id: String,
    pub name: String,
    pub mime_type: String,
    pub version: u64,
    pub modified_ms: i64,
    pub trashed: bool,
}

/// Finds the person who acts, the first account by default.
pub fn find_account(drive: &Drive, email: Option<&str>) -> anyhow::Result<AccountRef> {
    match email {
        Some(email) => drive.find_account(email).with_context(|| format!("no account {email}")),
        None if drive.accounts.is_empty() => bail!("there are no accounts"),
        None => Ok(0),
    }
}

/// Finds the root a target's path starts in.
fn find_root(drive: &Drive, target: &FileTarget) -> anyhow::Result<FileRef> {
    match &target.drive {
        Some(wanted) => {
            let found = drive
                .drives
                .iter()
                .find(|known| !known.deleted && (known.name == *wanted || &*known.id == wanted));
            Ok(found.with_context(|| format!("no shared drive {wanted}"))?.root)
        }
        None => {
            let account = find_account(drive, target.account.as_deref())?;
            Ok(drive.accounts[account as usize].root)
        }
    }
}

/// Finds an existing file. Of several with one name the newest counts.
pub fn find(drive: &Drive, target: &FileTarget) -> anyhow::Result<FileRef> {
    if let Some(id) = &target.id {
        return drive.find_file(id).with_context(|| format!("no file {id}"));
    }
    let mut current = find_root(drive, target)?;
    for name in parts_of(target.path.as_deref().unwrap_or_default()) {
        current = find_child(drive, current, name).with_context(|| format!("no file {name}"))?;
    }
    Ok(current)
}

fn parts_of(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty())
}

fn find_child(drive: &Drive, parent: FileRef, name: &str) -> Option<FileRef> {
    let mut children = drive.children_of(parent).iter().rev().copied();
    children.find(|child| drive.node(*child).is_some_and(|node| node.name == name))
}

/// Finds a folder by path and creates what is missing.
pub fn ensure_folder(
    drive: &mut Drive,
    root: FileRef,
    path: &str,
    by: AccountRef,
    now_ms: i64,
) -> anyhow::Result<FileRef> {
    let mut current = root;
    for name in parts_of(path) {
        current = match find_child(drive, current, name) {
            Some(found) => found,
            None => {
                let mime = drive.intern_mime(FOLDER);
                let parent = Some(current);
                let content = Content::None;
                let new = NewNode { name: name.to_owned(), mime, parent, by, content };
                drive.create(new, now_ms)?
            }
        };
    }
    Ok(current)
}

/// Creates a file as described.
pub fn create(drive: &mut Drive, new: &NewFile, now_ms: i64) -> anyhow::Result<FileRef> {
    let root = find_root(drive, &new.target)?;
    let by = acting(drive, root, new.edit.by.as_deref().or(new.target.account.as_deref()))?;
    let path = new.target.path.as_deref().context("a new file needs a path")?;
    let (folder, last) = path.rsplit_once('/').unwrap_or(("", path));
    ensure!(!last.is_empty(), "a new file needs a name");
    let name = new.edit.name.clone().unwrap_or_else(|| last.to_owned());
    let parent = match &new.edit.parent {
        Some(target) => find(drive, target)?,
        None => ensure_folder(drive, root, folder, by, now_ms)?,
    };
    let shortcut = match (&new.shortcut_id, &new.shortcut_to) {
        (Some(id), _) => Some((id.clone(), None)),
        (None, Some(target)) => {
            let node = find(drive, target).and_then(|f| drive.node(f).context("no such file"))?;
            Some((node.id.to_string(), Some(node.mime.to_string())))
        }
        (None, None) => None,
    };
    let (content, mime) = if new.folder {
        (Content::None, FOLDER.to_owned())
    } else if shortcut.is_some() {
        (Content::None, SHORTCUT.to_owned())
    } else {
        let content = content_of(&new.edit)?.unwrap_or(Content::Bytes(Bytes::new()));
        let mime = match (&content, &new.edit.mime_type) {
            (Content::Native(source), _) => source.kind.mime(),
            (_, Some(mime)) => mime.clone(),
            _ => mime_of(&name),
        };
        (content, mime)
    };
    let mime = drive.intern_mime(&mime);
    let parent = (!new.edit.orphan).then_some(parent);
    let file = drive.create(NewNode { name, mime, parent, by, content }, now_ms)?;
    if let Some((target, mime)) = shortcut {
        let extra = drive.node_mut(file).context("just created")?.extra_mut();
        extra.shortcut_target = Some(target);
        extra.shortcut_target_mime = mime;
    }
    set_properties(drive, file, &new.edit, now_ms)?;
    Ok(file)
}

/// Changes a file as described.
pub fn update(drive: &mut Drive, file: FileRef, edit: &FileEdit, now_ms: i64) -> anyhow::Result<()> {
    let by = acting(drive, file, edit.by.as_deref())?;
    if let Some(content) = content_of(edit)? {
        drive.update_content(file, by, content, now_ms)?;
    }
    if let Some(name) = &edit.name {
        drive.rename(file, name, now_ms)?;
    }
    if let Some(target) = &edit.parent {
        let parent = find(drive, target)?;
        drive.move_to(file, Some(parent), now_ms)?;
    } else if edit.orphan {
        drive.move_to(file, None, now_ms)?;
    }
    set_properties(drive, file, edit, now_ms)
}

/// Sets everything but name, place and content.
fn set_properties(drive: &mut Drive, file: FileRef, edit: &FileEdit, now_ms: i64) -> anyhow::Result<()> {
    let by = acting(drive, file, edit.by.as_deref())?;
    let time = |text: &Option<String>| text.as_deref().map(parse_rfc3339).transpose();
    let (created, modified, viewed) = (time(&edit.created)?, time(&edit.modified)?, time(&edit.viewed)?);
    let node = drive.node_mut(file).context("no such file")?;
    if let Some(created) = created {
        node.created_ms = created;
        node.modified_ms = node.modified_ms.max(created);
    }
    if let Some(modified) = modified {
        node.modified_ms = modified;
    }
    if let (Some(pad_to), Content::Native(source)) = (edit.pad_to, &node.content) {
        let padded = NativeSource { pad_to, ..NativeSource::clone(source) };
        node.content = Content::Native(padded.into());
        node.size = node.content.reported_size();
    }
    let mut set = false;
    if let Some(viewed) = viewed {
        node.extra_mut().viewed_by.insert(by, viewed);
        set = true;
    }
    if let Some(starred) = edit.starred {
        let stars = &mut node.extra_mut().starred_by;
        if starred {
            stars.insert(by)
        } else {
            stars.remove(&by)
        };
        set = true;
    }
    for (wish, slot) in [
        (edit.abusive, 0),
        (edit.download_restricted, 1),
        (edit.export_forbidden, 2),
        (edit.limited_access, 3),
    ] {
        if let Some(wish) = wish {
            let extra = node.extra_mut();
            match slot {
                0 => extra.abusive = wish,
                1 => extra.download_restricted = wish,
                2 => extra.export_forbidden = wish,
                _ => extra.limited_access = wish,
            }
            set = true;
        }
    }
    if let Some(description) = &edit.description {
        node.extra_mut().description = Some(description.clone());
        set = true;
    }
    if let Some(key) = &edit.resource_key {
        node.extra_mut().resource_key = Some(key.clone());
        set = true;
    }
    if let Some(properties) = &edit.properties {
        node.extra_mut().properties = properties.clone();
        set = true;
    }
    if let Some(properties) = &edit.app_properties {
        node.extra_mut().app_properties = properties.clone();
        set = true;
    }
    if set {
        node.version += 1;
        drive.touched(file, now_ms);
        drive.refresh_viewers(file, now_ms);
    }
    for share in &edit.share {
        share_with(drive, file, share, now_ms)?;
    }
    if let Some(trashed) = edit.trashed {
        drive.set_trashed(file, trashed, now_ms)?;
    }
    Ok(())
}

/// Adds one permission.
pub fn share_with(drive: &mut Drive, file: FileRef, share: &Share, now_ms: i64) -> anyhow::Result<()> {
    let grantee = grantee_of(drive, share)?;
    let mut permission = drive.permission(grantee, share.role.unwrap_or(Role::Reader));
    permission.allow_discovery = share.allow_discovery;
    permission.deleted = share.deleted;
    permission.expires_ms = share.expires.as_deref().map(parse_rfc3339).transpose()?;
    let by = acting(drive, file, None)?;
    drive.share(file, permission, by, now_ms)
}

/// Removes the permission of one grantee.
pub fn unshare(drive: &mut Drive, file: FileRef, share: &Share, now_ms: i64) -> anyhow::Result<()> {
    let grantee = grantee_of(drive, share)?;
    let id = drive.permission(grantee, Role::Reader).id;
    drive.unshare(file, &id, now_ms)
}

pub fn grantee_of(drive: &Drive, share: &Share) -> anyhow::Result<Grantee> {
    match (&share.email, &share.group, &share.domain, share.anyone) {
        (Some(email), None, None, false) => Ok(drive.grantee_of(email)),
        (None, Some(group), None, false) => Ok(Grantee::Group(group.clone())),
        (None, None, Some(domain), false) => Ok(Grantee::Domain(domain.clone())),
        (None, None, None, true) => Ok(Grantee::Anyone),
        _ => bail!("name exactly one of email, group, domain and anyone"),
    }
}

/// Generates many small files in one folder; their content is made when it is read.
pub fn generate(drive: &mut Drive, wish: &Generate, now_ms: i64) -> anyhow::Result<Vec<FileRef>> {
    let target =
        FileTarget { account: wish.account.clone(), drive: wish.drive.clone(), ..FileTarget::default() };
    let root = find_root(drive, &target)?;
    let by = acting(drive, root, wish.account.as_deref())?;
    let folder = ensure_folder(drive, root, &wish.folder, by, now_ms)?;
    let prefix = if wish.prefix.is_empty() { "file" } else { &wish.prefix };
    let mime = drive.intern_mime(wish.mime_type.as_deref().unwrap_or("text/plain"));
    let mut files = Vec::with_capacity(wish.count as usize);
    for number in 0..wish.count {
        let new = NewNode {
            name: format!("{prefix}-{number:06}.txt"),
            mime: mime.clone(),
            parent: Some(folder),
            by,
            content: Content::Filler { seed: number + 1, size: wish.size },
        };
        files.push(drive.create(new, now_ms)?);
    }
    Ok(files)
}

pub fn summary(drive: &Drive, file: FileRef) -> anyhow::Result<FileSummary> {
    let node = drive.node(file).context("no such file")?;
    Ok(FileSummary {
        id: node.id.to_string(),
        name: node.name.clone(),
        mime_type: node.mime.to_string(),
        version: node.version,
        modified_ms: node.modified_ms,
        trashed: drive.is_trashed(file),
    })
}

/// Returns who acts: the named person, else the owner, else a shared drive's first organizer.
fn acting(drive: &Drive, file: FileRef, email: Option<&str>) -> anyhow::Result<AccountRef> {
    if let Some(email) = email {
        return find_account(drive, Some(email));
    }
    let node = drive.node(file).context("no such file")?;
    if let Some(owner) = node.owner {
        return Ok(owner);
    }
    let members = node.drive.map(|shared| drive.member_accounts(shared)).unwrap_or_default();
    members.first().copied().context("nobody can act on this file")
}

fn content_of(edit: &FileEdit) -> anyhow::Result<Option<Content>> {
    if let Some(native) = &edit.native {
        let mut source = NativeSource::of_text(native.kind, native.text.clone());
        for (name, csv) in &native.sheets {
            source.sheets.push((name.clone(), sheet_rows(csv.as_bytes())?));
        }
        source.pad_to = edit.pad_to.unwrap_or(0);
        return Ok(Some(Content::Native(source.into())));
    }
    if let Some(text) = &edit.content {
        return Ok(Some(Content::Bytes(text.clone().into())));
    }
    if let Some(encoded) = &edit.content_base64 {
        let bytes = STANDARD.decode(encoded).context("content_base64 is not base64")?;
        return Ok(Some(Content::Bytes(bytes.into())));
    }
    Ok(edit.filler.map(|size| Content::Filler { seed: size.wrapping_add(17), size }))
}

/// Guesses a MIME type by extension, as Drive does on upload.
pub fn mime_of(name: &str) -> String {
    if name.to_lowercase().ends_with(".md") {
        return "text/markdown".to_owned();
    }
    mime_guess::from_path(name).first_or_octet_stream().essence_str().to_owned()
}
