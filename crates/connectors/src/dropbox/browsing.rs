//! Pages for people: containers and items below one container, the top, and searches.
//!
//! The top is what lies in the account's root, preceded by the shared folders that are not mounted and by
//! `shared-with-me`. Dropbox takes a limit for a hint. What it sends beyond it is shown on the next page, by asking
//! again for the same one and leaving out what was shown.

use gangway_connector::{BrowseRequest, ConnectorError, Entry, EntryPage};
use gangway_model::{PageToken, ProviderItemId};
use serde_json::json;

use super::api::{Api, bad_place};
use super::files::{self, Told, told};
use super::listing::{self, begin, go_on};
use super::place::{Area, Place};
use super::received;
use super::root::{PathRoot, Spot};
use super::wire::{Metadata, SearchPage, SharedFolderPage};
use crate::media_types;

const MOST_BROWSED: u32 = 100;
const LONGEST_QUERY: usize = 1000;
/// As many shared folders as Dropbox tells at once; most of them are mounted, and left out.
const MOST_FOLDERS: u32 = 1000;

pub async fn browse(api: &Api, request: &BrowseRequest) -> Result<EntryPage, ConnectorError> {
    let limit = request.limit.clamp(1, MOST_BROWSED);
    if let Some(words) = &request.search {
        return search(api, request, words, limit).await;
    }
    let Some(container) = &request.container else { return top(api, request, limit).await };
    let (area, path) = match Place::read(container)? {
        Place::SharedWithMe => return received_files(api, request, limit).await,
        Place::Top(area) => (area, String::new()),
        Place::Item(area, id) => (area, id),
    };
    let view = View { api, area, path, container: container.clone() };
    let turn = Turn::of(request.page.as_ref().map(PageToken::as_str))?;
    let mut page = view.page(turn, limit).await?;
    only_wanted(&mut page, request);
    Ok(page)
}

/// One container, as people page through it.
struct View<'a> {
    api: &'a Api,
    area: Area,
    path: String,
    container: ProviderItemId,
}

impl View<'_> {
    async fn page(&self, turn: Turn, room: u32) -> Result<EntryPage, ConnectorError> {
        let answer = match &turn.place {
            Some(place) => go_on(self.api, Spot::read(place, &self.area)?).await,
            None => begin(self.api, &self.area, &self.path, room).await,
        };
        let (root, folder) = match answer {
            Err(error) if self.path.is_empty() => {
                return Err(listing::proven(self.api, &self.area, error).await);
            }
            answer => answer?,
        };
        listing::check_mounted(self.api, &self.area, &self.path, &folder.entries).await?;
        let next = listing::next_spot(&root, &folder)?.map(|spot| spot.to_string());
        let mut page = listing::entries(self.api, &self.area, &self.container, &folder.entries);
        page.next = turn.cut(&mut page.entries, room, next).map(|turn| turn.page_token());
        Ok(page)
    }
}

/// Which page, and how much of it was shown already. Without a place it is the first.
#[derive(Default)]
struct Turn {
    shown: usize,
    place: Option<String>,
}

impl Turn {
    fn of(page: Option<&str>) -> Result<Self, ConnectorError> {
        let Some(text) = page else { return Ok(Self::default()) };
        let (shown, place) = text.split_once(' ').ok_or_else(bad_place)?;
        let shown = shown.parse().map_err(|_| bad_place())?;
        Ok(Self { shown, place: Some(place.to_owned()).filter(|place| !place.is_empty()) })
    }

    fn page_token(&self) -> PageToken {
        PageToken::from(format!("{} {}", self.shown, self.place.as_deref().unwrap_or_default()))
    }

    /// Leaves of a page what is to be shown now, and says with which turn it goes on.
    fn cut(self, entries: &mut Vec<Entry>, room: u32, next: Option<String>) -> Option<Self> {
        entries.drain(..self.shown.min(entries.len()));
        if entries.len() > room as usize {
            entries.truncate(room as usize);
            return Some(Self { shown: self.shown + room as usize, place: self.place });
        }
        next.map(|place| Self { shown: 0, place: Some(place) })
    }
}

/// How far the listing of the top has come.
enum Stage {
    Folders(Turn),
    SharedWithMe,
    Files(Turn),
}

impl Stage {
    fn read(page: &PageToken) -> Result<Self, ConnectorError> {
        match page.as_str().split_once(' ') {
            Some(("folders", turn)) => Ok(Stage::Folders(Turn::of(Some(turn))?)),
            Some(("shared", "")) => Ok(Stage::SharedWithMe),
            Some(("files", turn)) => Ok(Stage::Files(Turn::of(Some(turn))?)),
            _ => Err(bad_place()),
        }
    }

    fn page_token(&self) -> PageToken {
        PageToken::from(match self {
            Stage::Folders(turn) => format!("folders {}", turn.page_token()),
            Stage::SharedWithMe => "shared ".to_owned(),
            Stage::Files(turn) => format!("files {}", turn.page_token()),
        })
    }
}

async fn top(api: &Api, request: &BrowseRequest, limit: u32) -> Result<EntryPage, ConnectorError> {
    let mut page = EntryPage::default();
    let mut stage = match &request.page {
        Some(token) => Stage::read(token)?,
        None => Stage::Folders(Turn::default()),
    };
    if let Stage::Folders(turn) = stage {
        stage = match unmounted_folders(api, turn, limit).await? {
            None => Stage::Files(Turn::default()),
            Some((folders, next)) => {
                page.entries = folders;
                next.map_or(Stage::SharedWithMe, Stage::Folders)
            }
        };
    }
    let has_room = |page: &EntryPage| page.entries.len() < limit as usize;
    if let (Stage::SharedWithMe, true) = (&stage, has_room(&page)) {
        page.entries.push(files::shared_with_me());
        stage = Stage::Files(Turn::default());
    }
    match stage {
        Stage::Files(turn) if has_room(&page) => {
            let room = limit - page.entries.len() as u32;
            let top = Area::Account.top();
            let view = View { api, area: Area::Account, path: String::new(), container: top };
            let rest = view.page(turn, room).await?;
            page.entries.extend(rest.entries);
            page.failures = rest.failures;
            page.incomplete = rest.incomplete;
            let turn = rest.next.as_ref().map(|next| Turn::of(Some(next.as_str()))).transpose()?;
            page.next = turn.map(|turn| Stage::Files(turn).page_token());
        }
        stage => page.next = Some(stage.page_token()),
    }
    only_wanted(&mut page, request);
    Ok(page)
}

/// The shared folders that are not in the account's tree. `None` where nothing may be said of sharing at all.
async fn unmounted_folders(
    api: &Api,
    turn: Turn,
    room: u32,
) -> Result<Option<(Vec<Entry>, Option<Turn>)>, ConnectorError> {
    let asked: Result<(PathRoot, SharedFolderPage), _> = match &turn.place {
        Some(place) => {
            let spot = Spot::read(place, &Area::Account)?;
            let page = api.go_on(&spot.root, "sharing/list_folders/continue", &spot.cursor).await;
            page.map(|page| (spot.root, page))
        }
        None => {
            let argument = json!({ "limit": MOST_FOLDERS });
            api.ask_within(&Area::Account, "sharing/list_folders", &argument).await
        }
    };
    let (root, list) = match asked {
        Err(error) if matches!(error.code, "insufficient_scope" | "email_not_verified" | "forbidden") => {
            return Ok(None);
        }
        answer => answer?,
    };
    let unmounted = list.entries.iter().filter(|folder| folder.path_lower.is_none());
    let mut folders: Vec<Entry> = unmounted.filter_map(files::shared_folder).collect();
    let cursor = list.cursor.filter(|cursor| !cursor.is_empty());
    let next = cursor.map(|cursor| Spot { root, cursor }.to_string());
    let next = turn.cut(&mut folders, room, next);
    Ok(Some((folders, next)))
}

async fn received_files(api: &Api, request: &BrowseRequest, limit: u32) -> Result<EntryPage, ConnectorError> {
    let turn = Turn::of(request.page.as_ref().map(PageToken::as_str))?;
    let place = turn.place.clone().map(PageToken::from);
    let mut page = received::list(api, place.as_ref()).await?;
    let next = page.next.take().map(PageToken::into_string);
    page.next = turn.cut(&mut page.entries, limit, next).map(|turn| turn.page_token());
    only_wanted(&mut page, request);
    Ok(page)
}

/// Searches by name and content, below a folder or everywhere. Single files that others share are not searched by
/// Dropbox.
async fn search(
    api: &Api,
    request: &BrowseRequest,
    words: &str,
    limit: u32,
) -> Result<EntryPage, ConnectorError> {
    let (area, path) = match request.container.as_ref().map(Place::read).transpose()? {
        None | Some(Place::SharedWithMe) => (Area::Account, None),
        Some(Place::Top(area)) => (area, None),
        Some(Place::Item(area, id)) => (area, Some(id)),
    };
    let turn = Turn::of(request.page.as_ref().map(PageToken::as_str))?;
    let (root, found): (PathRoot, SearchPage) = match &turn.place {
        Some(place) => {
            let spot = Spot::read(place, &area)?;
            let page = api.go_on(&spot.root, "files/search/continue_v2", &spot.cursor).await?;
            (spot.root, page)
        }
        None => {
            let query: String = words.chars().take(LONGEST_QUERY).collect();
            let mut options = json!({ "max_results": limit });
            if let Some(path) = path {
                options["path"] = json!(path);
            }
            let argument = json!({ "query": query, "options": options });
            api.ask_within(&area, "files/search_v2", &argument).await?
        }
    };
    let mut page = EntryPage::default();
    for row in found.matches.iter().filter_map(|found| found.metadata.metadata.as_ref()) {
        // A match may come twice.
        if let Some(entry) =
            found_entry(api, &area, row).filter(|it| page.entries.iter().all(|e| e.id != it.id))
        {
            page.entries.push(entry);
        }
    }
    let cursor = found.cursor.filter(|cursor| found.has_more && !cursor.is_empty());
    let next = cursor.map(|cursor| Spot { root, cursor }.to_string());
    page.next = turn.cut(&mut page.entries, limit, next).map(|turn| turn.page_token());
    only_wanted(&mut page, request);
    Ok(page)
}

fn found_entry(api: &Api, area: &Area, row: &Metadata) -> Option<Entry> {
    let Told::Item(_) = told(row) else { return None };
    let mut entry = files::entry(api, area, row);
    match row.path_lower.as_deref().map(files::parent_path) {
        Some("") => entry.parents = vec![area.top()],
        Some(parent) => entry.parent_locator = Some(area.locator(parent)),
        None => {}
    }
    Some(entry)
}

/// Dropbox cannot filter by type, so that a page may come out empty and have more behind it.
fn only_wanted(page: &mut EntryPage, request: &BrowseRequest) {
    page.entries.retain(|entry| {
        entry.kind.holds_items() || media_types::is_wanted(&request.media_types, &entry.media_type)
    });
}
