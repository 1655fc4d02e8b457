//! Conversations: opening, renaming, archiving, deleting, and who is in them.

use std::collections::BTreeSet;

use anyhow::bail;
use serde_json::json;

use super::messages::NewMessage;
use super::model::{Channel, ChannelKind, Heading, Log};
use super::store::Workspace;
use super::ts::Ts;
use crate::slack::render::channels as render;

const READ: &[&str] = &["channels:read", "groups:read", "im:read", "mpim:read"];

/// A conversation to be opened.
#[derive(Debug, Clone)]
pub struct NewChannel {
    pub kind: ChannelKind,
    pub name: String,
    pub creator: String,
    pub members: BTreeSet<String>,
    pub team_id: Option<String>,
    pub connected_team_ids: Vec<String>,
    pub is_general: bool,
    pub purpose: String,
    pub topic: String,
}

impl Workspace {
    /// Opens a conversation; direct messages between the same people are found again.
    pub fn create_channel(&mut self, new: NewChannel, now_ms: i64) -> anyhow::Result<String> {
        let mut members = new.members;
        members.insert(new.creator.clone());
        if matches!(new.kind, ChannelKind::Im | ChannelKind::Mpim) {
            let known = self.channels.values().find(|c| c.kind == new.kind && c.members == members);
            if let Some(known) = known {
                return Ok(known.id.clone());
            }
        } else if self.channels.values().any(|channel| channel.name == new.name) {
            bail!("name_taken");
        }
        let name = match new.kind {
            ChannelKind::Im => String::new(),
            ChannelKind::Mpim => {
                let handles: Vec<&str> =
                    members.iter().filter_map(|id| Some(self.users.get(id)?.name.as_str())).collect();
                format!("mpdm-{}-1", handles.join("--"))
            }
            _ => new.name,
        };
        let id = self.new_id(if new.kind == ChannelKind::Im { "D" } else { "C" });
        let heading = |value: String| Heading {
            last_set: if value.is_empty() { 0 } else { now_ms / 1000 },
            creator: if value.is_empty() { String::new() } else { new.creator.clone() },
            value,
        };
        let channel = Channel {
            id: id.clone(),
            team_id: new.team_id.unwrap_or_else(|| self.team().id.clone()),
            kind: new.kind,
            name,
            creator: new.creator.clone(),
            created: now_ms / 1000,
            updated_ms: now_ms,
            is_archived: false,
            is_general: new.is_general,
            topic: heading(new.topic),
            purpose: heading(new.purpose),
            previous_names: Vec::new(),
            members,
            connected_team_ids: new.connected_team_ids,
            limited_access: false,
            log: Log::default(),
        };
        let created = render::created(&channel);
        self.channels.insert(id.clone(), channel);
        match new.kind {
            ChannelKind::Public => {
                let body = json!({"type": "channel_created", "channel": created});
                self.tell_team("channel_created", &["channels:read"], body);
            }
            ChannelKind::Im => {
                let body = json!({"type": "im_created", "user": new.creator, "channel": {"id": id}});
                self.tell_channel(&id, "im_created", &["im:read"], body);
            }
            _ => {}
        }
        Ok(id)
    }

    pub fn rename_channel(&mut self, id: &str, name: &str, by: &str, now_ms: i64) -> anyhow::Result<()> {
        if self.channels.values().any(|channel| channel.name == name) {
            bail!("name_taken");
        }
        let channel = self.channel_mut(id)?;
        let old = std::mem::replace(&mut channel.name, name.to_owned());
        channel.previous_names.insert(0, old.clone());
        channel.updated_ms = now_ms;
        let event = if channel.is_private() { "group_rename" } else { "channel_rename" };
        let subtype = if channel.is_private() { "group_name" } else { "channel_name" };
        let shown = json!({
            "id": id,
            "is_channel": !channel.is_private(),
            "is_mpim": channel.kind == ChannelKind::Mpim,
            "name": name,
            "name_normalized": name,
            "created": channel.created,
        });
        self.tell_channel(id, event, READ, json!({"type": event, "channel": shown}));
        let mut notice =
            NewMessage::notice(by, subtype, format!("has renamed the channel from \"{old}\" to \"{name}\""));
        notice.more.insert("old_name".into(), old.into());
        notice.more.insert("name".into(), name.into());
        self.post(id, notice, now_ms)?;
        Ok(())
    }

    pub fn set_heading(
        &mut self,
        id: &str,
        subtype: &str,
        value: &str,
        by: &str,
        now_ms: i64,
    ) -> anyhow::Result<()> {
        let channel = self.channel_mut(id)?;
        let heading = Heading { value: value.to_owned(), creator: by.to_owned(), last_set: now_ms / 1000 };
        let word = if subtype == "topic" {
            channel.topic = heading;
            "channel_topic"
        } else {
            channel.purpose = heading;
            "channel_purpose"
        };
        channel.updated_ms = now_ms;
        let mut notice = NewMessage::notice(by, word, format!("set the channel {subtype}: {value}"));
        notice.more.insert(subtype.to_owned(), value.into());
        self.post(id, notice, now_ms)?;
        Ok(())
    }

    pub fn set_archived(&mut self, id: &str, archived: bool, by: &str, now_ms: i64) -> anyhow::Result<()> {
        let channel = self.channel_mut(id)?;
        if channel.is_archived == archived {
            return Ok(());
        }
        channel.updated_ms = now_ms;
        let family = if channel.is_private() { "group" } else { "channel" };
        let word = format!("{family}_{}", if archived { "archive" } else { "unarchive" });
        let text = if archived { "archived the channel" } else { "un-archived the channel" };
        channel.is_archived = false;
        self.post(id, NewMessage::notice(by, &word, text.to_owned()), now_ms)?;
        self.channel_mut(id)?.is_archived = archived;
        let body = json!({"type": word, "channel": id, "user": by, "is_moved": 0});
        self.tell_channel(id, word, READ, body);
        Ok(())
    }

    /// Deletes a conversation with all its messages.
    pub fn delete_channel(&mut self, id: &str, by: &str, now_ms: i64) -> anyhow::Result<()> {
        let channel = self.channel_mut(id)?;
        let word = if channel.is_private() { "group_deleted" } else { "channel_deleted" };
        let body = json!({
            "type": word, "channel": id, "actor_id": by, "date_deleted": now_ms / 1000,
        });
        self.tell_channel(id, word, READ, body);
        self.channels.remove(id);
        for file in self.files.values_mut() {
            file.shares.retain(|share| share.channel != id);
        }
        Ok(())
    }

    /// Adds a member, with the visible "joined" message. False when they were in already.
    pub fn join(&mut self, id: &str, user: &str, inviter: Option<&str>, now_ms: i64) -> anyhow::Result<bool> {
        let team = self.users.get(user).map(|user| user.team_id.clone()).unwrap_or_default();
        let channel = self.channel_mut(id)?;
        if !channel.members.insert(user.to_owned()) {
            return Ok(false);
        }
        channel.updated_ms = now_ms;
        let kind = channel.kind;
        let mut body = json!({
            "type": "member_joined_channel",
            "user": user,
            "channel": id,
            "channel_type": if kind == ChannelKind::Public { "C" } else { "G" },
            "team": team,
        });
        if let Some(inviter) = inviter {
            body["inviter"] = inviter.into();
        }
        self.tell_channel(id, "member_joined_channel", READ, body);
        let subtype = if kind == ChannelKind::Public { "channel_join" } else { "group_join" };
        let mut notice = NewMessage::notice(user, subtype, format!("<@{user}> has joined the channel"));
        notice.more.insert("inviter".into(), inviter.unwrap_or(user).into());
        self.post(id, notice, now_ms)?;
        Ok(true)
    }

    /// Removes a member; `by` is who did it.
    pub fn leave(&mut self, id: &str, user: &str, by: &str, now_ms: i64) -> anyhow::Result<()> {
        let team = self.users.get(user).map(|user| user.team_id.clone()).unwrap_or_default();
        let channel = self.channel_mut(id)?;
        if !channel.members.contains(user) {
            bail!("{user} is not in {id}");
        }
        let kind = channel.kind;
        channel.updated_ms = now_ms;
        // The one who leaves still hears of it.
        let body = json!({
            "type": "member_left_channel",
            "user": user,
            "channel": id,
            "channel_type": if kind == ChannelKind::Public { "C" } else { "G" },
            "team": team,
        });
        self.tell_channel(id, "member_left_channel", READ, body);
        let word = if kind == ChannelKind::Public { "channel_left" } else { "group_left" };
        self.tell_user(user, word, READ, json!({"type": word, "channel": id, "actor_id": by}));
        self.channel_mut(id)?.members.remove(user);
        let subtype = if kind == ChannelKind::Public { "channel_leave" } else { "group_leave" };
        let text = format!("<@{user}> has left the channel");
        self.post(id, NewMessage::notice(user, subtype, text), now_ms)?;
        Ok(())
    }

    /// Removes every message up to a moment, as a retention rule does. Says how many went.
    pub fn purge(&mut self, id: &str, before: Ts, now_ms: i64) -> anyhow::Result<usize> {
        let ts = self.next_ts(now_ms);
        let channel = self.channel_mut(id)?;
        let gone: Vec<Ts> = channel.log.messages.range(..before).map(|(ts, _)| *ts).collect();
        for ts in &gone {
            channel.log.messages.remove(ts);
            channel.log.shown.remove(ts);
            channel.log.threads.remove(ts);
            channel.log.pinned.remove(ts);
        }
        for thread in channel.log.threads.values_mut() {
            thread.replies.retain(|reply| *reply >= before);
        }
        let family = if channel.is_private() { "group" } else { "channel" };
        let word = format!("{family}_history_changed");
        let body = json!({
            "type": word,
            "channel": id,
            "latest": before.to_string(),
            "ts": ts.to_string(),
        });
        self.tell_channel(id, word, READ, body);
        Ok(gone.len())
    }

    /// Gives a conversation another id, as a merge or a move into an organisation does.
    pub fn change_channel_id(&mut self, id: &str) -> anyhow::Result<String> {
        let fresh = self.new_id("C");
        let body = json!({"type": "channel_id_changed", "old_channel_id": id, "new_channel_id": fresh});
        self.tell_channel(id, "channel_id_changed", READ, body);
        let Some(mut channel) = self.channels.remove(id) else { bail!("no channel {id}") };
        channel.id.clone_from(&fresh);
        self.channels.insert(fresh.clone(), channel);
        for file in self.files.values_mut() {
            for share in file.shares.iter_mut().filter(|share| share.channel == id) {
                share.channel.clone_from(&fresh);
            }
        }
        Ok(fresh)
    }

    /// Shares a channel with another company's workspace, or ends that.
    pub fn set_connected(&mut self, id: &str, team_id: &str, connected: bool) -> anyhow::Result<()> {
        let channel = self.channel_mut(id)?;
        channel.connected_team_ids.retain(|known| known != team_id);
        if connected {
            channel.connected_team_ids.push(team_id.to_owned());
            let body = json!({"type": "channel_shared", "connected_team_id": team_id, "channel": id});
            self.tell_channel(id, "channel_shared", READ, body);
        } else {
            let still = !channel.connected_team_ids.is_empty();
            let body = json!({
                "type": "channel_unshared",
                "previously_connected_team_id": team_id,
                "channel": id,
                "is_ext_shared": still,
            });
            self.tell_channel(id, "channel_unshared", READ, body);
        }
        Ok(())
    }
}
