//! Control deeds on files: what they take, and how they are done.

use std::collections::BTreeMap;

use anyhow::{Context, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::lookup;
use super::text::{file_id, hex, number_of_id, rev_text};
use super::tree::{Access, AccountRef, Content, Export, NewFile as NewNode, NodeKind, NodeRef, Tree, View};
use crate::kernel::clock::parse_rfc3339;

/// Names a file or folder: by id, or by path in an account's home or, with `team`, from the team's root.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FileTarget {
    pub id: Option<String>,
    pub path: Option<String>,
    pub account: Option<String>,
    pub team: bool,
}

impl FileTarget {
    /// A path in the first account's Dropbox.
    pub fn path(path: &str) -> Self {
        Self { path: Some(path.to_owned()), ..Self::default() }
    }

    pub fn of(account: &str, path: &str) -> Self {
        Self { account: Some(account.to_owned()), ..Self::path(path) }
    }

    pub fn team(account: &str, path: &str) -> Self {
        Self { team: true, ..Self::of(account, path) }
    }
}

/// Properties to set; unknown names are refused.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FileEdit {
    pub content: Option<String>,
    pub content_base64: Option<String>,
    /// Sentences of this many bytes, made when read.
    pub filler: Option<u64>,
    pub zeros: Option<u64>,
    /// Makes a Paper document of this Markdown.
    pub paper: Option<String>,
    pub export: Option<Export>,
    pub name: Option<String>,
    /// The folder to move into, as a path beside the target's.
    pub parent: Option<String>,
    /// RFC 3339 moments.
    pub client_modified: Option<String>,
    pub server_modified: Option<String>,
    /// Who does it; the owner when absent.
    pub by: Option<String>,
    pub restricted: Option<bool>,
    pub unsupported: Option<bool>,
    pub path_locked: Option<bool>,
    /// The holder of a lock; an empty text unlocks.
    pub locked_by: Option<String>,
}

/// What a deed gives back.
#[derive(Debug, Clone, Serialize)]
pub struct FileSummary {
    pub id: String,
    pub name: String,
    pub path: Option<String>,
    pub kind: &'static str,
    pub namespace_id: String,
    pub rev: Option<String>,
    pub size: Option<u64>,
    pub content_hash: Option<String>,
    pub deleted: bool,
}

/// Many small files at once.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Generate {
    pub account: Option<String>,
    pub folder: String,
    pub count: usize,
    pub size: u64,
    pub prefix: String,
}

impl Default for Generate {
    fn default() -> Self {
        Self { account: None, folder: "/Generated".into(), count: 100, size: 512, prefix: "note".into() }
    }
}

pub fn find_account(tree: &Tree, email: Option<&str>) -> anyhow::Result<AccountRef> {
    match email {
        Some(email) => tree.find_account(email).with_context(|| format!("no account {email}")),
        None if tree.accounts.is_empty() => bail!("there are no accounts"),
        None => Ok(0),
    }
}

pub fn view_of(tree: &Tree, target: &FileTarget) -> anyhow::Result<View> {
    let account = find_account(tree, target.account.as_deref())?;
    let home = tree.accounts[account as usize].home;
    let top = if target.team { tree.root_of(account) } else { home };
    Ok(View { account, root: tree.namespaces[top as usize].root, home })
}

/// Finds a file by id in any state, or by path: what is there first, then what was deleted.
pub fn find(tree: &Tree, target: &FileTarget) -> anyhow::Result<NodeRef> {
    if let Some(id) = &target.id {
        let node = number_of_id(id).and_then(|number| tree.find_public(number));
        let node = node.with_context(|| format!("no file {id}"))?;
        return Ok(tree.shown(&view_of(tree, target)?, node));
    }
    let view = view_of(tree, target)?;
    let path = target.path.as_deref().unwrap_or_default();
    let live = tree.follow(&view, view.root, path);
    live.or_else(|| lookup::find_deleted(tree, &view, path)).with_context(|| format!("nothing at {path}"))
}

pub fn summary(tree: &Tree, target: &FileTarget, node: NodeRef) -> anyhow::Result<FileSummary> {
    let view = view_of(tree, target)?;
    let found = tree.node(node);
    let namespace = match found.kind {
        NodeKind::Mount(mounted) => mounted,
        _ => found.namespace,
    };
    let namespace = tree.namespaces[namespace as usize].id;
    let data = tree.file(node);
    Ok(FileSummary {
        id: file_id(tree.public_number(node)),
        name: found.name.to_string(),
        path: tree.place(&view, node, node).path.map(|(_, display)| display),
        kind: match found.kind {
            NodeKind::File(_) => "file",
            NodeKind::Folder => "folder",
            NodeKind::Mount(_) => "shared_folder",
        },
        namespace_id: namespace.to_string(),
        rev: data.map(|data| rev_text(node, data.current.version, namespace)),
        size: data.map(|data| data.current.content.size()),
        content_hash: data.map(|data| hex(data.current.content_hash())),
        deleted: found.deleted.is_some(),
    })
}

fn content_of(edit: &FileEdit) -> anyhow::Result<Option<Content>> {
    let given: Vec<Content> = [
        edit.content.as_ref().map(|text| Content::Bytes(text.clone().into())),
        edit.paper.as_ref().map(|text| Content::Bytes(text.clone().into())),
        edit.filler.map(|size| Content::Filler { seed: size, size }),
        edit.zeros.map(Content::Zeros),
        match &edit.content_base64 {
            Some(text) => Some(Content::Bytes(STANDARD.decode(text)?.into())),
            None => None,
        },
    ]
    .into_iter()
    .flatten()
    .collect();
    ensure!(given.len() <= 1, "give the content in one way only");
    Ok(given.into_iter().next())
}

/// A Paper document's exports: HTML by default, Markdown on request.
fn paper_export(markdown: &str) -> Export {
    Export {
        export_as: "html".into(),
        export_options: vec!["markdown".into()],
        texts: BTreeMap::from([("markdown".to_owned(), markdown.to_owned())]),
    }
}

/// Who does a deed, and when.
fn doer(
    tree: &Tree,
    edit: &FileEdit,
    folder: NodeRef,
    now_ms: i64,
) -> anyhow::Result<(AccountRef, i64, i64)> {
    let by = match &edit.by {
        Some(email) => find_account(tree, Some(email))?,
        None => tree.owner_of_node(folder),
    };
    let moment = |text: &Option<String>| text.as_deref().map(parse_rfc3339).transpose();
    let server_ms = moment(&edit.server_modified)?.unwrap_or(now_ms);
    Ok((by, moment(&edit.client_modified)?.unwrap_or(server_ms), server_ms))
}

/// Creates a file or, with `folder`, a folder; missing folders above are created too.
pub fn create(
    tree: &mut Tree,
    target: &FileTarget,
    folder: bool,
    edit: &FileEdit,
    now_ms: i64,
) -> anyhow::Result<NodeRef> {
    let path = target.path.as_deref().context("say the path")?.trim_end_matches('/');
    let view = view_of(tree, target)?;
    let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
    let parent = tree.ensure_folder(view.root, above)?;
    if folder {
        return tree.create_folder(parent, name);
    }
    let (by, client_ms, server_ms) = doer(tree, edit, parent, now_ms)?;
    let content = content_of(edit)?.unwrap_or(Content::Bytes(Default::default()));
    let node = tree.create_file(NewNode { folder: parent, name, content, by, client_ms }, server_ms)?;
    set_extras(tree, node, edit, now_ms)?;
    Ok(node)
}

pub fn update(
    tree: &mut Tree,
    target: &FileTarget,
    node: NodeRef,
    edit: &FileEdit,
    now_ms: i64,
) -> anyhow::Result<()> {
    ensure!(tree.node(node).deleted.is_none(), "it is deleted: restore it first");
    if let Some(content) = content_of(edit)? {
        let (by, client_ms, server_ms) = doer(tree, edit, node, now_ms)?;
        tree.edit_file(node, content, by, client_ms, server_ms)?;
    }
    set_extras(tree, node, edit, now_ms)?;
    if edit.name.is_some() || edit.parent.is_some() {
        let name = edit.name.clone().unwrap_or_else(|| tree.node(node).name.to_string());
        let folder = match &edit.parent {
            Some(path) => {
                let view = view_of(tree, target)?;
                tree.ensure_folder(view.root, path)?
            }
            None => tree.node(node).parent.context("a root stays where it is")?,
        };
        tree.relocate(node, folder, &name)?;
    }
    Ok(())
}

fn set_extras(tree: &mut Tree, node: NodeRef, edit: &FileEdit, now_ms: i64) -> anyhow::Result<()> {
    let lock = match edit.locked_by.as_deref() {
        None => None,
        Some("") => Some(None),
        Some(email) => Some(Some((find_account(tree, Some(email))?, now_ms))),
    };
    let export = edit.export.clone().or_else(|| edit.paper.as_deref().map(paper_export));
    let flags = [edit.restricted, edit.unsupported, edit.path_locked];
    if lock.is_none() && export.is_none() && flags.iter().all(Option::is_none) {
        return Ok(());
    }
    let extra = tree.file_mut(node).context("not a file")?.extra.get_or_insert_default();
    extra.restricted = edit.restricted.unwrap_or(extra.restricted);
    extra.unsupported = edit.unsupported.unwrap_or(extra.unsupported);
    extra.path_locked = edit.path_locked.unwrap_or(extra.path_locked);
    extra.lock = lock.unwrap_or(extra.lock);
    if export.is_some() {
        extra.export = export;
    }
    tree.report(node);
    Ok(())
}

pub fn generate(tree: &mut Tree, wish: &Generate, now_ms: i64) -> anyhow::Result<Vec<NodeRef>> {
    let target = FileTarget { account: wish.account.clone(), ..FileTarget::default() };
    let view = view_of(tree, &target)?;
    let folder = tree.ensure_folder(view.root, &wish.folder)?;
    let start = tree.children_of(folder).len();
    let width = (start + wish.count).to_string().len().max(6);
    let mut made = Vec::with_capacity(wish.count);
    for number in start..start + wish.count {
        let name = format!("{}-{number:0width$}.txt", wish.prefix);
        let content = Content::Filler { seed: number as u64, size: wish.size };
        let new = NewNode { folder, name: &name, content, by: view.account, client_ms: now_ms };
        made.push(tree.create_file(new, now_ms)?);
    }
    Ok(made)
}

/// Somebody to share with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    pub email: String,
    #[serde(default = "editor")]
    pub access: Access,
    /// Whether a folder appears in the person's own tree at once.
    #[serde(default)]
    pub mount: bool,
}

fn editor() -> Access {
    Access::Editor
}

/// Shares a folder or a single file; addresses without an account become invitees.
pub fn share(tree: &mut Tree, node: NodeRef, share: &Share, now_ms: i64) -> anyhow::Result<()> {
    let account = tree.find_account(&share.email);
    if tree.file(node).is_some() {
        return match account {
            Some(account) => tree.share_file(node, account, share.access, now_ms),
            None => {
                let extra = tree.file_mut(node).context("not a file")?.extra.get_or_insert_default();
                extra.invitees.insert(share.email.clone(), share.access);
                tree.report(node);
                Ok(())
            }
        };
    }
    let namespace = tree.share_folder(node, now_ms)?;
    let Some(account) = account else {
        tree.namespaces[namespace as usize].invitees.insert(share.email.clone(), share.access);
        return Ok(());
    };
    tree.add_member(namespace, account, share.access, now_ms);
    let home = tree.accounts[account as usize].home;
    if share.mount && tree.mount_of(home, namespace).is_none() {
        tree.mount_for(account, namespace)?;
    }
    Ok(())
}

pub fn unshare(tree: &mut Tree, node: NodeRef, email: &str) -> anyhow::Result<()> {
    let account = find_account(tree, Some(email))?;
    match tree.node(node).kind {
        NodeKind::File(_) => tree.unshare_file(node, account),
        NodeKind::Mount(namespace) => tree.remove_member(namespace, account),
        NodeKind::Folder => bail!("not a shared folder"),
    }
}
