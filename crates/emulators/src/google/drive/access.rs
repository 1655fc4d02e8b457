//! Who may see a file, and as what.

use std::collections::BTreeSet;

use super::model::{AccountRef, FileNode, FileRef, Grantee, Permission, Role};
use super::store::Drive;

/// How far parents are followed; real trees are far shallower.
const MAX_DEPTH: usize = 200;

impl Drive {
    /// Returns the file and its ancestors, nearest first.
    pub fn lineage(&self, file: FileRef) -> impl Iterator<Item = (FileRef, &FileNode)> {
        let mut next = Some(file);
        std::iter::from_fn(move || {
            let current = next?;
            let node = self.node(current)?;
            next = node.parent;
            Some((current, node))
        })
        .take(MAX_DEPTH)
    }

    /// Returns the strongest role a person holds on a file, without link sharing.
    pub fn role_of(&self, who: AccountRef, file: FileRef, now_ms: i64) -> Option<Role> {
        let node = self.node(file)?;
        if node.owner == Some(who) {
            return Some(Role::Owner);
        }
        let mut best = None;
        for (_, ancestor) in self.lineage(file) {
            if ancestor.owner == Some(who) {
                // The owner of a folder can edit what others put into it.
                best = best.max(Some(Role::Writer));
            }
            for permission in ancestor.permissions() {
                if self.permission_covers(permission, who, now_ms) {
                    best = best.max(Some(permission.role));
                }
            }
            if ancestor.extra.as_ref().is_some_and(|extra| extra.limited_access) {
                return best;
            }
        }
        let member = node.drive.and_then(|drive| self.membership(drive, who, now_ms));
        best.max(member)
    }

    /// Returns the role a shared drive's member list gives a person.
    pub fn membership(&self, drive: u32, who: AccountRef, now_ms: i64) -> Option<Role> {
        let drive = self.drives.get(drive as usize).filter(|drive| !drive.deleted)?;
        drive
            .members
            .iter()
            .filter(|permission| self.permission_covers(permission, who, now_ms))
            .map(|permission| permission.role)
            .max()
    }

    /// Returns the role anyone with the link has.
    pub fn link_role(&self, file: FileRef) -> Option<Role> {
        self.lineage(file)
            .flat_map(|(_, node)| node.permissions())
            .filter(|permission| permission.grantee == Grantee::Anyone)
            .map(|permission| permission.role)
            .max()
    }

    /// Says whether a file lies in the trash, itself or through a folder above it.
    pub fn is_trashed(&self, file: FileRef) -> bool {
        self.lineage(file).any(|(_, node)| node.trashed)
    }

    /// Returns everyone with an account who owns or was given this file, directly or through a folder.
    pub fn holders(&self, file: FileRef) -> BTreeSet<AccountRef> {
        let mut holders = BTreeSet::new();
        let Some(node) = self.node(file) else {
            return holders;
        };
        holders.extend(node.owner);
        for (_, ancestor) in self.lineage(file) {
            holders.extend(ancestor.owner);
            for permission in ancestor.permissions() {
                if let Grantee::User(account) = permission.grantee {
                    holders.insert(account);
                }
            }
            if ancestor.extra.as_ref().is_some_and(|extra| extra.limited_access) {
                break;
            }
        }
        holders
    }

    /// Says whether a person can see the folder a file lies in.
    pub fn sees_parent(&self, who: AccountRef, node: &FileNode, now_ms: i64) -> bool {
        node.parent.is_some_and(|parent| self.role_of(who, parent, now_ms).is_some())
    }

    fn permission_covers(&self, permission: &Permission, who: AccountRef, now_ms: i64) -> bool {
        if permission.deleted || permission.expires_ms.is_some_and(|end| now_ms >= end) {
            return false;
        }
        match &permission.grantee {
            Grantee::User(account) => *account == who,
            Grantee::Domain(domain) => self.accounts[who as usize].domain() == domain,
            Grantee::Outsider(_) | Grantee::Group(_) | Grantee::Anyone => false,
        }
    }
}
