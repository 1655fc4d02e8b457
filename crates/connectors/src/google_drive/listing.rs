//! Folders, shared drives and searches, a page at a time.
//!
//! The top that people see is the account's own root folder, with two kinds of containers before it: one
//! named `shared-with-me` (our word; Drive lists such items by a query, not by a folder) and the shared
//! drives, whose ids are also the ids of their root folders.

use gangway_connector::http::Request;
use gangway_connector::{BrowseRequest, ConnectorError, Disposition, Entry, EntryPage};
use gangway_model::{PageToken, ProviderItemId};

use super::api::{ALL_DRIVES, Api, INCLUDE_ALL_DRIVES, ItemRef, no_such_item, quoted};
use super::files::{self, FOLDER, ROOT, SHARED_WITH_ME, SHORTCUT};
use super::wire::{DriveList, FILE_FIELDS, FileList};

/// A page costs as much quota as twenty single reads, whatever its size.
const LARGEST_PAGE: &str = "1000";
const MOST_BROWSED: u32 = 100;

/// Reads one item. Aliases are resolved: `root` answers with the root folder's own id.
pub async fn get(api: &Api, id: &ProviderItemId) -> Result<Entry, ConnectorError> {
    get_item(api, ItemRef::of(id)).await
}

/// The same with the key that the item may need.
pub async fn get_item(api: &Api, item: ItemRef<'_>) -> Result<Entry, ConnectorError> {
    if item.id == SHARED_WITH_ME {
        return Ok(files::shared_with_me());
    }
    match api.full_file(item).await {
        Ok(file) if file.trashed => {
            Err(ConnectorError::new("trashed", "it is in the trash", Disposition::Gone))
        }
        // A shared drive's root folder is called `Drive`; people know the drive's own name.
        Ok(file) if file.drive_id.as_deref() == Some(&file.id) => match api.shared_drive(item.id).await {
            Ok(drive) => Ok(files::drive_entry(drive)),
            Err(error) if error.is_gone() => Err(error),
            Err(_) => Ok(files::entry(file)),
        },
        Ok(file) => Ok(files::entry(file)),
        Err(error) if error.is_gone() && may_be_drive(item) => {
            api.shared_drive(item.id).await.map(files::drive_entry)
        }
        Err(error) => Err(error),
    }
}

/// Lists everything directly inside a container.
pub async fn list(
    api: &Api,
    container: &ProviderItemId,
    page: Option<&PageToken>,
) -> Result<EntryPage, ConnectorError> {
    let (place, token) = match page {
        Some(page) => Place::of_page(container, page)?,
        None => (Place::locate(api, container).await?, None),
    };
    let mut terms = vec!["trashed = false".to_owned()];
    terms.extend(place.membership());
    let request =
        place.narrow(files_list(api, &terms.join(" and "), FILE_FIELDS, LARGEST_PAGE, token.as_deref()));
    Ok(place.page_of(request.send_json().await?))
}

/// Lists a page for people.
pub async fn browse(api: &Api, request: &BrowseRequest) -> Result<EntryPage, ConnectorError> {
    let limit = request.limit.clamp(1, MOST_BROWSED);
    let is_search = request.search.is_some();
    if let (None, false) = (&request.container, is_search) {
        return browse_top(api, request, limit).await;
    }
    let (place, token) = match (&request.container, &request.page) {
        (Some(container), Some(page)) => Place::of_page(container, page)?,
        (Some(container), None) => (Place::locate(api, container).await?, None),
        (None, page) => (Place::Everywhere, page.as_ref().map(|page| page.as_str().to_owned())),
    };
    let mut terms = vec!["trashed = false".to_owned()];
    // Drive cannot search below a folder; it can search a whole shared drive.
    let searches_drive = is_search && place.is_whole_drive();
    terms.extend(place.membership().filter(|_| !searches_drive));
    terms.extend(search_terms(request));
    let files = list_for_people(api, &place, request, &terms, limit, token.as_deref()).await?;
    Ok(shown(place.page_of(files), request))
}

/// How far the listing of the top has come. The text is Drive's own token within the stage.
enum TopStage {
    Drives(String),
    Files(String),
}

impl TopStage {
    fn read(page: &PageToken) -> Result<Self, ConnectorError> {
        match page.as_str().split_once(' ') {
            Some(("drives", token)) => Ok(TopStage::Drives(token.to_owned())),
            Some(("files", token)) => Ok(TopStage::Files(token.to_owned())),
            _ => Err(bad_page_token()),
        }
    }

    fn page_token(&self) -> PageToken {
        PageToken::from(match self {
            TopStage::Drives(token) => format!("drives {token}"),
            TopStage::Files(token) => format!("files {token}"),
        })
    }
}

/// Shows the top: first the containers that lie in no folder, then the account's own root folder.
async fn browse_top(api: &Api, request: &BrowseRequest, limit: u32) -> Result<EntryPage, ConnectorError> {
    let mut page = EntryPage::default();
    let mut stage = match &request.page {
        Some(token) => TopStage::read(token)?,
        None => {
            page.entries.push(files::shared_with_me());
            TopStage::Drives(String::new())
        }
    };
    if let TopStage::Drives(token) = &stage {
        let room = limit.saturating_sub(page.entries.len() as u32);
        if room > 0 {
            let list = shared_drives(api, room, token).await?;
            page.entries.extend(list.drives.into_iter().map(files::drive_entry));
            stage = list.next_page_token.map_or(TopStage::Files(String::new()), TopStage::Drives);
        }
    }
    let room = limit.saturating_sub(page.entries.len() as u32);
    let token = match &stage {
        TopStage::Files(token) if room > 0 => Some(token.as_str()).filter(|token| !token.is_empty()),
        stage => {
            page.next = Some(stage.page_token());
            return Ok(page);
        }
    };
    let place = Place::Folder { id: ROOT.to_owned(), drive: None };
    let mut terms = vec!["trashed = false".to_owned()];
    terms.extend(place.membership());
    terms.extend(search_terms(request));
    let files = list_for_people(api, &place, request, &terms, room, token).await?;
    let next = files.next_page_token.clone().filter(|token| !token.is_empty());
    let rest = shown(place.page_of(files), request);
    page.entries.extend(rest.entries);
    page.incomplete = rest.incomplete;
    page.next = next.map(|token| TopStage::Files(token).page_token());
    Ok(page)
}

/// Lists shared drives. A grant that does not reach them has none.
async fn shared_drives(api: &Api, limit: u32, token: &str) -> Result<DriveList, ConnectorError> {
    let limit = limit.to_string();
    let mut query =
        vec![("pageSize", limit.as_str()), ("fields", "nextPageToken,drives(id,name,createdTime)")];
    if !token.is_empty() {
        query.push(("pageToken", token));
    }
    match api.get("drives.list", &["drives"]).query(&query).send_json().await {
        Err(error) if matches!(error.code, "insufficient_scope" | "forbidden") => Ok(DriveList::default()),
        answer => answer,
    }
}

async fn list_for_people(
    api: &Api,
    place: &Place,
    request: &BrowseRequest,
    terms: &[String],
    limit: u32,
    token: Option<&str>,
) -> Result<FileList, ConnectorError> {
    let fields = format!("{FILE_FIELDS},thumbnailLink");
    let mut call = files_list(api, &terms.join(" and "), &fields, &limit.to_string(), token);
    if request.search.is_none() {
        // Drive refuses an order beside full-text terms.
        call = call.query(&[("orderBy", "folder,name_natural")]);
    }
    place.narrow(call).send_json().await
}

fn files_list(api: &Api, query: &str, fields: &str, limit: &str, token: Option<&str>) -> Request {
    let fields = format!("nextPageToken,incompleteSearch,files({fields})");
    let request = api.get("files.list", &["files"]).query(&[
        ("q", query),
        ("fields", &fields),
        ("pageSize", limit),
        ALL_DRIVES,
        INCLUDE_ALL_DRIVES,
    ]);
    match token {
        Some(token) => request.query(&[("pageToken", token)]),
        None => request,
    }
}

fn search_terms(request: &BrowseRequest) -> Vec<String> {
    let mut terms = Vec::new();
    if let Some(words) = &request.search {
        let words = quoted(words);
        terms.push(format!("(name contains {words} or fullText contains {words})"));
    }
    if !request.media_types.is_empty() {
        let mut types = vec![format!("mimeType = '{FOLDER}'"), format!("mimeType = '{SHORTCUT}'")];
        types.extend(request.media_types.iter().map(|wanted| match wanted.strip_suffix('*') {
            Some(family) => format!("mimeType contains {}", quoted(family)),
            None => format!("mimeType = {}", quoted(wanted)),
        }));
        terms.push(format!("({})", types.join(" or ")));
    }
    terms
}

/// Leaves out shortcuts to types that were not asked for: Drive cannot filter by a shortcut's target.
fn shown(mut page: EntryPage, request: &BrowseRequest) -> EntryPage {
    if !request.media_types.is_empty() {
        page.entries.retain(|entry| entry.target.is_none() || entry.kind.holds_items());
    }
    page
}

fn may_be_drive(item: ItemRef<'_>) -> bool {
    item.is_plausible() && item.id.starts_with("0A")
}

fn bad_page_token() -> ConnectorError {
    let message = "this page token is not one of ours";
    ConnectorError::new("page_token_rejected", message, Disposition::RestartFeed)
}

/// Where a listing looks. Its page tokens carry the shared drive, so that they can be taken up anywhere.
enum Place {
    Everywhere,
    SharedWithMe,
    Folder { id: String, drive: Option<String> },
}

impl Place {
    /// Finds out where a container lies; one that is gone is told from one that is empty here.
    async fn locate(api: &Api, container: &ProviderItemId) -> Result<Self, ConnectorError> {
        let item = ItemRef::of(container);
        match item.id {
            SHARED_WITH_ME => return Ok(Place::SharedWithMe),
            ROOT => return Ok(Place::Folder { id: ROOT.to_owned(), drive: None }),
            _ => {}
        }
        let file = match api.file(item, "id,mimeType,driveId,trashed").await {
            Err(error) if error.is_gone() && may_be_drive(item) => {
                let drive = api.shared_drive(item.id).await?.id;
                return Ok(Place::Folder { id: drive.clone(), drive: Some(drive) });
            }
            answer => answer?,
        };
        if file.trashed {
            return Err(ConnectorError::new("trashed", "it is in the trash", Disposition::Gone));
        }
        if file.mime_type.as_deref() != Some(FOLDER) {
            let message = "it is not a folder";
            return Err(ConnectorError::new("not_a_container", message, Disposition::SkipItem));
        }
        Ok(Place::Folder { id: file.id, drive: file.drive_id })
    }

    /// Reads a page token: the shared drive (or `-`), and Drive's own token.
    fn of_page(
        container: &ProviderItemId,
        page: &PageToken,
    ) -> Result<(Self, Option<String>), ConnectorError> {
        let (drive, token) = page.as_str().split_once(' ').ok_or_else(bad_page_token)?;
        let item = ItemRef::of(container);
        let place = match item.id {
            SHARED_WITH_ME => Place::SharedWithMe,
            id if item.is_plausible() => {
                let drive = Some(drive).filter(|drive| *drive != "-").map(str::to_owned);
                Place::Folder { id: id.to_owned(), drive }
            }
            _ => return Err(no_such_item()),
        };
        Ok((place, Some(token.to_owned())))
    }

    /// The term of the search language that is true of what lies directly inside.
    fn membership(&self) -> Option<String> {
        match self {
            Place::Everywhere => None,
            Place::SharedWithMe => Some("sharedWithMe = true".to_owned()),
            Place::Folder { id, .. } => Some(format!("{} in parents", quoted(id))),
        }
    }

    fn is_whole_drive(&self) -> bool {
        matches!(self, Place::Folder { id, drive: Some(drive) } if id == drive)
    }

    /// Tells Drive which corpus to look in: one shared drive at a time is the only complete way.
    fn narrow(&self, request: Request) -> Request {
        match self {
            Place::Folder { drive: Some(drive), .. } => {
                request.query(&[("corpora", "drive"), ("driveId", drive)])
            }
            Place::Everywhere => request.query(&[("corpora", "allDrives")]),
            _ => request,
        }
    }

    fn page_of(&self, list: FileList) -> EntryPage {
        let told = list.files.len();
        let entries: Vec<Entry> =
            list.files.into_iter().filter(|file| !file.id.is_empty()).map(files::entry).collect();
        let next = list.next_page_token.filter(|token| !token.is_empty()).map(|token| match self {
            Place::Everywhere => PageToken::from(token),
            Place::Folder { drive: Some(drive), .. } => PageToken::from(format!("{drive} {token}")),
            _ => PageToken::from(format!("- {token}")),
        });
        // A row without an id cannot be told from one that is missing.
        let incomplete = list.incomplete_search || entries.len() < told;
        EntryPage { entries, failures: Vec::new(), next, incomplete }
    }
}
