//! `chat.*`: posting, changing, deleting, links.

use serde_json::{Value, json};

use crate::slack::call::Call;
use crate::slack::errors::ApiError;
use crate::slack::render::messages as render;
use crate::slack::state::RepliedEvents;
use crate::slack::workspace::{NewMessage, Ts};

const LONGEST: usize = 40_000;

pub fn post(call: &Call<'_>) -> Result<Value, ApiError> {
    let wish = call.args.need("channel")?;
    let id = {
        let workspace = call.slack.read();
        let id = workspace.channel_id(&wish).map_err(|_| ApiError::new("channel_not_found"))?;
        let channel = call.channel(&workspace, &id)?;
        if !channel.members.contains(&call.me.id) {
            let public = call.token.has("chat:write.public") || !call.is_bot();
            if channel.is_private() || !public {
                return Err("not_in_channel".into());
            }
        }
        id
    };
    let blocks = call.args.nested("blocks").map_err(|()| ApiError::new("invalid_blocks_format"))?;
    let attachments = call.args.nested("attachments").map_err(|()| ApiError::new("invalid_attachments"))?;
    let metadata = call.args.nested("metadata").map_err(|()| ApiError::new("invalid_metadata_format"))?;
    let text = call.args.get("text").or_else(|| call.args.get("markdown_text")).unwrap_or_default();
    if text.is_empty() && blocks.is_none() && attachments.is_none() {
        return Err("no_text".into());
    }
    let thread = match call.args.get("thread_ts") {
        Some(text) => Some(Ts::parse(&text).ok_or("thread_not_found")?),
        None => None,
    };
    let text: String = text.chars().take(LONGEST).collect();
    let mut new = NewMessage::written(&call.me.id, &text);
    new.thread = thread;
    new.broadcast = call.args.flag("reply_broadcast");
    new.blocks = blocks;
    new.attachments = attachments;
    new.metadata = metadata;
    new.bot_id = call.me.bot_id.clone();
    if call.token.has("chat:write.customize") {
        new.username = call.args.get("username");
    }
    let replied = call.switches.message_replied;
    let ts = call.slack.change(|workspace, now_ms| {
        let ts = workspace.post(&id, new, now_ms)?;
        if let Some(root) = thread.filter(|_| replied != RepliedEvents::Off) {
            workspace.tell_replied(&id, root, replied == RepliedEvents::WithSubtype, now_ms);
        }
        Ok::<_, anyhow::Error>(ts)
    })?;
    let workspace = call.slack.read();
    let channel = workspace.channels.get(&id).ok_or("channel_not_found")?;
    let message = render::event_message(&workspace, channel, ts);
    Ok(json!({"channel": id, "ts": ts.to_string(), "message": message}))
}

/// Finds a message of the caller's own.
fn own_message(call: &Call<'_>, refusal: &'static str) -> Result<(String, Ts), ApiError> {
    let id = call.args.need("channel")?;
    let asked = call.args.need("ts")?;
    let workspace = call.slack.read();
    let channel = call.channel(&workspace, &id)?;
    let ts = Ts::parse(&asked).ok_or("message_not_found")?;
    let message = channel.log.messages.get(&ts).ok_or("message_not_found")?;
    if *message.user != *call.me.id {
        return Err(refusal.into());
    }
    Ok((id, ts))
}

pub fn update(call: &Call<'_>) -> Result<Value, ApiError> {
    let (id, ts) = own_message(call, "cant_update_message")?;
    let blocks = call.args.nested("blocks").map_err(|()| ApiError::new("invalid_blocks_format"))?;
    let text = call.args.get("text").unwrap_or_default();
    if text.is_empty() && blocks.is_none() && call.args.get("attachments").is_none() {
        return Err("no_text".into());
    }
    call.slack
        .change(|workspace, now_ms| workspace.edit_message(&id, ts, &text, blocks, &call.me.id, now_ms))?;
    let workspace = call.slack.read();
    let channel = workspace.channels.get(&id).ok_or("channel_not_found")?;
    let message = render::message(&workspace, channel, ts);
    Ok(json!({"channel": id, "ts": ts.to_string(), "text": text, "message": message}))
}

pub fn delete(call: &Call<'_>) -> Result<Value, ApiError> {
    let (id, ts) = own_message(call, "cant_delete_message")?;
    call.slack.change(|workspace, now_ms| workspace.delete_message(&id, ts, now_ms))?;
    Ok(json!({"channel": id, "ts": ts.to_string()}))
}

pub fn permalink(call: &Call<'_>) -> Result<Value, ApiError> {
    let id = call.args.need("channel")?;
    let asked = call.args.need("message_ts")?;
    let workspace = call.slack.read();
    let channel = call.channel(&workspace, &id)?;
    let ts = Ts::parse(&asked).ok_or("message_not_found")?;
    if !channel.log.messages.contains_key(&ts) {
        return Err("message_not_found".into());
    }
    Ok(json!({"channel": id, "permalink": render::permalink(&workspace, channel, ts)}))
}
