//! What the control deeds take: channels, messages, files and bulk, with names instead of ids where people write.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::workspace::{
    ChannelKind, Content, FileMode, Message, NewChannel, NewFile, NewMessage, Ts, Words, Workspace,
};
use crate::kernel::clock::parse_rfc3339;

/// A conversation to be opened; people are named by id, email or handle.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChannelWish {
    pub name: String,
    /// `public`, `private`, `im` or `mpim`.
    pub kind: Option<ChannelKind>,
    pub members: Vec<String>,
    pub creator: Option<String>,
    pub purpose: String,
    pub topic: String,
    pub is_general: bool,
    pub connected_team_ids: Vec<String>,
    pub team_id: Option<String>,
}

/// What may be changed about a conversation; absent fields stay.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChannelEdit {
    pub name: Option<String>,
    pub topic: Option<String>,
    pub purpose: Option<String>,
    pub is_archived: Option<bool>,
    pub limited_access: Option<bool>,
    /// Shares with another company's workspace.
    pub connect: Option<String>,
    pub disconnect: Option<String>,
    /// Who does it; the channel's creator when absent.
    pub by: Option<String>,
}

/// A message to be posted.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MessageWish {
    pub channel: String,
    pub user: Option<String>,
    /// The name of a bot that posts instead of a person.
    pub bot: Option<String>,
    pub text: String,
    /// This many bytes of filler instead of a text.
    pub filler: Option<u32>,
    pub thread_ts: Option<String>,
    pub broadcast: bool,
    pub subtype: Option<String>,
    pub files: Vec<FileWish>,
    pub blocks: Option<Value>,
    pub attachments: Option<Value>,
    pub username: Option<String>,
    pub metadata: Option<Value>,
    pub more: Map<String, Value>,
    /// Back-dates, as a timestamp or RFC 3339.
    pub ts: Option<String>,
    /// Emoji name to people.
    pub reactions: BTreeMap<String, Vec<String>>,
    /// The words it had before it was edited, and when that was.
    pub edited_at: Option<String>,
    pub pinned: bool,
    pub replies: Vec<MessageWish>,
}

/// A file to be uploaded; `id` names one that exists.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FileWish {
    pub id: Option<String>,
    pub user: Option<String>,
    pub name: Option<String>,
    pub title: Option<String>,
    pub content: Option<String>,
    pub content_base64: Option<String>,
    /// This many bytes of filler.
    pub filler: Option<u64>,
    /// A path below the seed's `files` folder.
    pub path: Option<String>,
    pub mimetype: Option<String>,
    pub filetype: Option<String>,
    pub mode: FileMode,
    pub external_type: String,
    pub external_url: String,
    pub check_file_info: bool,
    pub refusal: Option<String>,
    pub created: Option<i64>,
    /// Where it is shared at once.
    pub channels: Vec<String>,
    pub comment: String,
    pub thread_ts: Option<String>,
}

/// Many small messages at once; their words are made when they are read.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Generate {
    pub channel: String,
    pub count: usize,
    /// Bytes of text in each.
    pub size: u32,
    /// Replies below every message; they do not count.
    pub replies: usize,
    pub user: Option<String>,
    /// RFC 3339; as long ago as the messages need when absent.
    pub since: Option<String>,
    pub seconds_apart: i64,
}

/// Reads a timestamp, or a moment as RFC 3339.
pub fn read_ts(text: &str) -> anyhow::Result<Ts> {
    match Ts::parse(text) {
        Some(ts) if text.contains('.') => Ok(ts),
        _ => Ok(Ts::from_ms(parse_rfc3339(text)?)),
    }
}

/// Replaces `{user:…}`, `{channel:…}`, `{group:…}` and `{base}` by ids and the workspace's address.
pub fn expand(workspace: &Workspace, text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        let inside = &rest[open + 1..];
        let found = inside.find('}').and_then(|close| {
            let id = match inside[..close].split_once(':') {
                Some(("user", wish)) => workspace.user_id(wish).ok(),
                Some(("channel", wish)) => workspace.channel_id(wish).ok(),
                Some(("group", wish)) => {
                    workspace.groups.values().find(|group| group.handle == wish).map(|group| group.id.clone())
                }
                None if &inside[..close] == "base" => Some(workspace.url.trim_end_matches('/').to_owned()),
                _ => None,
            };
            Some((id?, &inside[close + 1..]))
        });
        match found {
            Some((id, after)) => {
                out.push_str(&id);
                rest = after;
            }
            None => {
                out.push('{');
                rest = inside;
            }
        }
    }
    out.push_str(rest);
    out
}

pub fn create_channel(workspace: &mut Workspace, wish: &ChannelWish, now_ms: i64) -> anyhow::Result<String> {
    let members: BTreeSet<String> =
        wish.members.iter().map(|member| workspace.user_id(member)).collect::<anyhow::Result<_>>()?;
    let creator = match &wish.creator {
        Some(creator) => workspace.user_id(creator)?,
        None => match wish.members.first() {
            Some(first) => workspace.user_id(first)?,
            None => first_person(workspace)?,
        },
    };
    workspace.create_channel(
        NewChannel {
            kind: wish.kind.unwrap_or(ChannelKind::Public),
            name: wish.name.clone(),
            creator,
            members,
            team_id: wish.team_id.clone(),
            connected_team_ids: wish.connected_team_ids.clone(),
            is_general: wish.is_general,
            purpose: wish.purpose.clone(),
            topic: wish.topic.clone(),
        },
        now_ms,
    )
}

fn first_person(workspace: &Workspace) -> anyhow::Result<String> {
    let mut people: Vec<_> =
        workspace.users.values().filter(|user| !user.email.is_empty() && !user.deleted).collect();
    people.sort_by_key(|user| (!user.is_admin, user.email.clone()));
    people.first().map(|user| user.id.clone()).context("the workspace has no people")
}

pub fn edit_channel(
    workspace: &mut Workspace,
    wish: &str,
    edit: &ChannelEdit,
    now_ms: i64,
) -> anyhow::Result<()> {
    let id = workspace.channel_id(wish)?;
    let by = match &edit.by {
        Some(by) => workspace.user_id(by)?,
        None => workspace.find_channel(&id)?.creator.clone(),
    };
    if let Some(name) = &edit.name {
        workspace.rename_channel(&id, name, &by, now_ms)?;
    }
    if let Some(topic) = &edit.topic {
        workspace.set_heading(&id, "topic", topic, &by, now_ms)?;
    }
    if let Some(purpose) = &edit.purpose {
        workspace.set_heading(&id, "purpose", purpose, &by, now_ms)?;
    }
    if let Some(archived) = edit.is_archived {
        workspace.set_archived(&id, archived, &by, now_ms)?;
    }
    if let Some(limited) = edit.limited_access
        && let Some(channel) = workspace.channels.get_mut(&id)
    {
        channel.limited_access = limited;
    }
    if let Some(team) = &edit.connect {
        workspace.set_connected(&id, team, true)?;
    }
    if let Some(team) = &edit.disconnect {
        workspace.set_connected(&id, team, false)?;
    }
    Ok(())
}

/// Adds a file as `files` of a message or on its own.
pub fn add_file(
    workspace: &mut Workspace,
    wish: &FileWish,
    user: &str,
    now_ms: i64,
) -> anyhow::Result<String> {
    if let Some(id) = &wish.id {
        workspace.files.get(id).with_context(|| format!("no file {id}"))?;
        return Ok(id.clone());
    }
    let content = if let Some(size) = wish.filler {
        Content::Filler { seed: size ^ 7, size }
    } else if let Some(text) = &wish.content_base64 {
        Content::Bytes(Bytes::from(STANDARD.decode(text).context("content_base64 is not base64")?))
    } else {
        Content::Bytes(Bytes::from(wish.content.clone().unwrap_or_default()))
    };
    let id = workspace.add_file(
        NewFile {
            user: user.to_owned(),
            name: wish.name.clone(),
            title: wish.title.clone(),
            mimetype: wish.mimetype.clone(),
            filetype: wish.filetype.clone(),
            mode: wish.mode,
            content,
            external_type: wish.external_type.clone(),
            external_url: wish.external_url.clone(),
            check_file_info: wish.check_file_info,
            created: wish.created,
            pending: false,
        },
        now_ms,
    );
    if let Some(file) = workspace.files.get_mut(&id) {
        file.refusal.clone_from(&wish.refusal);
    }
    Ok(id)
}

/// Uploads a file and shares it where the wish says.
pub fn upload(workspace: &mut Workspace, wish: &FileWish, now_ms: i64) -> anyhow::Result<String> {
    let user = match &wish.user {
        Some(user) => workspace.user_id(user)?,
        None => first_person(workspace)?,
    };
    let id = add_file(workspace, wish, &user, now_ms)?;
    for channel in &wish.channels {
        let channel = workspace.channel_id(channel)?;
        let mut new = NewMessage::written(&user, &wish.comment);
        new.thread = wish.thread_ts.as_deref().map(read_ts).transpose()?;
        new.files = vec![id.clone()];
        workspace.post(&channel, new, now_ms)?;
    }
    Ok(id)
}

/// Posts a message with everything the wish says, its replies too.
pub fn post(workspace: &mut Workspace, wish: &MessageWish, now_ms: i64) -> anyhow::Result<(String, Ts)> {
    let channel = workspace.channel_id(&wish.channel)?;
    let bot = wish.bot.as_ref().map(|name| {
        let app_id =
            format!("A0{:0<9.9}", name.to_uppercase().replace(|c: char| !c.is_ascii_alphanumeric(), ""));
        workspace.add_bot(name, &app_id, now_ms)
    });
    let user = match (&bot, &wish.user) {
        (Some(bot), _) => bot.clone(),
        (None, Some(user)) => workspace.user_id(user)?,
        (None, None) => first_person(workspace)?,
    };
    let mut new = NewMessage::written(&user, &expand(workspace, &wish.text));
    let expanded = |value: &Option<Value>| -> anyhow::Result<Option<Value>> {
        value
            .as_ref()
            .map(|value| Ok(serde_json::from_str(&expand(workspace, &value.to_string()))?))
            .transpose()
    };
    new.blocks = expanded(&wish.blocks)?;
    new.attachments = expanded(&wish.attachments)?;
    if let Some(size) = wish.filler {
        new.words = Words::Filler { seed: u64::from(size) ^ 11, size };
    }
    new.thread = wish.thread_ts.as_deref().map(read_ts).transpose()?;
    new.broadcast = wish.broadcast;
    new.subtype.clone_from(&wish.subtype);
    new.username.clone_from(&wish.username);
    new.metadata.clone_from(&wish.metadata);
    new.more.clone_from(&wish.more);
    new.ts = wish.ts.as_deref().map(read_ts).transpose()?;
    if let Some(bot) = &bot {
        new.bot_id = workspace.users.get(bot).and_then(|user| user.bot_id.clone());
    }
    for file in &wish.files {
        let mut file = file.clone();
        file.created = file.created.or(new.ts.map(Ts::seconds));
        new.files.push(add_file(workspace, &file, &user, now_ms)?);
    }
    let ts = workspace.post(&channel, new, now_ms)?;
    for (name, people) in &wish.reactions {
        for person in people {
            let person = workspace.user_id(person)?;
            workspace.react(&channel, ts, name, &person, true)?;
        }
    }
    let edited = wish.edited_at.as_deref().map(read_ts).transpose()?;
    if let Some(found) = workspace.channels.get_mut(&channel) {
        if wish.pinned {
            found.log.pinned.insert(ts);
        }
        if let (Some(edited), Some(message)) = (edited, found.log.messages.get_mut(&ts)) {
            message.edited = Some((user.as_str().into(), edited));
        }
    }
    for reply in &wish.replies {
        let reply =
            MessageWish { channel: channel.clone(), thread_ts: Some(ts.to_string()), ..reply.clone() };
        post(workspace, &reply, now_ms)?;
    }
    Ok((channel, ts))
}

/// Fills a channel; returns the first and the last timestamp.
pub fn generate(workspace: &mut Workspace, wish: &Generate, now_ms: i64) -> anyhow::Result<(Ts, Ts)> {
    let channel = workspace.channel_id(&wish.channel)?;
    let user: Box<str> = match &wish.user {
        Some(user) => workspace.user_id(user)?.into(),
        None => first_person(workspace)?.into(),
    };
    let step_ms = wish.seconds_apart.max(1) * 1000;
    let start_ms = match &wish.since {
        Some(since) => parse_rfc3339(since)?,
        None => now_ms - step_ms * (wish.count as i64 + 1),
    };
    let size = if wish.size == 0 { 120 } else { wish.size };
    let mut ends: Option<(Ts, Ts)> = None;
    for number in 0..wish.count {
        let mut ts = Ts(Ts::from_ms(start_ms + step_ms * number as i64).0 + 100);
        while workspace.channels[&channel].log.messages.contains_key(&ts) {
            ts = Ts(ts.0 + 1);
        }
        let message = |seed: u64, thread: Option<Ts>| Message {
            user: user.clone(),
            words: Words::Filler { seed, size },
            thread,
            subtype: None,
            edited: None,
            rest: None,
        };
        workspace.post_silently(&channel, ts, message(number as u64, None))?;
        for reply in 0..wish.replies {
            let at = Ts(ts.0 + 10 * (reply as i64 + 1));
            let seed = ((number as u64) << 20) + reply as u64 + 1;
            workspace.post_silently(&channel, at, message(seed, Some(ts)))?;
        }
        ends = Some((ends.map_or(ts, |(first, _)| first), ts));
    }
    ends.context("nothing to generate")
}
