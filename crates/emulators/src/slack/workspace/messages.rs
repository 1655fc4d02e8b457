//! Messages: posting, editing, deleting, reacting, and what each of these tells the apps.

use anyhow::{Context, bail};
use serde_json::{Map, Value, json};

use super::model::{Channel, ChannelKind, FileShare, Message, Rest, Thread, Words};
use super::store::Workspace;
use super::ts::Ts;
use crate::slack::render::messages as render;

/// A message to be posted.
#[derive(Debug, Clone)]
pub struct NewMessage {
    pub user: String,
    pub words: Words,
    pub thread: Option<Ts>,
    /// Shows a reply in the channel too.
    pub broadcast: bool,
    pub subtype: Option<String>,
    pub files: Vec<String>,
    pub blocks: Option<Value>,
    pub attachments: Option<Value>,
    pub bot_id: Option<String>,
    pub username: Option<String>,
    pub metadata: Option<Value>,
    pub more: Map<String, Value>,
    /// Back-dates the message; the present moment when absent.
    pub ts: Option<Ts>,
}

impl NewMessage {
    pub fn written(user: &str, text: &str) -> Self {
        Self {
            user: user.to_owned(),
            words: Words::Written(text.into()),
            thread: None,
            broadcast: false,
            subtype: None,
            files: Vec::new(),
            blocks: None,
            attachments: None,
            bot_id: None,
            username: None,
            metadata: None,
            more: Map::new(),
            ts: None,
        }
    }

    /// Returns a notice such as "has joined the channel".
    pub fn notice(user: &str, subtype: &str, text: String) -> Self {
        Self { subtype: Some(subtype.to_owned()), ..Self::written(user, &text) }
    }
}

/// What became of a deleted message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletion {
    Removed,
    /// A root with replies stays as a stone.
    Tombstoned,
}

/// Returns the event name and scope of messages in a kind of conversation.
fn message_event(kind: ChannelKind) -> (&'static str, &'static [&'static str]) {
    match kind {
        ChannelKind::Public => ("message.channels", &["channels:history"]),
        ChannelKind::Private => ("message.groups", &["groups:history"]),
        ChannelKind::Im => ("message.im", &["im:history"]),
        ChannelKind::Mpim => ("message.mpim", &["mpim:history"]),
    }
}

impl Workspace {
    /// Posts a message and returns its timestamp.
    pub fn post(&mut self, channel_id: &str, new: NewMessage, now_ms: i64) -> anyhow::Result<Ts> {
        let mut ts = match new.ts {
            Some(ts) => {
                self.note_ts(ts, now_ms);
                ts
            }
            None => self.next_ts(now_ms),
        };
        let channel = self.channel_mut(channel_id)?;
        if channel.is_archived {
            bail!("is_archived");
        }
        while channel.log.messages.contains_key(&ts) {
            ts = Ts(ts.0 + 1);
        }
        if let Some(root) = new.thread {
            let known = channel.log.messages.get(&root).context("thread_not_found")?;
            if known.is_reply_to(root).is_some() {
                bail!("cannot_reply_to_message");
            }
        }
        let broadcast = new.broadcast && new.thread.is_some();
        let subtype = match new.subtype {
            Some(subtype) => Some(subtype.into()),
            None if broadcast => Some("thread_broadcast".into()),
            None => None,
        };
        let rest = Rest {
            files: new.files.clone(),
            blocks: new.blocks,
            attachments: new.attachments,
            reactions: Vec::new(),
            bot_id: new.bot_id,
            username: new.username,
            metadata: new.metadata,
            more: new.more,
        };
        let plain = rest.files.is_empty()
            && rest.blocks.is_none()
            && rest.attachments.is_none()
            && rest.bot_id.is_none()
            && rest.username.is_none()
            && rest.metadata.is_none()
            && rest.more.is_empty();
        let message = Message {
            user: new.user.clone().into(),
            words: new.words,
            thread: new.thread,
            subtype,
            edited: None,
            rest: (!plain).then(|| Box::new(rest)),
        };
        insert(channel, ts, message, broadcast);
        for id in &new.files {
            if let Some(file) = self.files.get_mut(id) {
                file.shares.push(FileShare { channel: channel_id.to_owned(), ts });
                file.pending = false;
            }
        }
        self.tell_post(channel_id, ts);
        for id in &new.files {
            let body = json!({
                "type": "file_shared", "file_id": id, "user_id": new.user, "file": {"id": id},
                "channel_id": channel_id,
            });
            self.tell_channel(channel_id, "file_shared", &["files:read"], body);
        }
        Ok(ts)
    }

    /// Adds messages without events and as cheaply as possible: the bulk of a benchmark.
    pub fn post_silently(&mut self, channel_id: &str, ts: Ts, message: Message) -> anyhow::Result<()> {
        let channel = self.channel_mut(channel_id)?;
        insert(channel, ts, message, false);
        Ok(())
    }

    fn tell_post(&mut self, channel_id: &str, ts: Ts) {
        let Some(channel) = self.channels.get(channel_id) else { return };
        let (name, scopes) = message_event(channel.kind);
        let mut body = render::event_message(self, channel, ts);
        body["channel"] = channel_id.into();
        body["channel_type"] = channel.kind.event_word().into();
        body["event_ts"] = ts.to_string().into();
        self.tell_channel(channel_id, name, scopes, body);
    }

    /// Tells that a message changed, whether or not anything a person sees did.
    fn tell_changed(&mut self, channel_id: &str, message: Value, previous: Value, at: Ts) {
        let Some(channel) = self.channels.get(channel_id) else { return };
        let (name, scopes) = message_event(channel.kind);
        let body = json!({
            "type": "message",
            "subtype": "message_changed",
            "hidden": true,
            "message": message,
            "previous_message": previous,
            "channel": channel_id,
            "channel_type": channel.kind.event_word(),
            "ts": at.to_string(),
            "event_ts": at.to_string(),
        });
        self.tell_channel(channel_id, name, scopes, body);
    }

    /// Changes a message's words; its timestamp stays.
    pub fn edit_message(
        &mut self,
        channel_id: &str,
        ts: Ts,
        text: &str,
        blocks: Option<Value>,
        by: &str,
        now_ms: i64,
    ) -> anyhow::Result<()> {
        let at = self.next_ts(now_ms);
        let previous = self.shown_message(channel_id, ts)?;
        let message = self.message_mut(channel_id, ts)?;
        message.words = Words::Written(text.into());
        message.edited = Some((by.into(), Ts(at.seconds() * 1_000_000)));
        if blocks.is_some() || message.rest.as_ref().is_some_and(|rest| rest.blocks.is_some()) {
            message.rest_mut().blocks = blocks;
        }
        let shown = self.shown_message(channel_id, ts)?;
        self.tell_changed(channel_id, shown, previous, at);
        Ok(())
    }

    /// Deletes a message. A root with replies becomes a stone, which apps hear as a change.
    pub fn delete_message(&mut self, channel_id: &str, ts: Ts, now_ms: i64) -> anyhow::Result<Deletion> {
        let at = self.next_ts(now_ms);
        let previous = self.shown_message(channel_id, ts)?;
        let channel = self.channel_mut(channel_id)?;
        let kind = channel.kind;
        let has_replies = channel.log.threads.get(&ts).is_some_and(|thread| !thread.replies.is_empty());
        if has_replies {
            let message = self.message_mut(channel_id, ts)?;
            message.subtype = Some("tombstone".into());
            message.user = "USLACKBOT".into();
            message.words = Words::Written("This message was deleted.".into());
            message.edited = None;
            message.rest = None;
            let shown = self.shown_message(channel_id, ts)?;
            self.tell_changed(channel_id, shown, previous, at);
            return Ok(Deletion::Tombstoned);
        }
        let removed = channel.log.messages.remove(&ts).context("message_not_found")?;
        channel.log.shown.remove(&ts);
        channel.log.pinned.remove(&ts);
        if let Some(root) = removed.is_reply_to(ts) {
            remove_reply(channel, root, ts, &removed.user);
        }
        let (name, scopes) = message_event(kind);
        let body = json!({
            "type": "message",
            "subtype": "message_deleted",
            "hidden": true,
            "deleted_ts": ts.to_string(),
            "channel": channel_id,
            "channel_type": kind.event_word(),
            "previous_message": previous,
            "ts": at.to_string(),
            "event_ts": at.to_string(),
        });
        self.tell_channel(channel_id, name, scopes, body);
        let files = removed.rest.map(|rest| rest.files).unwrap_or_default();
        for id in files {
            if let Some(file) = self.files.get_mut(&id) {
                file.shares.retain(|share| share.channel != channel_id || share.ts != ts);
            }
            let body = json!({
                "type": "file_unshared", "file_id": id, "user_id": &*removed.user, "file": {"id": id},
                "channel_id": channel_id,
            });
            self.tell_channel(channel_id, "file_unshared", &["files:read"], body);
        }
        Ok(Deletion::Removed)
    }

    /// Adds or removes a reaction. False when that changes nothing.
    pub fn react(
        &mut self,
        channel_id: &str,
        ts: Ts,
        name: &str,
        user: &str,
        adding: bool,
    ) -> anyhow::Result<bool> {
        let author = self.message_mut(channel_id, ts)?.user.to_string();
        let rest = self.message_mut(channel_id, ts)?.rest_mut();
        let place = rest.reactions.iter().position(|(known, _)| known == name);
        let changed = match (adding, place) {
            (true, None) => {
                rest.reactions.push((name.to_owned(), vec![user.to_owned()]));
                true
            }
            (true, Some(place)) => {
                let users = &mut rest.reactions[place].1;
                let fresh = !users.iter().any(|known| known == user);
                if fresh {
                    users.push(user.to_owned());
                }
                fresh
            }
            (false, None) => false,
            (false, Some(place)) => {
                let users = &mut rest.reactions[place].1;
                let before = users.len();
                users.retain(|known| known != user);
                let changed = users.len() < before;
                if users.is_empty() {
                    rest.reactions.remove(place);
                }
                changed
            }
        };
        if changed {
            let word = if adding { "reaction_added" } else { "reaction_removed" };
            let body = json!({
                "type": word,
                "user": user,
                "reaction": name,
                "item": {"type": "message", "channel": channel_id, "ts": ts.to_string()},
                "item_user": author,
            });
            self.tell_channel(channel_id, word, &["reactions:read"], body);
        }
        Ok(changed)
    }

    /// Sends `count` change events for a message in which nothing changed but an unfurled link.
    pub fn storm(&mut self, channel_id: &str, ts: Ts, count: usize, now_ms: i64) -> anyhow::Result<()> {
        let previous = self.shown_message(channel_id, ts)?;
        for number in 0..count {
            let at = self.next_ts(now_ms);
            let mut message = previous.clone();
            message["attachments"] = json!([{
                "id": number + 1,
                "from_url": "https://lantern-tea.example/",
                "fallback": "Lantern Tea Company",
                "title": "Lantern Tea Company",
                "service_name": "lantern-tea.example",
            }]);
            self.tell_changed(channel_id, message, previous.clone(), at);
        }
        Ok(())
    }

    /// Tells of a reply's effect on its root, as `message_replied` without its subtype.
    pub fn tell_replied(&mut self, channel_id: &str, root: Ts, with_subtype: bool, now_ms: i64) {
        let Ok(mut parent) = self.shown_message(channel_id, root) else { return };
        let Some(channel) = self.channels.get(channel_id) else { return };
        let replies: Vec<Value> = channel.log.threads.get(&root).map_or(Vec::new(), |thread| {
            let user = |ts: &Ts| channel.log.messages.get(ts).map(|message| message.user.to_string());
            thread.replies.iter().map(|ts| json!({"user": user(ts), "ts": ts.to_string()})).collect()
        });
        parent["replies"] = replies.into();
        let (name, scopes) = message_event(channel.kind);
        let kind = channel.kind.event_word();
        let at = self.next_ts(now_ms).to_string();
        let mut body = json!({
            "type": "message", "hidden": true, "message": parent, "channel": channel_id,
            "channel_type": kind, "ts": at, "event_ts": at,
        });
        if with_subtype {
            body["subtype"] = "message_replied".into();
        }
        self.tell_channel(channel_id, name, scopes, body);
    }

    fn message_mut(&mut self, channel_id: &str, ts: Ts) -> anyhow::Result<&mut Message> {
        self.channel_mut(channel_id)?.log.messages.get_mut(&ts).context("message_not_found")
    }

    fn shown_message(&self, channel_id: &str, ts: Ts) -> anyhow::Result<Value> {
        let channel = self.channels.get(channel_id).context("channel_not_found")?;
        if !channel.log.messages.contains_key(&ts) {
            bail!("message_not_found");
        }
        Ok(render::message(self, channel, ts))
    }
}

fn insert(channel: &mut Channel, ts: Ts, message: Message, broadcast: bool) {
    let root = message.is_reply_to(ts);
    if root.is_none() || broadcast {
        channel.log.shown.insert(ts);
    }
    if let Some(root) = root {
        let thread: &mut Thread = channel.log.threads.entry(root).or_default();
        thread.replies.insert(ts);
        if !thread.users.iter().any(|known| **known == *message.user) {
            thread.users.push(message.user.to_string());
        }
    }
    channel.log.messages.insert(ts, message);
}

/// Takes a reply out of its thread; a stone without replies left goes too.
fn remove_reply(channel: &mut Channel, root: Ts, ts: Ts, user: &str) {
    let log = &mut channel.log;
    let Some(thread) = log.threads.get_mut(&root) else { return };
    thread.replies.remove(&ts);
    let still = thread
        .replies
        .iter()
        .any(|reply| log.messages.get(reply).is_some_and(|message| &*message.user == user));
    if !still {
        thread.users.retain(|known| known != user);
    }
    if thread.replies.is_empty() {
        log.threads.remove(&root);
        let stone =
            log.messages.get(&root).is_some_and(|known| known.subtype.as_deref() == Some("tombstone"));
        if stone {
            log.messages.remove(&root);
            log.shown.remove(&root);
        }
    }
}
