//! The workspace itself: its collections, ids, clock of timestamps, and the events it leaves behind.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, bail};
use serde_json::{Value, json};

use super::model::{Channel, ChannelKind, SlackFile, Team, User, UserGroup};
use super::ts::Ts;

const ID_ALPHABET: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// Who may hear of an event.
#[derive(Debug, Clone)]
pub enum Audience {
    Team,
    /// Members, and everyone else who may read a public channel.
    Public(BTreeSet<String>),
    Members(BTreeSet<String>),
    Only(String),
}

/// Something that happened, to be told to apps.
#[derive(Debug, Clone)]
pub struct Event {
    /// The name apps subscribe to, such as `message.channels`.
    pub name: String,
    /// Any one of these scopes lets an app hear it.
    pub scopes: &'static [&'static str],
    pub audience: Audience,
    pub team_id: String,
    pub is_ext_shared: bool,
    pub body: Value,
}

/// Everything of one workspace (or of the workspaces of one organisation).
#[derive(Debug, Default)]
pub struct Workspace {
    /// The first is the one installs happen in.
    pub teams: Vec<Team>,
    pub users: BTreeMap<String, User>,
    pub channels: BTreeMap<String, Channel>,
    pub files: BTreeMap<String, SlackFile>,
    pub groups: BTreeMap<String, UserGroup>,
    pub emoji: BTreeMap<String, String>,
    /// The workspace's web address, with a trailing slash.
    pub url: String,
    /// The file host, without a trailing slash.
    pub files_base: String,
    pub(super) events: Vec<Event>,
    last_ts: i64,
    next_number: u64,
}

impl Workspace {
    pub fn new(base: &str, files_base: &str) -> Self {
        Self { url: format!("{base}/"), files_base: files_base.to_owned(), ..Self::default() }
    }

    /// Returns an id that looks random but is the same in every run.
    pub fn new_id(&mut self, prefix: &str) -> String {
        self.next_number += 1;
        // A multiplicative walk through 36^7 values: distinct for every number.
        let space = 36u64.pow(7);
        let mut rest = (self.next_number.wrapping_mul(48_271_117_919) + 31_415_926_535) % space;
        let mut tail = [0u8; 7];
        for place in tail.iter_mut().rev() {
            *place = ID_ALPHABET[(rest % 36) as usize];
            rest /= 36;
        }
        format!("{prefix}0A{}0", String::from_utf8_lossy(&tail))
    }

    /// Returns a timestamp later than every one given before.
    pub fn next_ts(&mut self, now_ms: i64) -> Ts {
        let wished = Ts::from_ms(now_ms).0;
        self.last_ts = wished.max(self.last_ts + 1);
        Ts(self.last_ts)
    }

    /// Makes sure that later timestamps come after a given one.
    pub fn note_ts(&mut self, ts: Ts, now_ms: i64) {
        if ts.0 <= Ts::from_ms(now_ms).0 {
            self.last_ts = self.last_ts.max(ts.0);
        }
    }

    pub fn team(&self) -> &Team {
        &self.teams[0]
    }

    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    pub fn forget_events(&mut self) {
        self.events.clear();
    }

    /// Finds a user by id, email or handle.
    pub fn find_user(&self, wish: &str) -> anyhow::Result<&User> {
        let wish = wish.trim_start_matches('@');
        self.users
            .get(wish)
            .or_else(|| self.users.values().find(|user| user.email == wish))
            .or_else(|| self.users.values().find(|user| user.name == wish))
            .with_context(|| format!("no user {wish}"))
    }

    pub fn user_id(&self, wish: &str) -> anyhow::Result<String> {
        Ok(self.find_user(wish)?.id.clone())
    }

    /// Finds a channel by id or name.
    pub fn find_channel(&self, wish: &str) -> anyhow::Result<&Channel> {
        let wish = wish.trim_start_matches('#');
        self.channels
            .get(wish)
            .or_else(|| self.channels.values().find(|channel| channel.name == wish))
            .with_context(|| format!("no channel {wish}"))
    }

    pub fn channel_id(&self, wish: &str) -> anyhow::Result<String> {
        Ok(self.find_channel(wish)?.id.clone())
    }

    pub(super) fn channel_mut(&mut self, id: &str) -> anyhow::Result<&mut Channel> {
        self.channels.get_mut(id).with_context(|| format!("no channel {id}"))
    }

    /// Says whether a user may read a channel's messages as a person would.
    pub fn can_see(&self, user: &User, channel: &Channel) -> bool {
        if channel.members.contains(&user.id) {
            return true;
        }
        channel.kind == ChannelKind::Public && !user.is_guest() && !user.is_stranger
    }

    pub(super) fn audience(channel: &Channel) -> Audience {
        match channel.kind {
            ChannelKind::Public => Audience::Public(channel.members.clone()),
            _ => Audience::Members(channel.members.clone()),
        }
    }

    /// Leaves an event about a channel; `event_ts` is added when the body lacks it.
    pub(super) fn tell_channel(
        &mut self,
        channel_id: &str,
        name: impl Into<String>,
        scopes: &'static [&'static str],
        body: Value,
    ) {
        let Some(channel) = self.channels.get(channel_id) else { return };
        let event = Event {
            name: name.into(),
            scopes,
            audience: Self::audience(channel),
            team_id: channel.team_id.clone(),
            is_ext_shared: !channel.connected_team_ids.is_empty(),
            body,
        };
        self.events.push(event);
    }

    pub(super) fn tell_team(&mut self, name: &str, scopes: &'static [&'static str], body: Value) {
        let team_id = self.team().id.clone();
        self.events.push(Event {
            name: name.to_owned(),
            scopes,
            audience: Audience::Team,
            team_id,
            is_ext_shared: false,
            body,
        });
    }

    pub(super) fn tell_user(&mut self, user: &str, name: &str, scopes: &'static [&'static str], body: Value) {
        let team_id = self.team().id.clone();
        self.events.push(Event {
            name: name.to_owned(),
            scopes,
            audience: Audience::Only(user.to_owned()),
            team_id,
            is_ext_shared: false,
            body,
        });
    }

    pub fn add_group(
        &mut self,
        handle: &str,
        name: &str,
        users: &[String],
        now_ms: i64,
    ) -> anyhow::Result<String> {
        if self.groups.values().any(|group| group.handle == handle) {
            bail!("there is a user group {handle} already");
        }
        let users = users.iter().map(|user| self.user_id(user)).collect::<anyhow::Result<Vec<_>>>()?;
        let id = self.new_id("S");
        let group = UserGroup {
            id: id.clone(),
            team_id: self.team().id.clone(),
            handle: handle.to_owned(),
            name: name.to_owned(),
            description: String::new(),
            created: now_ms / 1000,
            updated: now_ms / 1000,
            disabled: 0,
            created_by: users.first().cloned().unwrap_or_default(),
            users,
        };
        let body = json!({
            "type": "subteam_created",
            "subteam": crate::slack::render::groups::group(&group, true, true),
        });
        self.groups.insert(id.clone(), group);
        self.tell_team("subteam_created", &["usergroups:read"], body);
        Ok(id)
    }

    /// Replaces a group's members.
    pub fn set_group_users(&mut self, wish: &str, users: &[String], now_ms: i64) -> anyhow::Result<()> {
        let users = users.iter().map(|user| self.user_id(user)).collect::<anyhow::Result<Vec<_>>>()?;
        let team_id = self.team().id.clone();
        let group = self
            .groups
            .values_mut()
            .find(|group| group.id == wish || group.handle == wish)
            .with_context(|| format!("no user group {wish}"))?;
        let added: Vec<&String> = users.iter().filter(|user| !group.users.contains(user)).collect();
        let removed: Vec<&String> = group.users.iter().filter(|user| !users.contains(user)).collect();
        let body = json!({
            "type": "subteam_members_changed",
            "subteam_id": group.id,
            "team_id": team_id,
            "date_previous_update": group.updated,
            "date_update": now_ms / 1000,
            "added_users": added,
            "added_users_count": added.len(),
            "removed_users": removed,
            "removed_users_count": removed.len(),
        });
        group.updated = now_ms / 1000;
        group.users = users;
        self.tell_team("subteam_members_changed", &["usergroups:read"], body);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_distinct_and_timestamps_only_grow() {
        let mut workspace = Workspace::default();
        let ids: BTreeSet<String> = (0..50_000).map(|_| workspace.new_id("C")).collect();
        assert_eq!(ids.len(), 50_000);
        assert!(ids.iter().all(|id| id.len() == 11));
        let first = workspace.next_ts(1000);
        assert!(workspace.next_ts(1000) > first);
        assert!(workspace.next_ts(10) > first);
    }
}
