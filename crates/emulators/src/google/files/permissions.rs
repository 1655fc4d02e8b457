//! Permission lists of files and shared drives.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::get::find;
use super::render::Viewer;
use crate::google::answer::{self, Answer};
use crate::google::drive::{AccountRef, Drive, FileRef, Grantee, Permission, Role};
use crate::google::drive_call::DriveCall;
use crate::google::errors::ApiError;
use crate::google::fields::Mask;
use crate::google::schema::{PERMISSION, PERMISSION_LIST};
use crate::google::state::Google;
use crate::kernel::clock::rfc3339;

/// One line of an effective permission list.
pub struct Entry<'a> {
    permission: Cow<'a, Permission>,
    /// Where the permission was set, for items of shared drives.
    inherited_from: Option<String>,
    membership: bool,
    in_drive: bool,
}

impl Entry<'_> {
    pub fn id(&self) -> &str {
        &self.permission.id
    }
}

/// Returns who may do what with a file: the owner, its own entries, those of the folders above, members.
pub fn effective(drive: &Drive, file: FileRef) -> Vec<Entry<'_>> {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    let Some(node) = drive.node(file) else {
        return entries;
    };
    let in_drive = node.drive.is_some();
    if let Some(owner) = node.owner {
        entries.push(Entry {
            permission: Cow::Owned(drive.permission(Grantee::User(owner), Role::Owner)),
            inherited_from: None,
            membership: false,
            in_drive,
        });
    }
    let mut stops = false;
    for (position, (_, ancestor)) in drive.lineage(file).enumerate() {
        for permission in ancestor.permissions() {
            if entries.iter().all(|known| known.id() != permission.id) {
                entries.push(Entry {
                    permission: Cow::Borrowed(permission),
                    inherited_from: (position > 0).then(|| ancestor.id.to_string()),
                    membership: false,
                    in_drive,
                });
            }
        }
        if ancestor.extra.as_ref().is_some_and(|extra| extra.limited_access) {
            stops = true;
            break;
        }
    }
    if let Some(shared) = node.drive.map(|shared| &drive.drives[shared as usize])
        && !stops
    {
        for member in &shared.members {
            if entries.iter().all(|known| known.id() != member.id) {
                entries.push(Entry {
                    permission: Cow::Borrowed(member),
                    inherited_from: (shared.root != file).then(|| shared.id.to_string()),
                    membership: true,
                    in_drive,
                });
            }
        }
    }
    entries
}

/// Returns a permission with every field that applies to it.
pub fn permission_json(viewer: &Viewer<'_>, entry: &Entry<'_>) -> Value {
    let permission = &*entry.permission;
    let mut value = json!({
        "kind": "drive#permission",
        "id": permission.id,
        "role": permission.role.word(),
    });
    let mut person = |email: &str, name: &str, kind: &str| {
        value["type"] = json!(kind);
        value["emailAddress"] = json!(email);
        value["displayName"] = json!(name);
        value["deleted"] = json!(permission.deleted);
    };
    match &permission.grantee {
        Grantee::User(account) => {
            let known = &viewer.drive.accounts[*account as AccountRef as usize];
            person(&known.email, &known.name, "user");
            value["photoLink"] = json!(format!("{}/photos/{}", viewer.base, permission.id));
            value["pendingOwner"] = json!(false);
        }
        Grantee::Outsider(email) => {
            person(email, email.split('@').next().unwrap_or(email), "user");
            value["pendingOwner"] = json!(false);
        }
        Grantee::Group(email) => {
            person(email, email.split('@').next().unwrap_or(email), "group");
        }
        Grantee::Domain(domain) => {
            value["type"] = json!("domain");
            value["domain"] = json!(domain);
            value["displayName"] = json!(domain);
            value["allowFileDiscovery"] = json!(permission.allow_discovery);
        }
        Grantee::Anyone => {
            value["type"] = json!("anyone");
            value["allowFileDiscovery"] = json!(permission.allow_discovery);
        }
    }
    if let Some(end) = permission.expires_ms {
        value["expirationTime"] = json!(rfc3339(end));
    }
    if let Some(view) = &permission.view {
        value["view"] = json!(view);
    }
    if entry.in_drive {
        let mut detail = json!({
            "permissionType": if entry.membership { "member" } else { "file" },
            "role": permission.role.word(),
            "inherited": entry.inherited_from.is_some(),
        });
        if let Some(from) = &entry.inherited_from {
            detail["inheritedFrom"] = json!(from);
        }
        value["permissionDetails"] = json!([detail]);
    }
    value
}

const DEFAULT_FIELDS: [&str; 4] = ["kind", "id", "type", "role"];

pub fn list(google: &Google, call: &DriveCall<'_>) -> Result<Answer, ApiError> {
    let mut default = Mask::of(&["kind", "nextPageToken"]);
    if let Mask::Only(fields) = &mut default {
        fields.push(("permissions".to_owned(), Mask::of(&DEFAULT_FIELDS)));
    }
    let mask = call.mask(&PERMISSION_LIST, default)?;
    let asked = call.params.get("pageSize").is_some();
    let size = call.params.page_size(100, 100)?;
    let drive = google.read_drive();
    let file = shareable(&drive, call)?;
    let in_drive = drive.node(file).is_some_and(|node| node.drive.is_some());
    let viewer = Viewer::new(google, &drive, call);
    let entries = effective(&drive, file);
    let start = match call.params.get("pageToken") {
        Some(token) => token.parse::<usize>().map_err(|_| ApiError::invalid_value("pageToken"))?,
        None => 0,
    };
    // Outside shared drives everything comes at once unless a size is asked for.
    let size = if in_drive || asked { size } else { usize::MAX };
    let end = start.saturating_add(size).min(entries.len());
    let page: Vec<Value> = entries
        .get(start..end)
        .unwrap_or_default()
        .iter()
        .map(|entry| permission_json(&viewer, entry))
        .collect();
    let mut value = json!({"kind": "drive#permissionList", "permissions": page});
    if end < entries.len() {
        value["nextPageToken"] = json!(end.to_string());
    }
    Ok(answer::json(200, mask.apply(value).to_string()))
}

pub fn get(google: &Google, call: &DriveCall<'_>) -> Result<Answer, ApiError> {
    let mask = call.mask(&PERMISSION, Mask::of(&DEFAULT_FIELDS))?;
    let drive = google.read_drive();
    let file = shareable(&drive, call)?;
    let viewer = Viewer::new(google, &drive, call);
    let wanted = &call.arguments[1];
    let entries = effective(&drive, file);
    let entry = entries
        .iter()
        .find(|entry| entry.id() == wanted)
        .ok_or_else(|| ApiError::not_found("Permission", wanted, "permissionId"))?;
    Ok(answer::json(200, mask.apply(permission_json(&viewer, entry)).to_string()))
}

/// Returns the file if its permissions may be read: readers and commenters may not.
fn shareable(drive: &Drive, call: &DriveCall<'_>) -> Result<FileRef, ApiError> {
    let file = find(drive, call, &call.arguments[0], call.supports_all_drives()?)?;
    if !drive.role_of(call.me, file, call.now_ms).is_some_and(Role::can_write) {
        return Err(ApiError::forbidden(
            "insufficientFilePermissions",
            "The user does not have sufficient permissions for this file.",
        ));
    }
    Ok(file)
}
