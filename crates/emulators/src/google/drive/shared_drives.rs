//! Shared drives: creating them, their members, and items moving in and out.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{Context, ensure};

use super::feed::{Feed, FeedEntry, FeedTarget};
use super::model::*;
use super::store::{Drive, Event};
use crate::kernel::secret::stable_id;

impl Drive {
    /// Creates a shared drive with one organizer.
    pub fn create_drive(
        &mut self,
        name: &str,
        organizer: AccountRef,
        now_ms: i64,
    ) -> anyhow::Result<DriveRef> {
        let drive = self.drives.len() as DriveRef;
        let id: Arc<str> = format!("0A{}Uk9PVA", stable_id("drive", u64::from(drive), 11)).into();
        let root = self.next_ref();
        let mime = self.intern_mime(FOLDER);
        self.insert_node(root, Arc::clone(&id), name.to_owned(), mime, organizer, now_ms);
        self.node_mut(root).context("just inserted")?.drive = Some(drive);
        let organizer = self.permission(Grantee::User(organizer), Role::Organizer);
        self.drives.push(SharedDrive {
            id: Arc::clone(&id),
            name: name.to_owned(),
            created_ms: now_ms,
            root,
            members: vec![organizer],
            items: BTreeSet::new(),
            feed: Feed::starting_at(700 + u64::from(drive) * 1_000_003),
            deleted: false,
            hidden_by: BTreeSet::new(),
        });
        self.register_drive(id, drive);
        self.drive_changed(drive, now_ms);
        Ok(drive)
    }

    pub fn rename_drive(&mut self, drive: DriveRef, name: &str, now_ms: i64) -> anyhow::Result<()> {
        let root = self.drives[drive as usize].root;
        self.drives[drive as usize].name = name.to_owned();
        self.node_mut(root).context("no root")?.name = name.to_owned();
        self.drive_changed(drive, now_ms);
        Ok(())
    }

    /// Deletes a shared drive with everything in it.
    pub fn delete_drive(&mut self, drive: DriveRef, now_ms: i64) -> anyhow::Result<()> {
        let members = self.member_accounts(drive);
        let root = self.drives[drive as usize].root;
        self.delete(root, now_ms)?;
        for account in members {
            self.push_drive_removed(account, drive, now_ms);
        }
        let id = Arc::clone(&self.drives[drive as usize].id);
        self.push_drive_entry(drive, FeedTarget::Drive(drive), &id, true, now_ms);
        self.drives[drive as usize].deleted = true;
        Ok(())
    }

    /// Adds a member or changes a member's role.
    pub fn add_member(&mut self, drive: DriveRef, member: Permission, now_ms: i64) {
        let members = &mut self.drives[drive as usize].members;
        members.retain(|known| known.id != member.id);
        members.push(member);
        self.drive_changed(drive, now_ms);
    }

    /// Removes a member; the person's feed says that the drive is gone.
    pub fn remove_member(&mut self, drive: DriveRef, permission_id: &str, now_ms: i64) -> anyhow::Result<()> {
        let before = self.member_accounts(drive);
        let members = &mut self.drives[drive as usize].members;
        let count = members.len();
        members.retain(|known| known.id != permission_id);
        ensure!(members.len() < count, "no such member");
        let after = self.member_accounts(drive);
        for account in before.difference(&after) {
            self.push_drive_removed(*account, drive, now_ms);
        }
        self.drive_changed(drive, now_ms);
        Ok(())
    }

    /// Returns the members of a drive who have an account here.
    pub fn member_accounts(&self, drive: DriveRef) -> BTreeSet<AccountRef> {
        let members = &self.drives[drive as usize].members;
        members
            .iter()
            .filter_map(|permission| match permission.grantee {
                Grantee::User(account) => Some(account),
                _ => None,
            })
            .collect()
    }

    /// Says in the drive's own feed and in every member's feed that the drive itself changed.
    fn drive_changed(&mut self, drive: DriveRef, now_ms: i64) {
        let id = Arc::clone(&self.drives[drive as usize].id);
        self.push_drive_entry(drive, FeedTarget::Drive(drive), &id, false, now_ms);
        for account in self.member_accounts(drive) {
            self.push_member_entry(account, drive, false, now_ms);
        }
    }

    fn push_drive_removed(&mut self, account: AccountRef, drive: DriveRef, now_ms: i64) {
        self.push_member_entry(account, drive, true, now_ms);
    }

    fn push_member_entry(&mut self, account: AccountRef, drive: DriveRef, removed: bool, at_ms: i64) {
        let id = Arc::clone(&self.drives[drive as usize].id);
        let target = FeedTarget::Drive(drive);
        let entry = FeedEntry { target, id, drive: Some(drive), removed, at_ms };
        self.accounts[account as usize].feed.push(entry);
        self.note(Event::AccountFeed(account));
    }

    /// Rehouses a subtree that crosses the border of a shared drive.
    pub(super) fn change_drive(
        &mut self,
        file: FileRef,
        from: Option<DriveRef>,
        to: Option<DriveRef>,
        now_ms: i64,
    ) {
        let new_owner = match to {
            Some(_) => None,
            None => self
                .lineage(file)
                .find_map(|(_, node)| node.owner)
                .or_else(|| self.node(file).map(|node| node.modified_by)),
        };
        for item in self.subtree(file) {
            let Some(node) = self.node_mut(item) else { continue };
            node.drive = to;
            node.owner = new_owner;
            let id = Arc::clone(&node.id);
            if let Some(from) = from {
                self.drives[from as usize].items.remove(&item);
                self.push_drive_entry(from, FeedTarget::File(item), &id, true, now_ms);
            }
            if let Some(to) = to {
                self.drives[to as usize].items.insert(item);
                if item != file {
                    self.push_drive_entry(to, FeedTarget::File(item), &id, false, now_ms);
                }
            }
        }
    }
}
