//! One item, and what lies directly inside a container.

use gangway_connector::{ConnectorError, Disposition, Entry, EntryPage};
use gangway_model::{PageToken, ProviderItemId};
use serde_json::{Value, json};

use super::api::Api;
use super::error::NAMESPACE_REFUSED;
use super::files::{self, Told, told};
use super::place::{Area, Place, no_such_item};
use super::received;
use super::root::{PathRoot, Spot};
use super::wire::{FolderPage, Metadata, SharedFolder};

/// Up to 2000 are allowed; answers of half of that come sooner than twice as fast.
pub const LARGEST_PAGE: u32 = 1000;

/// Reads one item.
pub async fn get(api: &Api, id: &ProviderItemId) -> Result<Entry, ConnectorError> {
    get_where(api, id, true).await
}

/// The same, where it is known whether it may be a single file that others share.
pub async fn get_where(
    api: &Api,
    id: &ProviderItemId,
    may_be_received: bool,
) -> Result<Entry, ConnectorError> {
    match Place::read(id)? {
        Place::SharedWithMe => Ok(files::shared_with_me()),
        Place::Top(Area::Account) => Ok(files::root(api)),
        Place::Top(Area::Namespace(namespace)) => shared_folder(api, &namespace).await,
        Place::Item(area, id) => item(api, &area, &id, may_be_received).await,
    }
}

async fn item(api: &Api, area: &Area, id: &str, may_be_received: bool) -> Result<Entry, ConnectorError> {
    let row = match api.metadata(area, id).await {
        Err(error) if error.is_gone() && *area == Area::Account && may_be_received => {
            return received::get_by_link(api, id, error).await;
        }
        answer => answer?,
    };
    match told(&row) {
        Told::Item(_) => {}
        Told::Deleted(_) => return Err(no_such_item()),
        Told::OddId(_) | Told::Unreadable => return Err(unreadable()),
    }
    let Some(path) = row.path_lower.as_deref() else {
        return match area {
            Area::Account => received::get_unmounted(api, row).await,
            Area::Namespace(_) => Ok(files::entry(api, area, &row)),
        };
    };
    let mut entry = files::entry(api, area, &row);
    match files::parent_path(path) {
        "" => entry.parents = vec![area.top()],
        parent => match api.metadata(area, parent).await {
            Ok(Metadata { id: Some(id), .. }) => entry.parents = vec![area.item(&id)],
            Ok(_) => entry.parent_locator = Some(area.locator(parent)),
            // It was moved between the two questions, or lies below something that only lets pass.
            Err(error) if matches!(error.disposition, Disposition::Gone | Disposition::SkipItem) => {
                entry.parent_locator = Some(area.locator(parent));
            }
            Err(error) => return Err(error),
        },
    }
    Ok(entry)
}

async fn shared_folder(api: &Api, namespace: &str) -> Result<Entry, ConnectorError> {
    let argument = json!({ "shared_folder_id": namespace });
    let folder: SharedFolder = api.ask(&Area::Account, "sharing/get_folder_metadata", &argument).await?;
    // Asked for by this id: it is this one, whatever the answer leaves out.
    let folder = SharedFolder { shared_folder_id: Some(namespace.to_owned()), ..folder };
    files::shared_folder(&folder).ok_or_else(no_such_item)
}

/// Lists everything directly inside a container.
pub async fn list(
    api: &Api,
    container: &ProviderItemId,
    page: Option<&PageToken>,
) -> Result<EntryPage, ConnectorError> {
    let (area, path) = match Place::read(container)? {
        Place::SharedWithMe => return received::list(api, page).await,
        Place::Top(area) => (area, String::new()),
        Place::Item(area, id) => (area, id),
    };
    let answer = match page {
        Some(page) => go_on(api, Spot::read(page.as_str(), &area)?).await,
        None => begin(api, &area, &path, LARGEST_PAGE).await,
    };
    let (root, folder) = match answer {
        Err(error) if path.is_empty() => return Err(proven(api, &area, error).await),
        answer => answer?,
    };
    check_mounted(api, &area, &path, &folder.entries).await?;
    let next = next_spot(&root, &folder)?.map(|spot| PageToken::from(spot.to_string()));
    let mut page = entries(api, &area, container, &folder.entries);
    page.next = next;
    Ok(page)
}

/// Starts a listing, of at most about so many rows: Dropbox takes the limit for a hint.
pub async fn begin(
    api: &Api,
    area: &Area,
    path: &str,
    limit: u32,
) -> Result<(PathRoot, FolderPage), ConnectorError> {
    api.ask_within(area, "files/list_folder", &arguments(path, limit)).await
}

pub async fn go_on(api: &Api, spot: Spot) -> Result<(PathRoot, FolderPage), ConnectorError> {
    let page = api.go_on(&spot.root, "files/list_folder/continue", &spot.cursor).await?;
    Ok((spot.root, page))
}

/// What a cursor remembers of how it was begun. Paper and the like are listed, and so is what is mounted.
pub fn arguments(path: &str, limit: u32) -> Value {
    json!({
        "path": path,
        "limit": limit,
        "include_mounted_folders": true,
        "include_non_downloadable_files": true,
    })
}

/// Where a listing goes on. An empty page may well have more behind it.
pub fn next_spot(root: &PathRoot, page: &FolderPage) -> Result<Option<Spot>, ConnectorError> {
    if !page.has_more {
        return Ok(None);
    }
    let cursor = page.cursor.clone().filter(|cursor| !cursor.is_empty()).ok_or_else(no_cursor)?;
    Ok(Some(Spot { root: root.clone(), cursor }))
}

/// A folder may still be listed by its id when it is no longer in the account's tree. Its rows then have no paths, and it
/// is not there any more: it is told of as a tree of its own.
pub async fn check_mounted(
    api: &Api,
    area: &Area,
    path: &str,
    rows: &[Metadata],
) -> Result<(), ConnectorError> {
    let is_odd = |row: &Metadata| matches!(told(row), Told::Item(_)) && row.path_lower.is_none();
    if *area != Area::Account || path.is_empty() || !rows.iter().any(is_odd) {
        return Ok(());
    }
    match api.metadata(area, path).await?.path_lower {
        Some(_) => Ok(()),
        None => Err(no_such_item()),
    }
}

/// The rows of one container as entries. What cannot be told from a missing row makes the page incomplete.
pub fn entries(api: &Api, area: &Area, container: &ProviderItemId, rows: &[Metadata]) -> EntryPage {
    let mut page = EntryPage::default();
    for row in rows {
        match told(row) {
            Told::Item(_) => {
                let parents = vec![container.clone()];
                page.entries.push(Entry { parents, ..files::entry(api, area, row) });
            }
            Told::Deleted(_) => {}
            Told::OddId(id) => page.failures.push((ProviderItemId::from(id), files::odd_id())),
            Told::Unreadable => page.incomplete = true,
        }
    }
    page
}

/// The top of a tree that cannot be opened is gone only if the folder itself is: the account's own is always there.
pub async fn proven(api: &Api, area: &Area, error: ConnectorError) -> ConnectorError {
    if !error.is_gone() && error.code != NAMESPACE_REFUSED {
        return error;
    }
    if let Area::Namespace(namespace) = area {
        match shared_folder(api, namespace).await {
            Err(gone) if gone.is_gone() => return gone,
            Err(other) => return other,
            Ok(_) => {}
        }
    }
    let message = "Dropbox does not find the top of a tree that should be there";
    ConnectorError::new("top_not_found", message, Disposition::RetryLater { after: None }).because(error)
}

fn unreadable() -> ConnectorError {
    let message = "Dropbox's answer does not say what it is about";
    ConnectorError::new("malformed_answer", message, Disposition::RetryLater { after: None })
}

pub fn no_cursor() -> ConnectorError {
    let message = "Dropbox's answer does not say where the list goes on";
    ConnectorError::new("malformed_answer", message, Disposition::RetryLater { after: None })
}
