//! Deleting, and bringing back: deleted nodes keep their ids and lie buried in their folders.

use std::sync::Arc;

use anyhow::{Context, bail, ensure};

use super::model::*;
use super::store::Tree;

impl Tree {
    /// Deletes a node with everything below; the feed names only the node itself.
    pub fn delete(&mut self, node: NodeRef, now_ms: i64) -> anyhow::Result<()> {
        let found = self.node(node);
        ensure!(found.deleted.is_none(), "already deleted");
        let folder = found.parent.context("a root cannot be deleted")?;
        ensure!(!matches!(found.kind, NodeKind::Mount(_)), "unmount a shared folder instead");
        self.write_gone(node);
        self.deletions += 1;
        for below in self.subtree(node) {
            self.nodes[below as usize].deleted = Some(self.deletions);
            if let Some(data) = self.file_mut(below) {
                data.extra.get_or_insert_default().deleted_ms = now_ms;
            }
        }
        self.bury(folder, node);
        Ok(())
    }

    pub(super) fn bury(&mut self, folder: NodeRef, node: NodeRef) {
        let lower = Arc::clone(&self.node(node).lower);
        self.children.entry(folder).or_default().remove(&lower);
        self.buried.entry(folder).or_default().insert(lower, node);
        self.deletions += 1;
        self.nodes[node as usize].deleted.get_or_insert(self.deletions);
    }

    /// Removes for good: neither a restore nor `include_deleted` finds it afterwards.
    pub fn erase(&mut self, node: NodeRef, now_ms: i64) -> anyhow::Result<()> {
        if self.node(node).deleted.is_none() {
            self.delete(node, now_ms)?;
        }
        let (folder, lower) = (self.node(node).parent, Arc::clone(&self.node(node).lower));
        if let Some(buried) = folder.and_then(|folder| self.buried.get_mut(&folder)) {
            buried.remove(&lower);
        }
        Ok(())
    }

    /// Brings a deleted node back with what was deleted together with it; ids stay.
    pub fn undelete(&mut self, node: NodeRef) -> anyhow::Result<()> {
        let deletion = self.node(node).deleted.context("not deleted")?;
        let folder = self.node(node).parent.context("a root is never deleted")?;
        ensure!(self.node(folder).deleted.is_none(), "the folder above is deleted");
        let lower = Arc::clone(&self.node(node).lower);
        if self.children_of(folder).contains_key(&lower) {
            bail!("the path is taken");
        }
        if let Some(buried) = self.buried.get_mut(&folder) {
            buried.remove(&lower);
        }
        self.children.entry(folder).or_default().insert(lower, node);
        for below in self.subtree(node) {
            if self.node(below).deleted == Some(deletion) {
                self.nodes[below as usize].deleted = None;
                self.report(below);
            }
        }
        Ok(())
    }

    /// Brings one deleted node back, with the folders above it but nothing else in them.
    pub fn revive(&mut self, node: NodeRef) -> anyhow::Result<()> {
        let mut chain = vec![node];
        while let Some(above) = self.node(chain[chain.len() - 1]).parent
            && self.node(above).deleted.is_some()
        {
            chain.push(above);
        }
        for revived in chain.into_iter().rev() {
            let folder = self.node(revived).parent.context("a root is never deleted")?;
            let lower = Arc::clone(&self.node(revived).lower);
            ensure!(self.child(folder, &lower).is_none_or(|other| other == revived), "the path is taken");
            if let Some(buried) = self.buried.get_mut(&folder) {
                buried.remove(&lower);
            }
            self.children.entry(folder).or_default().insert(lower, revived);
            self.nodes[revived as usize].deleted = None;
            self.report(revived);
            let left: Vec<NodeRef> = self.children_of(revived).values().copied().collect();
            for child in left {
                self.bury(revived, child);
            }
        }
        Ok(())
    }
}
