//! Metadata as clients see it: which fields a file, a folder and a deletion have.

use serde_json::{Map, Value, json};

use crate::dropbox::state::Dropbox;
use crate::dropbox::text::{file_id, hex, rev_text, time_text};
use crate::dropbox::tree::{
    Access, FileExtra, Namespace, NamespaceKind, NodeKind, NodeRef, Revision, Tree, View,
};

/// Who asks, and for what besides the usual fields.
#[derive(Clone, Copy)]
pub struct Rendering<'a> {
    pub tree: &'a Tree,
    pub view: &'a View,
    pub preview_base: Option<&'a str>,
    pub explicit_members: bool,
}

impl<'a> Rendering<'a> {
    pub fn new(tree: &'a Tree, view: &'a View) -> Self {
        Self { tree, view, preview_base: None, explicit_members: false }
    }

    /// Adds `preview_url` where the switch says so.
    pub fn with_previews(mut self, dropbox: &'a Dropbox, wanted: bool) -> Self {
        self.preview_base = wanted.then_some(dropbox.base.as_str());
        self
    }

    /// Metadata with its tag.
    pub fn entry(&self, node: NodeRef) -> Value {
        let tag = match self.tree.node(node).kind {
            NodeKind::File(_) => "file",
            _ => "folder",
        };
        let mut fields = self.fields(node, None);
        fields.insert(".tag".into(), tag.into());
        Value::Object(fields)
    }

    /// Metadata of a known kind, without a tag.
    pub fn plain(&self, node: NodeRef, version: Option<u16>) -> Value {
        Value::Object(self.fields(node, version))
    }

    /// A deletion of something whose place is still known.
    pub fn deleted(&self, node: NodeRef) -> Value {
        let place = self.tree.place(self.view, node, node);
        deletion(&self.tree.node(node).name, place.path)
    }

    fn fields(&self, node: NodeRef, version: Option<u16>) -> Map<String, Value> {
        let tree = self.tree;
        let found = tree.node(node);
        let mut out = Map::new();
        out.insert("name".into(), found.name.as_ref().into());
        if let Some((lower, display)) = tree.place(self.view, node, node).path {
            if let Some(base) = self.preview_base {
                const KEPT: &percent_encoding::AsciiSet =
                    &percent_encoding::NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-');
                let path = percent_encoding::utf8_percent_encode(&display, KEPT);
                out.insert("preview_url".into(), format!("{base}/www/home{path}").into());
            }
            out.insert("path_lower".into(), lower.into());
            out.insert("path_display".into(), display.into());
        }
        out.insert("id".into(), file_id(tree.public_number(node)).into());
        let namespace = &tree.namespaces[found.namespace as usize];
        let parent_shared =
            (!is_private(namespace) && found.parent.is_some()).then(|| namespace.id.to_string());
        if let Some(id) = &parent_shared {
            out.insert("parent_shared_folder_id".into(), id.as_str().into());
        }
        let access = tree.access_to(self.view.account, found.namespace);
        let read_only = access.is_none_or(Access::is_read_only);
        match &found.kind {
            NodeKind::Folder if found.parent.is_none() => {
                self.mount_fields(&mut out, namespace, found.namespace);
            }
            NodeKind::Folder => {
                if let Some(id) = parent_shared {
                    let info = json!({"read_only": read_only, "parent_shared_folder_id": id});
                    out.insert("sharing_info".into(), info);
                }
            }
            NodeKind::Mount(target) => {
                self.mount_fields(&mut out, &tree.namespaces[*target as usize], *target)
            }
            NodeKind::File(data) => {
                let older = version.and_then(|v| data.older.iter().find(|old| old.version == v));
                let revision = older.unwrap_or(&data.current);
                self.file_fields(&mut out, node, revision, data.extra.as_deref());
                if let Some(id) = parent_shared {
                    let by = &tree.accounts[revision.by as usize].id;
                    let info =
                        json!({"read_only": read_only, "parent_shared_folder_id": id, "modified_by": by});
                    out.insert("sharing_info".into(), info);
                }
            }
        }
        out
    }

    fn mount_fields(&self, out: &mut Map<String, Value>, mounted: &Namespace, target: u32) {
        if matches!(mounted.kind, NamespaceKind::Home(_)) {
            return;
        }
        let access = self.tree.access_to(self.view.account, target);
        let id = mounted.id.to_string();
        out.insert("shared_folder_id".into(), id.as_str().into());
        let read_only = access.is_none_or(Access::is_read_only);
        let mut info = json!({"read_only": read_only, "shared_folder_id": id});
        if access == Some(Access::Traverse) {
            info["traverse_only"] = true.into();
        }
        out.insert("sharing_info".into(), info);
    }

    fn file_fields(
        &self,
        out: &mut Map<String, Value>,
        node: NodeRef,
        revision: &Revision,
        extra: Option<&FileExtra>,
    ) {
        let namespace = &self.tree.namespaces[self.tree.node(node).namespace as usize];
        out.insert("client_modified".into(), time_text(revision.client_ms).into());
        out.insert("server_modified".into(), time_text(revision.server_ms).into());
        out.insert("rev".into(), rev_text(node, revision.version, namespace.id).into());
        out.insert("size".into(), revision.content.size().into());
        out.insert("content_hash".into(), hex(revision.content_hash()).into());
        let export = extra.and_then(|extra| extra.export.as_ref());
        out.insert("is_downloadable".into(), export.is_none().into());
        if let Some(export) = export {
            let info = json!({"export_as": export.export_as, "export_options": export.export_options});
            out.insert("export_info".into(), info);
        }
        if self.explicit_members {
            let shared = extra.is_some_and(|e| !e.shared_with.is_empty() || !e.invitees.is_empty());
            out.insert("has_explicit_shared_members".into(), shared.into());
        }
        if let Some((by, since_ms)) = extra.and_then(|extra| extra.lock) {
            let holder = &self.tree.accounts[by as usize];
            let info = json!({
                "is_lockholder": by == self.view.account,
                "lockholder_name": holder.name,
                "lockholder_account_id": holder.id,
                "created": time_text(since_ms),
            });
            out.insert("file_lock_info".into(), info);
        }
    }
}

/// A deletion: no id, no reason, no time.
pub fn deletion(name: &str, path: Option<(String, String)>) -> Value {
    let mut out = json!({".tag": "deleted", "name": name});
    if let Some((lower, display)) = path {
        out["path_lower"] = lower.into();
        out["path_display"] = display.into();
    }
    out
}

fn is_private(namespace: &Namespace) -> bool {
    matches!(namespace.kind, NamespaceKind::Home(_) | NamespaceKind::TeamRoot)
}
