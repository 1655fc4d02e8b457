//! `files.list`: which files, in what order, one page at a time without looking at the others.

use std::collections::BTreeSet;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;

use super::matching::Matcher;
use super::order::Order;
use super::query::{Expression, Term};
use super::render::{FilePlan, Viewer};
use crate::google::answer::{self, Answer};
use crate::google::drive::{Drive, FileRef};
use crate::google::drive_call::DriveCall;
use crate::google::errors::ApiError;
use crate::google::fields::Mask;
use crate::google::schema::FILE_LIST;
use crate::google::state::Google;
use crate::kernel::faults::Hint;
use crate::kernel::json::JsonText;

const TOKEN_FRONT: &str = "~!!~";
/// Page tokens are good for this long ("several hours").
const TOKEN_LIFE_MS: i64 = 6 * 3_600_000;

/// Where a listing goes on.
#[derive(Debug, Clone, Copy)]
enum Resume {
    Start,
    /// Newest first: below this file.
    Below(FileRef),
    /// At this position of a kept ordered result.
    Snapshot(u64, usize),
}

pub fn list(google: &Google, call: &DriveCall<'_>) -> Result<Answer, ApiError> {
    let mask = call.mask(&FILE_LIST, default_mask())?;
    let page_size = call.params.page_size(100, 1000)?;
    let expression = match call.params.get("q") {
        Some(text) => Expression::parse(text).map_err(|_| ApiError::invalid_value("q"))?,
        None => None,
    };
    let order = call.params.get("orderBy").map(Order::parse).transpose()?;
    if order.is_some() && expression.as_ref().is_some_and(uses_full_text) {
        return Err(ApiError::bad_request(
            "Sorting is not supported for queries with fullText terms. Results are always in \
             descending relevance order.",
        ));
    }
    let identity = call.params.listing_identity();
    let token = call.params.get("pageToken");
    if token.is_some() && call.hint == Some(Hint::ExpiredCursor) {
        return Err(ApiError::invalid_value("pageToken"));
    }
    let resume = match token {
        Some(text) => {
            read_token(text, identity, call.now_ms).ok_or_else(|| ApiError::invalid_value("pageToken"))?
        }
        None => Resume::Start,
    };
    let drive = google.read_drive();
    let corpus = Corpus::choose(&drive, call, expression.as_ref())?;
    let viewer = Viewer::new(google, &drive, call);
    let selection = Selection { drive: &drive, call, corpus: &corpus, expression };
    let (page, next) = if call.hint == Some(Hint::EmptyPage) {
        (Vec::new(), Some(resume))
    } else if selection.hits_parent_bug() {
        (Vec::new(), None)
    } else {
        match &order {
            Some(order) => selection.ordered_page(google, order, resume, page_size)?,
            None => selection.newest_first_page(resume, page_size),
        }
    };
    let mut next_token = next.map(|next| write_token(next, identity, call.now_ms));
    if call.hint == Some(Hint::RepeatPageToken) {
        next_token = token.map(str::to_owned).or(next_token);
    }

    let mut json = JsonText::with_capacity(256 + page.len() * 300);
    json.open_object();
    if mask.wants("kind") {
        json.text("kind", "drive#fileList");
    }
    if mask.wants("incompleteSearch") {
        let incomplete = call.switches.incomplete_search && corpus.spans_drives;
        json.flag("incompleteSearch", incomplete);
    }
    if let Some(file_mask) = mask.below("files") {
        let plan = FilePlan::new(file_mask);
        json.key("files");
        json.open_array();
        for file in page {
            plan.write(&mut json, &viewer, file);
        }
        json.close_array();
    }
    if let Some(token) = next_token.filter(|_| mask.wants("nextPageToken")) {
        json.text("nextPageToken", &token);
    }
    json.close_object();
    Ok(answer::json(200, json.finish()))
}

fn default_mask() -> Mask {
    let file = Mask::of(&["kind", "id", "name", "mimeType"]);
    let mut names = Mask::of(&["kind", "incompleteSearch", "nextPageToken"]);
    if let Mask::Only(fields) = &mut names {
        fields.push(("files".to_owned(), file));
    }
    names
}

fn uses_full_text(expression: &Expression) -> bool {
    let mut found = false;
    expression.terms(&mut |term| found |= matches!(term, Term::FullText(_)));
    found
}

/// The files a listing looks through.
struct Corpus<'a> {
    sets: Vec<&'a BTreeSet<FileRef>>,
    include_shared_drives: bool,
    /// Only items the caller may see: needed when a folder's children are listed directly.
    check_access: bool,
    spans_drives: bool,
}

impl<'a> Corpus<'a> {
    fn choose(
        drive: &'a Drive,
        call: &DriveCall<'_>,
        expression: Option<&Expression>,
    ) -> Result<Corpus<'a>, ApiError> {
        let params = &call.params;
        let supports = call.supports_all_drives()?;
        let include = params.either_flag("includeItemsFromAllDrives", "includeTeamDriveItems")?;
        if include && !supports {
            return Err(ApiError::forbidden(
                "teamDrivesNotSupported",
                "The includeItemsFromAllDrives parameter requires supportsAllDrives to be true.",
            ));
        }
        let spaces = params.get("spaces").unwrap_or("drive");
        let known_spaces = ["drive", "appDataFolder", "photos"];
        if spaces.split(',').any(|space| !known_spaces.contains(&space.trim())) {
            return Err(ApiError::invalid_value("spaces"));
        }
        let drive_id = params.get("driveId").or_else(|| params.get("teamDriveId"));
        let corpora = params.get("corpora").or_else(|| params.get("corpus")).unwrap_or("user");
        let me = &drive.accounts[call.me as usize];
        let mut corpus = Corpus {
            sets: vec![&me.visible],
            include_shared_drives: include,
            check_access: false,
            spans_drives: false,
        };
        if !spaces.split(',').any(|space| space.trim() == "drive") {
            corpus.sets.clear();
            return Ok(corpus);
        }
        match corpora {
            "drive" | "teamDrive" => {
                let id = drive_id.ok_or_else(|| {
                    ApiError::invalid_parameter(
                        "corpora",
                        "The driveId parameter must be specified if and only if corpora is set to drive.",
                    )
                })?;
                if !supports || !include {
                    return Err(ApiError::forbidden(
                        "teamDrivesNotSupported",
                        "A shared drive can only be listed with both supportsAllDrives and \
                         includeItemsFromAllDrives set to true.",
                    ));
                }
                let found = drive
                    .find_drive(id)
                    .filter(|found| drive.membership(*found, call.me, call.now_ms).is_some())
                    .ok_or_else(|| ApiError::not_found("Shared drive", id, "driveId"))?;
                corpus.sets = vec![&drive.drives[found as usize].items];
            }
            _ if drive_id.is_some() => {
                return Err(ApiError::invalid_parameter(
                    "driveId",
                    "The driveId parameter must be specified if and only if corpora is set to drive.",
                ));
            }
            "allDrives" | "allTeamDrives" | "user,allTeamDrives" => {
                if !include {
                    return Err(ApiError::invalid_parameter(
                        "corpora",
                        "The allDrives corpora requires includeItemsFromAllDrives to be true.",
                    ));
                }
                corpus.spans_drives = true;
                for (position, shared) in drive.drives.iter().enumerate() {
                    if drive.membership(position as u32, call.me, call.now_ms).is_some() {
                        corpus.sets.push(&shared.items);
                    }
                }
            }
            "user" | "domain" => {}
            _ => return Err(ApiError::invalid_value("corpora")),
        }
        if let Some(parent) = expression.and_then(Expression::required_parent) {
            corpus.narrow_to_parent(drive, call, parent)?;
        }
        Ok(corpus)
    }

    /// Looks only at one folder's children; an unknown folder is an error, as at Google.
    fn narrow_to_parent(
        &mut self,
        drive: &'a Drive,
        call: &DriveCall<'_>,
        parent: &str,
    ) -> Result<(), ApiError> {
        let folder = match parent {
            "root" => Some(drive.accounts[call.me as usize].root),
            id => drive.find_file(id).filter(|folder| drive.role_of(call.me, *folder, call.now_ms).is_some()),
        };
        // The error names `.` instead of the id and points at `fileId`, as the real one does.
        let folder = folder.ok_or_else(|| ApiError::file_not_found("."))?;
        self.sets = vec![drive.children_of(folder)];
        self.check_access = true;
        Ok(())
    }
}

struct Selection<'a, 'c> {
    drive: &'a Drive,
    call: &'a DriveCall<'c>,
    corpus: &'a Corpus<'a>,
    expression: Option<Expression>,
}

impl Selection<'_, '_> {
    fn hits_parent_bug(&self) -> bool {
        let mut parents = 0;
        if let Some(expression) = &self.expression {
            expression.terms(&mut |term| parents += usize::from(matches!(term, Term::InParents(_))));
        }
        self.call.switches.multi_parent_bug && parents > 1
    }

    fn accepts(&self, matcher: &Matcher<'_>, file: FileRef) -> bool {
        let Some(node) = self.drive.node(file) else {
            return false;
        };
        if node.drive.is_some() && !self.corpus.include_shared_drives {
            return false;
        }
        let lag = self.call.switches.listing_lag_ms;
        if lag > 0 && self.call.now_ms < node.created_ms + lag {
            return false;
        }
        if self.corpus.check_access && self.drive.role_of(self.call.me, file, self.call.now_ms).is_none() {
            return false;
        }
        if self.call.sees_only_picked() {
            let picked =
                node.extra.as_ref().is_some_and(|extra| extra.picked_by.contains(&self.call.token.client_id));
            if !picked {
                return false;
            }
        }
        self.expression.as_ref().is_none_or(|expression| matcher.matches(expression, file, node))
    }

    fn matcher(&self) -> Matcher<'_> {
        Matcher { drive: self.drive, me: self.call.me, now_ms: self.call.now_ms }
    }

    /// Walks the index from the newest file down; resuming costs one look-up.
    fn newest_first_page(&self, resume: Resume, size: usize) -> (Vec<FileRef>, Option<Resume>) {
        let below = match resume {
            Resume::Below(file) => file,
            _ => FileRef::MAX,
        };
        let matcher = self.matcher();
        let mut page = Vec::with_capacity(size.min(1000));
        for file in merged_down(&self.corpus.sets, below) {
            if !self.accepts(&matcher, file) {
                continue;
            }
            if page.len() == size {
                return (page.clone(), page.last().copied().map(Resume::Below));
            }
            page.push(file);
        }
        (page, None)
    }

    /// Sorts once for the first page and keeps the result for the others.
    fn ordered_page(
        &self,
        google: &Google,
        order: &Order,
        resume: Resume,
        size: usize,
    ) -> Result<(Vec<FileRef>, Option<Resume>), ApiError> {
        let matcher = self.matcher();
        let (number, files, start) = match resume {
            Resume::Snapshot(number, start) => {
                let kept = google.snapshots.lock().ok().and_then(|kept| kept.find(number));
                (number, kept.ok_or_else(|| ApiError::invalid_value("pageToken"))?, start)
            }
            _ => {
                let mut files: Vec<FileRef> = merged_down(&self.corpus.sets, FileRef::MAX)
                    .filter(|file| self.accepts(&matcher, *file))
                    .collect();
                order.sort(self.drive, self.call.me, &mut files);
                if files.len() <= size {
                    return Ok((files, None));
                }
                let mut snapshots = google.snapshots.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                let (number, files) = snapshots.keep(files);
                (number, files, 0)
            }
        };
        Ok(self.snapshot_page(&matcher, number, &files, start, size))
    }

    fn snapshot_page(
        &self,
        matcher: &Matcher<'_>,
        number: u64,
        files: &Arc<[FileRef]>,
        start: usize,
        size: usize,
    ) -> (Vec<FileRef>, Option<Resume>) {
        let mut page = Vec::with_capacity(size);
        let mut position = start;
        while position < files.len() && page.len() < size {
            if self.accepts(matcher, files[position]) {
                page.push(files[position]);
            }
            position += 1;
        }
        let next = (position < files.len()).then_some(Resume::Snapshot(number, position));
        (page, next)
    }
}

/// Walks several sets as one, from the largest member below `below` down, without repeats.
fn merged_down<'a>(
    sets: &[&'a BTreeSet<FileRef>],
    below: FileRef,
) -> impl Iterator<Item = FileRef> + use<'a> {
    let mut walks: Vec<_> = sets.iter().map(|set| set.range(..below).rev().copied().peekable()).collect();
    std::iter::from_fn(move || {
        let largest = walks.iter_mut().filter_map(|walk| walk.peek().copied()).max()?;
        for walk in &mut walks {
            if walk.peek() == Some(&largest) {
                walk.next();
            }
        }
        Some(largest)
    })
}

/// Packs a position, the identity of its listing and its end of life into an opaque text.
fn write_token(resume: Resume, identity: u64, now_ms: i64) -> String {
    let (kind, first, second) = match resume {
        Resume::Start => (0u8, 0, 0),
        Resume::Below(file) => (1, u64::from(file), 0),
        Resume::Snapshot(number, position) => (2, number, position as u64),
    };
    let mut bytes = vec![kind];
    for number in [first, second, identity, (now_ms + TOKEN_LIFE_MS) as u64] {
        bytes.extend_from_slice(&number.to_be_bytes());
    }
    format!("{TOKEN_FRONT}AI9{}", URL_SAFE.encode(bytes))
}

fn read_token(text: &str, identity: u64, now_ms: i64) -> Option<Resume> {
    let bytes = URL_SAFE.decode(text.strip_prefix(TOKEN_FRONT)?.strip_prefix("AI9")?).ok()?;
    let (kind, numbers) = bytes.split_first()?;
    let numbers: Vec<u64> = numbers
        .chunks_exact(8)
        .filter_map(|chunk| Some(u64::from_be_bytes(chunk.try_into().ok()?)))
        .collect();
    let [first, second, own_identity, ends] = numbers[..] else {
        return None;
    };
    if own_identity != identity || now_ms >= ends as i64 {
        return None;
    }
    match kind {
        0 => Some(Resume::Start),
        1 => Some(Resume::Below(u32::try_from(first).ok()?)),
        2 => Some(Resume::Snapshot(first, usize::try_from(second).ok()?)),
        _ => None,
    }
}
