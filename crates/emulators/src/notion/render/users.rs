//! People and bots, as far as the app's capabilities show them.

use serde_json::{Value, json};

use super::View;
use crate::notion::ids::{self, Id};
use crate::notion::workspace::{Bot, Person, UserInfo};

const UPLOAD_LIMIT: u64 = 5_242_880;

impl View<'_> {
    /// Returns a person or bot by id; the partial object when nothing more may be shown.
    pub fn user(&self, id: Id) -> Value {
        if self.capabilities.user_info == UserInfo::None {
            return self.partial_user(id);
        }
        if let Some(person) = self.store.find_person_by_id(id) {
            return self.person(person);
        }
        match self.store.bots.get(&id) {
            Some(bot) => self.bot(bot),
            None => self.partial_user(id),
        }
    }

    pub fn person(&self, person: &Person) -> Value {
        let details = match self.capabilities.user_info {
            UserInfo::WithEmail => json!({"email": person.email}),
            _ => json!({}),
        };
        json!({
            "object": "user",
            "id": ids::show(person.id),
            "name": person.name,
            "avatar_url": person.avatar_url,
            "type": "person",
            "person": details,
        })
    }

    pub fn bot(&self, bot: &Bot) -> Value {
        let owner = self.store.find_person(&bot.email).map(|person| {
            if self.capabilities.user_info == UserInfo::None {
                self.partial_user(person.id)
            } else {
                self.person(person)
            }
        });
        json!({
            "object": "user",
            "id": ids::show(bot.id),
            "name": self.app_name,
            "avatar_url": null,
            "type": "bot",
            "bot": {
                "owner": {"type": "user", "user": owner},
                "workspace_name": self.store.name,
                "workspace_id": ids::show(self.store.id),
                "workspace_limits": {"max_file_upload_size_in_bytes": UPLOAD_LIMIT},
            },
        })
    }
}
