//! Teams with a team space: who joins sees another root, and the own folder inside it.

use anyhow::{Context, ensure};

use super::model::*;
use super::store::Tree;
use crate::kernel::secret::stable_id;

impl Tree {
    pub fn ensure_team(&mut self, name: &str) -> usize {
        if let Some(known) = self.teams.iter().position(|team| team.name == name) {
            return known;
        }
        let root = self.open_namespace(NamespaceKind::TeamRoot, name);
        let number = self.teams.len() as u64;
        let id = format!("dbtid:AA{}", stable_id("dbtid", number, 33));
        self.teams.push(Team { name: name.to_owned(), id, root });
        number as usize
    }

    /// Lets a person join: the root changes, and cursors made before are void.
    pub fn join_team(&mut self, account: AccountRef, team: usize) -> anyhow::Result<()> {
        ensure!(self.accounts[account as usize].team.is_none(), "already in a team");
        let root_namespace = self.teams[team].root;
        let root = self.namespaces[root_namespace as usize].root;
        let (home, name) = {
            let found = &mut self.accounts[account as usize];
            found.team = Some(team);
            found.cursor_epoch += 1;
            (found.home, found.name.clone())
        };
        let name = self.free_name(root, &name);
        let mount = self.mount(root_namespace, home, root, &name);
        self.report(mount);
        Ok(())
    }

    pub fn leave_team(&mut self, account: AccountRef) -> anyhow::Result<()> {
        let team = self.accounts[account as usize].team.context("in no team")?;
        let root = self.teams[team].root;
        let folders: Vec<NamespaceRef> = (0..self.namespaces.len() as NamespaceRef)
            .filter(|namespace| self.namespaces[*namespace as usize].kind == NamespaceKind::TeamFolder)
            .filter(|namespace| self.access_to(account, *namespace).is_some())
            .collect();
        for namespace in folders {
            self.remove_member(namespace, account)?;
        }
        let home = self.accounts[account as usize].home;
        self.unmount(root, home)?;
        let found = &mut self.accounts[account as usize];
        found.team = None;
        found.cursor_epoch += 1;
        Ok(())
    }

    /// Creates a team folder, mounted in the team's root and open to these members.
    pub fn create_team_folder(
        &mut self,
        team: usize,
        name: &str,
        members: &[(AccountRef, Access)],
        now_ms: i64,
    ) -> anyhow::Result<NamespaceRef> {
        let root_namespace = self.teams[team].root;
        let root = self.namespaces[root_namespace as usize].root;
        ensure!(self.child(root, name).is_none(), "{name} exists");
        let namespace = self.open_namespace(NamespaceKind::TeamFolder, name);
        for (account, access) in members {
            self.add_member(namespace, *account, *access, now_ms);
        }
        let mount = self.mount(root_namespace, namespace, root, name);
        self.report(mount);
        Ok(namespace)
    }

    /// Returns the namespace a person's paths start from when the team's root is asked for.
    pub fn root_of(&self, account: AccountRef) -> NamespaceRef {
        let found = &self.accounts[account as usize];
        found.team.map_or(found.home, |team| self.teams[team].root)
    }
}
