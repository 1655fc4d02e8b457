//! Changing the blocks of a page.

use anyhow::{Context, bail};
use serde_json::{Value, json};

use super::making::{Hand, refused};
use super::model::{BlockDetail, Detail, Index, Kind};
use super::store::Workspace;
use crate::notion::{blocks, ids};

impl Workspace {
    /// Appends blocks under a page or block, or puts them at a place among its children.
    pub fn add_blocks(
        &mut self,
        parent: Index,
        given: &[Value],
        at: Option<usize>,
        hand: &Hand<'_>,
    ) -> anyhow::Result<Vec<Index>> {
        self.settle(parent);
        let mut made = Vec::with_capacity(given.len());
        for (offset, block) in given.iter().enumerate() {
            let at = at.map(|at| at + offset);
            made.push(self.add_block(parent, block, at, hand)?);
        }
        self.touch(parent, hand);
        self.tell_content(parent, &made, hand);
        Ok(made)
    }

    fn add_block(
        &mut self,
        parent: Index,
        given: &Value,
        at: Option<usize>,
        hand: &Hand<'_>,
    ) -> anyhow::Result<Index> {
        if given["child_page"].is_object() {
            return self.create_page(Some(parent), at, &given["child_page"], hand);
        }
        let linked = given["child_database"]["linked"] == true;
        if given["child_database"].is_object() && !linked {
            return self.create_database(Some(parent), at, &given["child_database"], hand);
        }
        let block = blocks::read(given, self, hand.files).map_err(refused)?;
        let id = match &block.key {
            Some(key) => ids::of_reference(key),
            None => self.next_id(),
        };
        let mut body = block.body;
        if linked {
            body = json!({"title": given["child_database"]["title"]});
        }
        let detail = Detail::Block(Box::new(BlockDetail { kind: block.kind, body }));
        let index = self.attach(id, Some(parent), at, detail, hand.by, hand.now_ms);
        for child in &block.children {
            self.add_block(index, child, None, hand)?;
        }
        Ok(index)
    }

    /// Replaces the blocks of a page; its sub-pages and databases stay at the end.
    pub fn replace_blocks(&mut self, page: Index, given: &[Value], hand: &Hand<'_>) -> anyhow::Result<()> {
        self.settle(page);
        let old: Vec<Index> = self.node(page).children.clone();
        let mut kept = Vec::new();
        for child in old {
            if self.node(child).kind == Kind::Block {
                self.collect_objects(child, &mut kept);
                for object in &kept {
                    if self.is_within(*object, child) {
                        self.unlink(*object);
                        self.link(*object, Some(page), None);
                    }
                }
                self.destroy(child);
            }
        }
        self.add_blocks(page, given, Some(0), hand)?;
        Ok(())
    }

    /// Finds pages and databases that sit inside a block.
    fn collect_objects(&self, block: Index, found: &mut Vec<Index>) {
        let mut open = vec![block];
        while let Some(at) = open.pop() {
            if self.node(at).kind == Kind::Block {
                open.extend(&self.node(at).children);
            } else {
                found.push(at);
            }
        }
    }

    /// Changes the body of one block, in the short notation or as requests do.
    pub fn edit_block(&mut self, index: Index, wish: &Value, hand: &Hand<'_>) -> anyhow::Result<()> {
        let Detail::Block(detail) = &self.node(index).detail else { bail!("not a block") };
        let (kind, old) = (detail.kind.clone(), detail.body.clone());
        if let Some(change) = wish.get(&kind) {
            let mut whole = change.clone();
            if let (Some(whole), Some(old)) = (whole.as_object_mut(), old.as_object()) {
                for (name, value) in old {
                    whole.entry(name.clone()).or_insert_with(|| value.clone());
                }
            }
            let given = json!({"type": kind, (kind.as_str()): whole});
            let read = blocks::read(&given, self, hand.files).map_err(refused)?;
            if let Detail::Block(detail) = &mut self.node_mut(index).detail {
                detail.body = read.body;
            }
        } else if wish.get("in_trash").is_none() && wish.get("archived").is_none() {
            let name = wish.as_object().and_then(|wish| wish.keys().next()).context("nothing to change")?;
            bail!("the block is of type {kind}, not {name}");
        }
        self.touch(index, hand);
        self.tell_content(index, &[index], hand);
        if let Some(trashed) = wish["in_trash"].as_bool().or(wish["archived"].as_bool()) {
            self.set_trashed(index, trashed, hand);
        }
        Ok(())
    }

    /// Removes a block for good.
    pub fn remove_block(&mut self, index: Index, hand: &Hand<'_>) -> anyhow::Result<()> {
        if self.node(index).kind != Kind::Block {
            bail!("not a block");
        }
        self.touch(index, hand);
        self.tell_content(index, &[index], hand);
        self.destroy(index);
        Ok(())
    }
}
