//! People and the users behind bots: joining, renaming, leaving.

use anyhow::{Context, bail};
use serde::Deserialize;
use serde_json::json;

use super::model::User;
use super::store::Workspace;
use crate::slack::render::people;

/// What may be changed about a person; absent fields stay.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UserEdit {
    pub name: Option<String>,
    pub real_name: Option<String>,
    pub display_name: Option<String>,
    pub email: Option<String>,
    pub title: Option<String>,
    pub deleted: Option<bool>,
    pub is_admin: Option<bool>,
    pub is_restricted: Option<bool>,
    pub is_ultra_restricted: Option<bool>,
    pub is_stranger: Option<bool>,
    pub team_id: Option<String>,
}

impl Workspace {
    /// Adds a person; the handle is the email's first part unless it is taken.
    pub fn add_user(&mut self, email: &str, real_name: &str, now_ms: i64) -> anyhow::Result<String> {
        if self.users.values().any(|user| user.email == email) {
            bail!("there is an account {email} already");
        }
        let mut name = email.split('@').next().unwrap_or(email).to_lowercase();
        while self.users.values().any(|user| user.name == name) {
            name.push('2');
        }
        let id = self.new_id("U");
        let user = User {
            id: id.clone(),
            team_id: self.team().id.clone(),
            name,
            real_name: real_name.to_owned(),
            display_name: String::new(),
            email: email.to_owned(),
            updated: now_ms / 1000,
            ..User::default()
        };
        self.users.insert(id.clone(), user);
        self.tell_person("team_join", &id, now_ms);
        let general: Vec<String> = self
            .channels
            .values()
            .filter(|channel| channel.is_general)
            .map(|channel| channel.id.clone())
            .collect();
        for channel in general {
            self.join(&channel, &id, None, now_ms)?;
        }
        Ok(id)
    }

    /// Adds the user behind an app or an older bot.
    pub fn add_bot(&mut self, name: &str, app_id: &str, now_ms: i64) -> String {
        if let Some(known) = self.users.values().find(|user| user.app_id.as_deref() == Some(app_id)) {
            return known.id.clone();
        }
        let id = self.new_id("U");
        let bot_id = self.new_id("B");
        let handle: String =
            name.chars().filter(|letter| letter.is_ascii_alphanumeric()).collect::<String>().to_lowercase();
        let user = User {
            id: id.clone(),
            team_id: self.team().id.clone(),
            name: handle,
            real_name: name.to_owned(),
            bot_id: Some(bot_id),
            app_id: Some(app_id.to_owned()),
            updated: now_ms / 1000,
            ..User::default()
        };
        self.users.insert(id.clone(), user);
        id
    }

    pub fn edit_user(&mut self, id: &str, edit: &UserEdit, now_ms: i64) -> anyhow::Result<()> {
        let user = self.users.get_mut(id).with_context(|| format!("no user {id}"))?;
        let texts = [
            (&mut user.name, &edit.name),
            (&mut user.real_name, &edit.real_name),
            (&mut user.display_name, &edit.display_name),
            (&mut user.email, &edit.email),
            (&mut user.title, &edit.title),
            (&mut user.team_id, &edit.team_id),
        ];
        for (known, wish) in texts {
            if let Some(wish) = wish {
                known.clone_from(wish);
            }
        }
        let flags = [
            (&mut user.deleted, edit.deleted),
            (&mut user.is_admin, edit.is_admin),
            (&mut user.is_restricted, edit.is_restricted),
            (&mut user.is_ultra_restricted, edit.is_ultra_restricted),
            (&mut user.is_stranger, edit.is_stranger),
        ];
        for (known, wish) in flags {
            if let Some(wish) = wish {
                *known = wish;
            }
        }
        user.updated = now_ms / 1000;
        self.tell_person("user_change", id, now_ms);
        Ok(())
    }

    fn tell_person(&mut self, name: &str, id: &str, now_ms: i64) {
        let Some(user) = self.users.get(id) else { return };
        let mut shown = people::user(user, false, None);
        shown["profile"]["fields"] = json!({});
        shown["locale"] = "en-US".into();
        let body = json!({"type": name, "user": shown, "cache_ts": now_ms / 1000});
        self.tell_team(name, &["users:read"], body);
    }
}
