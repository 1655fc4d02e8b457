//! One page of a listing: first what is there, then everything that changed since the listing began.

use std::ops::Bound;

use serde_json::Value;

use super::render::{Rendering, deletion};
use crate::dropbox::call::Call;
use crate::dropbox::cursor::{ListCursor, Phase};
use crate::dropbox::tree::{EntryKind, NodeKind, NodeRef, Tree, View};

/// A page being filled.
pub struct Page<'a> {
    tree: &'a Tree,
    view: View,
    rendering: Rendering<'a>,
    pub cursor: ListCursor,
    room: usize,
    children_first: bool,
    split_moves: bool,
    pub entries: Vec<Value>,
    pub has_more: bool,
}

impl<'a> Page<'a> {
    pub fn new(call: &'a Call<'_>, tree: &'a Tree, cursor: ListCursor) -> Self {
        let switches = &call.switches;
        let most = switches.largest_page.clamp(1, 2000);
        let limit = cursor.options.limit.unwrap_or(switches.page_size).clamp(1, most);
        let slack = usize::from(switches.approximate_limit && cursor.options.limit.is_some());
        let mut rendering =
            Rendering::new(tree, &call.view).with_previews(call.dropbox, switches.preview_urls);
        rendering.explicit_members = cursor.options.explicit_members;
        Self {
            tree,
            view: call.view,
            rendering,
            cursor,
            room: limit + slack,
            children_first: switches.children_first,
            split_moves: switches.split_moves,
            entries: Vec::new(),
            has_more: false,
        }
    }

    fn is_full(&self) -> bool {
        self.entries.len() >= self.room
    }

    /// Puts the listed folder itself on a recursive listing's first page.
    pub fn add_itself(&mut self) {
        if !self.cursor.options.recursive {
            return;
        }
        let base = self.tree.node(self.cursor.base);
        let shown = match base.parent {
            Some(_) => Some(self.cursor.base),
            None => self.tree.mount_of(self.view.home, base.namespace),
        };
        if let Some(node) = shown {
            self.entries.push(self.rendering.entry(node));
        }
    }

    pub fn fill(&mut self) {
        match self.cursor.phase.clone() {
            Some(Phase::Children(after)) => self.fill_children(&after, false),
            Some(Phase::Buried(after)) => self.fill_children(&after, true),
            Some(Phase::Nodes { namespace, at }) => self.fill_nodes(namespace, at),
            None => self.fill_changes(),
        }
    }

    /// One folder, by name: first what is there, then what was deleted.
    fn fill_children(&mut self, after: &str, buried: bool) {
        let base = self.cursor.base;
        let rows = if buried { self.tree.buried_in(base) } else { self.tree.children_of(base) };
        let from = if after.is_empty() { Bound::Unbounded } else { Bound::Excluded(after) };
        for (lower, node) in rows.range::<str, _>((from, Bound::Unbounded)) {
            if self.is_full() {
                self.has_more = true;
                return;
            }
            let at = lower.to_string();
            self.cursor.phase = Some(if buried { Phase::Buried(at) } else { Phase::Children(at) });
            if buried {
                if !self.tree.children_of(base).contains_key(lower) {
                    self.entries.push(self.rendering.deleted(*node));
                }
            } else if self.is_wanted(*node) {
                self.entries.push(self.rendering.entry(*node));
            }
        }
        if !buried && self.cursor.options.include_deleted {
            self.cursor.phase = Some(Phase::Buried(String::new()));
            return self.fill_children("", true);
        }
        self.cursor.phase = None;
    }

    /// A whole tree: every namespace in it, each in its order of arrival.
    fn fill_nodes(&mut self, mut namespace: u32, mut at: usize) {
        let mounted = self.cursor.options.include_mounted;
        for found in self.tree.namespaces_below(&self.view, self.cursor.base, mounted) {
            if found < namespace {
                continue;
            }
            if found > namespace {
                (namespace, at) = (found, 0);
            }
            let nodes = &self.tree.namespaces[found as usize].nodes;
            while at < nodes.len() {
                if self.is_full() {
                    self.has_more = true;
                    self.cursor.phase = Some(Phase::Nodes { namespace, at });
                    return;
                }
                let position = if self.children_first { nodes.len() - 1 - at } else { at };
                self.add_node(nodes[position], found);
                at += 1;
            }
        }
        self.cursor.phase = None;
    }

    fn add_node(&mut self, node: NodeRef, namespace: u32) {
        let found = self.tree.node(node);
        let shown = if found.deleted.is_some() { self.is_shown_deletion(node) } else { self.is_wanted(node) };
        if found.namespace != namespace || !shown {
            return;
        }
        if self.tree.place(&self.view, node, self.cursor.base).under_base {
            let gone = found.deleted.is_some();
            self.entries.push(if gone { self.rendering.deleted(node) } else { self.rendering.entry(node) });
        }
    }

    /// Of what was deleted, only the latest under each name shows, and only while the name is free.
    fn is_shown_deletion(&self, node: NodeRef) -> bool {
        let found = self.tree.node(node);
        let Some(folder) = found.parent.filter(|_| self.cursor.options.include_deleted) else {
            return false;
        };
        let gone_with_folder = self.tree.node(folder).deleted.is_some();
        let is_latest = self.tree.buried_in(folder).get(&found.lower) == Some(&node);
        let taken = self.tree.children_of(folder).get(&found.lower).is_some_and(|other| *other != node);
        (gone_with_folder || is_latest) && !taken
    }

    fn fill_changes(&mut self) {
        let with_mounted = self.cursor.options.recursive && self.cursor.options.include_mounted;
        let namespaces = self.tree.namespaces_below(&self.view, self.cursor.base, with_mounted);
        let journal = self.tree.journal();
        while (self.cursor.seen as usize) < journal.len() {
            if self.is_full() {
                self.has_more = true;
                return;
            }
            let at = self.cursor.seen;
            let entry = &journal[at as usize];
            self.cursor.seen += 1;
            let for_me = entry.only.is_none_or(|only| only == self.view.account);
            if !for_me || !namespaces.contains(&entry.namespace) {
                continue;
            }
            match &entry.kind {
                EntryKind::Put(node) if self.tree.node(*node).latest != at => {}
                EntryKind::Put(node) | EntryKind::Shown(node) => self.add_change(*node),
                EntryKind::Gone { lower, display } => {
                    self.add_gone(entry.namespace, lower, display);
                    if self.split_moves && !self.entries.is_empty() {
                        self.has_more = (self.cursor.seen as usize) < journal.len();
                        return;
                    }
                }
            }
        }
    }

    fn add_change(&mut self, node: NodeRef) {
        if self.tree.node(node).deleted.is_some() || !self.is_wanted(node) {
            return;
        }
        let place = self.tree.place(&self.view, node, self.cursor.base);
        let listed = if self.cursor.options.recursive { place.under_base } else { place.in_base };
        if listed {
            self.entries.push(self.rendering.entry(node));
        }
    }

    fn add_gone(&mut self, namespace: u32, lower: &str, display: &str) {
        let name = display.rsplit('/').next().unwrap_or(display);
        let (tree, base) = (self.tree, self.cursor.base);
        let root = tree.namespaces[namespace as usize].root;
        let above = tree.place(&self.view, root, root).path;
        let (Some((above, above_display)), Some(base_path)) = (above, tree.path_lower(&self.view, base))
        else {
            // Without a path only direct children of the namespace's root can be told apart.
            if base == root {
                self.entries.push(deletion(name, None));
            }
            return;
        };
        let lower = format!("{above}{lower}");
        let Some(below) = lower.strip_prefix(&format!("{base_path}/")) else { return };
        if self.cursor.options.recursive || !below.contains('/') {
            let display = format!("{above_display}{display}");
            self.entries.push(deletion(name, Some((lower, display))));
        }
    }

    fn is_wanted(&self, node: NodeRef) -> bool {
        let found = self.tree.node(node);
        let is_paper = found.lower.ends_with(".paper") || found.lower.ends_with(".papert");
        if is_paper && !self.tree.accounts[self.view.account as usize].paper_as_files {
            return false;
        }
        match &found.kind {
            NodeKind::Mount(_) => {
                self.cursor.options.include_mounted && self.tree.is_visible(&self.view, node)
            }
            NodeKind::File(data) if !self.cursor.options.include_non_downloadable => {
                data.extra.as_ref().is_none_or(|extra| extra.export.is_none())
            }
            _ => true,
        }
    }
}
