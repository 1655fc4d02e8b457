//! The change feeds: one per person, one per shared drive.

use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::drive::{AccountRef, Drive, DriveRef, Feed, FeedEntry, FeedTarget};
use super::drive_call::DriveCall;
use super::drives;
use super::errors::ApiError;
use super::fields::Mask;
use super::files::render::{Viewer, file_text};
use super::schema::{CHANGE_LIST, START_PAGE_TOKEN};
use super::state::Google;
use crate::kernel::clock::rfc3339;
use crate::kernel::faults::Hint;

/// Whose feed a call means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FeedOwner {
    Account(AccountRef),
    Drive(DriveRef),
}

impl FeedOwner {
    pub fn feed(self, drive: &Drive) -> &Feed {
        match self {
            FeedOwner::Account(account) => &drive.accounts[account as usize].feed,
            FeedOwner::Drive(shared) => &drive.drives[shared as usize].feed,
        }
    }
}

/// Returns the feed a call names, if the caller may read it.
pub fn feed_owner(drive: &Drive, call: &DriveCall<'_>) -> Result<FeedOwner, ApiError> {
    let drive_id = call.params.get("driveId").or_else(|| call.params.get("teamDriveId"));
    let Some(id) = drive_id else {
        return Ok(FeedOwner::Account(call.me));
    };
    // Without the flag a shared drive does not exist for the caller.
    if !call.supports_all_drives()? {
        return Err(ApiError::not_found("Shared drive", id, "driveId"));
    }
    drives::find(drive, call, id).map(|(found, _)| FeedOwner::Drive(found))
}

/// Reads a page token of a feed: a number this feed has given out.
pub fn read_token(feed: &Feed, call: &DriveCall<'_>) -> Result<u64, ApiError> {
    let text = call.params.get("pageToken").ok_or_else(|| ApiError::required("pageToken"))?;
    let token: u64 = text.parse().map_err(|_| ApiError::invalid_value("pageToken"))?;
    if token == 0 || token > feed.next_token() || call.hint == Some(Hint::ExpiredCursor) {
        return Err(ApiError::invalid_value("pageToken"));
    }
    Ok(token)
}

pub fn start_page_token(google: &Google, call: &DriveCall<'_>) -> Result<Answer, ApiError> {
    let mask = call.mask(&START_PAGE_TOKEN, Mask::Everything)?;
    let drive = google.read_drive();
    let token = feed_owner(&drive, call)?.feed(&drive).next_token();
    let value = json!({"kind": "drive#startPageToken", "startPageToken": token.to_string()});
    Ok(answer::json(200, mask.apply(value).to_string()))
}

pub fn list(google: &Google, call: &DriveCall<'_>) -> Result<Answer, ApiError> {
    let mask = call.mask(&CHANGE_LIST, default_mask())?;
    let size = call.params.page_size(100, 1000)?;
    let filter = Filter::read(call)?;
    let drive = google.read_drive();
    let owner = feed_owner(&drive, call)?;
    let feed = owner.feed(&drive);
    let token = read_token(feed, call)?;
    let viewer = Viewer::new(google, &drive, call);

    let mut rows: Vec<Value> = Vec::new();
    let mut next = None;
    let size = if call.hint == Some(Hint::EmptyPage) { 0 } else { size };
    if call.hint == Some(Hint::EmptyPage) {
        next = Some(token);
    }
    for (position, entry) in feed.since(token) {
        if size == 0 {
            break;
        }
        if rows.len() == size {
            next = Some(position);
            break;
        }
        if let Some(row) = filter.row(&drive, &viewer, call, owner, entry, &mask)? {
            rows.push(row);
        }
    }
    if call.hint == Some(Hint::RepeatPageToken) {
        next = Some(token);
    }
    let mut value = json!({"kind": "drive#changeList", "changes": rows});
    match next {
        Some(position) => value["nextPageToken"] = json!(position.to_string()),
        None => value["newStartPageToken"] = json!(feed.next_token().to_string()),
    }
    Ok(answer::json(200, mask.apply(value).to_string()))
}

fn default_mask() -> Mask {
    let file = Mask::of(&["kind", "id", "name", "mimeType"]);
    let drive = Mask::of(&["kind", "id", "name"]);
    let mut change = Mask::of(&["kind", "removed", "time", "changeType", "type", "fileId", "driveId"]);
    if let Mask::Only(fields) = &mut change {
        fields.push(("file".to_owned(), file));
        fields.push(("drive".to_owned(), drive));
    }
    let mut list = Mask::of(&["kind", "nextPageToken", "newStartPageToken"]);
    if let Mask::Only(fields) = &mut list {
        fields.push(("changes".to_owned(), change));
    }
    list
}

/// Which entries a call wants to hear of.
struct Filter {
    include_removed: bool,
    include_corpus_removals: bool,
    include_shared_drives: bool,
    restrict_to_my_drive: bool,
}

impl Filter {
    fn read(call: &DriveCall<'_>) -> Result<Filter, ApiError> {
        let params = &call.params;
        let include = params.either_flag("includeItemsFromAllDrives", "includeTeamDriveItems")?;
        Ok(Filter {
            include_removed: params.flag_or("includeRemoved", true)?,
            include_corpus_removals: params.flag("includeCorpusRemovals")?,
            include_shared_drives: include && call.supports_all_drives()?,
            restrict_to_my_drive: params.flag("restrictToMyDrive")?,
        })
    }

    fn row(
        &self,
        drive: &Drive,
        viewer: &Viewer<'_>,
        call: &DriveCall<'_>,
        owner: FeedOwner,
        entry: &FeedEntry,
        mask: &Mask,
    ) -> Result<Option<Value>, ApiError> {
        if matches!(owner, FeedOwner::Account(_)) {
            let hidden = entry.drive.is_some() && !self.include_shared_drives;
            let outside =
                self.restrict_to_my_drive && (entry.drive.is_some() || !in_my_drive(drive, call.me, entry));
            if hidden || outside {
                return Ok(None);
            }
        }
        let readable = match entry.target {
            FeedTarget::File(file) => drive
                .role_of(call.me, file, call.now_ms)
                .map(|_| file)
                .filter(|_| !call.sees_only_picked() || is_picked(drive, call, file)),
            FeedTarget::Drive(_) => None,
        };
        let gone = match entry.target {
            FeedTarget::File(_) => entry.removed || readable.is_none(),
            FeedTarget::Drive(_) => entry.removed,
        };
        if gone && !self.include_removed {
            return Ok(None);
        }
        let mut row = json!({
            "kind": "drive#change",
            "removed": gone,
            "time": rfc3339(entry.at_ms),
        });
        if let Some(shared) = entry.drive {
            row["driveId"] = json!(&*drive.drives[shared as usize].id);
        }
        match entry.target {
            FeedTarget::File(_) => {
                row["changeType"] = json!("file");
                row["type"] = json!("file");
                row["fileId"] = json!(&*entry.id);
                let shown = readable.filter(|_| !gone || self.include_corpus_removals);
                let below = mask.below("changes").and_then(|changes| changes.below("file"));
                if let (Some(file), Some(below)) = (shown, below) {
                    let text = file_text(viewer, file, below);
                    let value = serde_json::from_str(&text);
                    row["file"] = value.map_err(|_| ApiError::new(500, "internalError", "Internal Error"))?;
                }
            }
            FeedTarget::Drive(shared) => {
                row["changeType"] = json!("drive");
                row["type"] = json!("drive");
                if let Some(role) = drive.membership(shared, call.me, call.now_ms)
                    && !gone
                {
                    row["drive"] = drives::drive_json(&drive.drives[shared as usize], role, call);
                }
            }
        }
        Ok(Some(row))
    }
}

fn is_picked(drive: &Drive, call: &DriveCall<'_>, file: u32) -> bool {
    let node = drive.node(file);
    node.and_then(|node| node.extra.as_ref())
        .is_some_and(|extra| extra.picked_by.contains(&call.token.client_id))
}

/// Says whether an entry concerns the caller's own folder tree; a file that is gone always does.
fn in_my_drive(drive: &Drive, me: AccountRef, entry: &FeedEntry) -> bool {
    let root = drive.accounts[me as usize].root;
    match entry.target {
        FeedTarget::File(file) if drive.node(file).is_some() => {
            drive.lineage(file).any(|(ancestor, _)| ancestor == root)
        }
        FeedTarget::File(_) => true,
        FeedTarget::Drive(_) => false,
    }
}
