//! Comments on pages and blocks.

use anyhow::{Context, anyhow};
use serde_json::{Value, json};

use super::making::Hand;
use super::model::{Comment, Happening, Kind};
use super::store::Workspace;
use crate::notion::ids::{self, Id};
use crate::notion::text;

impl Workspace {
    /// Adds a comment to a page or block; an empty discussion starts a new thread.
    pub fn add_comment(
        &mut self,
        on: Id,
        discussion: Option<Id>,
        words: &Value,
        hand: &Hand<'_>,
    ) -> anyhow::Result<Id> {
        self.find(on).context("nothing to comment on")?;
        let rich_text = text::read(words).map_err(|error| anyhow!(error))?;
        let id = self.next_id();
        let discussion = discussion.unwrap_or_else(|| self.next_id());
        let (created_ms, by) = (hand.now_ms, hand.by);
        self.comments.push(Comment {
            id,
            discussion,
            on,
            rich_text,
            created_ms,
            edited_ms: created_ms,
            by,
            resolved: false,
        });
        self.tell_comment("comment.created", id, hand);
        Ok(id)
    }

    /// Changes the words of a comment, or resolves and reopens its thread.
    pub fn edit_comment(
        &mut self,
        id: Id,
        words: Option<&Value>,
        resolved: Option<bool>,
        hand: &Hand<'_>,
    ) -> anyhow::Result<()> {
        let at = self.comments.iter().position(|comment| comment.id == id).context("no such comment")?;
        let discussion = self.comments[at].discussion;
        if let Some(words) = words {
            self.comments[at].rich_text = text::read(words).map_err(|error| anyhow!(error))?;
            self.comments[at].edited_ms = hand.now_ms;
        }
        if let Some(resolved) = resolved {
            for comment in self.comments.iter_mut().filter(|comment| comment.discussion == discussion) {
                comment.resolved = resolved;
            }
        }
        self.tell_comment("comment.updated", id, hand);
        Ok(())
    }

    pub fn delete_comment(&mut self, id: Id, hand: &Hand<'_>) -> anyhow::Result<()> {
        let at = self.comments.iter().position(|comment| comment.id == id).context("no such comment")?;
        self.tell_comment("comment.deleted", id, hand);
        self.comments.remove(at);
        Ok(())
    }

    fn tell_comment(&mut self, event: &'static str, id: Id, hand: &Hand<'_>) {
        let Some(comment) = self.comments.iter().find(|comment| comment.id == id) else { return };
        let Some(index) = self.find(comment.on).filter(|_| self.listened_to) else { return };
        let kind = if self.node(index).kind == Kind::Page { "page" } else { "block" };
        let holder = self.holder(index);
        let happening = Happening {
            event,
            entity: id,
            by: hand.by,
            at_ms: hand.now_ms,
            updated_blocks: Vec::new(),
            updated_properties: Vec::new(),
            page: Some(self.node(holder).id),
            parent: json!({"id": ids::show(comment.on), "type": kind}),
            seen_by: self.watchers(index),
        };
        self.happenings.push(happening);
    }
}
