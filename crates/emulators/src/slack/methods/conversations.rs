//! Reading conversations: lists, one by id, and who is in it.

use serde_json::{Value, json};

use super::LIST_SCOPES;
use super::paging::{listed, pick, read_cursor};
use crate::slack::call::Call;
use crate::slack::errors::ApiError;
use crate::slack::render::channels::{View, channel as render, partner};
use crate::slack::workspace::{Channel, ChannelKind, Workspace};

const LIST_MAX: usize = 999;

/// Reads `types` and asks for the scope of each; one missing scope refuses the whole call.
fn asked_kinds(call: &Call<'_>) -> Result<Vec<ChannelKind>, ApiError> {
    let mut words = call.args.list("types");
    if words.is_empty() {
        words.push("public_channel".to_owned());
    }
    let mut kinds = Vec::new();
    for word in words {
        let all = [ChannelKind::Public, ChannelKind::Private, ChannelKind::Mpim, ChannelKind::Im];
        let kind = all.into_iter().find(|kind| kind.type_word() == word).ok_or("invalid_types")?;
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    let missing: Vec<&str> = LIST_SCOPES
        .iter()
        .filter(|scope| {
            kinds.iter().any(|kind| scope.strip_suffix(":read") == Some(kind.scope_family()))
                && !call.token.has(scope)
        })
        .copied()
        .collect();
    if missing.is_empty() { Ok(kinds) } else { Err(call.missing_scope(&missing.join(","))) }
}

fn view<'a>(call: &'a Call<'_>, workspace: &Workspace, channel: &Channel, in_list: bool) -> View<'a> {
    let partner_deleted = channel.kind == ChannelKind::Im
        && workspace.users.get(partner(channel, &call.me.id)).is_some_and(|user| user.deleted);
    View {
        me: &call.me.id,
        with_members: in_list,
        with_is_member: true,
        with_last_read: false,
        partner_deleted,
        team_key: call.team_key(in_list),
    }
}

pub fn list(call: &Call<'_>) -> Result<Value, ApiError> {
    let kinds = asked_kinds(call)?;
    let me = call.me.clone();
    page(call, &kinds, true, move |workspace, channel| {
        let member = channel.members.contains(&me.id);
        match channel.kind {
            ChannelKind::Public => member || !(me.is_guest() || me.is_stranger),
            _ => member,
        }
        .then_some(())
        .filter(|()| workspace.users.contains_key(&me.id))
        .is_some()
    })
}

pub fn of_user(call: &Call<'_>) -> Result<Value, ApiError> {
    let kinds = asked_kinds(call)?;
    let of = call.args.get("user").unwrap_or_else(|| call.me.id.clone());
    let me = call.me.clone();
    if !call.slack.read().users.contains_key(&of) {
        return Err("user_not_found".into());
    }
    // Of somebody else only what both can see is shown.
    page(call, &kinds, false, move |_, channel| {
        channel.members.contains(&of)
            && (channel.kind == ChannelKind::Public || channel.members.contains(&me.id))
    })
}

fn page(
    call: &Call<'_>,
    kinds: &[ChannelKind],
    with_members: bool,
    visible: impl Fn(&Workspace, &Channel) -> bool,
) -> Result<Value, ApiError> {
    let mut limit = call.args.strict_limit(100, LIST_MAX)?;
    let start = read_cursor(call, "team")?.unwrap_or_default();
    let without_archived = call.args.flag("exclude_archived");
    let workspace = call.slack.read();
    let team = call.team_id(&workspace)?;
    if call.switches.short_pages {
        limit = limit.div_ceil(2);
    }
    let fits = |channel: &Channel| {
        kinds.contains(&channel.kind)
            && (channel.team_id == team || channel.connected_team_ids.contains(&team))
            && !(without_archived && channel.is_archived)
            && visible(&workspace, channel)
    };
    let rows = workspace.channels.range(start..);
    let (page, next) = pick(rows, limit, call.switches.short_pages, fits);
    let channels = page
        .into_iter()
        .map(|channel| {
            let mut view = view(call, &workspace, channel, true);
            view.with_members = with_members;
            view.with_is_member = with_members;
            render(channel, &view)
        })
        .collect();
    Ok(listed(call, "channels", channels, "team", next))
}

pub fn info(call: &Call<'_>) -> Result<Value, ApiError> {
    let id = call.args.need("channel")?;
    let workspace = call.slack.read();
    let channel = call.channel(&workspace, &id)?;
    call.need_family(channel.kind, "read")?;
    if channel.limited_access {
        return Err("channel_is_limited_access".into());
    }
    let mut view = view(call, &workspace, channel, false);
    view.with_last_read = true;
    view.with_members = call.args.flag("include_num_members");
    let mut shown = render(channel, &view);
    if call.args.flag("include_locale") {
        shown["locale"] = "en-US".into();
    }
    Ok(json!({"channel": shown}))
}

/// Returns a conversation as the methods that change it answer.
pub fn shown(call: &Call<'_>, workspace: &Workspace, channel: &Channel) -> Value {
    let mut view = view(call, workspace, channel, false);
    view.with_last_read = true;
    render(channel, &view)
}

pub fn members(call: &Call<'_>) -> Result<Value, ApiError> {
    let id = call.args.need("channel")?;
    let mut limit = call.args.strict_limit(100, LIST_MAX)?;
    let start = read_cursor(call, "user")?.unwrap_or_default();
    let workspace = call.slack.read();
    let channel = call.channel(&workspace, &id)?;
    call.need_family(channel.kind, "read")?;
    if call.switches.short_pages {
        limit = limit.div_ceil(2);
    }
    let rest: Vec<&String> = match channel.is_archived {
        // An archived channel has nobody in it.
        true => Vec::new(),
        false => channel.members.range(start..).take(limit + 1).collect(),
    };
    let next = rest.get(limit).map(|id| (*id).clone());
    let rows = rest.into_iter().take(limit).map(|id| id.as_str().into()).collect();
    Ok(listed(call, "members", rows, "user", next))
}
