//! The in-process handle: the same deeds as the control API, for tests and the demo.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use serde_json::Value;

use super::drive::{Drive, Role};
use super::edits::{self, FileEdit, FileSummary, FileTarget, Generate, NewFile, Share};
use super::seeding;
use super::state::{Google, Switches};
use crate::kernel::authz::{Grant, OAuthClient};
use crate::kernel::calls::Call;
use crate::kernel::clock::parse_rfc3339;
use crate::kernel::faults::Fault;
use crate::kernel::seed::Seed;
use crate::kernel::webhooks::{DeliveryMode, Outcome};

/// A handle on a running emulated Google. Deeds that change files must run within a Tokio runtime.
#[derive(Clone)]
pub struct Control {
    google: Arc<Google>,
}

impl Control {
    pub(super) fn new(google: Arc<Google>) -> Self {
        Self { google }
    }

    // The clock.

    pub fn now_ms(&self) -> i64 {
        self.google.now_ms()
    }

    /// Stops the clock at an RFC 3339 moment.
    pub fn set_clock(&self, moment: &str) -> anyhow::Result<()> {
        self.google.kernel.clock.set_ms(parse_rfc3339(moment)?);
        Ok(())
    }

    pub fn advance_clock(&self, by: Duration) {
        self.google.kernel.clock.advance_ms(by.as_millis() as i64);
    }

    // Faults, switches, counters.

    pub fn add_fault(&self, fault: Fault) -> u64 {
        self.google.kernel.faults.add(fault)
    }

    /// Arms a fault written as in the control API.
    pub fn add_fault_json(&self, fault: Value) -> anyhow::Result<u64> {
        Ok(self.add_fault(serde_json::from_value(fault)?))
    }

    pub fn clear_faults(&self) {
        self.google.kernel.faults.clear();
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

    /// Returns how often each operation was called since the last reset.
    pub fn call_counts(&self) -> BTreeMap<String, u64> {
        self.google.kernel.calls.counts()
    }

    pub fn call_count(&self, operation: &str) -> u64 {
        self.google.kernel.calls.count(operation)
    }

    pub fn recent_calls(&self) -> Vec<Call> {
        self.google.kernel.calls.recent()
    }

    pub fn reset_calls(&self) {
        self.google.kernel.calls.reset();
    }

    // Clients and grants.

    pub fn add_client(&self, client: OAuthClient) {
        self.google.kernel.authz.add_client(client);
    }

    pub fn remove_client(&self, client_id: &str) -> bool {
        self.google.kernel.authz.remove_client(client_id)
    }

    pub fn add_redirect_uri(&self, client_id: &str, redirect_uri: &str) -> bool {
        self.google.kernel.authz.add_redirect_uri(client_id, redirect_uri)
    }

    pub fn list_grants(&self) -> Vec<Grant> {
        self.google.kernel.authz.list_grants()
    }

    /// Ends every grant of a person, as if all apps were removed in the account's settings.
    pub fn revoke_grants(&self, email: &str) -> usize {
        self.google.kernel.authz.revoke_all(email)
    }

    /// Ends every access token at once; refresh tokens stay good.
    pub fn expire_access_tokens(&self) -> usize {
        self.google.kernel.authz.expire_access_tokens()
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

    // Webhooks.

    pub fn set_delivery_mode(&self, mode: DeliveryMode) {
        self.google.kernel.webhooks.set_mode(mode);
    }

    pub fn set_webhook_backoff(&self, backoff: Duration) {
        self.google.kernel.webhooks.set_backoff_ms(backoff.as_millis() as u64);
    }

    /// Waits until every message is delivered or given up.
    pub async fn flush_webhooks(&self) {
        self.google.kernel.webhooks.flush().await;
    }

    pub fn webhook_outcomes(&self) -> Vec<Outcome> {
        self.google.kernel.webhooks.outcomes()
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
        let kernel = &self.google.kernel;
        kernel.faults.clear();
        kernel.calls.reset();
        kernel.clock.resume();
        kernel.authz.reset();
        kernel.webhooks.reset();
        self.google.forget_channels();
        self.set_switches(|switches| *switches = Switches::default());
        self.google.change_drive(|drive, _| *drive = Drive::default());
        seeding::load_seed(&self.google, seed.unwrap_or(&self.google.seed))
    }

    fn change<T>(&self, change: impl FnOnce(&mut Drive, i64) -> anyhow::Result<T>) -> anyhow::Result<T> {
        self.google.change_drive(change)
    }
}

/// Lays one JSON object over another, key by key.
fn merge(base: &mut Value, wish: &Value) {
    match (base, wish) {
        (Value::Object(base), Value::Object(wish)) => {
            for (key, value) in wish {
                merge(base.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (base, wish) => *base = wish.clone(),
    }
}
