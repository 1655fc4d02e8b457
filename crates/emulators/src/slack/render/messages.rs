//! Messages as history, replies and events show them.

use serde_json::{Map, Value, json};

use super::{files, people, rich_text};
use crate::kernel::secret::stable_id;
use crate::slack::workspace::{Channel, Message, Ts, Workspace};

/// Returns a message as `conversations.history` and `conversations.replies` show it.
pub fn message(workspace: &Workspace, channel: &Channel, ts: Ts) -> Value {
    let Some(message) = channel.log.messages.get(&ts) else { return Value::Null };
    let mut shown = bare(workspace, channel, ts, message);
    if message.is_reply_to(ts).is_none() {
        add_thread(channel, ts, &mut shown);
    } else if message.subtype.as_deref() == Some("thread_broadcast")
        && let Some(root) = message.thread
        && let Some(parent) = channel.log.messages.get(&root)
    {
        let mut parent = bare(workspace, channel, root, parent);
        add_thread(channel, root, &mut parent);
        shown.insert("root".into(), parent.into());
    }
    Value::Object(shown)
}

/// Returns a message as the event that announces it: without counts of its thread.
pub fn event_message(workspace: &Workspace, channel: &Channel, ts: Ts) -> Value {
    let Some(message) = channel.log.messages.get(&ts) else { return Value::Null };
    let mut shown = self::message(workspace, channel, ts);
    if shown["subtype"].is_null() && message.rest.as_ref().is_some_and(|rest| !rest.files.is_empty()) {
        shown["subtype"] = "file_share".into();
    }
    if message.is_reply_to(ts).is_none()
        && let Some(object) = shown.as_object_mut()
    {
        for key in ["thread_ts", "reply_count", "reply_users_count", "latest_reply", "reply_users"] {
            object.remove(key);
        }
        for key in ["is_locked", "subscribed"] {
            object.remove(key);
        }
    }
    shown
}

fn bare(workspace: &Workspace, channel: &Channel, ts: Ts, message: &Message) -> Map<String, Value> {
    let mut shown = Map::new();
    let text = message.words.text();
    let author = workspace.users.get(&*message.user);
    let rest = message.rest.as_deref();
    let bot_id = rest.and_then(|rest| rest.bot_id.as_deref());
    let subtype = message.subtype.as_deref();
    shown.insert("type".into(), "message".into());
    if let Some(subtype) = subtype {
        shown.insert("subtype".into(), subtype.into());
    }
    if !message.user.is_empty() && subtype != Some("bot_message") {
        shown.insert("user".into(), (*message.user).into());
    }
    shown.insert("text".into(), text.as_str().into());
    shown.insert("ts".into(), ts.to_string().into());
    let is_notice = subtype.is_some_and(|word| word.starts_with("channel_") || word.starts_with("group_"));
    match subtype {
        Some("tombstone") => {
            shown.insert("hidden".into(), true.into());
        }
        Some("bot_message") => {}
        _ if is_notice => {}
        _ => {
            let team = author.map_or(channel.team_id.as_str(), |user| user.team_id.as_str());
            shown.insert("team".into(), team.into());
            if bot_id.is_none() {
                shown.insert("client_msg_id".into(), client_msg_id(ts).into());
            }
        }
    }
    if let Some(bot_id) = bot_id {
        shown.insert("bot_id".into(), bot_id.into());
        if subtype != Some("bot_message")
            && let Some(user) = author.filter(|user| user.is_bot())
        {
            shown.insert("app_id".into(), user.app_id.as_deref().unwrap_or("").into());
            shown.insert("bot_profile".into(), people::bot_profile(user));
        }
    }
    let given_blocks = rest.and_then(|rest| rest.blocks.clone());
    let has_attachments = rest.is_some_and(|rest| rest.attachments.is_some());
    if let Some(blocks) = given_blocks {
        shown.insert("blocks".into(), blocks);
    } else if !is_notice && !matches!(subtype, Some("tombstone" | "bot_message")) && !text.is_empty() {
        shown.insert("blocks".into(), rich_text::blocks(&text, &block_id(ts)));
    }
    if let Some(rest) = rest {
        if has_attachments && let Some(attachments) = &rest.attachments {
            shown.insert("attachments".into(), attachments.clone());
        }
        if !rest.files.is_empty() {
            let files: Vec<Value> = rest
                .files
                .iter()
                .filter_map(|id| workspace.files.get(id))
                .map(|file| files::in_message(workspace, file))
                .collect();
            shown.insert("files".into(), files.into());
            shown.insert("upload".into(), false.into());
            shown.insert("display_as_bot".into(), false.into());
        }
        if let Some(username) = &rest.username {
            shown.insert("username".into(), username.as_str().into());
        }
        if let Some(metadata) = &rest.metadata {
            shown.insert("metadata".into(), metadata.clone());
        }
        if !rest.reactions.is_empty() {
            let reactions: Vec<Value> = rest
                .reactions
                .iter()
                .map(|(name, users)| json!({"name": name, "users": users, "count": users.len()}))
                .collect();
            shown.insert("reactions".into(), reactions.into());
        }
        shown.extend(rest.more.clone());
    }
    if let Some((user, at)) = &message.edited {
        shown.insert("edited".into(), json!({"user": **user, "ts": at.to_string()}));
    }
    if let Some(root) = message.is_reply_to(ts) {
        shown.insert("thread_ts".into(), root.to_string().into());
        let parent = channel.log.messages.get(&root).map(|parent| parent.user.to_string());
        if subtype != Some("thread_broadcast")
            && let Some(parent) = parent
        {
            shown.insert("parent_user_id".into(), parent.into());
        }
    }
    shown
}

/// Adds what a root with replies shows of its thread.
fn add_thread(channel: &Channel, ts: Ts, shown: &mut Map<String, Value>) {
    let Some(thread) = channel.log.threads.get(&ts) else { return };
    let Some(latest) = thread.replies.last() else { return };
    shown.insert("thread_ts".into(), ts.to_string().into());
    shown.insert("reply_count".into(), thread.replies.len().into());
    shown.insert("reply_users_count".into(), thread.users.len().into());
    shown.insert("latest_reply".into(), latest.to_string().into());
    shown.insert("reply_users".into(), thread.users.iter().take(5).cloned().collect::<Vec<_>>().into());
    shown.insert("is_locked".into(), false.into());
    shown.insert("subscribed".into(), false.into());
}

fn client_msg_id(ts: Ts) -> String {
    let text =
        format!("{:032x}", u128::from(ts.0 as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835));
    format!("{}-{}-{}-{}-{}", &text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..])
}

fn block_id(ts: Ts) -> String {
    let mixed = (ts.0 as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    format!("{:05x}", mixed >> 44)
}

/// Returns the web address of a message, with a trailing slash on the workspace's.
pub fn permalink(workspace: &Workspace, channel: &Channel, ts: Ts) -> String {
    let mut link = format!("{}archives/{}/p{}", workspace.url, channel.id, ts.to_string().replace('.', ""));
    if let Some(root) = channel.log.messages.get(&ts).and_then(|message| message.is_reply_to(ts)) {
        link.push_str(&format!("?thread_ts={root}&cid={}", channel.id));
    }
    link
}

/// Returns the id a search result carries.
pub fn search_iid(channel: &Channel, ts: Ts) -> String {
    stable_id(&channel.id, ts.0 as u64, 22)
}
