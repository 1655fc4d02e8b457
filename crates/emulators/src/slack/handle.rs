//! The in-process handle: the same deeds as the control API, for tests and the demo.

use std::ops::Deref;
use std::sync::Arc;

use anyhow::Context;
use serde_json::{Value, json};

use super::apps::Subscription;
use super::edits::{self, ChannelEdit, ChannelWish, FileWish, Generate, MessageWish, read_ts};
use super::render::{channels as render_channels, messages as render_messages};
use super::seeding;
use super::state::{Slack, Switches};
use super::workspace::{Content, Deletion, UserEdit, Workspace};
use super::{DEFAULT_CLIENT_ID, render};
use crate::kernel::control::Kernel;
use crate::kernel::json::merge;
use crate::kernel::seed::Seed;

/// A handle on a running emulated Slack. Deeds that change something must run within a Tokio runtime.
///
/// Channels are named by id or name, people by id, email or handle.
#[derive(Clone)]
pub struct Control {
    slack: Arc<Slack>,
}

/// Clock, faults, calls, clients, grants and webhooks are the kernel's.
impl Deref for Control {
    type Target = Kernel;

    fn deref(&self) -> &Kernel {
        &self.slack.kernel
    }
}

impl Control {
    pub(super) fn new(slack: Arc<Slack>) -> Self {
        Self { slack }
    }

    pub fn switches(&self) -> Switches {
        self.slack.switches()
    }

    pub fn set_switches(&self, change: impl FnOnce(&mut Switches)) {
        let mut switches = self.slack.switches.write().unwrap_or_else(|poisoned| poisoned.into_inner());
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

    /// Returns to the starting data; installs, subscriptions and limits are forgotten, clients stay.
    pub fn reset(&self, seed: Option<&Seed>) -> anyhow::Result<()> {
        self.slack.kernel.reset();
        self.slack.limits.reset();
        *self.slack.tokens() = Default::default();
        self.slack.apps().reset();
        self.set_switches(|switches| *switches = Switches::default());
        seeding::load(&self.slack, seed.unwrap_or(&self.slack.seed))
    }

    // People.

    pub fn add_account(&self, email: &str, name: &str) -> anyhow::Result<String> {
        self.change(|workspace, now_ms| workspace.add_user(email, name, now_ms))
    }

    pub fn list_accounts(&self) -> Vec<(String, String)> {
        let workspace = self.slack.read();
        let people = workspace
            .users
            .values()
            .filter(|user| !user.is_bot() && !user.deleted && !user.is_stranger && !user.email.is_empty());
        let mut people: Vec<_> = people.collect();
        people.sort_by_key(|user| (!user.is_admin, user.email.clone()));
        people.iter().map(|user| (user.email.clone(), user.real_name.clone())).collect()
    }

    pub fn user_id(&self, wish: &str) -> anyhow::Result<String> {
        self.slack.read().user_id(wish)
    }

    pub fn edit_user(&self, wish: &str, edit: &UserEdit) -> anyhow::Result<()> {
        self.change(|workspace, now_ms| {
            let id = workspace.user_id(wish)?;
            workspace.edit_user(&id, edit, now_ms)
        })
    }

    /// Deactivates a person; their tokens stop working.
    pub fn deactivate_user(&self, wish: &str) -> anyhow::Result<()> {
        self.edit_user(wish, &UserEdit { deleted: Some(true), ..UserEdit::default() })
    }

    pub fn add_group(&self, handle: &str, name: &str, users: &[String]) -> anyhow::Result<String> {
        self.change(|workspace, now_ms| workspace.add_group(handle, name, users, now_ms))
    }

    pub fn set_group_users(&self, wish: &str, users: &[String]) -> anyhow::Result<()> {
        self.change(|workspace, now_ms| workspace.set_group_users(wish, users, now_ms))
    }

    // Conversations.

    pub fn create_channel(&self, wish: &ChannelWish) -> anyhow::Result<String> {
        self.change(|workspace, now_ms| edits::create_channel(workspace, wish, now_ms))
    }

    pub fn channel_id(&self, wish: &str) -> anyhow::Result<String> {
        self.slack.read().channel_id(wish)
    }

    /// Returns id, name, kind and counts of every conversation.
    pub fn list_channels(&self) -> Vec<Value> {
        let workspace = self.slack.read();
        let rows = workspace.channels.values().map(|channel| {
            let mut row = render_channels::created(channel);
            row["members"] = json!(channel.members);
            row["messages"] = channel.log.messages.len().into();
            row
        });
        rows.collect()
    }

    pub fn edit_channel(&self, wish: &str, edit: &ChannelEdit) -> anyhow::Result<()> {
        self.change(|workspace, now_ms| edits::edit_channel(workspace, wish, edit, now_ms))
    }

    pub fn rename_channel(&self, wish: &str, name: &str) -> anyhow::Result<()> {
        self.edit_channel(wish, &ChannelEdit { name: Some(name.to_owned()), ..ChannelEdit::default() })
    }

    pub fn archive_channel(&self, wish: &str, archived: bool) -> anyhow::Result<()> {
        self.edit_channel(wish, &ChannelEdit { is_archived: Some(archived), ..ChannelEdit::default() })
    }

    pub fn delete_channel(&self, wish: &str) -> anyhow::Result<()> {
        self.change(|workspace, now_ms| {
            let channel = workspace.find_channel(wish)?;
            let (id, by) = (channel.id.clone(), channel.creator.clone());
            workspace.delete_channel(&id, &by, now_ms)
        })
    }

    /// Gives a conversation another id and returns it.
    pub fn change_channel_id(&self, wish: &str) -> anyhow::Result<String> {
        self.change(|workspace, _| {
            let id = workspace.channel_id(wish)?;
            workspace.change_channel_id(&id)
        })
    }

    pub fn add_member(&self, wish: &str, user: &str) -> anyhow::Result<()> {
        self.change(|workspace, now_ms| {
            let (id, user) = (workspace.channel_id(wish)?, workspace.user_id(user)?);
            workspace.join(&id, &user, None, now_ms).map(drop)
        })
    }

    pub fn remove_member(&self, wish: &str, user: &str) -> anyhow::Result<()> {
        self.change(|workspace, now_ms| {
            let channel = workspace.find_channel(wish)?;
            let (id, by) = (channel.id.clone(), channel.creator.clone());
            let user = workspace.user_id(user)?;
            workspace.leave(&id, &user, &by, now_ms)
        })
    }

    /// Removes everything before a moment, as a retention rule does.
    pub fn purge(&self, wish: &str, before: &str) -> anyhow::Result<usize> {
        self.change(|workspace, now_ms| {
            let id = workspace.channel_id(wish)?;
            workspace.purge(&id, read_ts(before)?, now_ms)
        })
    }

    // Messages.

    /// Posts a message and returns its timestamp.
    pub fn post(&self, wish: &MessageWish) -> anyhow::Result<String> {
        let replied = self.switches().message_replied;
        self.change(|workspace, now_ms| {
            let (channel, ts) = edits::post(workspace, wish, now_ms)?;
            let root = wish.thread_ts.as_deref().map(read_ts).transpose()?;
            if let Some(root) = root.filter(|_| replied != Default::default()) {
                let with_subtype = replied == super::state::RepliedEvents::WithSubtype;
                workspace.tell_replied(&channel, root, with_subtype, now_ms);
            }
            Ok(ts.to_string())
        })
    }

    /// Posts a person's words.
    pub fn say(&self, channel: &str, user: &str, text: &str) -> anyhow::Result<String> {
        self.post(&MessageWish {
            channel: channel.to_owned(),
            user: Some(user.to_owned()),
            text: text.to_owned(),
            ..MessageWish::default()
        })
    }

    pub fn reply(&self, channel: &str, thread_ts: &str, user: &str, text: &str) -> anyhow::Result<String> {
        self.post(&MessageWish {
            channel: channel.to_owned(),
            thread_ts: Some(thread_ts.to_owned()),
            user: Some(user.to_owned()),
            text: text.to_owned(),
            ..MessageWish::default()
        })
    }

    pub fn edit_message(&self, channel: &str, ts: &str, text: &str) -> anyhow::Result<()> {
        self.change(|workspace, now_ms| {
            let (id, ts) = (workspace.channel_id(channel)?, read_ts(ts)?);
            let found = workspace.find_channel(&id)?.log.messages.get(&ts).context("no such message")?;
            let by = found.user.to_string();
            let text = edits::expand(workspace, text);
            workspace.edit_message(&id, ts, &text, None, &by, now_ms)
        })
    }

    pub fn delete_message(&self, channel: &str, ts: &str) -> anyhow::Result<Deletion> {
        self.change(|workspace, now_ms| {
            let id = workspace.channel_id(channel)?;
            workspace.delete_message(&id, read_ts(ts)?, now_ms)
        })
    }

    /// Returns a message as history shows it.
    pub fn find_message(&self, channel: &str, ts: &str) -> anyhow::Result<Value> {
        let workspace = self.slack.read();
        let channel = workspace.find_channel(channel)?;
        let ts = read_ts(ts)?;
        channel.log.messages.get(&ts).context("no such message")?;
        Ok(render_messages::message(&workspace, channel, ts))
    }

    pub fn react(
        &self,
        channel: &str,
        ts: &str,
        name: &str,
        user: &str,
        adding: bool,
    ) -> anyhow::Result<bool> {
        self.change(|workspace, _| {
            let (id, user) = (workspace.channel_id(channel)?, workspace.user_id(user)?);
            workspace.react(&id, read_ts(ts)?, name, &user, adding)
        })
    }

    /// Sends many change events for a message nobody changed.
    pub fn storm(&self, channel: &str, ts: &str, count: usize) -> anyhow::Result<()> {
        self.change(|workspace, now_ms| {
            let id = workspace.channel_id(channel)?;
            workspace.storm(&id, read_ts(ts)?, count, now_ms)
        })
    }

    /// Fills a channel; returns the first and the last timestamp.
    pub fn generate(&self, wish: &Generate) -> anyhow::Result<(String, String)> {
        self.change(|workspace, now_ms| {
            let (first, last) = edits::generate(workspace, wish, now_ms)?;
            Ok((first.to_string(), last.to_string()))
        })
    }

    // Files.

    /// Uploads a file, shares it where the wish says, and returns its id.
    pub fn upload(&self, wish: &FileWish) -> anyhow::Result<String> {
        self.change(|workspace, now_ms| edits::upload(workspace, wish, now_ms))
    }

    pub fn edit_file(&self, id: &str, title: Option<&str>, content: Option<&str>) -> anyhow::Result<()> {
        self.change(|workspace, now_ms| {
            let content = content.map(|text| Content::Bytes(text.to_owned().into()));
            workspace.change_file(id, title, content, now_ms)
        })
    }

    /// Makes a file readable by link.
    pub fn publish_file(&self, id: &str) -> anyhow::Result<()> {
        self.change(|workspace, _| workspace.publish_file(id))
    }

    pub fn delete_file(&self, id: &str) -> anyhow::Result<()> {
        self.change(|workspace, _| workspace.delete_file(id))
    }

    pub fn find_file(&self, id: &str) -> anyhow::Result<Value> {
        let workspace = self.slack.read();
        let file = workspace.files.get(id).with_context(|| format!("no file {id}"))?;
        Ok(render::files::whole(&workspace, file, true))
    }

    pub fn list_files(&self) -> Vec<Value> {
        let workspace = self.slack.read();
        workspace.files.values().map(|file| render::files::whole(&workspace, file, true)).collect()
    }

    // Apps, installs, events.

    /// Returns id, secrets and subscription of an app.
    pub fn app(&self, client_id: &str) -> Value {
        let mut apps = self.slack.apps();
        let app = apps.of(client_id);
        json!({
            "client_id": client_id,
            "app_id": app.app_id,
            "signing_secret": app.signing_secret,
            "verification_token": app.verification_token,
            "app_token": app.app_token,
            "subscription": app.subscription,
        })
    }

    pub fn signing_secret(&self, client_id: &str) -> String {
        self.slack.apps().of(client_id).signing_secret.clone()
    }

    /// Saves a request URL; fails when it does not answer the challenge.
    pub async fn subscribe(&self, client_id: &str, url: &str, events: &[&str]) -> anyhow::Result<()> {
        let events: Vec<String> = events.iter().map(|name| (*name).to_owned()).collect();
        self.slack.subscribe(client_id, url, &events).await
    }

    pub fn subscription(&self, client_id: &str) -> Option<Subscription> {
        self.slack.apps().of(client_id).subscription.clone()
    }

    /// Switches an app's subscription off, as Slack does after too many failures, or on again.
    pub fn enable_subscription(&self, client_id: &str, enabled: bool) -> anyhow::Result<()> {
        let mut apps = self.slack.apps();
        apps.of(client_id).subscription.as_mut().context("no subscription")?.enabled = enabled;
        Ok(())
    }

    /// Sends an event as it is given.
    pub fn send_event(&self, client_id: &str, team_id: Option<&str>, event: &Value) {
        let team = team_id.map_or_else(|| self.slack.read().team().id.clone(), str::to_owned);
        self.slack.send_event(client_id, &team, false, event, Vec::new());
    }

    /// Tells an app that events of the present minute were lost.
    pub fn send_rate_limited(&self, client_id: &str) {
        let team = self.slack.read().team().id.clone();
        let minute = self.slack.now_ms() / 60_000 * 60;
        self.slack.send_rate_limited(client_id, &team, minute);
    }

    /// Removes an app from the workspace; returns how many installs ended.
    pub fn uninstall(&self, client_id: &str) -> usize {
        self.slack.uninstall(client_id)
    }

    /// Ends a person's tokens, of one app or of all; the apps hear of it.
    pub fn revoke_user(&self, wish: &str, client_id: Option<&str>) -> anyhow::Result<usize> {
        let id = self.user_id(wish)?;
        Ok(self.slack.revoke_user(&id, client_id))
    }

    /// Returns who has given what to an app, without the tokens.
    pub fn list_installs(&self, client_id: Option<&str>) -> Vec<Value> {
        let installs = self.slack.tokens().installs(client_id.unwrap_or(DEFAULT_CLIENT_ID));
        installs
            .into_iter()
            .map(|(holder, scopes)| {
                json!({"kind": holder.kind.word(), "user_id": holder.user_id, "team_id": holder.team_id,
                    "organisation": holder.organisation, "scopes": scopes})
            })
            .collect()
    }

    fn change<T>(&self, change: impl FnOnce(&mut Workspace, i64) -> anyhow::Result<T>) -> anyhow::Result<T> {
        self.slack.change(change)
    }
}
