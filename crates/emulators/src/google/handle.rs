//! The in-process handle: the same deeds as the control API, for tests and the demo.

use std::ops::Deref;
use std::sync::Arc;

use anyhow::Context;
use serde_json::Value;

use super::drive::{Drive, Role};
use super::edits::{self, FileEdit, FileSummary, FileTarget, Generate, NewFile, Share};
use super::seeding;
use super::state::{Google, Switches};
use crate::kernel::control::Kernel;
use crate::kernel::json::merge;
use crate::kernel::seed::Seed;

/// A handle on a running emulated Google. Deeds that change files must run within a Tokio runtime.
#[derive(Clone)]
pub struct Control {
    google: Arc<Google>,
}

/// Clock, faults, calls, clients, grants and webhooks are the kernel's.
impl Deref for Control {
    type Target = Kernel;

    fn deref(&self) -> &Kernel {
        &self.google.kernel
    }
}

impl Control {
    pub(super) fn new(google: Arc<Google>) -> Self {
        Self { google }
    }

    pub fn switches(&self) -> Switches {
        self.google.switches()
    }

    pub fn set_switches(&self, change: impl FnOnce(&mut Switches)) {
        let mut switches = self.google.switches.write().unwrap_or_else(|poisoned| poisoned.into_inner());
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

    // Accounts, files, shared drives.

    pub fn add_account(&self, email: &str, name: &str) -> anyhow::Result<()> {
        self.google.change_drive(|drive, now_ms| drive.add_account(email, name, now_ms))?;
        Ok(())
    }

    pub fn list_accounts(&self) -> Vec<(String, String)> {
        let drive = self.google.read_drive();
        drive.accounts.iter().map(|a| (a.email.clone(), a.name.clone())).collect()
    }

    pub fn find_file(&self, target: &FileTarget) -> anyhow::Result<FileSummary> {
        let drive = self.google.read_drive();
        edits::summary(&drive, edits::find(&drive, target)?)
    }

    pub fn create_file(&self, new: &NewFile) -> anyhow::Result<FileSummary> {
        self.change(|drive, now_ms| {
            let file = edits::create(drive, new, now_ms)?;
            edits::summary(drive, file)
        })
    }

    /// Creates a text file, or replaces its content when the path exists.
    pub fn write_text(&self, target: &FileTarget, text: &str) -> anyhow::Result<FileSummary> {
        let edit = FileEdit { content: Some(text.to_owned()), ..FileEdit::default() };
        match self.find_file(target) {
            Ok(_) => self.update_file(target, &edit),
            Err(_) => {
                let new = NewFile { target: target.clone(), edit, ..NewFile::default() };
                self.create_file(&new)
            }
        }
    }

    pub fn create_folder(&self, target: &FileTarget) -> anyhow::Result<FileSummary> {
        self.create_file(&NewFile { target: target.clone(), folder: true, ..NewFile::default() })
    }

    pub fn update_file(&self, target: &FileTarget, edit: &FileEdit) -> anyhow::Result<FileSummary> {
        self.change(|drive, now_ms| {
            let file = edits::find(drive, target)?;
            edits::update(drive, file, edit, now_ms)?;
            edits::summary(drive, file)
        })
    }

    pub fn rename(&self, target: &FileTarget, name: &str) -> anyhow::Result<FileSummary> {
        let edit = FileEdit { name: Some(name.to_owned()), ..FileEdit::default() };
        self.update_file(target, &edit)
    }

    pub fn move_file(&self, target: &FileTarget, parent: &FileTarget) -> anyhow::Result<FileSummary> {
        let edit = FileEdit { parent: Some(parent.clone()), ..FileEdit::default() };
        self.update_file(target, &edit)
    }

    pub fn set_trashed(&self, target: &FileTarget, trashed: bool) -> anyhow::Result<FileSummary> {
        let edit = FileEdit { trashed: Some(trashed), ..FileEdit::default() };
        self.update_file(target, &edit)
    }

    /// Deletes for good, with everything below.
    pub fn delete_file(&self, target: &FileTarget) -> anyhow::Result<()> {
        self.change(|drive, now_ms| {
            let file = edits::find(drive, target)?;
            drive.delete(file, now_ms)
        })
    }

    pub fn share(&self, target: &FileTarget, share: &Share) -> anyhow::Result<FileSummary> {
        self.change(|drive, now_ms| {
            let file = edits::find(drive, target)?;
            edits::share_with(drive, file, share, now_ms)?;
            edits::summary(drive, file)
        })
    }

    pub fn unshare(&self, target: &FileTarget, share: &Share) -> anyhow::Result<FileSummary> {
        self.change(|drive, now_ms| {
            let file = edits::find(drive, target)?;
            edits::unshare(drive, file, share, now_ms)?;
            edits::summary(drive, file)
        })
    }

    /// Hands a file to a client, as a pick in the Picker does under the `drive.file` scope.
    pub fn pick(&self, target: &FileTarget, client_id: &str) -> anyhow::Result<FileSummary> {
        self.change(|drive, _| {
            let file = edits::find(drive, target)?;
            let node = drive.node_mut(file).context("no such file")?;
            node.extra_mut().picked_by.insert(client_id.to_owned());
            edits::summary(drive, file)
        })
    }

    /// Generates many files at once; returns their ids.
    pub fn generate(&self, wish: &Generate) -> anyhow::Result<Vec<String>> {
        self.change(|drive, now_ms| {
            let files = edits::generate(drive, wish, now_ms)?;
            Ok(files.iter().filter_map(|file| Some(drive.node(*file)?.id.to_string())).collect())
        })
    }

    /// Creates a shared drive and returns its id.
    pub fn create_drive(&self, name: &str, organizer: &str) -> anyhow::Result<String> {
        self.change(|drive, now_ms| {
            let organizer = edits::find_account(drive, Some(organizer))?;
            let created = drive.create_drive(name, organizer, now_ms)?;
            Ok(drive.drives[created as usize].id.to_string())
        })
    }

    pub fn rename_drive(&self, id: &str, name: &str) -> anyhow::Result<()> {
        self.change(|drive, now_ms| {
            let found = drive.find_drive(id).context("no such shared drive")?;
            drive.rename_drive(found, name, now_ms)
        })
    }

    pub fn delete_drive(&self, id: &str) -> anyhow::Result<()> {
        self.change(|drive, now_ms| {
            let found = drive.find_drive(id).context("no such shared drive")?;
            drive.delete_drive(found, now_ms)
        })
    }

    pub fn add_member(&self, id: &str, email: &str, role: Role) -> anyhow::Result<()> {
        self.change(|drive, now_ms| {
            let found = drive.find_drive(id).context("no such shared drive")?;
            let member = drive.permission(drive.grantee_of(email), role);
            drive.add_member(found, member, now_ms);
            Ok(())
        })
    }

    pub fn remove_member(&self, id: &str, email: &str) -> anyhow::Result<()> {
        self.change(|drive, now_ms| {
            let found = drive.find_drive(id).context("no such shared drive")?;
            let member = drive.permission(drive.grantee_of(email), Role::Reader).id;
            drive.remove_member(found, &member, now_ms)
        })
    }

    /// Returns id and name of every shared drive.
    pub fn list_drives(&self) -> Vec<(String, String)> {
        let drive = self.google.read_drive();
        let live = drive.drives.iter().filter(|drive| !drive.deleted);
        live.map(|drive| (drive.id.to_string(), drive.name.clone())).collect()
    }

    /// Returns the live channels as the control API shows them.
    pub fn list_channels(&self) -> Vec<Value> {
        let channels = self.google.list_channels();
        channels
            .iter()
            .map(|channel| {
                serde_json::json!({
                    "id": channel.id,
                    "resource_id": channel.resource_id,
                    "resource_uri": channel.resource_uri,
                    "address": channel.address,
                    "expires_ms": channel.expires_ms,
                    "account": channel.subject,
                    "client_id": channel.client_id,
                })
            })
            .collect()
    }

    /// Returns to the starting data; grants, channels, faults and counters are forgotten, clients stay.
    pub fn reset(&self, seed: Option<&Seed>) -> anyhow::Result<()> {
        self.google.kernel.reset();
        self.google.forget_channels();
        self.set_switches(|switches| *switches = Switches::default());
        self.google.change_drive(|drive, _| *drive = Drive::default());
        seeding::load_seed(&self.google, seed.unwrap_or(&self.google.seed))
    }

    fn change<T>(&self, change: impl FnOnce(&mut Drive, i64) -> anyhow::Result<T>) -> anyhow::Result<T> {
        self.google.change_drive(change)
    }
}
