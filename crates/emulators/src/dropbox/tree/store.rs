//! Nodes by number and by parent; creating, changing and deleting them, and what that adds to the journal.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use anyhow::{Context, ensure};

use super::content::Content;
use super::journal::{Entry, EntryKind};
use super::model::*;

type Children = BTreeMap<Arc<str>, NodeRef>;

/// A file to be created.
#[derive(Debug)]
pub struct NewFile<'n> {
    pub folder: NodeRef,
    pub name: &'n str,
    pub content: Content,
    pub by: AccountRef,
    pub client_ms: i64,
}

/// The whole state. Every mutation notes the namespaces it touched.
#[derive(Debug, Default)]
pub struct Tree {
    pub accounts: Vec<Account>,
    pub teams: Vec<Team>,
    pub namespaces: Vec<Namespace>,
    pub links: Vec<Link>,
    pub(super) nodes: Vec<Node>,
    pub(super) children: HashMap<NodeRef, Children>,
    /// The latest deleted node of each name in a folder.
    pub(super) buried: HashMap<NodeRef, Children>,
    mounts: HashMap<(NamespaceRef, NamespaceRef), NodeRef>,
    mounts_by_holder: HashMap<NamespaceRef, BTreeSet<NodeRef>>,
    /// Ids of folders that became shared: root by folder and folder by root.
    aliases: HashMap<NodeRef, NodeRef>,
    aliased: HashMap<NodeRef, NodeRef>,
    journal: Vec<Entry>,
    touched: BTreeSet<NamespaceRef>,
    pub(super) deletions: u64,
    /// Writes the new place of a moved node before the loss of its old one.
    pub moves_put_first: bool,
    /// Writes what stands in a moved folder before the folder.
    pub children_first: bool,
}

static NO_CHILDREN: Children = BTreeMap::new();

impl Tree {
    pub fn node(&self, node: NodeRef) -> &Node {
        &self.nodes[node as usize]
    }

    pub fn find_node(&self, number: u32) -> Option<NodeRef> {
        ((number as usize) < self.nodes.len()).then_some(number)
    }

    pub fn file(&self, node: NodeRef) -> Option<&FileData> {
        match &self.node(node).kind {
            NodeKind::File(data) => Some(data),
            _ => None,
        }
    }

    pub fn file_mut(&mut self, node: NodeRef) -> Option<&mut FileData> {
        match &mut self.nodes[node as usize].kind {
            NodeKind::File(data) => Some(data),
            _ => None,
        }
    }

    pub fn children_of(&self, folder: NodeRef) -> &Children {
        self.children.get(&folder).unwrap_or(&NO_CHILDREN)
    }

    pub fn buried_in(&self, folder: NodeRef) -> &Children {
        self.buried.get(&folder).unwrap_or(&NO_CHILDREN)
    }

    pub fn mount_of(&self, holder: NamespaceRef, namespace: NamespaceRef) -> Option<NodeRef> {
        let mount = self.mounts.get(&(holder, namespace)).copied();
        mount.filter(|mount| self.node(*mount).deleted.is_none())
    }

    pub fn mounts_in(&self, holder: NamespaceRef) -> impl Iterator<Item = NodeRef> + '_ {
        self.mounts_by_holder.get(&holder).into_iter().flatten().copied()
    }

    pub fn journal(&self) -> &[Entry] {
        &self.journal
    }

    /// Hands out the namespaces changed since the last call.
    pub fn take_touched(&mut self) -> BTreeSet<NamespaceRef> {
        std::mem::take(&mut self.touched)
    }

    pub fn find_account(&self, email: &str) -> Option<AccountRef> {
        let found = self.accounts.iter().position(|account| account.email.eq_ignore_ascii_case(email));
        found.map(|position| position as AccountRef)
    }

    pub fn find_namespace(&self, id: u64) -> Option<NamespaceRef> {
        let found = self.namespaces.iter().position(|namespace| namespace.id == id);
        found.map(|position| position as NamespaceRef)
    }

    /// Opens a namespace with an empty root.
    pub(super) fn open_namespace(&mut self, kind: NamespaceKind, name: &str) -> NamespaceRef {
        let namespace = self.namespaces.len() as NamespaceRef;
        let root = self.insert(name, None, namespace, NodeKind::Folder);
        self.namespaces.push(Namespace {
            id: 84_528_192_421 + u64::from(namespace) * 97,
            kind,
            root,
            members: BTreeMap::new(),
            invitees: BTreeMap::new(),
            nodes: Vec::new(),
        });
        namespace
    }

    pub(super) fn insert(
        &mut self,
        name: &str,
        parent: Option<NodeRef>,
        namespace: NamespaceRef,
        kind: NodeKind,
    ) -> NodeRef {
        let node = self.nodes.len() as NodeRef;
        let (name, lower) = spelled(name);
        if let Some(parent) = parent {
            self.children.entry(parent).or_default().insert(Arc::clone(&lower), node);
            self.namespaces[namespace as usize].nodes.push(node);
        }
        self.nodes.push(Node { name, lower, parent, namespace, kind, deleted: None, latest: 0 });
        node
    }

    pub(super) fn mount(
        &mut self,
        holder: NamespaceRef,
        namespace: NamespaceRef,
        folder: NodeRef,
        name: &str,
    ) -> NodeRef {
        let node = self.insert(name, Some(folder), holder, NodeKind::Mount(namespace));
        self.mounts.insert((holder, namespace), node);
        self.mounts_by_holder.entry(holder).or_default().insert(node);
        node
    }

    pub(super) fn forget_mount(&mut self, holder: NamespaceRef, namespace: NamespaceRef) -> Option<NodeRef> {
        let node = self.mounts.remove(&(holder, namespace))?;
        if let Some(mounts) = self.mounts_by_holder.get_mut(&holder) {
            mounts.remove(&node);
        }
        Some(node)
    }

    /// Writes into the journal that a node is to be reported.
    pub fn report(&mut self, node: NodeRef) {
        let namespace = self.node(node).namespace;
        self.nodes[node as usize].latest = self.journal.len() as u64;
        self.write(namespace, EntryKind::Put(node));
    }

    pub(super) fn write(&mut self, namespace: NamespaceRef, kind: EntryKind) {
        self.journal.push(Entry { namespace, kind, only: None });
        self.touched.insert(namespace);
    }

    pub(super) fn write_for(&mut self, account: AccountRef, namespace: NamespaceRef, kind: EntryKind) {
        self.journal.push(Entry { namespace, kind, only: Some(account) });
        self.touched.insert(self.accounts[account as usize].home);
    }

    pub fn create_folder(&mut self, folder: NodeRef, name: &str) -> anyhow::Result<NodeRef> {
        self.check_free(folder, name)?;
        let namespace = self.node(folder).namespace;
        let node = self.insert(name, Some(folder), namespace, NodeKind::Folder);
        self.report(node);
        Ok(node)
    }

    /// Returns a folder below another, creating what is missing.
    pub fn ensure_folder(&mut self, from: NodeRef, path: &str) -> anyhow::Result<NodeRef> {
        let mut here = self.container(from);
        for name in path.split('/').filter(|part| !part.is_empty()) {
            here = match self.child(here, name) {
                Some(child) => {
                    ensure!(self.file(child).is_none(), "{name} is a file");
                    self.container(child)
                }
                None => self.create_folder(here, name)?,
            };
        }
        Ok(here)
    }

    pub fn create_file(&mut self, new: NewFile<'_>, now_ms: i64) -> anyhow::Result<NodeRef> {
        self.check_free(new.folder, new.name)?;
        let namespace = self.node(new.folder).namespace;
        let current = revision(1, new.content, new.by, new.client_ms, now_ms);
        let data = FileData { current, older: Vec::new(), extra: None };
        let node = self.insert(new.name, Some(new.folder), namespace, NodeKind::File(Box::new(data)));
        self.report(node);
        Ok(node)
    }

    /// Gives a file a new revision; the earlier one stays readable.
    pub fn edit_file(
        &mut self,
        node: NodeRef,
        content: Content,
        by: AccountRef,
        client_ms: i64,
        now_ms: i64,
    ) -> anyhow::Result<()> {
        let data = self.file_mut(node).context("not a file")?;
        let version = data.current.version.checked_add(1).context("too many versions")?;
        let next = revision(version, content, by, client_ms, now_ms);
        let old = std::mem::replace(&mut data.current, next);
        data.older.push(old);
        self.report(node);
        Ok(())
    }

    /// Moves or renames. A change of case only is not reported, as at Dropbox.
    pub fn relocate(&mut self, node: NodeRef, folder: NodeRef, name: &str) -> anyhow::Result<()> {
        let old_folder = self.node(node).parent.context("a root cannot be moved")?;
        let (new_name, new_lower) = spelled(name);
        if old_folder == folder && self.node(node).lower == new_lower {
            self.nodes[node as usize].name = new_name;
            return Ok(());
        }
        self.check_free(folder, name)?;
        let mut above = Some(folder);
        while let Some(here) = above {
            ensure!(here != node, "a folder cannot be moved into itself");
            above = self.node(here).parent;
        }
        let target = self.node(folder).namespace;
        let is_mount = matches!(self.node(node).kind, NodeKind::Mount(_));
        ensure!(!is_mount || target == self.node(node).namespace, "a shared folder stays in its home");
        let gone = self.gone(node);
        let holder = self.node(node).namespace;
        if !self.moves_put_first {
            self.write(holder, gone.clone());
        }
        let old_lower = Arc::clone(&self.node(node).lower);
        self.children.entry(old_folder).or_default().remove(&old_lower);
        self.children.entry(folder).or_default().insert(Arc::clone(&new_lower), node);
        let moved = &mut self.nodes[node as usize];
        moved.name = new_name;
        moved.lower = new_lower;
        moved.parent = Some(folder);
        let mut told = self.subtree(node);
        if self.children_first {
            told.reverse();
        }
        for below in told {
            if self.node(below).namespace != target {
                self.nodes[below as usize].namespace = target;
                self.namespaces[target as usize].nodes.push(below);
            }
            self.report(below);
        }
        if let NodeKind::Mount(namespace) = self.node(node).kind {
            self.show_all(target, namespace);
        }
        if self.moves_put_first {
            self.write(holder, gone);
        }
        Ok(())
    }

    /// Returns a node and everything below in the same namespace, parents first.
    pub fn subtree(&self, node: NodeRef) -> Vec<NodeRef> {
        let mut found = vec![node];
        let mut next = 0;
        while next < found.len() {
            found.extend(self.children_of(found[next]).values());
            next += 1;
        }
        found
    }

    pub(super) fn write_gone(&mut self, node: NodeRef) {
        let kind = self.gone(node);
        self.write(self.node(node).namespace, kind);
    }

    fn gone(&self, node: NodeRef) -> EntryKind {
        let (mut lower, mut display) = (String::new(), String::new());
        let mut here = node;
        while let Some(parent) = self.node(here).parent {
            let found = self.node(here);
            lower.insert_str(0, &format!("/{}", found.lower));
            display.insert_str(0, &format!("/{}", found.name));
            here = parent;
        }
        EntryKind::Gone { lower: lower.into(), display: display.into() }
    }

    /// Reports everything in a namespace to those who hold it in `holder`.
    pub(super) fn show_all(&mut self, holder: NamespaceRef, namespace: NamespaceRef) {
        let root = self.namespaces[namespace as usize].root;
        for node in self.subtree(root).into_iter().skip(1) {
            self.write(holder, EntryKind::Shown(node));
        }
    }

    /// Takes a folder's children out and puts them under another, in another namespace.
    pub(super) fn adopt_children(&mut self, from: NodeRef, to: NodeRef) {
        let namespace = self.node(to).namespace;
        for below in self.subtree(from).into_iter().skip(1) {
            self.nodes[below as usize].namespace = namespace;
            self.namespaces[namespace as usize].nodes.push(below);
        }
        let children = self.children.remove(&from).unwrap_or_default();
        for child in children.values() {
            self.nodes[*child as usize].parent = Some(to);
        }
        self.children.insert(to, children);
        let buried = self.buried.remove(&from).unwrap_or_default();
        for child in buried.values() {
            self.nodes[*child as usize].parent = Some(to);
        }
        self.buried.insert(to, buried);
    }

    pub(super) fn replace_child(&mut self, folder: NodeRef, lower: &str) {
        self.children.entry(folder).or_default().remove(lower);
    }

    /// Takes a node out of every listing without a word in the journal.
    pub(super) fn hide(&mut self, node: NodeRef) {
        self.deletions += 1;
        self.nodes[node as usize].deleted = Some(self.deletions);
    }

    /// Lets a namespace's root be known by the id of the folder it was made from.
    pub(super) fn keep_id(&mut self, root: NodeRef, folder: NodeRef) {
        self.aliases.insert(root, folder);
        self.aliased.insert(folder, root);
    }

    /// Returns the number behind a node's public id.
    pub fn public_number(&self, node: NodeRef) -> u32 {
        let shown = match self.node(node).kind {
            NodeKind::Mount(namespace) => self.namespaces[namespace as usize].root,
            _ => node,
        };
        self.aliases.get(&shown).copied().unwrap_or(shown)
    }

    /// Finds the node behind a public id's number.
    pub fn find_public(&self, number: u32) -> Option<NodeRef> {
        let node = self.find_node(number)?;
        Some(self.aliased.get(&node).copied().unwrap_or(node))
    }

    fn check_free(&self, folder: NodeRef, name: &str) -> anyhow::Result<()> {
        ensure!(self.file(folder).is_none(), "the parent is a file");
        ensure!(!name.is_empty() && !name.contains('/'), "not a name: {name}");
        ensure!(name.chars().count() <= 255, "a name has at most 255 characters");
        ensure!(self.child(folder, name).is_none(), "{name} exists");
        Ok(())
    }
}

fn spelled(name: &str) -> (Arc<str>, Arc<str>) {
    let shared: Arc<str> = name.into();
    let lower = name.to_lowercase();
    if lower == name { (Arc::clone(&shared), shared) } else { (shared, lower.into()) }
}

fn revision(version: u16, content: Content, by: AccountRef, client_ms: i64, server_ms: i64) -> Revision {
    Revision { version, client_ms, server_ms, by, content, hash: OnceLock::new() }
}
