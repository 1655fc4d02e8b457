//! Conversations as answers and events show them.

use serde_json::{Value, json};

use crate::slack::workspace::{Channel, ChannelKind, Heading};

/// How much of a conversation is shown, and to whom.
pub struct View<'a> {
    pub me: &'a str,
    pub with_members: bool,
    /// `conversations.list` says whether the caller is in; `users.conversations` does not.
    pub with_is_member: bool,
    /// `conversations.info` adds where the caller stopped reading.
    pub with_last_read: bool,
    pub partner_deleted: bool,
    /// In an organisation, lists name the home team `team` instead.
    pub team_key: &'static str,
}

fn heading(heading: &Heading) -> Value {
    json!({"value": heading.value, "creator": heading.creator, "last_set": heading.last_set})
}

pub fn channel(channel: &Channel, view: &View<'_>) -> Value {
    if channel.kind == ChannelKind::Im {
        return direct_message(channel, view);
    }
    let shared = !channel.connected_team_ids.is_empty();
    let mut teams: Vec<&str> = vec![&channel.team_id];
    teams.extend(channel.connected_team_ids.iter().map(String::as_str));
    let mut shown = json!({
        "id": channel.id,
        "created": channel.created,
        "creator": channel.creator,
        "is_org_shared": false,
        "is_im": false,
        "updated": channel.updated_ms,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": channel.kind == ChannelKind::Public,
        "is_group": channel.kind == ChannelKind::Private,
        "is_mpim": channel.kind == ChannelKind::Mpim,
        "is_private": channel.is_private(),
        "is_archived": channel.is_archived,
        "is_general": channel.is_general,
        "is_shared": shared,
        "is_ext_shared": shared,
        "unlinked": 0,
        "is_pending_ext_shared": false,
        "pending_shared": [],
        "parent_conversation": null,
        "purpose": heading(&channel.purpose),
        "topic": heading(&channel.topic),
        "shared_team_ids": teams,
        "pending_connected_team_ids": [],
        "previous_names": channel.previous_names,
    });
    shown[view.team_key] = channel.team_id.as_str().into();
    if view.with_is_member {
        shown["is_member"] = channel.members.contains(view.me).into();
    }
    if view.with_members {
        // Slack counts nobody in an archived channel.
        let count = if channel.is_archived { 0 } else { channel.members.len() };
        shown["num_members"] = count.into();
    }
    if view.with_last_read && channel.members.contains(view.me) {
        shown["last_read"] = "0000000000.000000".into();
    }
    shown
}

fn direct_message(channel: &Channel, view: &View<'_>) -> Value {
    let partner = partner(channel, view.me);
    let mut shown = json!({
        "id": channel.id,
        "created": channel.created,
        "is_org_shared": false,
        "is_im": true,
        "is_archived": channel.is_archived,
        "updated": channel.updated_ms,
        "user": partner,
        "is_user_deleted": view.partner_deleted,
        "priority": 0,
    });
    shown[view.team_key] = channel.team_id.as_str().into();
    if view.with_last_read {
        shown["last_read"] = "0000000000.000000".into();
        shown["is_open"] = true.into();
    }
    shown
}

/// Returns the other person of a direct message; oneself in a note to self.
pub fn partner<'a>(channel: &'a Channel, me: &'a str) -> &'a str {
    channel.members.iter().find(|member| *member != me).map_or(me, String::as_str)
}

/// Returns the object inside `channel_created`.
pub fn created(channel: &Channel) -> Value {
    let view = View {
        me: "",
        with_members: false,
        with_is_member: false,
        with_last_read: false,
        partner_deleted: false,
        team_key: "context_team_id",
    };
    let mut shown = self::channel(channel, &view);
    if let Some(object) = shown.as_object_mut() {
        object.remove("parent_conversation");
        object.insert("is_frozen".into(), false.into());
    }
    shown
}
