//! `reactions.*`, `pins.list` and `bookmarks.list`.

use serde_json::{Value, json};

use super::paging::{ClassicPage, listed, read_cursor};
use crate::slack::call::{Call, done};
use crate::slack::errors::ApiError;
use crate::slack::render::messages as render;
use crate::slack::workspace::{Channel, Ts, Workspace};

fn shown(workspace: &Workspace, channel: &Channel, ts: Ts) -> Value {
    let mut message = render::message(workspace, channel, ts);
    message["permalink"] = render::permalink(workspace, channel, ts).into();
    json!({"type": "message", "channel": channel.id, "message": message})
}

fn place(call: &Call<'_>) -> Result<(String, Ts), ApiError> {
    let id = call.args.get("channel").ok_or("no_item_specified")?;
    let ts = call.args.get("timestamp").ok_or("no_item_specified")?;
    let ts = Ts::parse(&ts).ok_or("bad_timestamp")?;
    let workspace = call.slack.read();
    let channel = call.channel(&workspace, &id)?;
    if !channel.log.messages.contains_key(&ts) {
        return Err("message_not_found".into());
    }
    Ok((id, ts))
}

pub fn get(call: &Call<'_>) -> Result<Value, ApiError> {
    let (id, ts) = place(call)?;
    let workspace = call.slack.read();
    let channel = workspace.channels.get(&id).ok_or("channel_not_found")?;
    Ok(shown(&workspace, channel, ts))
}

pub fn list(call: &Call<'_>) -> Result<Value, ApiError> {
    let page = ClassicPage::read(call, 100, 1000)?;
    let of = call.args.get("user").unwrap_or_else(|| call.me.id.clone());
    let workspace = call.slack.read();
    let mut found: Vec<(&Channel, Ts)> = Vec::new();
    for channel in workspace.channels.values() {
        if call.channel(&workspace, &channel.id).is_err() {
            continue;
        }
        for (ts, message) in &channel.log.messages {
            let reactions = message.rest.as_ref().map_or(&[][..], |rest| &rest.reactions);
            if reactions.iter().any(|(_, users)| users.contains(&of)) {
                found.push((channel, *ts));
            }
        }
    }
    found.sort_by_key(|(_, ts)| std::cmp::Reverse(*ts));
    if call.args.get("page").is_some() || call.args.get("count").is_some() {
        let items: Vec<Value> =
            page.slice(&found).iter().map(|(channel, ts)| shown(&workspace, channel, *ts)).collect();
        return Ok(json!({"items": items, "paging": page.paging(found.len())}));
    }
    let limit = call.args.count("limit", 100, 1000)?;
    let start = match read_cursor(call, "reaction")? {
        Some(place) => place.parse::<usize>().map_err(|_| ApiError::new("invalid_cursor"))?,
        None => 0,
    };
    let rows = found.iter().skip(start).take(limit);
    let items = rows.map(|(channel, ts)| shown(&workspace, channel, *ts)).collect();
    let next = (start + limit < found.len()).then(|| (start + limit).to_string());
    Ok(listed(call, "items", items, "reaction", next))
}

pub fn add(call: &Call<'_>) -> Result<Value, ApiError> {
    change(call, true, "already_reacted")
}

pub fn remove(call: &Call<'_>) -> Result<Value, ApiError> {
    change(call, false, "no_reaction")
}

fn change(call: &Call<'_>, adding: bool, refusal: &'static str) -> Result<Value, ApiError> {
    let name = call.args.get("name").ok_or("invalid_name")?;
    let name = name.trim_matches(':').to_owned();
    let (id, ts) = place(call)?;
    let changed = call.slack.change(|workspace, _| workspace.react(&id, ts, &name, &call.me.id, adding))?;
    if changed { done() } else { Err(refusal.into()) }
}

pub fn pins(call: &Call<'_>) -> Result<Value, ApiError> {
    let id = call.args.need("channel")?;
    let workspace = call.slack.read();
    let channel = call.channel(&workspace, &id)?;
    let items: Vec<Value> = channel
        .log
        .pinned
        .iter()
        .rev()
        .map(|ts| {
            let mut item = shown(&workspace, channel, *ts);
            item["created"] = ts.seconds().into();
            item["created_by"] = channel.creator.as_str().into();
            item
        })
        .collect();
    Ok(json!({"items": items}))
}

/// No channel of the emulator has bookmarks.
pub fn bookmarks(call: &Call<'_>) -> Result<Value, ApiError> {
    let id = call.args.get("channel_id").ok_or(ApiError::missing_field("channel_id"))?;
    call.channel(&call.slack.read(), &id)?;
    Ok(json!({"bookmarks": []}))
}
