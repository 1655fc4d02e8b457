//! `drives.list` and `drives.get`.

use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::drive::{Drive, DriveRef, Role, SharedDrive};
use super::drive_call::DriveCall;
use super::errors::ApiError;
use super::fields::Mask;
use super::files::matching::compare;
use super::files::query::{Expression, Term, TimeField};
use super::schema::{DRIVE, DRIVE_LIST};
use super::state::Google;
use crate::kernel::clock::rfc3339;

const DEFAULT_FIELDS: [&str; 3] = ["kind", "id", "name"];

pub fn list(google: &Google, call: &DriveCall<'_>) -> Result<Answer, ApiError> {
    let mut default = Mask::of(&["kind", "nextPageToken"]);
    if let Mask::Only(fields) = &mut default {
        fields.push(("drives".to_owned(), Mask::of(&DEFAULT_FIELDS)));
    }
    let mask = call.mask(&DRIVE_LIST, default)?;
    let size = call.params.page_size(10, 100)?;
    check_admin(call)?;
    let expression = match call.params.get("q") {
        Some(text) => Expression::parse(text).map_err(|_| ApiError::invalid_value("q"))?,
        None => None,
    };
    let after = match call.params.get("pageToken") {
        Some(token) => {
            let number = token.strip_prefix("~!!~D").and_then(|number| number.parse().ok());
            number.ok_or_else(|| ApiError::invalid_value("pageToken"))?
        }
        None => 0,
    };
    let drive = google.read_drive();
    let mut found: Vec<(DriveRef, &SharedDrive, Role)> = Vec::new();
    for (position, shared) in drive.drives.iter().enumerate().skip(after) {
        let reference = position as DriveRef;
        let Some(role) = drive.membership(reference, call.me, call.now_ms) else { continue };
        let fits = match &expression {
            Some(expression) => matches(expression, shared, call)?,
            None => true,
        };
        if fits {
            found.push((reference, shared, role));
        }
    }
    let more = found.len() > size;
    found.truncate(size);
    let rows: Vec<Value> = found.iter().map(|(_, shared, role)| drive_json(shared, *role, call)).collect();
    let mut value = json!({"kind": "drive#driveList", "drives": rows});
    if let (true, Some((last, ..))) = (more, found.last()) {
        value["nextPageToken"] = json!(format!("~!!~D{}", last + 1));
    }
    Ok(answer::json(200, mask.apply(value).to_string()))
}

pub fn get(google: &Google, call: &DriveCall<'_>) -> Result<Answer, ApiError> {
    let mask = call.mask(&DRIVE, Mask::of(&DEFAULT_FIELDS))?;
    check_admin(call)?;
    let drive = google.read_drive();
    let (found, role) = find(&drive, call, &call.arguments[0])?;
    let value = drive_json(&drive.drives[found as usize], role, call);
    Ok(answer::json(200, mask.apply(value).to_string()))
}

/// Returns a shared drive the caller is a member of.
pub fn find(drive: &Drive, call: &DriveCall<'_>, id: &str) -> Result<(DriveRef, Role), ApiError> {
    let found = drive.find_drive(id);
    let role = found.and_then(|found| drive.membership(found, call.me, call.now_ms));
    match (found, role) {
        (Some(found), Some(role)) => Ok((found, role)),
        _ => Err(ApiError::not_found("Shared drive", id, "driveId")),
    }
}

fn check_admin(call: &DriveCall<'_>) -> Result<(), ApiError> {
    if call.params.flag("useDomainAdminAccess")? {
        return Err(ApiError::forbidden(
            "insufficientPermissions",
            "The user is not an administrator of the domain.",
        ));
    }
    Ok(())
}

fn matches(expression: &Expression, shared: &SharedDrive, call: &DriveCall<'_>) -> Result<bool, ApiError> {
    Ok(match expression {
        Expression::And(left, right) => matches(left, shared, call)? & matches(right, shared, call)?,
        Expression::Or(left, right) => matches(left, shared, call)? | matches(right, shared, call)?,
        Expression::Not(inner) => !matches(inner, shared, call)?,
        Expression::Term(term) => match term {
            Term::Name(comparison, name) => compare(&shared.name.as_str(), *comparison, &name.as_str()),
            Term::NameContains(part) => shared.name.to_lowercase().contains(&part.to_lowercase()),
            Term::Time(TimeField::Created, comparison, at_ms) => {
                compare(&shared.created_ms, *comparison, at_ms)
            }
            Term::Hidden(wanted) => shared.hidden_by.contains(&call.me) == *wanted,
            Term::Members(comparison, count) => compare(&(shared.members.len() as i64), *comparison, count),
            Term::Organizers(comparison, count) => {
                let organizers = shared.members.iter().filter(|m| m.role == Role::Organizer);
                compare(&(organizers.count() as i64), *comparison, count)
            }
            _ => return Err(ApiError::invalid_value("q")),
        },
    })
}

/// Returns a shared drive with everything the caller may see of it.
pub fn drive_json(shared: &SharedDrive, role: Role, call: &DriveCall<'_>) -> Value {
    let writes = role.can_write();
    let organizes = role == Role::Organizer;
    json!({
        "kind": "drive#drive",
        "id": &*shared.id,
        "name": shared.name,
        "colorRgb": "#0f9d58",
        "createdTime": rfc3339(shared.created_ms),
        "hidden": shared.hidden_by.contains(&call.me),
        "capabilities": {
            "canAddChildren": writes, "canComment": role >= Role::Commenter, "canCopy": true,
            "canDeleteDrive": organizes, "canDownload": true, "canEdit": writes,
            "canListChildren": true, "canManageMembers": organizes, "canReadRevisions": writes,
            "canRename": organizes, "canRenameDrive": organizes, "canShare": writes,
            "canTrashChildren": role >= Role::FileOrganizer,
        },
        "restrictions": {
            "adminManagedRestrictions": false, "copyRequiresWriterPermission": false,
            "domainUsersOnly": false, "driveMembersOnly": false,
            "sharingFoldersRequiresOrganizerPermission": false,
        },
    })
}
