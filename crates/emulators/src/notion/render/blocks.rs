//! Block objects; pages and databases are blocks of the page they stand on, too.

use serde_json::{Map, Value, json};

use super::{View, minute};
use crate::notion::ids::{self, Id};
use crate::notion::versions::Version;
use crate::notion::workspace::{BlockDetail, Detail, Index, Kind};

impl View<'_> {
    /// Returns a node as a block. Data sources are not blocks.
    pub fn block(&self, index: Index) -> Value {
        let node = self.store.node(index);
        let (kind, body) = match &node.detail {
            Detail::Page(_) | Detail::Generated { .. } => {
                ("child_page", json!({"title": self.store.plain_title(index)}))
            }
            Detail::Database(_) | Detail::DataSource(_) => {
                ("child_database", json!({"title": self.store.plain_title(index)}))
            }
            Detail::Block(detail) => self.typed_body(detail),
        };
        let mut block = Map::new();
        block.insert("object".into(), json!("block"));
        block.insert("id".into(), json!(ids::show(node.id)));
        block.insert("parent".into(), self.parent(index));
        block.insert("created_time".into(), json!(minute(node.created_ms)));
        block.insert("last_edited_time".into(), json!(minute(node.edited_ms)));
        block.insert("created_by".into(), self.partial_user(node.created_by));
        block.insert("last_edited_by".into(), self.partial_user(node.edited_by));
        block.insert("has_children".into(), json!(self.has_children(index)));
        self.add_trash(&mut block, index);
        block.insert("type".into(), json!(kind));
        block.insert(kind.into(), body);
        Value::Object(block)
    }

    /// Returns a block of a generated page, which is stored nowhere.
    pub fn generated_block(&self, page: Index, id: Id, detail: &BlockDetail) -> Value {
        let node = self.store.node(page);
        let mut block = Map::new();
        block.insert("object".into(), json!("block"));
        block.insert("id".into(), json!(ids::show(id)));
        block.insert("parent".into(), json!({"type": "page_id", "page_id": ids::show(node.id)}));
        block.insert("created_time".into(), json!(minute(node.created_ms)));
        block.insert("last_edited_time".into(), json!(minute(node.edited_ms)));
        block.insert("created_by".into(), self.partial_user(node.created_by));
        block.insert("last_edited_by".into(), self.partial_user(node.edited_by));
        block.insert("has_children".into(), json!(false));
        self.add_trash(&mut block, page);
        block.insert("type".into(), json!(detail.kind));
        block.insert(detail.kind.clone(), detail.body.clone());
        Value::Object(block)
    }

    fn typed_body<'b>(&self, detail: &'b BlockDetail) -> (&'b str, Value) {
        let kind = match detail.kind.as_str() {
            "meeting_notes" if self.version != Version::V2026 => "transcription",
            kind => kind,
        };
        (kind, self.finish(&detail.body))
    }

    fn has_children(&self, index: Index) -> bool {
        let node = self.store.node(index);
        match &node.detail {
            Detail::Generated { series, .. } => self.store.series[*series as usize].size > 0,
            Detail::Database(_) | Detail::DataSource(_) => false,
            Detail::Block(detail) => match self.original_of(detail) {
                Some(original) => self.store.find(original).is_none_or(|original| self.any_child(original)),
                None => self.any_child(index),
            },
            Detail::Page(_) => self.any_child(index),
        }
    }

    fn any_child(&self, index: Index) -> bool {
        self.store.node(index).children.iter().any(|child| !self.store.node(*child).trashed)
    }

    /// Returns the block that a synced copy shows.
    pub fn original_of(&self, detail: &BlockDetail) -> Option<Id> {
        let from = detail.body["synced_from"]["block_id"].as_str().filter(|_| detail.kind == "synced_block");
        from.and_then(ids::parse)
    }

    /// Returns the node whose children a block shows: itself, or the original of a synced copy. Nothing when the
    /// original is gone or was not shared.
    pub fn children_holder(&self, index: Index) -> Option<Index> {
        let Detail::Block(detail) = &self.store.node(index).detail else { return Some(index) };
        match self.original_of(detail) {
            Some(original) => self.store.find(original).filter(|original| self.sees(*original)),
            None => Some(index),
        }
    }

    /// Says whether a node is shown among the children of its parent.
    pub fn listed(&self, index: Index) -> bool {
        let node = self.store.node(index);
        !node.trashed && node.kind != Kind::DataSource && !self.bot.denied.contains(&node.id)
    }
}
