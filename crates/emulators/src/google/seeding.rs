//! Loading a seed: folders become Drives, and `seed.json` says what a folder cannot.
//!
//! Top-level folders named like an email address are My Drives; `drives/<name>` are shared drives;
//! everything else goes to the first account. Native documents are written as `x.gdoc.md`,
//! `x.gsheet.csv` or a folder `x.gsheet` of CSV files, `x.gslides.md`, `x.gdraw.svg`, `x.gscript.json`,
//! `x.gform.json`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use anyhow::Context;
use bytes::Bytes;
use serde::Deserialize;

use super::demo_seed;
use super::drive::{Content, Drive, FileRef, NativeKind, NativeSource, NewFile as NewNode, Role};
use super::edits::{self, FileEdit, FileTarget, NewFile, Share};
use super::state::Google;
use crate::kernel::clock::parse_rfc3339;
use crate::kernel::seed::{Seed, SeedFile, read_folder};

const DEFAULT_ACCOUNTS: [(&str, &str); 2] =
    [("ada@example.com", "Ada Example"), ("grace@example.com", "Grace Example")];
const MANIFEST: &str = "seed.json";

/// Endings that mark the source of a native document.
const NATIVE_ENDINGS: [(&str, NativeKind); 6] = [
    (".gdoc.md", NativeKind::Document),
    (".gsheet.csv", NativeKind::Spreadsheet),
    (".gslides.md", NativeKind::Presentation),
    (".gdraw.svg", NativeKind::Drawing),
    (".gscript.json", NativeKind::Script),
    (".gform.json", NativeKind::Form),
];

/// Name and CSV text of one sheet.
type Sheet = (String, Cow<'static, [u8]>);

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Manifest {
    accounts: Vec<ManifestAccount>,
    drives: Vec<ManifestDrive>,
    items: Vec<ManifestItem>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ManifestAccount {
    email: String,
    name: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ManifestDrive {
    name: String,
    organizer: String,
    #[serde(default)]
    members: Vec<Share>,
}

/// One line about a file: an existing path is changed, a missing one is created.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ManifestItem {
    path: String,
    folder: bool,
    shortcut_to: Option<String>,
    shortcut_id: Option<String>,
    /// The properties to set, as in the control API; kept raw so that unknown names are refused.
    #[serde(flatten)]
    edit: serde_json::Map<String, serde_json::Value>,
}

impl ManifestItem {
    fn edit(&self) -> anyhow::Result<FileEdit> {
        Ok(serde_json::from_value(serde_json::Value::Object(self.edit.clone()))?)
    }
}

/// Fills an empty Drive with the emulator's seed.
pub fn load(google: &Google) -> anyhow::Result<()> {
    load_seed(google, &google.seed)
}

pub fn load_seed(google: &Google, seed: &Seed) -> anyhow::Result<()> {
    let files = match seed {
        Seed::Empty => Vec::new(),
        Seed::Demo => demo_seed::files(),
        Seed::Folder(path) => read_folder(path)?,
    };
    google.change_drive(|drive, now_ms| fill(drive, files, now_ms))
}

fn fill(drive: &mut Drive, files: Vec<SeedFile>, now_ms: i64) -> anyhow::Result<()> {
    let manifest = match files.iter().find(|file| file.path == MANIFEST) {
        Some(file) => serde_json::from_slice(&file.bytes).context("seed.json")?,
        None => Manifest::default(),
    };
    if manifest.accounts.is_empty() {
        for (email, name) in DEFAULT_ACCOUNTS {
            drive.add_account(email, name, now_ms)?;
        }
    }
    for account in &manifest.accounts {
        drive.add_account(&account.email, &account.name, now_ms)?;
    }
    for shared in &manifest.drives {
        let organizer = edits::find_account(drive, Some(&shared.organizer))?;
        let created = drive.create_drive(&shared.name, organizer, now_ms)?;
        for member in &shared.members {
            let grantee = edits::grantee_of(drive, member)?;
            let permission = drive.permission(grantee, member.role.unwrap_or(Role::Reader));
            drive.add_member(created, permission, now_ms);
        }
    }
    let mut spreadsheets: BTreeMap<String, Vec<Sheet>> = BTreeMap::new();
    for file in files {
        if file.path == MANIFEST {
            continue;
        }
        if let Some((book, sheet)) = file.path.split_once(".gsheet/") {
            let name = sheet.trim_end_matches(".csv");
            spreadsheets.entry(book.to_owned()).or_default().push((name.to_owned(), file.bytes));
            continue;
        }
        let times = times_of(&manifest, &file.path, now_ms)?;
        add_file(drive, &file, times)?;
    }
    for (book, sheets) in spreadsheets {
        let mut source = NativeSource::of_text(NativeKind::Spreadsheet, "");
        for (name, csv) in sheets {
            // A number in front keeps the sheets in order and is not part of the name.
            let name = name.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches('-');
            source.sheets.push((name.to_owned(), sheet_rows(&csv)?));
        }
        let (folder, name) = place(drive, &book, now_ms)?;
        add_native(drive, folder, name, source, now_ms)?;
    }
    for item in &manifest.items {
        apply(drive, item, now_ms).with_context(|| format!("seed.json: {}", item.path))?;
    }
    Ok(())
}

/// Returns when a file is to be created, so that its first change entry carries that time.
fn times_of(manifest: &Manifest, path: &str, now_ms: i64) -> anyhow::Result<i64> {
    let item = manifest.items.iter().find(|item| item.path == path);
    match item.and_then(|item| item.edit.get("created")?.as_str()) {
        Some(text) => parse_rfc3339(text),
        None => Ok(now_ms),
    }
}

fn add_file(drive: &mut Drive, file: &SeedFile, now_ms: i64) -> anyhow::Result<()> {
    let (folder, name) = place(drive, &file.path, now_ms)?;
    for (ending, kind) in NATIVE_ENDINGS {
        let Some(stem) = name.strip_suffix(ending) else { continue };
        let source = if kind == NativeKind::Spreadsheet {
            let mut source = NativeSource::of_text(kind, "");
            source.sheets.push(("Sheet1".to_owned(), sheet_rows(&file.bytes)?));
            source
        } else {
            NativeSource::of_text(kind, String::from_utf8_lossy(&file.bytes).into_owned())
        };
        return add_native(drive, folder, stem, source, now_ms);
    }
    let content = match &file.bytes {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => Bytes::from(bytes.clone()),
    };
    let mime = drive.intern_mime(&edits::mime_of(name));
    let by = actor(drive, folder)?;
    let content = Content::Bytes(content);
    drive.create(NewNode { name: name.to_owned(), mime, parent: Some(folder), by, content }, now_ms)?;
    Ok(())
}

fn add_native(
    drive: &mut Drive,
    folder: FileRef,
    name: &str,
    source: NativeSource,
    now_ms: i64,
) -> anyhow::Result<()> {
    let mime = drive.intern_mime(&source.kind.mime());
    let by = actor(drive, folder)?;
    let content = Content::Native(source.into());
    drive.create(NewNode { name: name.to_owned(), mime, parent: Some(folder), by, content }, now_ms)?;
    Ok(())
}

fn actor(drive: &Drive, folder: FileRef) -> anyhow::Result<u32> {
    let node = drive.node(folder).context("no folder")?;
    let member = node.drive.and_then(|shared| drive.member_accounts(shared).first().copied());
    node.owner.or(member).context("nobody owns the folder")
}

/// Splits a seed path into the folder it lies in, created when missing, and its last part.
fn place<'p>(drive: &mut Drive, path: &'p str, now_ms: i64) -> anyhow::Result<(FileRef, &'p str)> {
    let (target, rest) = target_of(path);
    let (folder, name) = rest.rsplit_once('/').unwrap_or(("", rest));
    let root = edits::find(drive, &target)?;
    let by = actor(drive, root)?;
    Ok((edits::ensure_folder(drive, root, folder, by, now_ms)?, name))
}

/// Says which Drive a seed path lies in, and returns the path within it.
fn target_of(path: &str) -> (FileTarget, &str) {
    let (first, rest) = path.split_once('/').unwrap_or(("", path));
    if first.contains('@') {
        let account = Some(first.to_owned());
        return (FileTarget { account, ..FileTarget::default() }, rest);
    }
    if first == "drives"
        && let Some((name, rest)) = rest.split_once('/')
    {
        let drive = Some(name.to_owned());
        return (FileTarget { drive, ..FileTarget::default() }, rest);
    }
    (FileTarget::default(), path)
}

fn apply(drive: &mut Drive, item: &ManifestItem, now_ms: i64) -> anyhow::Result<()> {
    let (root, rest) = target_of(&item.path);
    let target = FileTarget { path: Some(stem_of(rest).to_owned()), ..root };
    let known = edits::find(drive, &target).ok();
    if let Some(file) = known {
        return edits::update(drive, file, &item.edit()?, now_ms);
    }
    let shortcut_to = item.shortcut_to.as_deref().map(|path| {
        let (root, rest) = target_of(path);
        FileTarget { path: Some(stem_of(rest).to_owned()), ..root }
    });
    let new = NewFile {
        target,
        folder: item.folder,
        shortcut_id: item.shortcut_id.clone(),
        shortcut_to,
        edit: item.edit()?,
    };
    edits::create(drive, &new, now_ms)?;
    Ok(())
}

/// Removes the ending that marks a native document's source.
fn stem_of(path: &str) -> &str {
    let endings = NATIVE_ENDINGS.iter().map(|(ending, _)| *ending).chain([".gsheet"]);
    endings.fold(path, |path, ending| path.strip_suffix(ending).unwrap_or(path))
}

/// Reads CSV text into rows.
pub fn sheet_rows(csv: &[u8]) -> anyhow::Result<Vec<Vec<String>>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(csv);
    reader.records().map(|record| Ok(record?.iter().map(str::to_owned).collect())).collect()
}
