//! Moving, trashing, restoring and deleting; archive and lock.

use anyhow::ensure;

use super::making::Hand;
use super::model::{Index, Kind};
use super::store::Workspace;

impl Workspace {
    /// Notes a change of a node and of the page that holds it.
    pub fn touch(&mut self, index: Index, hand: &Hand<'_>) {
        let holder = self.holder(index);
        for at in [index, holder] {
            let node = self.node_mut(at);
            if !hand.keep_time {
                node.edited_ms = hand.now_ms;
            }
            node.edited_by = hand.by;
        }
    }

    /// Hangs a page or database under another parent, or at the top of the workspace.
    pub fn move_node(&mut self, index: Index, parent: Option<Index>, hand: &Hand<'_>) -> anyhow::Result<()> {
        if let Some(parent) = parent {
            ensure!(!self.is_within(parent, index), "a page cannot be moved below itself");
            self.settle(parent);
        }
        self.unlink(index);
        self.link(index, parent, None);
        // Moving is an edit of the moved page only; what lies below and beside it keeps its times.
        self.touch(index, hand);
        let event = match self.node(index).kind {
            Kind::Page => "page.moved",
            Kind::Database => "database.moved",
            Kind::DataSource => "data_source.moved",
            Kind::Block => return Ok(()),
        };
        self.tell(event, index, hand.by, hand.now_ms);
        Ok(())
    }

    /// Puts a node into the trash or takes it out again.
    pub fn set_trashed(&mut self, index: Index, trashed: bool, hand: &Hand<'_>) {
        if self.node(index).trashed == trashed {
            return;
        }
        let node = self.node_mut(index);
        node.trashed = trashed;
        if trashed {
            node.trashed_ms = hand.now_ms;
        } else {
            node.appeared_ms = hand.now_ms;
        }
        self.touch(index, hand);
        let event = match (self.node(index).kind, trashed) {
            (Kind::Page, true) => "page.deleted",
            (Kind::Page, false) => "page.undeleted",
            (Kind::Database, true) => "database.deleted",
            (Kind::Database, false) => "database.undeleted",
            (Kind::DataSource, true) => "data_source.deleted",
            (Kind::DataSource, false) => "data_source.undeleted",
            (Kind::Block, _) => return self.tell_content(index, &[index], hand),
        };
        self.tell(event, index, hand.by, hand.now_ms);
    }

    pub fn set_locked(&mut self, index: Index, locked: bool, hand: &Hand<'_>) {
        if self.node(index).locked == locked {
            return;
        }
        self.node_mut(index).locked = locked;
        self.touch(index, hand);
        if self.node(index).kind == Kind::Page {
            let event = if locked { "page.locked" } else { "page.unlocked" };
            self.tell(event, index, hand.by, hand.now_ms);
        }
    }

    /// Notes that the content of the page around a node changed.
    pub fn tell_content(&mut self, index: Index, touched: &[Index], hand: &Hand<'_>) {
        let holder = self.holder(index);
        let event = match self.node(holder).kind {
            Kind::Page => "page.content_updated",
            Kind::DataSource => "data_source.content_updated",
            _ => return,
        };
        self.tell_more(event, holder, hand.by, hand.now_ms, touched, Vec::new());
    }
}
