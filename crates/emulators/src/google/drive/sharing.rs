//! Sharing and unsharing, and who gains or loses sight of what by it.

use std::sync::Arc;

use anyhow::{Context, ensure};

use super::model::*;
use super::store::{Drive, Event};
use crate::kernel::secret::stable_digits;

impl Drive {
    /// Builds a permission for an email address, a domain, a group, or anyone.
    pub fn permission(&self, grantee: Grantee, role: Role) -> Permission {
        let id = match &grantee {
            Grantee::User(account) => self.accounts[*account as usize].permission_id.clone(),
            Grantee::Outsider(email) | Grantee::Group(email) => stable_digits("permission", email, 20),
            Grantee::Domain(domain) => format!("{}k", stable_digits("domain", domain, 19)),
            Grantee::Anyone => "anyoneWithLink".to_owned(),
        };
        Permission { id, grantee, role, allow_discovery: false, expires_ms: None, deleted: false, view: None }
    }

    /// Resolves an email address to an account of this emulator, or to an outsider.
    pub fn grantee_of(&self, email: &str) -> Grantee {
        match self.find_account(email) {
            Some(account) => Grantee::User(account),
            None => Grantee::Outsider(email.to_owned()),
        }
    }

    /// Adds a permission, or changes the one its grantee already has.
    pub fn share(
        &mut self,
        file: FileRef,
        permission: Permission,
        by: AccountRef,
        now_ms: i64,
    ) -> anyhow::Result<()> {
        ensure!(permission.role != Role::Owner, "ownership cannot be shared");
        let node = self.node_mut(file).context("no such file")?;
        ensure!(
            !matches!((&permission.grantee, node.owner), (Grantee::User(u), Some(o)) if *u == o),
            "the owner already has the file"
        );
        let extra = node.extra_mut();
        if let Grantee::User(account) = permission.grantee {
            extra.shared_with_me.entry(account).or_insert((now_ms, by));
        }
        extra.permissions.retain(|known| known.id != permission.id);
        extra.permissions.push(permission);
        self.sharing_changed(file, now_ms)
    }

    /// Removes a permission by its id.
    pub fn unshare(&mut self, file: FileRef, permission_id: &str, now_ms: i64) -> anyhow::Result<()> {
        let extra = self.node_mut(file).context("no such file")?.extra_mut();
        let before = extra.permissions.len();
        let gone: Vec<Permission> =
            extra.permissions.iter().filter(|p| p.id == permission_id).cloned().collect();
        extra.permissions.retain(|known| known.id != permission_id);
        ensure!(extra.permissions.len() < before, "no such permission");
        for permission in gone {
            if let Grantee::User(account) = permission.grantee {
                extra.shared_with_me.remove(&account);
            }
        }
        self.sharing_changed(file, now_ms)
    }

    fn sharing_changed(&mut self, file: FileRef, now_ms: i64) -> anyhow::Result<()> {
        self.node_mut(file).context("no such file")?.version += 1;
        self.touched(file, now_ms);
        self.refresh_viewers(file, now_ms);
        self.note(Event::File(file, "update", "permissions"));
        Ok(())
    }

    /// Recomputes who sees an item and what is below it: entries for what is gained, removals for what is lost.
    pub fn refresh_viewers(&mut self, file: FileRef, now_ms: i64) {
        for item in self.subtree(file) {
            let Some(node) = self.node(item) else { continue };
            let (id, drive) = (Arc::clone(&node.id), node.drive);
            let holders = self.holders(item);
            for account in 0..self.accounts.len() as AccountRef {
                let saw = self.accounts[account as usize].visible.contains(&item);
                let sees = holders.contains(&account);
                if saw && !sees {
                    self.accounts[account as usize].visible.remove(&item);
                    self.push_removed(account, item, &id, drive, now_ms);
                } else if sees && !saw {
                    self.accounts[account as usize].visible.insert(item);
                    if item != file {
                        self.touched(item, now_ms);
                    }
                }
            }
        }
    }
}
