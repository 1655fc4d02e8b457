//! Single files that others share with the account. They lie in no folder and in no change feed.
//!
//! Those that the account has put into its own tree are found there. The others are known by id, but whether the
//! ordinary calls take that id depends on how they were shared; the file's own preview link works for all of them.

use aws_lc_rs::digest::{SHA256, digest};
use futures::{StreamExt, stream};
use gangway_connector::{Change, ChangePage, ConnectorError, Disposition, Entry, EntryPage};
use gangway_model::{Cursor, Fetchable, PageToken, ProviderItemId};
use serde_json::json;

use super::api::{Api, bad_place};
use super::files;
use super::place::{Area, SHARED_WITH_ME, is_item_id, no_such_item};
use super::root::Spot;
use super::wire::{Metadata, SharedFile, SharedFilePage, SharedFolder};

/// Each row costs a call or two of its own, so that pages are kept small (300 are allowed).
const LARGEST_PAGE: u32 = 100;
const AT_ONCE: usize = 4;

/// Lists a page of single files, each with the metadata that the list itself does not have.
pub async fn list(api: &Api, page: Option<&PageToken>) -> Result<EntryPage, ConnectorError> {
    let (rows, next) = rows(api, page.map(PageToken::as_str)).await?;
    let next = next.map(|spot| PageToken::from(spot.to_string()));
    Ok(EntryPage { next, ..looked_up(api, rows).await? })
}

/// Files that lie in no folder of the account's own.
fn is_unmounted(row: &SharedFile) -> bool {
    row.path_lower.is_none()
}

async fn looked_up(api: &Api, rows: Vec<SharedFile>) -> Result<EntryPage, ConnectorError> {
    let mut page = EntryPage::default();
    let mut looks = stream::iter(rows.into_iter().filter(is_unmounted))
        .map(|row| async move {
            let looked = look(api, &row).await;
            (row, looked)
        })
        .buffered(AT_ONCE);
    while let Some((row, looked)) = looks.next().await {
        let id = row.id.as_deref().unwrap_or_default();
        match looked {
            Ok(entry) => page.entries.push(entry),
            // It was withdrawn since the page was made.
            Err(error) if error.is_gone() && is_item_id(id) => {}
            Err(_) if id.is_empty() => page.incomplete = true,
            Err(_) if !is_item_id(id) => page.failures.push((ProviderItemId::from(id), files::odd_id())),
            Err(error) if error.disposition == Disposition::SkipItem => {
                page.failures.push((ProviderItemId::from(id), error.reason()));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(page)
}

/// Reads the list itself.
async fn rows(api: &Api, place: Option<&str>) -> Result<(Vec<SharedFile>, Option<Spot>), ConnectorError> {
    let (root, page): (_, SharedFilePage) = match place {
        Some(text) => {
            let spot = Spot::read(text, &Area::Account)?;
            let page = api.go_on(&spot.root, "sharing/list_received_files/continue", &spot.cursor).await?;
            (spot.root, page)
        }
        None => {
            let argument = json!({ "limit": LARGEST_PAGE });
            api.ask_within(&Area::Account, "sharing/list_received_files", &argument).await?
        }
    };
    let cursor = page.cursor.filter(|cursor| !cursor.is_empty());
    Ok((page.entries, cursor.map(|cursor| Spot { root, cursor })))
}

/// Reads the metadata of a file on the list.
async fn look(api: &Api, file: &SharedFile) -> Result<Entry, ConnectorError> {
    let id = file.id.as_deref().filter(|id| is_item_id(id)).ok_or_else(no_such_item)?;
    match api.metadata(&Area::Account, id).await {
        Ok(row) => Ok(entry(api, row, file)),
        Err(error) if error.is_gone() => by_link(api, file).await,
        Err(error) => Err(error),
    }
}

/// Reads a file that the ordinary call does not find. `gone` stands unless the file is shared after all.
pub async fn get_by_link(api: &Api, id: &str, gone: ConnectorError) -> Result<Entry, ConnectorError> {
    let argument = json!({ "file": id });
    match api.ask::<SharedFile>(&Area::Account, "sharing/get_file_metadata", &argument).await {
        Ok(file) => by_link(api, &SharedFile { id: Some(id.to_owned()), ..file }).await,
        // Without the permission to ask, no such file can have been seen either.
        Err(error) if matches!(error.disposition, Disposition::Gone | Disposition::SkipItem) => Err(gone),
        Err(error) => Err(error),
    }
}

/// Reads a file that the ordinary call knows, but not in the account's tree.
pub async fn get_unmounted(api: &Api, row: Metadata) -> Result<Entry, ConnectorError> {
    // An unmounted folder, and what lies in it, has an id of its own here, which says in what tree it is.
    if files::is_folder(&row) || lies_in_unmounted_folder(api, &row).await? {
        return Err(no_such_item());
    }
    let argument = json!({ "file": row.id });
    let asked = api.ask::<SharedFile>(&Area::Account, "sharing/get_file_metadata", &argument).await;
    let file = match asked {
        Err(error) if matches!(error.disposition, Disposition::Gone | Disposition::SkipItem) => {
            SharedFile::default()
        }
        answer => answer?,
    };
    let file = SharedFile { id: row.id.clone(), ..file };
    Ok(entry(api, row, &file))
}

async fn lies_in_unmounted_folder(api: &Api, row: &Metadata) -> Result<bool, ConnectorError> {
    let folder = row.sharing_info.as_ref().and_then(|info| info.parent_shared_folder_id.as_deref());
    let Some(folder) = folder else { return Ok(false) };
    let argument = json!({ "shared_folder_id": folder });
    match api.ask::<SharedFolder>(&Area::Account, "sharing/get_folder_metadata", &argument).await {
        Ok(_) => Ok(true),
        Err(error) if matches!(error.disposition, Disposition::Gone | Disposition::SkipItem) => Ok(false),
        Err(error) => Err(error),
    }
}

async fn by_link(api: &Api, file: &SharedFile) -> Result<Entry, ConnectorError> {
    let Some(url) = &file.preview_url else {
        let message = "Dropbox names no link by which it can be read";
        return Err(ConnectorError::new("no_preview_link", message, Disposition::SkipItem));
    };
    let argument = json!({ "url": url });
    match api.ask::<Metadata>(&Area::Account, "sharing/get_shared_link_metadata", &argument).await {
        Ok(row) => Ok(entry(api, row, file)),
        // The list, or the file's own entry, says that it is there; only its content cannot be had.
        Err(error) if matches!(error.disposition, Disposition::SkipItem | Disposition::Gone) => {
            let mut entry = entry(api, Metadata::default(), file);
            entry.fetchable = Fetchable::No(error.reason());
            Ok(entry)
        }
        Err(error) => Err(error),
    }
}

fn entry(api: &Api, row: Metadata, file: &SharedFile) -> Entry {
    // A link's metadata may speak of the owner's path, which is none of this account's.
    let row = Metadata {
        id: file.id.clone(),
        name: row.name.clone().or_else(|| file.name.clone()),
        path_lower: None,
        path_display: None,
        ..row
    };
    let mut entry = files::entry(api, &Area::Account, &row);
    place(&mut entry, file);
    entry
}

fn place(entry: &mut Entry, file: &SharedFile) {
    entry.parents = vec![ProviderItemId::from(SHARED_WITH_ME)];
    entry.feed = Some(SHARED_WITH_ME.into());
    entry.locator = None;
    entry.url = file.preview_url.clone().or_else(|| entry.url.take());
}

/// Dropbox has no feed of single files. This one reads the whole list each time, which is cheap, and asks for a new
/// listing when it holds other files than before. How a file looks now costs a call for each, so that is told of one
/// page of the list at a time, the pages taking turns.
pub fn start_cursor() -> Cursor {
    Round::default().cursor(None)
}

pub async fn changes(api: &Api, cursor: &Cursor) -> Result<ChangePage, ConnectorError> {
    let (mut round, place) = Round::read(cursor)?;
    let (rows, next) = rows(api, place.as_deref()).await?;
    let next = next.map(|spot| spot.to_string());
    // The cursor given on counts pages, so it differs although Dropbox does not move on.
    if next.is_some() && next == place {
        let message = "Dropbox's list of shared files does not move on";
        return Err(ConnectorError::new("feed_stuck", message, Disposition::RetryLater { after: None }));
    }
    for id in rows.iter().filter(|row| is_unmounted(row)).filter_map(|row| row.id.as_deref()) {
        round.count(id);
    }
    let listed = match round.page == round.turn {
        true => looked_up(api, rows).await?,
        false => EntryPage::default(),
    };
    let mut changes: Vec<Change> =
        listed.entries.into_iter().map(|entry| Change::Upsert(Box::new(entry))).collect();
    changes.extend(listed.failures.into_iter().map(|(id, reason)| Change::Failure { id, reason }));
    let more = next.is_some();
    match more {
        true => round.page += 1,
        false if round.end() => {
            changes.push(Change::Relist { container: ProviderItemId::from(SHARED_WITH_ME) });
        }
        false => {}
    }
    Ok(ChangePage { changes, cursor: round.cursor(next.as_deref()), more })
}

/// Two sums over the ids of the list, at the end of the last round and so far in this one; order does not matter. And
/// which page this round has come to, and which one is looked at more closely.
#[derive(Default)]
struct Round {
    last: Option<u64>,
    so_far: u64,
    page: u32,
    turn: u32,
}

impl Round {
    fn count(&mut self, id: &str) {
        let hash = digest(&SHA256, id.as_bytes());
        let beginning = hash.as_ref().iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        self.so_far = self.so_far.wrapping_add(beginning);
    }

    /// Ends a round, and says whether the list holds other files than at the end of the last.
    fn end(&mut self) -> bool {
        let now = std::mem::take(&mut self.so_far);
        let pages = std::mem::take(&mut self.page) + 1;
        self.turn = (self.turn + 1) % pages;
        self.last.replace(now).is_some_and(|last| last != now)
    }

    fn cursor(&self, place: Option<&str>) -> Cursor {
        let last = self.last.map_or_else(|| "-".to_owned(), |last| format!("{last:x}"));
        let (so_far, page, turn) = (self.so_far, self.page, self.turn);
        Cursor::from(format!("round {last} {so_far:x} {page:x} {turn:x} {}", place.unwrap_or_default()))
    }

    fn read(cursor: &Cursor) -> Result<(Self, Option<String>), ConnectorError> {
        let mut words = cursor.as_str().splitn(6, ' ');
        let mut word = || words.next().ok_or_else(bad_place);
        if word()? != "round" {
            return Err(bad_place());
        }
        let number = |text| u64::from_str_radix(text, 16).map_err(|_| bad_place());
        let last = match word()? {
            "-" => None,
            text => Some(number(text)?),
        };
        let so_far = number(word()?)?;
        let small = |text| u32::from_str_radix(text, 16).map_err(|_| bad_place());
        let (page, turn) = (small(word()?)?, small(word()?)?);
        let place = Some(word()?.to_owned()).filter(|place| !place.is_empty());
        Ok((Self { last, so_far, page, turn }, place))
    }
}

/// Whether a file is told of as one that others share.
pub fn is_received(entry: &Entry) -> bool {
    entry.parents.iter().any(|parent| parent.as_str() == SHARED_WITH_ME)
}
