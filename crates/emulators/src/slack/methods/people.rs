//! `users.*`, `bots.info`, `usergroups.*` and `emoji.list`.

use serde_json::{Value, json};

use super::paging::{listed, pick, read_cursor};
use crate::slack::call::Call;
use crate::slack::errors::ApiError;
use crate::slack::render::{groups, people};
use crate::slack::workspace::User;

fn shown(call: &Call<'_>, user: &User) -> Value {
    let mut shown = people::user(user, call.token.has("users:read.email"), call.slack.enterprise());
    if call.args.flag("include_locale") {
        shown["locale"] = "en-US".into();
    }
    shown
}

pub fn info(call: &Call<'_>) -> Result<Value, ApiError> {
    let id = call.args.need("user")?;
    let workspace = call.slack.read();
    let user = workspace.users.get(&id).ok_or("user_not_found")?;
    Ok(json!({"user": shown(call, user)}))
}

pub fn lookup_by_email(call: &Call<'_>) -> Result<Value, ApiError> {
    let email = call.args.need("email")?;
    let workspace = call.slack.read();
    let found = workspace
        .users
        .values()
        .find(|user| user.email.eq_ignore_ascii_case(&email) && !user.deleted && !user.is_stranger);
    Ok(json!({"user": shown(call, found.ok_or("users_not_found")?)}))
}

pub fn list(call: &Call<'_>) -> Result<Value, ApiError> {
    let workspace = call.slack.read();
    let team = call.team_id(&workspace)?;
    let no_limit = call.args.get("limit").is_none() && call.args.get("cursor").is_none();
    if no_limit && workspace.users.len() > call.switches.limit_required_above {
        return Err("limit_required".into());
    }
    let mut limit = call.args.count("limit", usize::MAX, 1000)?;
    if call.switches.short_pages {
        limit = limit.div_ceil(2);
    }
    let start = read_cursor(call, "user")?.unwrap_or_default();
    let fits = |user: &User| user.team_id == team || user.is_stranger || user.id == "USLACKBOT";
    let rows = workspace.users.range(start..);
    let (page, next) = pick(rows, limit, call.switches.short_pages, fits);
    let members: Vec<Value> = page.into_iter().map(|user| shown(call, user)).collect();
    let mut body = listed(call, "members", members, "user", next);
    body["cache_ts"] = (call.now_ms / 1000).into();
    Ok(body)
}

pub fn identity(call: &Call<'_>) -> Result<Value, ApiError> {
    let mut user = json!({"id": call.me.id, "name": call.me.real_name});
    if call.token.has("identity.email") {
        user["email"] = call.me.email.as_str().into();
    }
    Ok(json!({"user": user, "team": {"id": call.token.holder.team_id}}))
}

pub fn bot_info(call: &Call<'_>) -> Result<Value, ApiError> {
    let Some(id) = call.args.get("bot") else { return Ok(json!({})) };
    let workspace = call.slack.read();
    let found = workspace.users.values().find(|user| user.bot_id.as_deref() == Some(&id));
    Ok(json!({"bot": people::bot(found.ok_or("bot_not_found")?)}))
}

pub fn groups(call: &Call<'_>) -> Result<Value, ApiError> {
    let workspace = call.slack.read();
    let team = call.team_id(&workspace)?;
    let disabled = call.args.flag("include_disabled");
    let rows: Vec<Value> = workspace
        .groups
        .values()
        .filter(|group| group.team_id == team && (disabled || group.disabled == 0))
        .map(|group| groups::group(group, call.args.flag("include_count"), call.args.flag("include_users")))
        .collect();
    Ok(json!({"usergroups": rows}))
}

pub fn group_users(call: &Call<'_>) -> Result<Value, ApiError> {
    let id = call.args.need("usergroup")?;
    let workspace = call.slack.read();
    let group = workspace.groups.get(&id).ok_or("no_such_subteam")?;
    if group.disabled != 0 && !call.args.flag("include_disabled") {
        return Err("no_such_subteam".into());
    }
    Ok(json!({"users": group.users}))
}

pub fn emoji(call: &Call<'_>) -> Result<Value, ApiError> {
    let workspace = call.slack.read();
    Ok(json!({"emoji": workspace.emoji, "cache_ts": format!("{}.000000", call.now_ms / 1000)}))
}
