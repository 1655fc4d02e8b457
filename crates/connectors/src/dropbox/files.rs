//! From Dropbox's metadata to our entries.

use gangway_connector::Entry;
use gangway_model::{FeedKey, Fetchable, ItemKind, Reason, Revision};

use super::api::Api;
use super::export;
use super::place::{Area, ROOT, SHARED_WITH_ME, is_item_id, is_namespace};
use super::wire::{Metadata, SharedFolder};
use crate::media_types;

pub const FOLDER: &str = "application/vnd.dropbox.folder";

/// What a row of a list or feed tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told<'a> {
    /// A file or folder, with an id that can be asked for.
    Item(&'a str),
    /// Something was at this path and is not any more.
    Deleted(&'a str),
    /// A file or folder whose id cannot be one.
    OddId(&'a str),
    /// Nothing that can be told from nothing.
    Unreadable,
}

pub fn told(row: &Metadata) -> Told<'_> {
    match (row.tag.as_deref(), row.id.as_deref(), row.path_lower.as_deref()) {
        (Some("deleted"), _, Some(path)) if !path.is_empty() => Told::Deleted(path),
        (Some("deleted"), _, _) => Told::Unreadable,
        (_, Some(id), _) if is_item_id(id) => Told::Item(id),
        (_, Some(id), _) => Told::OddId(id),
        (_, None, _) => Told::Unreadable,
    }
}

/// Describes a file or folder of a tree. Its parents are for the caller to say: Dropbox names none.
pub fn entry(api: &Api, area: &Area, row: &Metadata) -> Entry {
    let id = row.id.as_deref().unwrap_or_default();
    let name = row.name.as_deref().unwrap_or(id);
    let common = Entry {
        feed: Some(area.feed()),
        locator: row.path_lower.as_deref().map(|path| area.locator(path)),
        url: url(api, area, row),
        ..Entry::new(area.item(id), ItemKind::File, name)
    };
    if is_folder(row) {
        return Entry { ..folder(common) };
    }
    Entry {
        media_type: export::native_type(name, row).map_or_else(|| media_types::of_name(name), str::to_owned),
        // The size of what must be exported says nothing about its export.
        size: row.size.filter(|_| is_downloadable(row)).and_then(|size| u64::try_from(size).ok()),
        // The client's own time may be anything.
        modified_at: row.server_modified,
        revision: revision(row),
        fetchable: fetchable(row),
        ..common
    }
}

fn folder(entry: Entry) -> Entry {
    Entry {
        kind: ItemKind::Container,
        media_type: FOLDER.to_owned(),
        revision: Revision::from("container"),
        ..Entry { fetchable: no_content(), ..entry }
    }
}

/// Describes the top of the account's own tree.
pub fn root(api: &Api) -> Entry {
    let top = Entry::new(ROOT, ItemKind::Container, "Dropbox");
    folder(Entry { feed: Some(Area::Account.feed()), url: Some(api.home_page("")), ..top })
}

/// Describes the container of single files that others share.
pub fn shared_with_me() -> Entry {
    let top = Entry::new(SHARED_WITH_ME, ItemKind::Container, "Shared with me");
    folder(Entry { feed: Some(FeedKey::from(SHARED_WITH_ME)), ..top })
}

/// Describes a shared folder that is not mounted, as the top of its own tree.
pub fn shared_folder(folder_row: &SharedFolder) -> Option<Entry> {
    let namespace = folder_row.shared_folder_id.as_deref().filter(|id| is_namespace(id))?;
    let area = Area::Namespace(namespace.to_owned());
    let name = folder_row.name.as_deref().unwrap_or(namespace);
    let top = Entry::new(area.top(), ItemKind::Container, name);
    let locator = Some(area.locator(""));
    Some(folder(Entry { feed: Some(area.feed()), url: folder_row.preview_url.clone(), locator, ..top }))
}

pub fn is_folder(row: &Metadata) -> bool {
    match row.tag.as_deref() {
        Some(tag) => tag == "folder",
        // Answers that can only be about files name no kind.
        None => false,
    }
}

pub fn is_downloadable(row: &Metadata) -> bool {
    row.is_downloadable.unwrap_or(true)
}

/// The path of the folder that a path lies in; the empty one is the top.
pub fn parent_path(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// What changes with the content and with nothing else: the hash of it. Files that only can be exported may have none;
/// their `rev` changes with every edit.
pub fn revision(row: &Metadata) -> Revision {
    if let Some(hash) = row.content_hash.as_deref().filter(|hash| !hash.is_empty()) {
        return Revision::from(format!("hash:{hash}"));
    }
    if let Some(rev) = row.rev.as_deref().filter(|rev| !rev.is_empty()) {
        return Revision::from(format!("rev:{rev}"));
    }
    let edited = row.server_modified.map_or(0, |at| at.timestamp_millis());
    Revision::from(format!("edited:{edited}:{}", row.size.unwrap_or_default()))
}

/// The content hash that a revision made here holds.
pub fn hash_of(revision: &Revision) -> Option<&str> {
    revision.as_str().strip_prefix("hash:")
}

fn fetchable(row: &Metadata) -> Fetchable {
    let can_be_had = is_downloadable(row) || export::choice(row.export_info.as_ref()).is_some();
    if can_be_had { Fetchable::Yes } else { Fetchable::No(export::no_export_reason()) }
}

fn no_content() -> Fetchable {
    Fetchable::No(Reason::new("no_content", "it holds other items and has no content of its own"))
}

/// The address for people. Nothing has to be shared to have one.
fn url(api: &Api, area: &Area, row: &Metadata) -> Option<String> {
    let by_path = || match area {
        Area::Account => Some(api.home_page(row.path_display.as_deref()?)),
        Area::Namespace(_) => None,
    };
    row.preview_url.clone().or_else(by_path)
}

/// What is said of an item whose id has a shape that no call could carry.
pub fn odd_id() -> Reason {
    Reason::new("odd_id", "Dropbox names it by an id of a kind that is not known here")
}
