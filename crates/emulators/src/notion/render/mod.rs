//! Turning stored things into the objects that answers carry, as one caller sees them.

mod blocks;
mod databases;
mod pages;
mod users;

pub use self::pages::property_value;

use serde_json::{Map, Value, json};

use super::blocks::FILE_MARK;
use super::files::FileSigner;
use super::ids::{self, Id};
use super::versions::Version;
use super::workspace::{Bot, Capabilities, Index, Kind, Workspace};
use crate::kernel::clock::rfc3339;

/// What one caller sees.
pub struct View<'a> {
    pub store: &'a Workspace,
    pub bot: &'a Bot,
    pub capabilities: &'a Capabilities,
    pub version: Version,
    pub signer: &'a FileSigner,
    /// What the calling app is called.
    pub app_name: &'a str,
    pub now_ms: i64,
}

/// Rounds down to the minute, as all times of pages and blocks are.
pub fn minute(at_ms: i64) -> String {
    rfc3339(at_ms - at_ms.rem_euclid(60_000))
}

impl View<'_> {
    /// Says whether the caller may see a node.
    pub fn sees(&self, index: Index) -> bool {
        self.store.can_see(self.bot, index)
    }

    /// Returns `{"object": "user", "id"}`.
    pub fn partial_user(&self, id: Id) -> Value {
        json!({"object": "user", "id": ids::show(id)})
    }

    /// Returns where a node hangs.
    pub fn parent(&self, index: Index) -> Value {
        let Some(parent) = self.store.node(index).parent else {
            return json!({"type": "workspace", "workspace": true});
        };
        let node = self.store.node(parent);
        let id = ids::show(node.id);
        match node.kind {
            Kind::Page => json!({"type": "page_id", "page_id": id}),
            Kind::Block => json!({"type": "block_id", "block_id": id}),
            Kind::Database => json!({"type": "database_id", "database_id": id}),
            Kind::DataSource => {
                let database = node.parent.map_or(node.id, |database| self.store.node(database).id);
                let database = ids::show(database);
                if self.version == Version::V2022 {
                    json!({"type": "database_id", "database_id": database})
                } else {
                    json!({"type": "data_source_id", "data_source_id": id, "database_id": database})
                }
            }
        }
    }

    /// Adds the keys that say whether something is in the trash.
    pub fn add_trash(&self, object: &mut Map<String, Value>, index: Index) {
        let trashed = self.store.in_trash(index);
        object.insert("in_trash".into(), json!(trashed));
        if self.version != Version::V2026 {
            object.insert("archived".into(), json!(trashed));
        }
    }

    /// Completes a stored value: signed addresses for files, titles and people for mentions.
    pub fn finish(&self, value: &Value) -> Value {
        match value {
            Value::Array(items) => Value::Array(items.iter().map(|item| self.finish(item)).collect()),
            Value::Object(object) => {
                if let Some(mark) = object.get(FILE_MARK) {
                    return self.signed_file(mark.as_str().unwrap_or_default());
                }
                let mut made: Map<String, Value> =
                    object.iter().map(|(key, inner)| (key.clone(), self.finish(inner))).collect();
                if made.get("type").is_some_and(|kind| kind == "mention") {
                    self.finish_mention(&mut made);
                }
                Value::Object(made)
            }
            other => other.clone(),
        }
    }

    fn signed_file(&self, id: &str) -> Value {
        let file = ids::parse(id).and_then(|id| self.store.files.get(&id));
        match file {
            Some(file) => {
                let (url, expiry_ms) = self.signer.sign(self.store.id, file, self.now_ms);
                json!({"url": url, "expiry_time": rfc3339(expiry_ms)})
            }
            None => json!({"url": "", "expiry_time": rfc3339(self.now_ms)}),
        }
    }

    fn finish_mention(&self, item: &mut Map<String, Value>) {
        let kind = item["mention"]["type"].as_str().unwrap_or_default().to_owned();
        let id = item["mention"][&kind]["id"].as_str().and_then(ids::parse);
        let Some(id) = id else { return };
        match kind.as_str() {
            "user" => {
                let user = self.user(id);
                let name = user["name"].as_str().unwrap_or("Anonymous");
                item.insert("plain_text".into(), json!(format!("@{name}")));
                item["mention"]["user"] = user;
            }
            "page" | "database" => {
                let seen = self.store.find(id).filter(|index| self.sees(*index));
                let title = seen.map(|index| self.store.plain_title(index)).filter(|title| !title.is_empty());
                let href = format!("https://app.notion.com/p/{}", ids::show_bare(id));
                item.insert("plain_text".into(), json!(title.as_deref().unwrap_or("Untitled")));
                item.insert("href".into(), json!(href));
            }
            _ => {}
        }
    }

    /// Returns the address of a page or database in the product.
    pub fn url(&self, id: Id, title: &str) -> String {
        let mut slug = String::new();
        for character in title.chars() {
            if character.is_ascii_alphanumeric() {
                slug.push(character);
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
        }
        if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        format!("https://app.notion.com/p/{slug}{}", ids::show_bare(id))
    }
}
