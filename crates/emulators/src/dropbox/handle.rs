//! The in-process handle: the same deeds as the control API, for tests and the demo.

use std::ops::Deref;
use std::sync::Arc;

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::edits::{self, FileEdit, FileSummary, FileTarget, Generate, Share};
use super::seeding;
use super::state::{App, Dropbox, Switches};
use super::text::file_id;
use super::tree::{Access, NamespaceRef, Tree};
use super::webhooks;
use crate::kernel::control::Kernel;
use crate::kernel::json::merge;
use crate::kernel::seed::Seed;

/// A handle on a running emulated Dropbox. Deeds that change files must run within a Tokio runtime.
#[derive(Clone)]
pub struct Control {
    dropbox: Arc<Dropbox>,
}

/// Clock, faults, calls, clients, grants and webhook delivery are the kernel's.
impl Deref for Control {
    type Target = Kernel;

    fn deref(&self) -> &Kernel {
        &self.dropbox.kernel
    }
}

/// What can be set on an account.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccountEdit {
    pub email_verified: Option<bool>,
    pub suspended: Option<bool>,
    pub paper_as_files: Option<bool>,
}

impl Control {
    pub(super) fn new(dropbox: Arc<Dropbox>) -> Self {
        Self { dropbox }
    }

    pub fn switches(&self) -> Switches {
        self.dropbox.switches()
    }

    pub fn set_switches(&self, change: impl FnOnce(&mut Switches)) {
        let mut switches = self.dropbox.switches.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        change(&mut switches);
    }

    /// Changes only the named switches.
    pub fn merge_switches(&self, wish: &Value) -> anyhow::Result<Switches> {
        let mut value = serde_json::to_value(self.switches())?;
        merge(&mut value, wish);
        let switches: Switches = serde_json::from_value(value)?;
        self.set_switches(|known| *known = switches.clone());
        Ok(switches)
    }

    /// Changes what an app has set in its console: scopes, folder, webhook addresses.
    pub fn change_app(&self, client_id: &str, change: impl FnOnce(&mut App)) {
        self.dropbox.change_app(client_id, change);
    }

    pub fn app(&self, client_id: &str) -> App {
        self.dropbox.app(client_id)
    }

    // Accounts and teams.

    pub fn add_account(&self, email: &str, name: &str) -> anyhow::Result<()> {
        self.change(|tree, _| tree.add_account(email, name).map(|_| ()))
    }

    /// Returns email and name of every account.
    pub fn list_accounts(&self) -> Vec<(String, String)> {
        let tree = self.dropbox.read_tree();
        tree.accounts.iter().map(|account| (account.email.clone(), account.name.clone())).collect()
    }

    /// Returns the account id (`dbid:…`) of a person.
    pub fn account_id(&self, email: &str) -> anyhow::Result<String> {
        let tree = self.dropbox.read_tree();
        Ok(tree.accounts[edits::find_account(&tree, Some(email))? as usize].id.clone())
    }

    pub fn edit_account(&self, email: &str, edit: &AccountEdit) -> anyhow::Result<()> {
        self.change(|tree, _| {
            let found = edits::find_account(tree, Some(email))?;
            let account = &mut tree.accounts[found as usize];
            account.email_verified = edit.email_verified.unwrap_or(account.email_verified);
            account.suspended = edit.suspended.unwrap_or(account.suspended);
            account.paper_as_files = edit.paper_as_files.unwrap_or(account.paper_as_files);
            Ok(())
        })
    }

    /// Lets a person join a team with a team space: the root changes.
    pub fn join_team(&self, email: &str, team: &str) -> anyhow::Result<()> {
        self.change(|tree, _| {
            let account = edits::find_account(tree, Some(email))?;
            let team = tree.ensure_team(team);
            tree.join_team(account, team)
        })
    }

    pub fn leave_team(&self, email: &str) -> anyhow::Result<()> {
        self.change(|tree, _| {
            let account = edits::find_account(tree, Some(email))?;
            tree.leave_team(account)
        })
    }

    /// Creates a team folder and returns its namespace id.
    pub fn create_team_folder(
        &self,
        team: &str,
        name: &str,
        members: &[(&str, Access)],
    ) -> anyhow::Result<String> {
        self.change(|tree, now_ms| {
            let team = tree.ensure_team(team);
            let members = members
                .iter()
                .map(|(email, access)| Ok((edits::find_account(tree, Some(email))?, *access)))
                .collect::<anyhow::Result<Vec<_>>>()?;
            let folder = tree.create_team_folder(team, name, &members, now_ms)?;
            Ok(tree.namespaces[folder as usize].id.to_string())
        })
    }

    /// Voids every cursor of a person, or of everybody: the next call answers `reset`.
    pub fn reset_cursors(&self, email: Option<&str>) -> anyhow::Result<()> {
        self.change(|tree, _| {
            let only = email.map(|email| edits::find_account(tree, Some(email))).transpose()?;
            for (number, account) in tree.accounts.iter_mut().enumerate() {
                if only.is_none_or(|only| only as usize == number) {
                    account.cursor_epoch += 1;
                }
            }
            Ok(())
        })
    }

    // Files and folders.

    pub fn find_file(&self, target: &FileTarget) -> anyhow::Result<FileSummary> {
        let tree = self.dropbox.read_tree();
        edits::summary(&tree, target, edits::find(&tree, target)?)
    }

    pub fn create_file(&self, target: &FileTarget, edit: &FileEdit) -> anyhow::Result<FileSummary> {
        self.create(target, false, edit)
    }

    pub fn create_folder(&self, target: &FileTarget) -> anyhow::Result<FileSummary> {
        self.create(target, true, &FileEdit::default())
    }

    pub(super) fn create(
        &self,
        target: &FileTarget,
        folder: bool,
        edit: &FileEdit,
    ) -> anyhow::Result<FileSummary> {
        self.change(|tree, now_ms| {
            let node = edits::create(tree, target, folder, edit, now_ms)?;
            edits::summary(tree, target, node)
        })
    }

    /// Creates a text file, or gives it a new revision when the path exists.
    pub fn write_text(&self, target: &FileTarget, text: &str) -> anyhow::Result<FileSummary> {
        let edit = FileEdit { content: Some(text.to_owned()), ..FileEdit::default() };
        match self.find_file(target) {
            Ok(found) if !found.deleted => self.update_file(target, &edit),
            _ => self.create_file(target, &edit),
        }
    }

    pub fn update_file(&self, target: &FileTarget, edit: &FileEdit) -> anyhow::Result<FileSummary> {
        self.change(|tree, now_ms| {
            let node = edits::find(tree, target)?;
            edits::update(tree, target, node, edit, now_ms)?;
            edits::summary(tree, target, node)
        })
    }

    /// Renames in place; a change of case only stays unreported, as at Dropbox.
    pub fn rename(&self, target: &FileTarget, name: &str) -> anyhow::Result<FileSummary> {
        self.update_file(target, &FileEdit { name: Some(name.to_owned()), ..FileEdit::default() })
    }

    /// Moves into a folder, given as a path from the same root.
    pub fn move_file(&self, target: &FileTarget, folder: &str) -> anyhow::Result<FileSummary> {
        self.update_file(target, &FileEdit { parent: Some(folder.to_owned()), ..FileEdit::default() })
    }

    pub fn delete_file(&self, target: &FileTarget) -> anyhow::Result<()> {
        self.change(|tree, now_ms| {
            let node = edits::find(tree, target)?;
            tree.delete(node, now_ms)
        })
    }

    /// Deletes for good: no restore, no trace in `include_deleted`.
    pub fn erase_file(&self, target: &FileTarget) -> anyhow::Result<()> {
        self.change(|tree, now_ms| {
            let node = edits::find(tree, target)?;
            tree.erase(node, now_ms)
        })
    }

    pub fn restore_file(&self, target: &FileTarget) -> anyhow::Result<FileSummary> {
        self.change(|tree, _| {
            let node = edits::find(tree, target)?;
            tree.undelete(node)?;
            edits::summary(tree, target, node)
        })
    }

    /// Generates many files at once; returns their ids.
    pub fn generate(&self, wish: &Generate) -> anyhow::Result<Vec<String>> {
        self.change(|tree, now_ms| {
            let made = edits::generate(tree, wish, now_ms)?;
            Ok(made.into_iter().map(file_id).collect())
        })
    }

    // Sharing.

    /// Shares a folder or a file; a folder becomes a namespace of its own.
    pub fn share(&self, target: &FileTarget, share: &Share) -> anyhow::Result<FileSummary> {
        self.change(|tree, now_ms| {
            let node = edits::find(tree, target)?;
            edits::share(tree, node, share, now_ms)?;
            let node = edits::find(tree, target)?;
            edits::summary(tree, target, node)
        })
    }

    pub fn unshare(&self, target: &FileTarget, email: &str) -> anyhow::Result<()> {
        self.change(|tree, _| {
            let node = edits::find(tree, target)?;
            edits::unshare(tree, node, email)
        })
    }

    /// Puts a shared folder into a member's tree.
    pub fn mount(&self, namespace_id: &str, email: &str) -> anyhow::Result<()> {
        self.change(|tree, _| {
            let account = edits::find_account(tree, Some(email))?;
            tree.mount_for(account, find_namespace(tree, namespace_id)?).map(|_| ())
        })
    }

    pub fn unmount(&self, namespace_id: &str, email: &str) -> anyhow::Result<()> {
        self.change(|tree, _| {
            let account = edits::find_account(tree, Some(email))?;
            tree.unmount_for(account, find_namespace(tree, namespace_id)?)
        })
    }

    /// Adds or changes a member of any shared or team folder.
    pub fn set_member(&self, namespace_id: &str, email: &str, access: Access) -> anyhow::Result<()> {
        self.change(|tree, now_ms| {
            let account = edits::find_account(tree, Some(email))?;
            let namespace = find_namespace(tree, namespace_id)?;
            tree.add_member(namespace, account, access, now_ms);
            Ok(())
        })
    }

    pub fn remove_member(&self, namespace_id: &str, email: &str) -> anyhow::Result<()> {
        self.change(|tree, _| {
            let account = edits::find_account(tree, Some(email))?;
            tree.remove_member(find_namespace(tree, namespace_id)?, account)
        })
    }

    // Webhooks.

    /// Registers a webhook address after the challenge, as the App Console does.
    pub async fn add_webhook(&self, client_id: &str, uri: &str) -> anyhow::Result<()> {
        webhooks::verify(uri).await?;
        self.change_app(client_id, |app| {
            if !app.webhook_uris.iter().any(|known| known == uri) {
                app.webhook_uris.push(uri.to_owned());
            }
        });
        Ok(())
    }

    pub fn remove_webhooks(&self, client_id: &str) {
        self.change_app(client_id, |app| app.webhook_uris.clear());
    }

    /// Sends the notifications that `merge_webhooks` kept, as one message.
    pub fn release_webhooks(&self) {
        self.dropbox.release_webhooks();
    }

    /// Sends a notification that nothing happened for; `signed_with` replaces the app's secret.
    pub fn send_webhook(
        &self,
        client_id: &str,
        account_ids: &[String],
        signed_with: Option<&str>,
    ) -> anyhow::Result<()> {
        let app = self.app(client_id);
        ensure!(!app.webhook_uris.is_empty(), "the app has no webhook address");
        let uids: Vec<u64> = {
            let tree = self.dropbox.read_tree();
            let known = |id: &String| tree.accounts.iter().find(|account| account.id == *id);
            account_ids.iter().map(|id| known(id).map_or(1, |account| account.uid)).collect()
        };
        for uri in &app.webhook_uris {
            self.dropbox.send_webhook(client_id, uri, account_ids, &uids, signed_with);
        }
        Ok(())
    }

    /// Returns to the starting data; clients and their apps' settings stay.
    pub fn reset(&self, seed: Option<&Seed>) -> anyhow::Result<()> {
        self.dropbox.kernel.reset();
        self.set_switches(|switches| *switches = Switches::default());
        *self.dropbox.notes() = Default::default();
        let forget = |poisoned: std::sync::PoisonError<_>| poisoned.into_inner();
        self.dropbox.temporary_links.lock().unwrap_or_else(forget).clear();
        self.dropbox.export_tried.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clear();
        self.dropbox.pending.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clear();
        self.change(|tree, _| {
            *tree = Tree::default();
            Ok(())
        })?;
        seeding::load_seed(&self.dropbox, seed.unwrap_or(&self.dropbox.seed))
    }

    fn change<T>(&self, change: impl FnOnce(&mut Tree, i64) -> anyhow::Result<T>) -> anyhow::Result<T> {
        self.dropbox.change_tree(change)
    }
}

fn find_namespace(tree: &Tree, id: &str) -> anyhow::Result<NamespaceRef> {
    tree.find_namespace(id.parse()?).with_context(|| format!("no namespace {id}"))
}
