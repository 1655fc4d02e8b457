//! What one caller sees: paths depend on who looks and from which root.

use super::model::*;
use super::store::Tree;

/// Who looks, and from where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    pub account: AccountRef,
    /// The folder that paths start from: the root of a namespace, or an app's folder.
    pub root: NodeRef,
    pub home: NamespaceRef,
}

/// Where a node lies for a caller.
#[derive(Debug, Default)]
pub struct Place {
    /// Lower-case and displayed path; None when the node cannot be reached from the root.
    pub path: Option<(String, String)>,
    /// Whether the folder asked about is above the node, and whether it is its parent.
    pub under_base: bool,
    pub in_base: bool,
}

impl Tree {
    /// Returns the folder whose children are a node's children.
    pub fn container(&self, node: NodeRef) -> NodeRef {
        match self.node(node).kind {
            NodeKind::Mount(namespace) => self.namespaces[namespace as usize].root,
            _ => node,
        }
    }

    /// Returns the node above for a caller: the parent, or the mount point of the node's namespace.
    fn above(&self, view: &View, node: NodeRef) -> Option<NodeRef> {
        let found = self.node(node);
        if found.parent.is_some() {
            return found.parent;
        }
        let root_namespace = self.node(view.root).namespace;
        [root_namespace, view.home]
            .iter()
            .find_map(|holder| self.mount_of(*holder, found.namespace))
            .filter(|mount| self.node(*mount).deleted.is_none())
    }

    /// Returns the mount point that stands for a namespace's root in a person's tree, or the node itself.
    pub fn shown(&self, view: &View, node: NodeRef) -> NodeRef {
        if self.node(node).parent.is_some() || node == view.root {
            return node;
        }
        self.above(view, node).unwrap_or(node)
    }

    /// Says where a node lies, seen from the view's root, and whether that is below `base`.
    pub fn place(&self, view: &View, node: NodeRef, base: NodeRef) -> Place {
        let mut place = Place::default();
        let mut names: Vec<NodeRef> = Vec::with_capacity(8);
        let mut here = node;
        let mut steps_to_base = 0;
        loop {
            if here == base && here != node {
                place.under_base = true;
                place.in_base = steps_to_base == 1;
            }
            if here == view.root {
                break;
            }
            let named = self.node(here).parent.is_some();
            if named {
                names.push(here);
                steps_to_base += 1;
            }
            match self.above(view, here) {
                Some(above) => here = above,
                None => return place,
            }
        }
        let (mut lower, mut display) = (String::with_capacity(64), String::with_capacity(64));
        for name in names.iter().rev() {
            let found = self.node(*name);
            lower.push('/');
            lower.push_str(&found.lower);
            display.push('/');
            display.push_str(&found.name);
        }
        place.path = Some((lower, display));
        place
    }

    /// Returns the lower-case path of a node for a caller.
    pub fn path_lower(&self, view: &View, node: NodeRef) -> Option<String> {
        self.place(view, node, node).path.map(|(lower, _)| lower)
    }

    /// Says what a person may do in a namespace.
    pub fn access_to(&self, account: AccountRef, namespace: NamespaceRef) -> Option<Access> {
        let found = &self.namespaces[namespace as usize];
        match found.kind {
            NamespaceKind::Home(owner) => (owner == account).then_some(Access::Owner),
            NamespaceKind::TeamRoot => {
                let team = self.accounts[account as usize].team?;
                (self.teams[team].root == namespace).then_some(Access::Viewer)
            }
            NamespaceKind::Shared | NamespaceKind::TeamFolder => {
                found.members.get(&account).map(|member| member.access)
            }
        }
    }

    /// Says whether a caller may see a node at all: mount points of others' folders stay hidden.
    pub fn is_visible(&self, view: &View, node: NodeRef) -> bool {
        match self.node(node).kind {
            NodeKind::Mount(namespace) => self.access_to(view.account, namespace).is_some(),
            _ => true,
        }
    }

    /// Returns the namespaces whose changes a recursive listing of a folder shows.
    pub fn namespaces_below(&self, view: &View, base: NodeRef, with_mounted: bool) -> Vec<NamespaceRef> {
        let mut found = vec![self.node(base).namespace];
        if !with_mounted {
            return found;
        }
        let mut next = 0;
        while next < found.len() {
            for mount in self.mounts_in(found[next]) {
                let NodeKind::Mount(namespace) = self.node(mount).kind else { continue };
                let alive = self.node(mount).deleted.is_none() && self.is_visible(view, mount);
                if alive && !found.contains(&namespace) && self.place(view, mount, base).under_base {
                    found.push(namespace);
                }
            }
            next += 1;
        }
        found.sort_unstable();
        found
    }

    /// Finds a child of a folder by a name in any case.
    pub fn child(&self, folder: NodeRef, name: &str) -> Option<NodeRef> {
        self.children_of(folder).get(name.to_lowercase().as_str()).copied()
    }

    /// Follows a path from a folder; an empty path is the folder itself.
    pub fn follow(&self, view: &View, from: NodeRef, path: &str) -> Option<NodeRef> {
        let mut here = from;
        for name in path.split('/').filter(|part| !part.is_empty()) {
            here = self.child(self.container(here), name).filter(|child| self.is_visible(view, *child))?;
        }
        Some(here)
    }
}
