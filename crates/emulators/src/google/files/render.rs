//! A file as JSON: one small writer per documented field, and only the asked-for ones run.

use std::cell::RefCell;
use std::collections::HashMap;

use serde_json::{Value, json};

use super::permissions::permission_json;
use crate::google::drive::{AccountRef, Content, Drive, FileNode, FileRef, NativeKind, Role};
use crate::google::drive_call::DriveCall;
use crate::google::export;
use crate::google::fields::Mask;
use crate::google::state::Google;
use crate::kernel::json::JsonText;

/// Who looks, and from where.
pub struct Viewer<'a> {
    pub drive: &'a Drive,
    pub me: AccountRef,
    pub base: &'a str,
    pub client_id: &'a str,
    pub now_ms: i64,
    /// People and capabilities repeat from file to file; their finished JSON is kept per mask.
    repeated: RefCell<HashMap<(usize, u64), String>>,
}

impl<'a> Viewer<'a> {
    pub fn new(google: &'a Google, drive: &'a Drive, call: &'a DriveCall<'_>) -> Self {
        Self {
            drive,
            me: call.me,
            base: &google.base,
            client_id: &call.token.client_id,
            now_ms: call.now_ms,
            repeated: RefCell::default(),
        }
    }

    pub fn user(&self, account: AccountRef) -> Value {
        let person = &self.drive.accounts[account as usize];
        json!({
            "kind": "drive#user",
            "displayName": person.name,
            "me": account == self.me,
            "permissionId": person.permission_id,
            "emailAddress": person.email,
            "photoLink": format!("{}/photos/{}", self.base, person.permission_id),
        })
    }

    fn repeated(&self, mask: &Mask, key: u64, build: impl FnOnce() -> Value) -> String {
        let slot = (std::ptr::from_ref(mask) as usize, key);
        if let Some(known) = self.repeated.borrow().get(&slot) {
            return known.clone();
        }
        let text = mask.apply(build()).to_string();
        self.repeated.borrow_mut().insert(slot, text.clone());
        text
    }

    fn user_text(&self, account: AccountRef, mask: &Mask) -> String {
        self.repeated(mask, u64::from(account), || self.user(account))
    }

    /// Returns the role the viewer holds; a link counts when nothing better is there.
    pub fn role(&self, file: FileRef) -> Role {
        self.drive
            .role_of(self.me, file, self.now_ms)
            .or_else(|| self.drive.link_role(file))
            .unwrap_or(Role::Reader)
    }
}

type Writer = fn(&mut JsonText, &Viewer<'_>, FileRef, &FileNode, &Mask);

/// The writers a mask asks for.
pub struct FilePlan<'m> {
    columns: Vec<(Writer, &'m Mask)>,
}

impl<'m> FilePlan<'m> {
    pub fn new(mask: &'m Mask) -> Self {
        let columns =
            WRITERS.iter().filter_map(|(name, writer)| Some((*writer, mask.below(name)?))).collect();
        Self { columns }
    }

    /// Writes a file as one JSON object.
    pub fn write(&self, json: &mut JsonText, viewer: &Viewer<'_>, file: FileRef) {
        let Some(node) = viewer.drive.node(file) else { return };
        json.open_object();
        for (writer, below) in &self.columns {
            writer(json, viewer, file, node, below);
        }
        json.close_object();
    }
}

/// Returns a file as JSON text under a mask.
pub fn file_text(viewer: &Viewer<'_>, file: FileRef, mask: &Mask) -> String {
    let mut json = JsonText::with_capacity(512);
    FilePlan::new(mask).write(&mut json, viewer, file);
    json.finish()
}

static WRITERS: &[(&str, Writer)] = &[
    ("kind", |j, _, _, _, _| j.text("kind", "drive#file")),
    ("driveId", |j, v, _, n, _| write_drive_id(j, v, n, "driveId")),
    ("teamDriveId", |j, v, _, n, _| write_drive_id(j, v, n, "teamDriveId")),
    ("parents", |j, v, _, n, _| {
        if let Some(parent) = n.parent
            && v.drive.sees_parent(v.me, n, v.now_ms)
            && let Some(folder) = v.drive.node(parent)
        {
            j.texts("parents", [&*folder.id]);
        }
    }),
    ("id", |j, _, _, n, _| j.text("id", &n.id)),
    ("name", |j, _, _, n, _| j.text("name", &n.name)),
    ("mimeType", |j, _, _, n, _| j.text("mimeType", &n.mime)),
    ("description", |j, _, _, n, _| {
        if let Some(text) = n.extra.as_ref().and_then(|extra| extra.description.as_ref()) {
            j.text("description", text);
        }
    }),
    ("starred", |j, v, _, n, _| {
        j.flag("starred", n.extra.as_ref().is_some_and(|e| e.starred_by.contains(&v.me)));
    }),
    ("trashed", |j, v, f, _, _| j.flag("trashed", v.drive.is_trashed(f))),
    ("explicitlyTrashed", |j, _, _, n, _| j.flag("explicitlyTrashed", n.trashed)),
    ("trashedTime", |j, _, _, n, _| {
        if n.drive.is_some() && n.trashed {
            j.time("trashedTime", n.trashed_ms);
        }
    }),
    ("trashingUser", |j, v, _, n, m| {
        if n.drive.is_some() && n.trashed {
            j.raw("trashingUser", &v.user_text(n.modified_by, m));
        }
    }),
    ("webViewLink", |j, _, _, n, _| j.text("webViewLink", &web_view_link(n))),
    ("webContentLink", |j, _, _, n, _| {
        if n.is_blob() {
            let id = &n.id;
            j.text("webContentLink", &format!("https://drive.google.com/uc?id={id}&export=download"));
        }
    }),
    ("iconLink", |j, _, _, n, _| {
        let mime = &n.mime;
        let link = format!("https://drive-thirdparty.googleusercontent.com/16/type/{mime}");
        j.text("iconLink", &link);
    }),
    ("hasThumbnail", |j, _, _, n, _| j.flag("hasThumbnail", has_thumbnail(n))),
    ("thumbnailLink", |j, v, _, n, _| {
        if has_thumbnail(n) {
            j.text("thumbnailLink", &format!("{}/drive-storage/{}=s220", v.base, n.id));
        }
    }),
    ("thumbnailVersion", |j, _, _, n, _| {
        j.int64("thumbnailVersion", if has_thumbnail(n) { u64::from(n.revision) } else { 0 });
    }),
    ("createdTime", |j, _, _, n, _| j.time("createdTime", n.created_ms)),
    ("modifiedTime", |j, _, _, n, _| j.time("modifiedTime", n.modified_ms)),
    ("modifiedByMe", |j, v, _, n, _| j.flag("modifiedByMe", n.modified_by == v.me)),
    ("modifiedByMeTime", |j, v, _, n, _| {
        if n.modified_by == v.me {
            j.time("modifiedByMeTime", n.modified_ms);
        }
    }),
    ("viewedByMe", |j, v, _, n, _| {
        j.flag("viewedByMe", n.extra.as_ref().is_some_and(|e| e.viewed_by.contains_key(&v.me)));
    }),
    ("viewedByMeTime", |j, v, _, n, _| {
        if let Some(at) = n.extra.as_ref().and_then(|e| e.viewed_by.get(&v.me)) {
            j.time("viewedByMeTime", *at);
        }
    }),
    ("sharedWithMeTime", |j, v, _, n, _| {
        if let Some((at, _)) = n.extra.as_ref().and_then(|e| e.shared_with_me.get(&v.me)) {
            j.time("sharedWithMeTime", *at);
        }
    }),
    ("sharingUser", |j, v, _, n, m| {
        if let Some((_, by)) = n.extra.as_ref().and_then(|e| e.shared_with_me.get(&v.me)) {
            j.raw("sharingUser", &v.user_text(*by, m));
        }
    }),
    ("owners", |j, v, _, n, m| {
        if let Some(owner) = n.owner {
            j.key("owners");
            j.open_array();
            j.raw_element(&v.user_text(owner, m));
            j.close_array();
        }
    }),
    ("lastModifyingUser", |j, v, _, n, m| {
        j.raw("lastModifyingUser", &v.user_text(n.modified_by, m));
    }),
    ("ownedByMe", |j, v, _, n, _| {
        if let Some(owner) = n.owner {
            j.flag("ownedByMe", owner == v.me);
        }
    }),
    ("shared", |j, v, f, n, _| {
        if n.drive.is_none() {
            let shared = v.drive.lineage(f).any(|(_, node)| !node.permissions().is_empty());
            j.flag("shared", shared);
        }
    }),
    ("permissions", |j, v, f, n, m| {
        if n.drive.is_none() && v.role(f).can_write() {
            let list: Vec<Value> = super::permissions::effective(v.drive, f)
                .iter()
                .map(|entry| m.apply(permission_json(v, entry)))
                .collect();
            j.value("permissions", &Value::Array(list));
        }
    }),
    ("permissionIds", |j, v, f, n, _| {
        if n.drive.is_some() || v.role(f).can_write() {
            let entries = super::permissions::effective(v.drive, f);
            j.texts("permissionIds", entries.iter().map(|entry| entry.id()));
        }
    }),
    ("hasAugmentedPermissions", |j, _, _, n, _| {
        if n.drive.is_some() {
            j.flag("hasAugmentedPermissions", !n.permissions().is_empty());
        }
    }),
    ("inheritedPermissionsDisabled", |j, _, _, n, _| {
        let limited = n.extra.as_ref().is_some_and(|extra| extra.limited_access);
        j.flag("inheritedPermissionsDisabled", limited);
    }),
    ("writersCanShare", |j, _, _, n, _| {
        if n.drive.is_none() {
            j.flag("writersCanShare", true);
        }
    }),
    ("viewersCanCopyContent", |j, _, _, n, _| {
        j.flag("viewersCanCopyContent", !download_restricted(n));
    }),
    ("copyRequiresWriterPermission", |j, _, _, n, _| {
        j.flag("copyRequiresWriterPermission", download_restricted(n));
    }),
    ("capabilities", |j, v, f, n, m| {
        let role = v.role(f);
        // Above every account's number, because all-embracing masks are one and the same.
        let key = 1 << 40
            | role as u64
            | u64::from(n.is_folder()) << 4
            | u64::from(download_restricted(n)) << 5
            | u64::from(n.drive.is_some()) << 6
            | u64::from(n.trashed) << 7
            | u64::from(n.is_shortcut()) << 8;
        j.raw("capabilities", &v.repeated(m, key, || capabilities(n, role)));
    }),
    ("size", |j, _, _, n, _| {
        if !n.is_folder() && !n.is_shortcut() {
            j.int64("size", n.size);
        }
    }),
    ("quotaBytesUsed", |j, _, _, n, _| {
        j.int64("quotaBytesUsed", if n.is_folder() || n.is_shortcut() { 0 } else { n.size });
    }),
    ("version", |j, _, _, n, _| j.int64("version", n.version)),
    ("headRevisionId", |j, _, _, n, _| {
        if n.is_blob() {
            j.text("headRevisionId", &n.head_revision_id());
        }
    }),
    ("md5Checksum", |j, _, _, n, _| {
        if let Some(digests) = digests(n) {
            j.text("md5Checksum", &digests.md5);
        }
    }),
    ("sha1Checksum", |j, _, _, n, _| {
        if let Some(digests) = digests(n) {
            j.text("sha1Checksum", &digests.sha1);
        }
    }),
    ("sha256Checksum", |j, _, _, n, _| {
        if let Some(digests) = digests(n) {
            j.text("sha256Checksum", &digests.sha256);
        }
    }),
    ("originalFilename", |j, _, _, n, _| {
        if n.is_blob() {
            j.text("originalFilename", &n.name);
        }
    }),
    ("fullFileExtension", |j, _, _, n, _| {
        if n.is_blob() {
            j.text("fullFileExtension", extension(&n.name));
        }
    }),
    ("fileExtension", |j, _, _, n, _| {
        if n.is_blob() {
            j.text("fileExtension", extension(&n.name));
        }
    }),
    ("shortcutDetails", |j, v, _, n, m| {
        if let Some(details) = shortcut_details(v, n) {
            j.value("shortcutDetails", &m.apply(details));
        }
    }),
    ("resourceKey", |j, _, _, n, _| {
        if let Some(key) = n.resource_key() {
            j.text("resourceKey", key);
        }
    }),
    ("linkShareMetadata", |j, _, _, n, m| {
        let value = json!({
            "securityUpdateEligible": n.resource_key().is_some(),
            "securityUpdateEnabled": n.resource_key().is_some(),
        });
        j.value("linkShareMetadata", &m.apply(value));
    }),
    ("exportLinks", |j, v, _, n, m| {
        if let Content::Native(source) = &n.content
            && let Some(links) = export_links(v.base, &n.id, source.kind)
        {
            j.value("exportLinks", &m.apply(links));
        }
    }),
    ("properties", |j, _, _, n, m| {
        if let Some(extra) = n.extra.as_ref().filter(|extra| !extra.properties.is_empty()) {
            j.value("properties", &m.apply(json!(extra.properties)));
        }
    }),
    ("appProperties", |j, _, _, n, m| {
        if let Some(extra) = n.extra.as_ref().filter(|extra| !extra.app_properties.is_empty()) {
            j.value("appProperties", &m.apply(json!(extra.app_properties)));
        }
    }),
    ("isAppAuthorized", |j, v, _, n, _| {
        let picked = n.extra.as_ref().is_some_and(|extra| extra.picked_by.contains(v.client_id));
        j.flag("isAppAuthorized", picked);
    }),
    ("spaces", |j, _, _, _, _| j.texts("spaces", ["drive"])),
    ("folderColorRgb", |j, _, _, n, _| {
        if n.is_folder() {
            j.text("folderColorRgb", "#8f8f8f");
        }
    }),
];

fn write_drive_id(json: &mut JsonText, viewer: &Viewer<'_>, node: &FileNode, key: &str) {
    if let Some(drive) = node.drive {
        json.text(key, &viewer.drive.drives[drive as usize].id);
    }
}

fn digests(node: &FileNode) -> Option<&crate::google::drive::Digests> {
    if !node.is_blob() {
        return None;
    }
    if let Some(known) = node.digests.get() {
        return Some(known);
    }
    let fresh = Box::new(node.content.digests()?);
    Some(node.digests.get_or_init(|| fresh))
}

fn download_restricted(node: &FileNode) -> bool {
    node.extra.as_ref().is_some_and(|extra| extra.download_restricted)
}

fn has_thumbnail(node: &FileNode) -> bool {
    node.mime.starts_with("image/")
        || &*node.mime == "application/pdf"
        || matches!(&node.content, Content::Native(source) if source.kind != NativeKind::Script)
}

/// Returns everything after the last dot of a name.
fn extension(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

fn web_view_link(node: &FileNode) -> String {
    let id = &node.id;
    let key = node.resource_key().map(|key| format!("&resourcekey={key}")).unwrap_or_default();
    if node.is_folder() {
        return format!("https://drive.google.com/drive/folders/{id}{}", key.replacen('&', "?", 1));
    }
    let place = match &node.content {
        Content::Native(source) => match source.kind {
            NativeKind::Document => "document",
            NativeKind::Spreadsheet => "spreadsheets",
            NativeKind::Presentation => "presentation",
            NativeKind::Drawing => "drawings",
            NativeKind::Form => "forms",
            _ => "",
        },
        _ => "",
    };
    if place.is_empty() {
        format!("https://drive.google.com/file/d/{id}/view?usp=drivesdk{key}")
    } else {
        format!("https://docs.google.com/{place}/d/{id}/edit?usp=drivesdk{key}")
    }
}

fn shortcut_details(viewer: &Viewer<'_>, node: &FileNode) -> Option<Value> {
    let extra = node.extra.as_ref()?;
    let target = extra.shortcut_target.as_ref()?;
    let mut details = json!({"targetId": target});
    if let Some(mime) = &extra.shortcut_target_mime {
        details["targetMimeType"] = json!(mime);
    }
    let live = viewer.drive.find_file(target).and_then(|target| viewer.drive.node(target));
    if let Some(key) = live.and_then(FileNode::resource_key) {
        details["targetResourceKey"] = json!(key);
    }
    Some(details)
}

/// Returns the links that export a native document outside the API.
pub fn export_links(base: &str, id: &str, kind: NativeKind) -> Option<Value> {
    let place = export::link_place(kind)?;
    let mut links = serde_json::Map::new();
    for format in export::formats_of(kind) {
        let link = format!("{base}/feeds/download/{place}/Export?id={id}&exportFormat={}", format.short);
        links.insert(format.mime.to_owned(), link.into());
    }
    Some(Value::Object(links))
}

fn capabilities(node: &FileNode, role: Role) -> Value {
    let writes = role.can_write();
    let owns = role == Role::Owner || role == Role::Organizer;
    let folder = node.is_folder();
    let content = !folder && !node.is_shortcut();
    let reads_content = content && (writes || !download_restricted(node));
    let in_drive = node.drive.is_some();
    json!({
        "canAcceptOwnership": false, "canAddChildren": folder && writes,
        "canAddMyDriveParent": false, "canChangeCopyRequiresWriterPermission": owns,
        "canChangeSecurityUpdateEnabled": false, "canChangeViewersCanCopyContent": owns,
        "canComment": role >= Role::Commenter, "canCopy": reads_content, "canDelete": owns,
        "canDownload": if content { reads_content } else { folder }, "canEdit": writes,
        "canListChildren": folder, "canModifyContent": content && writes,
        "canModifyContentRestriction": content && writes, "canModifyLabels": false,
        "canMoveChildrenWithinDrive": folder && writes, "canMoveItemOutOfDrive": owns,
        "canMoveItemWithinDrive": writes, "canReadDrive": in_drive, "canReadLabels": false,
        "canReadRevisions": content && writes, "canRemoveChildren": folder && writes,
        "canRemoveMyDriveParent": owns && !in_drive, "canRename": writes, "canShare": writes,
        "canTrash": owns || (in_drive && role >= Role::FileOrganizer),
        "canUntrash": owns && node.trashed,
    })
}
