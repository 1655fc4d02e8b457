//! Accounts and shared folders: sharing, membership, mounting.

use anyhow::{Context, ensure};

use super::journal::EntryKind;
use super::model::*;
use super::store::Tree;
use crate::kernel::secret::{stable_digits, stable_id};

impl Tree {
    /// Opens an account with an empty Dropbox.
    pub fn add_account(&mut self, email: &str, name: &str) -> anyhow::Result<AccountRef> {
        ensure!(email.contains('@'), "not an email address: {email}");
        if let Some(known) = self.find_account(email) {
            return Ok(known);
        }
        let account = self.accounts.len() as AccountRef;
        let home = self.open_namespace(NamespaceKind::Home(account), "");
        let number = stable_digits("uid", email, 9).parse()?;
        self.accounts.push(Account {
            email: email.to_owned(),
            name: name.to_owned(),
            id: format!("dbid:AA{}", stable_id("dbid", number, 33)),
            uid: number,
            member_id: format!("dbmid:AA{}", stable_id("dbmid", number, 33)),
            home,
            team: None,
            email_verified: true,
            suspended: false,
            paper_as_files: true,
            cursor_epoch: 0,
            received: Default::default(),
        });
        Ok(account)
    }

    /// Turns a folder into a shared one; it keeps its id, and the owner keeps it where it is.
    pub fn share_folder(&mut self, folder: NodeRef, now_ms: i64) -> anyhow::Result<NamespaceRef> {
        let found = self.node(folder);
        if let NodeKind::Mount(namespace) = found.kind {
            return Ok(namespace);
        }
        let parent = found.parent.context("a root cannot be shared")?;
        ensure!(matches!(found.kind, NodeKind::Folder), "not a folder");
        let holder = found.namespace;
        let NamespaceKind::Home(owner) = self.namespaces[holder as usize].kind else {
            anyhow::bail!("a folder inside a shared folder cannot be shared");
        };
        let (name, lower) = (found.name.to_string(), found.lower.to_string());
        let mounted_below =
            self.subtree(folder).into_iter().any(|n| matches!(self.node(n).kind, NodeKind::Mount(_)));
        ensure!(!mounted_below, "a folder with a shared folder inside cannot be shared");
        let namespace = self.open_namespace(NamespaceKind::Shared, &name);
        let root = self.namespaces[namespace as usize].root;
        self.adopt_children(folder, root);
        self.replace_child(parent, &lower);
        self.hide(folder);
        self.add_member(namespace, owner, Access::Owner, now_ms);
        let mount = self.mount(holder, namespace, parent, &name);
        self.report(mount);
        self.keep_id(root, folder);
        Ok(namespace)
    }

    pub fn add_member(&mut self, namespace: NamespaceRef, account: AccountRef, access: Access, now_ms: i64) {
        let member = Member { access, since_ms: now_ms };
        let known = self.namespaces[namespace as usize].members.insert(account, member);
        let home = self.accounts[account as usize].home;
        if known.is_some_and(|known| known.access != access)
            && let Some(mount) = self.mount_of(home, namespace)
        {
            self.report(mount);
        }
        let team = self.accounts[account as usize].team.filter(|_| known.is_none());
        if let Some(holder) = team.map(|team| self.teams[team].root)
            && let Some(mount) = self.mount_of(holder, namespace)
        {
            let root = self.namespaces[namespace as usize].root;
            self.write_for(account, holder, EntryKind::Shown(mount));
            for node in self.subtree(root).into_iter().skip(1) {
                self.write_for(account, holder, EntryKind::Shown(node));
            }
        }
    }

    /// Puts a shared folder into a member's own tree.
    pub fn mount_for(&mut self, account: AccountRef, namespace: NamespaceRef) -> anyhow::Result<NodeRef> {
        ensure!(self.access_to(account, namespace).is_some(), "not a member");
        let home = self.accounts[account as usize].home;
        ensure!(self.mount_of(home, namespace).is_none(), "already mounted");
        let folder = self.namespaces[home as usize].root;
        let name = self.free_name(folder, &self.namespace_name(namespace));
        let mount = self.mount(home, namespace, folder, &name);
        self.report(mount);
        self.show_all(home, namespace);
        Ok(mount)
    }

    pub fn unmount_for(&mut self, account: AccountRef, namespace: NamespaceRef) -> anyhow::Result<()> {
        let home = self.accounts[account as usize].home;
        self.unmount(home, namespace)
    }

    pub(super) fn unmount(&mut self, holder: NamespaceRef, namespace: NamespaceRef) -> anyhow::Result<()> {
        let mount = self.mount_of(holder, namespace).context("not mounted")?;
        self.write_gone(mount);
        self.forget_mount(holder, namespace);
        let folder = self.node(mount).parent.context("a mount has a parent")?;
        self.bury(folder, mount);
        self.erase(mount, 0)
    }

    pub fn remove_member(&mut self, namespace: NamespaceRef, account: AccountRef) -> anyhow::Result<()> {
        let removed = self.namespaces[namespace as usize].members.remove(&account);
        ensure!(removed.is_some(), "not a member");
        let home = self.accounts[account as usize].home;
        if self.mount_of(home, namespace).is_some() {
            self.unmount(home, namespace)?;
        }
        let team = self.accounts[account as usize].team;
        if let Some(root) = team.map(|team| self.teams[team].root)
            && let Some(mount) = self.mount_of(root, namespace)
        {
            let (lower, display) = (self.node(mount).lower.clone(), self.node(mount).name.clone());
            let kind =
                EntryKind::Gone { lower: format!("/{lower}").into(), display: format!("/{display}").into() };
            self.write_for(account, root, kind);
        }
        Ok(())
    }

    /// Returns the name a namespace was given.
    pub fn namespace_name(&self, namespace: NamespaceRef) -> String {
        self.node(self.namespaces[namespace as usize].root).name.to_string()
    }

    /// Returns the owner's or first member's name for a shared folder.
    pub fn owner_of(&self, namespace: NamespaceRef) -> Option<AccountRef> {
        let members = &self.namespaces[namespace as usize].members;
        let owner = members.iter().find(|(_, member)| member.access == Access::Owner);
        owner.or(members.iter().next()).map(|(account, _)| *account)
    }

    /// Returns everybody who sees a namespace, mounted or not.
    pub fn people_of(&self, namespace: NamespaceRef) -> Vec<AccountRef> {
        let all = 0..self.accounts.len() as AccountRef;
        all.filter(|account| self.access_to(*account, namespace).is_some()).collect()
    }

    /// Returns a name that is free in a folder: the wish, or the wish with a number.
    pub fn free_name(&self, folder: NodeRef, wish: &str) -> String {
        let (stem, ending) = match wish.rfind('.') {
            Some(dot) if dot > 0 => wish.split_at(dot),
            _ => (wish, ""),
        };
        let mut name = wish.to_owned();
        let mut number = 0;
        while self.child(folder, &name).is_some() {
            number += 1;
            name = format!("{stem} ({number}){ending}");
        }
        name
    }

    /// Shares one file with one person.
    pub fn share_file(
        &mut self,
        file: NodeRef,
        account: AccountRef,
        access: Access,
        now_ms: i64,
    ) -> anyhow::Result<()> {
        let data = self.file_mut(file).context("not a file")?;
        let member = Member { access, since_ms: now_ms };
        data.extra.get_or_insert_default().shared_with.insert(account, member);
        self.accounts[account as usize].received.insert(file);
        if !self.links.iter().any(|link| link.node == file && link.audience == "no_one") {
            let by = self.owner_of_node(file);
            self.add_link(file, by, "no_one");
        }
        self.report(file);
        Ok(())
    }

    pub fn unshare_file(&mut self, file: NodeRef, account: AccountRef) -> anyhow::Result<()> {
        let extra = self.file_mut(file).and_then(|data| data.extra.as_mut());
        let removed = extra.and_then(|extra| extra.shared_with.remove(&account));
        ensure!(removed.is_some(), "not shared with that account");
        self.accounts[account as usize].received.remove(&file);
        self.report(file);
        Ok(())
    }

    /// Returns whom a node belongs to.
    pub fn owner_of_node(&self, node: NodeRef) -> AccountRef {
        let namespace = self.node(node).namespace;
        match self.namespaces[namespace as usize].kind {
            NamespaceKind::Home(account) => account,
            _ => self.owner_of(namespace).unwrap_or(0),
        }
    }

    /// Makes a shared link and returns its position.
    pub fn add_link(&mut self, node: NodeRef, by: AccountRef, audience: &'static str) -> usize {
        let key = stable_id("link", self.links.len() as u64, 21).replace(['-', '_'], "x").to_lowercase();
        let password = None;
        self.links.push(Link { key, node, by, audience, password, expires_ms: None, revoked: false });
        self.links.len() - 1
    }
}
