//! The journal: one list of everything that changed, read by every cursor from its own position.

use super::model::{AccountRef, NamespaceRef, NodeRef};

/// One change as seen in one namespace.
#[derive(Debug, Clone)]
pub struct Entry {
    pub namespace: NamespaceRef,
    pub kind: EntryKind,
    /// The only person who gets to see it, where others see no change.
    pub only: Option<AccountRef>,
}

#[derive(Debug, Clone)]
pub enum EntryKind {
    /// Reports the node as it is now; a later entry for the same node replaces this one.
    Put(NodeRef),
    /// Reports a node that came into sight because a folder was mounted.
    Shown(NodeRef),
    /// Something went away from this path, counted from the namespace's root.
    Gone { lower: Box<str>, display: Box<str> },
}
