//! Loading a seed: folders become Dropboxes, and `seed.json` says what a folder cannot.
//!
//! Top-level folders named like an email address are homes, `team/<name>` are team folders, everything else
//! goes to the first account. `x.paper.md` becomes the Paper document `x.paper`.

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::demo_seed;
use super::edits::{self, FileEdit, FileTarget, Share};
use super::state::Dropbox;
use super::tree::{Access, AccountRef, Tree};
use crate::kernel::seed::{Seed, SeedFile, read_folder};

const DEFAULT_ACCOUNTS: [(&str, &str); 2] =
    [("ada@example.com", "Ada Example"), ("grace@example.com", "Grace Example")];
const MANIFEST: &str = "seed.json";
const PAPER: &str = ".paper.md";

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Manifest {
    accounts: Vec<ManifestAccount>,
    team: Option<ManifestTeam>,
    items: Vec<ManifestItem>,
    shares: Vec<ManifestShare>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ManifestAccount {
    email: String,
    name: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ManifestTeam {
    name: String,
    members: Vec<String>,
    #[serde(default)]
    folders: Vec<ManifestFolder>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ManifestFolder {
    name: String,
    members: Vec<Share>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ManifestShare {
    path: String,
    members: Vec<Share>,
}

/// One line about a file: one on disk gets these properties, another is created.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ManifestItem {
    path: String,
    folder: bool,
    deleted: bool,
    /// Later contents, oldest first.
    revisions: Vec<String>,
    /// The properties to set, as in the control API; kept raw so that unknown names are refused.
    #[serde(flatten)]
    edit: serde_json::Map<String, serde_json::Value>,
}

impl ManifestItem {
    fn edit(&self) -> anyhow::Result<FileEdit> {
        Ok(serde_json::from_value(serde_json::Value::Object(self.edit.clone()))?)
    }
}

/// Fills an empty tree with the emulator's seed.
pub fn load(dropbox: &Dropbox) -> anyhow::Result<()> {
    load_seed(dropbox, &dropbox.seed)
}

pub fn load_seed(dropbox: &Dropbox, seed: &Seed) -> anyhow::Result<()> {
    let files = match seed {
        Seed::Empty => Vec::new(),
        Seed::Demo => demo_seed::files(),
        Seed::Folder(path) => read_folder(path)?,
    };
    dropbox.change_tree(|tree, now_ms| fill(tree, files, now_ms))
}

fn fill(tree: &mut Tree, files: Vec<SeedFile>, now_ms: i64) -> anyhow::Result<()> {
    let manifest = match files.iter().find(|file| file.path == MANIFEST) {
        Some(file) => serde_json::from_slice(&file.bytes).context("seed.json")?,
        None => Manifest::default(),
    };
    if manifest.accounts.is_empty() {
        for (email, name) in DEFAULT_ACCOUNTS {
            tree.add_account(email, name)?;
        }
    }
    for account in &manifest.accounts {
        tree.add_account(&account.email, &account.name)?;
    }
    if let Some(team) = &manifest.team {
        add_team(tree, team, now_ms)?;
    }
    for file in files.iter().filter(|file| file.path != MANIFEST) {
        let item = manifest.items.iter().find(|item| item.path == file.path);
        let mut edit = item.map(ManifestItem::edit).transpose()?.unwrap_or_default();
        if file.path.ends_with(PAPER) {
            edit.paper = Some(String::from_utf8_lossy(&file.bytes).into_owned());
        } else {
            edit.content_base64 = Some(STANDARD.encode(&file.bytes));
        }
        let target = target_of(&file.path);
        edits::create(tree, &target, false, &edit, now_ms).with_context(|| file.path.clone())?;
    }
    for item in &manifest.items {
        let on_disk = files.iter().any(|file| file.path == item.path);
        finish_item(tree, item, on_disk, now_ms).with_context(|| format!("seed.json: {}", item.path))?;
    }
    for share in &manifest.shares {
        let target = target_of(&share.path);
        for member in &share.members {
            let node = edits::find(tree, &target)?;
            edits::share(tree, node, member, now_ms).with_context(|| format!("seed.json: {}", share.path))?;
        }
    }
    Ok(())
}

fn add_team(tree: &mut Tree, wish: &ManifestTeam, now_ms: i64) -> anyhow::Result<()> {
    let team = tree.ensure_team(&wish.name);
    for email in &wish.members {
        let account = edits::find_account(tree, Some(email))?;
        tree.join_team(account, team)?;
    }
    for folder in &wish.folders {
        let members = folder
            .members
            .iter()
            .map(|member| Ok((edits::find_account(tree, Some(&member.email))?, member.access)))
            .collect::<anyhow::Result<Vec<(AccountRef, Access)>>>()?;
        tree.create_team_folder(team, &folder.name, &members, now_ms)?;
    }
    Ok(())
}

fn finish_item(tree: &mut Tree, item: &ManifestItem, on_disk: bool, now_ms: i64) -> anyhow::Result<()> {
    let target = target_of(&item.path);
    if !on_disk {
        edits::create(tree, &target, item.folder, &item.edit()?, now_ms)?;
    }
    for text in &item.revisions {
        let node = edits::find(tree, &target)?;
        let edit = FileEdit { content: Some(text.clone()), ..FileEdit::default() };
        edits::update(tree, &target, node, &edit, now_ms)?;
    }
    if item.deleted {
        let node = edits::find(tree, &target)?;
        tree.delete(node, now_ms)?;
    }
    Ok(())
}

/// Says whose Dropbox a seed path lies in.
fn target_of(path: &str) -> FileTarget {
    let path = path.strip_suffix(PAPER).map_or_else(|| path.to_owned(), |stem| format!("{stem}.paper"));
    let (first, rest) = path.split_once('/').unwrap_or(("", &path));
    if first.contains('@') {
        return FileTarget::of(first, &format!("/{rest}"));
    }
    if first == "team" {
        return FileTarget { team: true, ..FileTarget::path(&format!("/{rest}")) };
    }
    FileTarget::path(&format!("/{path}"))
}
