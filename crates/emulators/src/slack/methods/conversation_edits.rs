//! Methods that change conversations: joining, opening, naming, archiving, inviting.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::conversations::shown;
use crate::slack::call::{Call, done};
use crate::slack::errors::ApiError;
use crate::slack::workspace::{ChannelKind, NewChannel};

fn answer(call: &Call<'_>, id: &str) -> Result<Value, ApiError> {
    let workspace = call.slack.read();
    let channel = workspace.channels.get(id).ok_or("channel_not_found")?;
    Ok(json!({"channel": shown(call, &workspace, channel)}))
}

/// Finds a channel the caller is in and may change.
fn own_channel(call: &Call<'_>) -> Result<(String, ChannelKind), ApiError> {
    let id = call.args.need("channel")?;
    let workspace = call.slack.read();
    let channel = call.channel(&workspace, &id)?;
    if matches!(channel.kind, ChannelKind::Im | ChannelKind::Mpim) {
        return Err("method_not_supported_for_channel_type".into());
    }
    if !channel.members.contains(&call.me.id) {
        return Err("not_in_channel".into());
    }
    Ok((id, channel.kind))
}

pub fn join(call: &Call<'_>) -> Result<Value, ApiError> {
    let id = call.args.need("channel")?;
    {
        let workspace = call.slack.read();
        let channel = call.channel(&workspace, &id)?;
        if channel.kind != ChannelKind::Public {
            return Err("method_not_supported_for_channel_type".into());
        }
        if channel.is_archived {
            return Err("is_archived".into());
        }
    }
    let joined = call.slack.change(|workspace, now_ms| workspace.join(&id, &call.me.id, None, now_ms))?;
    let mut body = answer(call, &id)?;
    if !joined {
        body["warning"] = "already_in_channel".into();
        body["response_metadata"] = json!({"warnings": ["already_in_channel"]});
    }
    Ok(body)
}

pub fn leave(call: &Call<'_>) -> Result<Value, ApiError> {
    let id = call.args.need("channel")?;
    {
        let workspace = call.slack.read();
        let channel = call.channel(&workspace, &id)?;
        if matches!(channel.kind, ChannelKind::Im | ChannelKind::Mpim) {
            return Err("method_not_supported_for_channel_type".into());
        }
        if channel.is_general {
            return Err("cant_leave_general".into());
        }
        if !channel.members.contains(&call.me.id) {
            return Ok(json!({"not_in_channel": true}));
        }
    }
    call.slack.change(|workspace, now_ms| workspace.leave(&id, &call.me.id, &call.me.id, now_ms))?;
    done()
}

pub fn open(call: &Call<'_>) -> Result<Value, ApiError> {
    let whole = call.args.flag("return_im");
    if let Some(id) = call.args.get("channel") {
        let workspace = call.slack.read();
        let channel = call.channel(&workspace, &id)?;
        if !matches!(channel.kind, ChannelKind::Im | ChannelKind::Mpim) {
            return Err("method_not_supported_for_channel_type".into());
        }
        drop(workspace);
        return answer(call, &id);
    }
    let users = call.args.list("users");
    if users.is_empty() {
        return Err("users_list_not_supplied".into());
    }
    if users.len() > 8 {
        return Err("too_many_users".into());
    }
    {
        let workspace = call.slack.read();
        if users.iter().any(|user| !workspace.users.contains_key(user)) {
            return Err("user_not_found".into());
        }
    }
    let kind = if users.len() == 1 { ChannelKind::Im } else { ChannelKind::Mpim };
    call.need_family(kind, "write")?;
    let members: BTreeSet<String> = users.into_iter().collect();
    let (id, fresh) = call.slack.change(|workspace, now_ms| {
        let before = workspace.channels.len();
        let id = workspace.create_channel(new_channel(call, kind, "", members), now_ms)?;
        Ok::<_, anyhow::Error>((id, workspace.channels.len() > before))
    })?;
    let mut body = if whole { answer(call, &id)? } else { json!({"channel": {"id": id}}) };
    if !fresh {
        body["no_op"] = true.into();
        body["already_open"] = true.into();
    }
    Ok(body)
}

fn new_channel(call: &Call<'_>, kind: ChannelKind, name: &str, members: BTreeSet<String>) -> NewChannel {
    NewChannel {
        kind,
        name: name.to_owned(),
        creator: call.me.id.clone(),
        members,
        team_id: None,
        connected_team_ids: Vec::new(),
        is_general: false,
        purpose: String::new(),
        topic: String::new(),
    }
}

/// Refuses names a channel cannot have.
fn check_name(name: &str) -> Result<(), ApiError> {
    if name.chars().count() > 80 {
        return Err("invalid_name_maxlength".into());
    }
    let fits =
        |letter: char| (letter.is_alphanumeric() && !letter.is_uppercase()) || matches!(letter, '-' | '_');
    if !name.chars().all(fits) {
        return Err("invalid_name_specials".into());
    }
    if name.chars().all(|letter| matches!(letter, '-' | '_')) {
        return Err("invalid_name_punctuation".into());
    }
    Ok(())
}

pub fn create(call: &Call<'_>) -> Result<Value, ApiError> {
    let name = call.args.get("name").ok_or("invalid_name_required")?;
    check_name(&name)?;
    let kind = if call.args.flag("is_private") { ChannelKind::Private } else { ChannelKind::Public };
    let team = call.team_id(&call.slack.read())?;
    let mut new = new_channel(call, kind, &name, BTreeSet::new());
    new.team_id = Some(team);
    let id = call.slack.change(|workspace, now_ms| workspace.create_channel(new, now_ms))?;
    answer(call, &id)
}

pub fn rename(call: &Call<'_>) -> Result<Value, ApiError> {
    let (id, _) = own_channel(call)?;
    let name = call.args.get("name").ok_or("invalid_name_required")?;
    check_name(&name)?;
    call.slack.change(|workspace, now_ms| workspace.rename_channel(&id, &name, &call.me.id, now_ms))?;
    answer(call, &id)
}

pub fn archive(call: &Call<'_>) -> Result<Value, ApiError> {
    let (id, _) = own_channel(call)?;
    let channel = call.slack.read().channels.get(&id).map(|c| (c.is_general, c.is_archived));
    match channel {
        Some((true, _)) => return Err("cant_archive_general".into()),
        Some((_, true)) => return Err("already_archived".into()),
        _ => {}
    }
    call.slack.change(|workspace, now_ms| workspace.set_archived(&id, true, &call.me.id, now_ms))?;
    done()
}

pub fn unarchive(call: &Call<'_>) -> Result<Value, ApiError> {
    let id = call.args.need("channel")?;
    {
        let workspace = call.slack.read();
        if !call.channel(&workspace, &id)?.is_archived {
            return Err("not_archived".into());
        }
    }
    call.slack.change(|workspace, now_ms| workspace.set_archived(&id, false, &call.me.id, now_ms))?;
    done()
}

pub fn invite(call: &Call<'_>) -> Result<Value, ApiError> {
    let (id, _) = own_channel(call)?;
    let users = call.args.list("users");
    if users.is_empty() {
        return Err("no_user".into());
    }
    for user in &users {
        let workspace = call.slack.read();
        let channel = workspace.channels.get(&id).ok_or("channel_not_found")?;
        if !workspace.users.contains_key(user) {
            return Err("user_not_found".into());
        }
        if *user == call.me.id {
            return Err("cant_invite_self".into());
        }
        if channel.members.contains(user) {
            return Err("already_in_channel".into());
        }
    }
    call.slack.change(|workspace, now_ms| {
        users.iter().try_for_each(|user| workspace.join(&id, user, Some(&call.me.id), now_ms).map(drop))
    })?;
    answer(call, &id)
}

pub fn kick(call: &Call<'_>) -> Result<Value, ApiError> {
    let (id, _) = own_channel(call)?;
    let user = call.args.need("user")?;
    if user == call.me.id {
        return Err("cant_kick_self".into());
    }
    {
        let workspace = call.slack.read();
        let channel = workspace.channels.get(&id).ok_or("channel_not_found")?;
        if channel.is_general {
            return Err("cant_kick_from_general".into());
        }
        if !channel.members.contains(&user) {
            return Err("not_in_channel".into());
        }
    }
    call.slack.change(|workspace, now_ms| workspace.leave(&id, &user, &call.me.id, now_ms))?;
    done()
}

fn set_heading(call: &Call<'_>, subtype: &str) -> Result<Value, ApiError> {
    let (id, _) = own_channel(call)?;
    let value = call.args.get(subtype).unwrap_or_default();
    call.slack
        .change(|workspace, now_ms| workspace.set_heading(&id, subtype, &value, &call.me.id, now_ms))?;
    answer(call, &id)
}

pub fn set_topic(call: &Call<'_>) -> Result<Value, ApiError> {
    set_heading(call, "topic")
}

pub fn set_purpose(call: &Call<'_>) -> Result<Value, ApiError> {
    set_heading(call, "purpose")
}

/// Marks a conversation as read; the emulator keeps no reading places.
pub fn mark(call: &Call<'_>) -> Result<Value, ApiError> {
    let id = call.args.need("channel")?;
    call.channel(&call.slack.read(), &id)?;
    done()
}
