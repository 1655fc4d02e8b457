//! Files by id, by parent and by viewer; creating and changing them, and what that adds to the feeds.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use anyhow::{Context, bail, ensure};

use super::content::Content;
use super::feed::{Feed, FeedEntry, FeedTarget};
use super::model::*;
use crate::kernel::secret::{stable_digits, stable_id};

/// Something watchers may want to hear of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Event {
    AccountFeed(AccountRef),
    DriveFeed(DriveRef),
    /// A file with the state and the changed parts, in the words of push messages.
    File(FileRef, &'static str, &'static str),
}

/// A file to be created.
#[derive(Debug, Clone)]
pub struct NewFile {
    pub name: String,
    pub mime: Arc<str>,
    pub parent: Option<FileRef>,
    pub by: AccountRef,
    pub content: Content,
}

/// The whole state. Every mutation is followed by `take_events`.
#[derive(Debug, Default)]
pub struct Drive {
    pub accounts: Vec<Account>,
    pub drives: Vec<SharedDrive>,
    nodes: Vec<Option<Box<FileNode>>>,
    by_id: HashMap<Arc<str>, FileRef>,
    drive_by_id: HashMap<Arc<str>, DriveRef>,
    children: HashMap<FileRef, BTreeSet<FileRef>>,
    mimes: HashMap<String, Arc<str>>,
    events: Vec<Event>,
}

static NOTHING: BTreeSet<FileRef> = BTreeSet::new();

impl Drive {
    pub fn node(&self, file: FileRef) -> Option<&FileNode> {
        self.nodes.get(file as usize)?.as_deref()
    }

    pub fn node_mut(&mut self, file: FileRef) -> Option<&mut FileNode> {
        self.nodes.get_mut(file as usize)?.as_deref_mut()
    }

    pub fn find_file(&self, id: &str) -> Option<FileRef> {
        self.by_id.get(id).copied()
    }

    pub fn find_drive(&self, id: &str) -> Option<DriveRef> {
        self.drive_by_id.get(id).copied().filter(|drive| !self.drives[*drive as usize].deleted)
    }

    pub fn find_account(&self, email: &str) -> Option<AccountRef> {
        let found = self.accounts.iter().position(|a| a.email.eq_ignore_ascii_case(email));
        found.map(|position| position as AccountRef)
    }

    pub fn children_of(&self, parent: FileRef) -> &BTreeSet<FileRef> {
        self.children.get(&parent).unwrap_or(&NOTHING)
    }

    /// Returns one shared copy of a MIME type's name.
    pub fn intern_mime(&mut self, mime: &str) -> Arc<str> {
        if let Some(known) = self.mimes.get(mime) {
            return Arc::clone(known);
        }
        let shared: Arc<str> = mime.into();
        self.mimes.insert(mime.to_owned(), Arc::clone(&shared));
        shared
    }

    /// Hands out what happened since the last call, without repeats.
    pub fn take_events(&mut self) -> Vec<Event> {
        let mut seen = std::collections::HashSet::new();
        std::mem::take(&mut self.events).into_iter().filter(|event| seen.insert(event.clone())).collect()
    }

    /// Opens an account with an empty My Drive.
    pub fn add_account(&mut self, email: &str, name: &str, now_ms: i64) -> anyhow::Result<AccountRef> {
        ensure!(email.contains('@'), "not an email address: {email}");
        if let Some(known) = self.find_account(email) {
            return Ok(known);
        }
        let account = self.accounts.len() as AccountRef;
        let root = self.nodes.len() as FileRef;
        let first_token = 2000 + u64::from(account) * 10_000_019;
        self.accounts.push(Account {
            email: email.to_owned(),
            name: name.to_owned(),
            sub: stable_digits("sub", email, 21),
            permission_id: stable_digits("permission", email, 20),
            root,
            feed: Feed::starting_at(first_token),
            visible: BTreeSet::new(),
        });
        let id = format!("0A{}Uk9PVA", stable_id("root", u64::from(account), 11));
        let mime = self.intern_mime(FOLDER);
        self.insert_node(root, id.into(), "My Drive".into(), mime, account, now_ms);
        self.nodes[root as usize].as_mut().context("root")?.owner = Some(account);
        Ok(account)
    }

    /// Puts a bare node at the end of the list and into the id index.
    pub(super) fn insert_node(
        &mut self,
        at: FileRef,
        id: Arc<str>,
        name: String,
        mime: Arc<str>,
        by: AccountRef,
        now_ms: i64,
    ) {
        debug_assert_eq!(at as usize, self.nodes.len());
        self.by_id.insert(Arc::clone(&id), at);
        self.nodes.push(Some(Box::new(FileNode {
            id,
            name,
            mime,
            parent: None,
            owner: None,
            drive: None,
            created_ms: now_ms,
            modified_ms: now_ms,
            modified_by: by,
            version: 1,
            revision: 1,
            trashed: false,
            trashed_ms: 0,
            content: Content::None,
            size: 0,
            digests: OnceLock::new(),
            extra: None,
        })));
    }

    pub(super) fn next_ref(&self) -> FileRef {
        self.nodes.len() as FileRef
    }

    pub(super) fn register_drive(&mut self, id: Arc<str>, drive: DriveRef) {
        self.drive_by_id.insert(id, drive);
    }

    pub(super) fn note(&mut self, event: Event) {
        // Bulk creation repeats the same feed event; one is enough.
        if self.events.last() != Some(&event) {
            self.events.push(event);
        }
    }

    /// Creates a file; without a parent it is an orphan.
    pub fn create(&mut self, new: NewFile, now_ms: i64) -> anyhow::Result<FileRef> {
        let file = self.next_ref();
        let (owner, drive) = match new.parent {
            Some(parent) => {
                let folder = self.node(parent).context("no such parent")?;
                ensure!(folder.is_folder(), "the parent is not a folder");
                let owner = folder.drive.is_none().then_some(new.by);
                (owner, folder.drive)
            }
            None => (Some(new.by), None),
        };
        let native = new.mime.starts_with(NATIVE_PREFIX) && &*new.mime != FOLDER;
        let length = if native && &*new.mime != SHORTCUT { 43 } else { 32 };
        let id = format!("1{}", stable_id("file", u64::from(file), length));
        self.insert_node(file, id.into(), new.name, new.mime, new.by, now_ms);
        let node = self.nodes[file as usize].as_mut().context("just inserted")?;
        node.parent = new.parent;
        node.owner = owner;
        node.drive = drive;
        node.size = new.content.reported_size();
        node.content = new.content;
        if let Some(parent) = new.parent {
            self.children.entry(parent).or_default().insert(file);
        }
        if let Some(drive) = drive {
            self.drives[drive as usize].items.insert(file);
        }
        for holder in self.holders(file) {
            self.accounts[holder as usize].visible.insert(file);
        }
        self.touched(file, now_ms);
        self.note(Event::File(file, "add", ""));
        if let Some(parent) = new.parent {
            self.note(Event::File(parent, "update", "children"));
        }
        Ok(file)
    }

    /// Replaces a file's content and keeps the old version.
    pub fn update_content(
        &mut self,
        file: FileRef,
        by: AccountRef,
        content: Content,
        now_ms: i64,
    ) -> anyhow::Result<()> {
        let node = self.node_mut(file).context("no such file")?;
        ensure!(!node.is_folder() && !node.is_shortcut(), "folders and shortcuts have no content");
        let older = Revision {
            id: node.head_revision_id(),
            modified_ms: node.modified_ms,
            modified_by: node.modified_by,
            size: node.size,
            name: node.name.clone(),
            keep_forever: false,
            content: std::mem::replace(&mut node.content, content),
        };
        node.extra_mut().older.push(older);
        node.size = node.content.reported_size();
        node.digests = OnceLock::new();
        node.revision += 1;
        node.modified_by = by;
        self.bump(file, now_ms)?;
        self.note(Event::File(file, "update", "content,properties"));
        Ok(())
    }

    pub fn rename(&mut self, file: FileRef, name: &str, now_ms: i64) -> anyhow::Result<()> {
        self.node_mut(file).context("no such file")?.name = name.to_owned();
        self.bump(file, now_ms)?;
        self.note(Event::File(file, "update", "properties"));
        Ok(())
    }

    /// Moves a file or folder; `None` makes it an orphan. Only the moved item itself gets an entry,
    /// save for items that somebody gains or loses by the move.
    pub fn move_to(&mut self, file: FileRef, parent: Option<FileRef>, now_ms: i64) -> anyhow::Result<()> {
        let old_parent = self.node(file).context("no such file")?.parent;
        let old_drive = self.node(file).and_then(|node| node.drive);
        let new_drive = match parent {
            Some(parent) => {
                let folder = self.node(parent).context("no such parent")?;
                ensure!(folder.is_folder(), "the parent is not a folder");
                if self.lineage(parent).any(|(ancestor, _)| ancestor == file) {
                    bail!("a folder cannot be moved into itself");
                }
                folder.drive
            }
            None => None,
        };
        if let Some(old) = old_parent
            && let Some(siblings) = self.children.get_mut(&old)
        {
            siblings.remove(&file);
        }
        if let Some(new) = parent {
            self.children.entry(new).or_default().insert(file);
        }
        self.node_mut(file).context("no such file")?.parent = parent;
        if old_drive != new_drive {
            self.change_drive(file, old_drive, new_drive, now_ms);
        }
        self.bump(file, now_ms)?;
        self.refresh_viewers(file, now_ms);
        for folder in [old_parent, parent].into_iter().flatten() {
            self.note(Event::File(folder, "update", "children"));
        }
        self.note(Event::File(file, "update", "parents"));
        Ok(())
    }

    /// Puts an item into the trash or takes it out; what lies below follows silently.
    pub fn set_trashed(&mut self, file: FileRef, trashed: bool, now_ms: i64) -> anyhow::Result<()> {
        let node = self.node_mut(file).context("no such file")?;
        node.trashed = trashed;
        node.trashed_ms = now_ms;
        node.version += 1;
        self.touched(file, now_ms);
        self.note(Event::File(file, if trashed { "trash" } else { "untrash" }, ""));
        Ok(())
    }

    /// Deletes an item and everything below it for good.
    pub fn delete(&mut self, file: FileRef, now_ms: i64) -> anyhow::Result<()> {
        self.node(file).context("no such file")?;
        let parent = self.node(file).and_then(|node| node.parent);
        for item in self.subtree(file).into_iter().rev() {
            self.remove_node(item, now_ms);
        }
        if let Some(parent) = parent {
            self.note(Event::File(parent, "update", "children"));
        }
        Ok(())
    }

    fn remove_node(&mut self, file: FileRef, now_ms: i64) {
        let Some(node) = self.node(file) else { return };
        let (id, drive, parent) = (Arc::clone(&node.id), node.drive, node.parent);
        let viewers: Vec<AccountRef> = (0..self.accounts.len() as AccountRef)
            .filter(|account| self.accounts[*account as usize].visible.contains(&file))
            .collect();
        for account in viewers {
            self.accounts[account as usize].visible.remove(&file);
            self.push_removed(account, file, &id, drive, now_ms);
        }
        if let Some(drive) = drive {
            self.drives[drive as usize].items.remove(&file);
            self.push_drive_entry(drive, FeedTarget::File(file), &id, true, now_ms);
        }
        if let Some(siblings) = parent.and_then(|parent| self.children.get_mut(&parent)) {
            siblings.remove(&file);
        }
        self.children.remove(&file);
        self.by_id.remove(&id);
        self.nodes[file as usize] = None;
        self.note(Event::File(file, "remove", ""));
    }

    /// Returns an item and everything below it, parents first.
    pub fn subtree(&self, file: FileRef) -> Vec<FileRef> {
        let mut found = vec![file];
        let mut position = 0;
        while let Some(current) = found.get(position) {
            found.extend(self.children_of(*current));
            position += 1;
        }
        found
    }

    /// Marks a change by anyone: new version, new time, entries in every feed concerned.
    pub(super) fn bump(&mut self, file: FileRef, now_ms: i64) -> anyhow::Result<()> {
        let node = self.node_mut(file).context("no such file")?;
        node.version += 1;
        node.modified_ms = now_ms;
        self.touched(file, now_ms);
        Ok(())
    }

    /// Adds an entry about a file to every feed that shows it.
    pub fn touched(&mut self, file: FileRef, now_ms: i64) {
        let Some(node) = self.node(file) else { return };
        let (id, drive, by) = (Arc::clone(&node.id), node.drive, node.modified_by);
        let target = FeedTarget::File(file);
        let mut holders = self.holders(file);
        if let Some(drive) = drive {
            self.push_drive_entry(drive, target, &id, false, now_ms);
            holders.insert(by);
        }
        for account in holders {
            let entry = FeedEntry { target, id: Arc::clone(&id), drive, removed: false, at_ms: now_ms };
            self.accounts[account as usize].feed.push(entry);
            self.note(Event::AccountFeed(account));
        }
    }

    pub(super) fn push_removed(
        &mut self,
        account: AccountRef,
        file: FileRef,
        id: &Arc<str>,
        drive: Option<DriveRef>,
        now_ms: i64,
    ) {
        self.accounts[account as usize].feed.push(FeedEntry {
            target: FeedTarget::File(file),
            id: Arc::clone(id),
            drive,
            removed: true,
            at_ms: now_ms,
        });
        self.note(Event::AccountFeed(account));
    }

    pub(super) fn push_drive_entry(
        &mut self,
        drive: DriveRef,
        target: FeedTarget,
        id: &Arc<str>,
        removed: bool,
        now_ms: i64,
    ) {
        let id = Arc::clone(id);
        let entry = FeedEntry { target, id, drive: Some(drive), removed, at_ms: now_ms };
        self.drives[drive as usize].feed.push(entry);
        self.note(Event::DriveFeed(drive));
    }
}
