//! From Drive's files to our entries.

use gangway_connector::Entry;
use gangway_model::{FeedKey, Fetchable, ItemKind, ProviderItemId, Reason, Revision, media};

use super::export;
use super::wire::{DriveFile, SharedDrive};

pub const FOLDER: &str = "application/vnd.google-apps.folder";
pub const SHORTCUT: &str = "application/vnd.google-apps.shortcut";

/// Our name for what was shared with the account without its folder. Drive has no id for it.
pub const SHARED_WITH_ME: &str = "shared-with-me";
/// Drive's alias for the account's own root folder.
pub const ROOT: &str = "root";

/// The feed of My Drive and of what was shared with the account.
pub const USER_FEED: &str = "user";
const DRIVE_FEED_PREFIX: &str = "drive:";

pub fn drive_feed(drive_id: &str) -> FeedKey {
    FeedKey::from(format!("{DRIVE_FEED_PREFIX}{drive_id}"))
}

pub fn feed_of(drive_id: Option<&str>) -> FeedKey {
    drive_id.map_or_else(|| FeedKey::from(USER_FEED), drive_feed)
}

/// The shared drive a feed reports on; `None` for the user's own feed or a name that is none of ours.
pub fn drive_of_feed(feed: &FeedKey) -> Option<&str> {
    feed.as_str().strip_prefix(DRIVE_FEED_PREFIX)
}

/// Describes a file, folder or shortcut.
pub fn entry(file: DriveFile) -> Entry {
    let media_type = file.mime_type.clone().unwrap_or_else(|| media::OCTET_STREAM.to_owned());
    let kind = match media_type.as_str() {
        FOLDER => ItemKind::Container,
        SHORTCUT => ItemKind::Link,
        _ => ItemKind::File,
    };
    let is_native = export::is_native(&media_type);
    let name = file.name.as_deref().unwrap_or(&file.id);
    Entry {
        parents: parents(&file),
        feed: Some(feed_of(file.drive_id.as_deref())),
        target: target(&file),
        revision: revision(&file, is_native),
        fetchable: fetchable(&file, &media_type, kind),
        // The size of a native document says nothing about its export.
        size: file.size.filter(|_| !is_native).and_then(|size| u64::try_from(size).ok()),
        url: url(&file),
        thumbnail_url: file.thumbnail_link.clone(),
        media_type,
        created_at: file.created_time,
        modified_at: file.modified_time,
        ..Entry::new(file.id.as_str(), kind, name)
    }
}

/// Describes a shared drive: a container that is the root folder of its items.
pub fn drive_entry(drive: SharedDrive) -> Entry {
    let mut entry = container(&drive.id, drive.name.as_deref().unwrap_or(&drive.id));
    entry.feed = Some(drive_feed(&drive.id));
    entry.created_at = drive.created_time;
    entry
}

/// Describes the container of what was shared without its folder.
pub fn shared_with_me() -> Entry {
    container(SHARED_WITH_ME, "Shared with me")
}

fn container(id: &str, name: &str) -> Entry {
    Entry {
        feed: Some(FeedKey::from(USER_FEED)),
        media_type: FOLDER.to_owned(),
        revision: Revision::from("container"),
        fetchable: no_content(),
        ..Entry::new(id, ItemKind::Container, name)
    }
}

/// Its folder, and "Shared with me" for what was given to the account itself: such a file has no folder
/// that the account sees, or lies in one and is listed there as well.
fn parents(file: &DriveFile) -> Vec<ProviderItemId> {
    let mut parents: Vec<ProviderItemId> =
        file.parents.iter().map(|parent| ProviderItemId::from(parent.as_str())).collect();
    let is_given = file.shared_with_me_time.is_some() && file.owned_by_me != Some(true);
    if is_given && file.drive_id.is_none() {
        parents.push(ProviderItemId::from(SHARED_WITH_ME));
    }
    parents
}

fn target(file: &DriveFile) -> Option<ProviderItemId> {
    file.shortcut_details.as_ref()?.target_id.as_deref().map(ProviderItemId::from)
}

/// What changes with the content and with nothing else.
///
/// Blobs have a checksum. Native documents have none, and their `version` counts everything that happens
/// around them, views and stars included: with it, looking at a document would import it again. So the
/// time of the last edit stands for their content. It cannot be set back by sync tools as it can with
/// blobs, because nothing but Google's editors writes a native document.
fn revision(file: &DriveFile, is_native: bool) -> Revision {
    let blob =
        [("md5", &file.md5_checksum), ("sha256", &file.sha256_checksum), ("head", &file.head_revision_id)];
    if !is_native
        && let Some((name, value)) = blob.iter().find_map(|(name, value)| Some((name, value.as_ref()?)))
    {
        return Revision::from(format!("{name}:{value}"));
    }
    let edited = file.modified_time.map_or(0, |at| at.timestamp_millis());
    match file.size.filter(|_| !is_native) {
        Some(size) => Revision::from(format!("edited:{edited}:{size}")),
        None => Revision::from(format!("edited:{edited}")),
    }
}

/// The MD5 that a revision made here holds.
pub fn md5_of(revision: &Revision) -> Option<&str> {
    revision.as_str().strip_prefix("md5:")
}

fn fetchable(file: &DriveFile, media_type: &str, kind: ItemKind) -> Fetchable {
    match kind {
        ItemKind::File => {}
        ItemKind::Link => {
            let message = "it is a shortcut and has no content of its own: what it points at comes by itself";
            return Fetchable::No(Reason::new("no_content", message));
        }
        _ => return no_content(),
    }
    let may_download = file.capabilities.as_ref().and_then(|capabilities| capabilities.can_download);
    if may_download == Some(false) {
        return Fetchable::No(Reason::new(
            "download_forbidden",
            "the owner does not let others download this file",
        ));
    }
    if export::is_native(media_type) && export::targets(media_type).is_empty() {
        return Fetchable::No(export::no_export_reason(media_type));
    }
    Fetchable::Yes
}

fn no_content() -> Fetchable {
    Fetchable::No(Reason::new("no_content", "it holds other items and has no content of its own"))
}

/// The address for people, with the resource key where the file needs one.
fn url(file: &DriveFile) -> Option<String> {
    let link = file.web_view_link.as_ref()?;
    let Some(key) = file.resource_key.as_ref().filter(|_| !link.contains("resourcekey=")) else {
        return Some(link.clone());
    };
    let mark = if link.contains('?') { '&' } else { '?' };
    Some(format!("{link}{mark}resourcekey={key}"))
}

/// Finds the resource key in an entry's address.
pub fn key_in_url(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("resourcekey=")?;
    rest.split(['&', '#']).next().filter(|key| !key.is_empty())
}
