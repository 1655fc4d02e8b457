//! Page objects and their property values.

use serde_json::{Map, Value, json};

use super::{View, minute};
use crate::notion::ids;
use crate::notion::properties::empty_value;
use crate::notion::workspace::{Detail, Index, PageDetail, Property};

/// How many people or relations a page object names; the rest is read property by property.
const REFERENCES_SHOWN: usize = 25;

impl View<'_> {
    /// Returns a page; only the named properties, if any are named (by id or name).
    pub fn page(&self, index: Index, only: &[String]) -> Value {
        let node = self.store.node(index);
        let empty = PageDetail::default();
        let detail = match &node.detail {
            Detail::Page(detail) => detail,
            _ => &empty,
        };
        let mut page = Map::new();
        page.insert("object".into(), json!("page"));
        page.insert("id".into(), json!(ids::show(node.id)));
        page.insert("created_time".into(), json!(minute(node.created_ms)));
        page.insert("last_edited_time".into(), json!(minute(node.edited_ms)));
        page.insert("created_by".into(), self.partial_user(node.created_by));
        page.insert("last_edited_by".into(), self.partial_user(node.edited_by));
        page.insert("cover".into(), self.finish(&detail.cover));
        page.insert("icon".into(), self.finish(&detail.icon));
        page.insert("parent".into(), self.parent(index));
        self.add_trash(&mut page, index);
        page.insert("is_archived".into(), json!(node.archived));
        page.insert("is_locked".into(), json!(node.locked));
        page.insert("properties".into(), Value::Object(self.properties(index, only)));
        page.insert("url".into(), json!(self.url(node.id, &self.store.plain_title(index))));
        page.insert("public_url".into(), json!(detail.public_url));
        Value::Object(page)
    }

    fn properties(&self, index: Index, only: &[String]) -> Map<String, Value> {
        let wanted =
            |property: &Property| only.is_empty() || only.iter().any(|name| property.is_called(name));
        let mut made = Map::new();
        let Some(source) = self.store.row_of(index).and_then(|source| self.store.source(source)) else {
            let title = Value::Array(self.store.title(index));
            let title = json!({"id": "title", "type": "title", "title": self.finish(&title)});
            if only.is_empty() || only.iter().any(|name| name == "title") {
                made.insert("title".into(), title);
            }
            return made;
        };
        for property in source.schema.iter().filter(|property| wanted(property)) {
            let mut value = self.finish(&property_value(self, index, property));
            let mut item = Map::new();
            item.insert("id".into(), json!(property.id));
            item.insert("type".into(), json!(property.kind));
            if ["people", "relation"].contains(&property.kind.as_str())
                && let Some(list) = value.as_array_mut()
            {
                if property.kind == "relation" {
                    item.insert("has_more".into(), json!(list.len() > REFERENCES_SHOWN));
                }
                list.truncate(REFERENCES_SHOWN);
            }
            item.insert(property.kind.clone(), value);
            made.insert(property.name.clone(), Value::Object(item));
        }
        made
    }
}

/// Returns the whole value of a property, computed ones included.
pub fn property_value(view: &View<'_>, index: Index, property: &Property) -> Value {
    let node = view.store.node(index);
    let stored = match &node.detail {
        Detail::Page(page) => page.properties.get(&property.id),
        _ => None,
    };
    match property.kind.as_str() {
        "title" => Value::Array(view.store.title(index)),
        "created_time" => json!(minute(node.created_ms)),
        "last_edited_time" => json!(minute(node.edited_ms)),
        "created_by" => view.user(node.created_by),
        "last_edited_by" => view.user(node.edited_by),
        "unique_id" => {
            let number = match &node.detail {
                Detail::Page(page) => page.unique_number,
                _ => u64::from(node.slot) + 1,
            };
            json!({"prefix": property.config["prefix"], "number": number})
        }
        "people" => {
            let people = stored.and_then(Value::as_array).cloned().unwrap_or_default();
            let shown = people.into_iter().map(|one| match (one["object"] == "user", &one["id"]) {
                (true, Value::String(id)) => ids::parse(id).map_or(one.clone(), |id| view.user(id)),
                _ => one,
            });
            Value::Array(shown.collect())
        }
        "verification" => {
            let mut value = stored.cloned().unwrap_or_else(|| empty_value("verification"));
            if let Some(id) = value["verified_by"]["id"].as_str().and_then(ids::parse) {
                value["verified_by"] = view.user(id);
            }
            value
        }
        kind => stored.cloned().unwrap_or_else(|| empty_value(kind)),
    }
}
