//! Starting data: nothing but two people, the demo company, or a folder of JSON.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::demo_seed;
use super::edits::{self, ChannelWish, MessageWish, read_ts};
use super::state::Slack;
use super::workspace::{ChannelKind, Team, User, UserEdit, Workspace};
use crate::kernel::clock::parse_rfc3339;
use crate::kernel::seed::{Seed, SeedFile, read_folder};

const TEAM_ID: &str = "T0LANTERN01";
const SECOND_TEAM_ID: &str = "T0LANTERN02";

/// `workspace.json` of a seed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Company {
    name: Option<String>,
    domain: Option<String>,
    users: Vec<Person>,
    groups: Vec<Group>,
    emoji: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct Person {
    email: String,
    #[serde(flatten)]
    edit: serde_json::Map<String, serde_json::Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    handle: String,
    name: String,
    users: Vec<String>,
}

/// One file below `channels/`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Conversation {
    channel: ChannelWish,
    /// RFC 3339.
    created: String,
    #[serde(default)]
    archived: bool,
    #[serde(default)]
    messages: Vec<MessageWish>,
}

/// Loads a seed into a fresh workspace.
pub fn load(slack: &Slack, seed: &Seed) -> anyhow::Result<()> {
    let files = match seed {
        Seed::Empty => Vec::new(),
        Seed::Demo => demo_seed::files(),
        Seed::Folder(folder) => read_folder(folder)?,
    };
    let mut fresh = Workspace::new(&slack.base, &slack.files_base);
    fill(&mut fresh, &files, slack.now_ms())?;
    fresh.forget_events();
    *slack.workspace.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = fresh;
    Ok(())
}

fn fill(workspace: &mut Workspace, files: &[SeedFile], now_ms: i64) -> anyhow::Result<()> {
    let company: Company = match files.iter().find(|file| file.path == "workspace.json") {
        Some(file) => serde_json::from_slice(&file.bytes).context("workspace.json")?,
        None => Company::default(),
    };
    let name = company.name.unwrap_or_else(|| "Lantern Tea Company".to_owned());
    let domain = company.domain.unwrap_or_else(|| "lantern-tea".to_owned());
    workspace.teams = vec![
        Team { id: TEAM_ID.to_owned(), name, domain },
        Team {
            id: SECOND_TEAM_ID.to_owned(),
            name: "Lantern Labs".to_owned(),
            domain: "lantern-labs".to_owned(),
        },
    ];
    let bot = User {
        id: "USLACKBOT".to_owned(),
        team_id: TEAM_ID.to_owned(),
        name: "slackbot".to_owned(),
        real_name: "Slackbot".to_owned(),
        display_name: "Slackbot".to_owned(),
        ..User::default()
    };
    workspace.users.insert(bot.id.clone(), bot);
    workspace.emoji = company.emoji;
    if company.users.is_empty() {
        return fill_empty(workspace, now_ms);
    }
    let mut deactivated = Vec::new();
    for person in company.users {
        let mut edit: UserEdit = serde_json::from_value(person.edit.into()).context("a user")?;
        let real_name = edit.real_name.clone().unwrap_or_else(|| person.email.clone());
        let id = workspace.add_user(&person.email, &real_name, now_ms)?;
        if edit.deleted.take() == Some(true) {
            deactivated.push(id.clone());
        }
        workspace.edit_user(&id, &edit, now_ms)?;
    }
    for group in company.groups {
        workspace.add_group(&group.handle, &group.name, &group.users, now_ms)?;
    }
    let mut conversations = Vec::new();
    for file in files.iter().filter(|file| file.path.starts_with("channels/")) {
        let conversation: Conversation =
            serde_json::from_slice(&file.bytes).with_context(|| file.path.clone())?;
        let created_ms = parse_rfc3339(&conversation.created)?;
        let id = edits::create_channel(workspace, &conversation.channel, created_ms)?;
        conversations.push((id, conversation));
    }
    // Only now can words mention every channel.
    for (id, conversation) in conversations {
        for message in &conversation.messages {
            let wish = with_contents(&MessageWish { channel: id.clone(), ..message.clone() }, files)?;
            let at_ms = wish.ts.as_deref().map(read_ts).transpose()?.map_or(now_ms, |ts| ts.0 / 1000);
            edits::post(workspace, &wish, at_ms)?;
        }
        if let Some(channel) = workspace.channels.get_mut(&id) {
            channel.is_archived = conversation.archived;
        }
    }
    for id in deactivated {
        let gone = UserEdit { deleted: Some(true), ..UserEdit::default() };
        workspace.edit_user(&id, &gone, now_ms)?;
    }
    Ok(())
}

/// Two people and the channel everyone is in.
fn fill_empty(workspace: &mut Workspace, now_ms: i64) -> anyhow::Result<()> {
    for (email, name) in [("ada@example.com", "Ada Example"), ("grace@example.com", "Grace Example")] {
        let id = workspace.add_user(email, name, now_ms)?;
        let edit = UserEdit { is_admin: Some(email.starts_with("ada")), ..UserEdit::default() };
        workspace.edit_user(&id, &edit, now_ms)?;
    }
    let wish = ChannelWish {
        name: "general".to_owned(),
        kind: Some(ChannelKind::Public),
        members: vec!["ada@example.com".to_owned(), "grace@example.com".to_owned()],
        is_general: true,
        ..ChannelWish::default()
    };
    edits::create_channel(workspace, &wish, now_ms)?;
    Ok(())
}

/// Puts the bytes of `files/…` where a message's files name a path.
fn with_contents(wish: &MessageWish, files: &[SeedFile]) -> anyhow::Result<MessageWish> {
    let mut wish = wish.clone();
    for file in &mut wish.files {
        if let Some(path) = file.path.take() {
            let full = format!("files/{path}");
            let Some(found) = files.iter().find(|known| known.path == full) else {
                bail!("the seed has no {full}");
            };
            file.content_base64 = Some(STANDARD.encode(&found.bytes));
            file.name.get_or_insert(path);
        }
    }
    wish.replies =
        wish.replies.iter().map(|reply| with_contents(reply, files)).collect::<anyhow::Result<_>>()?;
    Ok(wish)
}
