//! Remembering what happened, for the webhooks.

use std::sync::Arc;

use serde_json::{Value, json};

use super::model::{Happening, Index, Kind};
use super::store::Workspace;
use crate::notion::ids::{self, Id};

/// How many touched blocks one event names at most.
const NAMED_BLOCKS: usize = 100;

impl Workspace {
    /// Notes an event about a node; free when nobody listens.
    pub fn tell(&mut self, event: &'static str, index: Index, by: Id, at_ms: i64) {
        self.tell_more(event, index, by, at_ms, &[], Vec::new());
    }

    /// Notes an event with the blocks or the properties it touched.
    pub fn tell_more(
        &mut self,
        event: &'static str,
        index: Index,
        by: Id,
        at_ms: i64,
        touched: &[Index],
        updated_properties: Vec<Value>,
    ) {
        if !self.listened_to {
            return;
        }
        let updated_blocks = touched
            .iter()
            .take(NAMED_BLOCKS)
            .map(|index| {
                let node = self.node(*index);
                let kind = match node.kind {
                    Kind::Page => "page",
                    Kind::Database | Kind::DataSource => "database",
                    Kind::Block => "block",
                };
                (node.id, kind)
            })
            .collect();
        let happening = Happening {
            event,
            entity: self.node(index).id,
            by,
            at_ms,
            updated_blocks,
            updated_properties,
            page: None,
            parent: self.parent_for_events(index),
            seen_by: self.watchers(index),
        };
        self.happenings.push(happening);
    }

    /// Lists the live bots that can see a node.
    pub fn watchers(&self, index: Index) -> Arc<[Id]> {
        self.bots.values().filter(|bot| bot.live && self.can_see(bot, index)).map(|bot| bot.id).collect()
    }

    /// Returns a node's parent in the words of webhook events.
    pub fn parent_for_events(&self, index: Index) -> Value {
        let Some(parent) = self.node(index).parent else {
            return json!({"id": ids::show(self.id), "type": "space"});
        };
        let node = self.node(parent);
        match node.kind {
            Kind::DataSource => {
                let database = node.parent.map_or(node.id, |database| self.node(database).id);
                json!({"id": ids::show(database), "type": "database", "data_source_id": ids::show(node.id)})
            }
            Kind::Database => json!({"id": ids::show(node.id), "type": "database"}),
            Kind::Page => json!({"id": ids::show(node.id), "type": "page"}),
            Kind::Block => json!({"id": ids::show(node.id), "type": "block"}),
        }
    }
}
