//! Single items, and everything directly inside a container.
//!
//! Page tokens say which kind of listing they continue and where, so that another process can take them up.

use gangway_connector::{BrowseRequest, ConnectorError, Disposition, Entry, EntryPage};
use gangway_model::{PageToken, ProviderItemId};
use serde::{Deserialize, Serialize};

use super::ancestry::{self, Memory, Place, is_not_this_kind};
use super::api::{Api, LARGEST_PAGE};
use super::entries;
use super::error::{not_found, place_rejected, trashed};
use super::files;
use super::ids::ItemRef;
use super::inside::{self, InDatabase, InPage};
use super::rows::{self, InRows};
use super::top::{self, AtTop};
use super::wire::{DataSource, Database, Page, Parent};

/// Where a listing goes on.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Onward {
    Top(AtTop),
    Page(InPage),
    Database(InDatabase),
    Rows(InRows),
    Search { cursor: String },
}

impl Onward {
    pub fn read(token: &PageToken) -> Result<Self, ConnectorError> {
        serde_json::from_str(token.as_str()).map_err(|_| place_rejected())
    }

    pub fn token(&self) -> PageToken {
        PageToken::from(serde_json::to_string(self).expect("texts and numbers can be written as JSON"))
    }
}

/// How much one answer may hold.
#[derive(Clone, Copy)]
pub struct Measure {
    pub entries: u32,
    /// Calls to Notion. Not an exact bound: what one call told is finished.
    pub calls: u32,
    /// For people, who want the newest first and wait for it.
    pub is_for_people: bool,
}

impl Measure {
    const LISTING: Measure = Measure { entries: 1_000, calls: 10, is_for_people: false };

    fn for_people(limit: u32) -> Self {
        Measure { entries: limit.clamp(1, LARGEST_PAGE), calls: 6, is_for_people: true }
    }

    /// Rows to ask for at once.
    pub fn size(self) -> u32 {
        self.entries.min(LARGEST_PAGE)
    }
}

/// What an id of Notion's turned out to name.
pub enum Thing {
    Page(Page),
    Database(Database),
    DataSource(DataSource),
}

/// Finds out what an id names. Nothing in an id tells, so the kinds are asked for one after the other; gone is only
/// what none of them knows.
pub async fn thing(api: &Api, id: &str) -> Result<Thing, ConnectorError> {
    let mut refused = None;
    let mut keep = |error: ConnectorError| {
        if !error.is_gone() {
            refused = Some(error);
        }
    };
    match api.page(id).await {
        Ok(page) if page.is_trashed() => return Err(trashed()),
        Ok(page) => return Ok(Thing::Page(page)),
        Err(error) if is_not_this_kind(&error) => keep(error),
        Err(error) => return Err(error),
    }
    match api.database(id).await {
        Ok(database) if database.is_trashed() => return Err(trashed()),
        Ok(database) => return Ok(Thing::Database(database)),
        Err(error) if is_not_this_kind(&error) => keep(error),
        Err(error) => return Err(error),
    }
    match api.data_source(id).await {
        Ok(source) if source.is_trashed() => return Err(trashed()),
        Ok(source) => return Ok(Thing::DataSource(source)),
        Err(error) if is_not_this_kind(&error) => keep(error),
        Err(error) => return Err(error),
    }
    Err(refused.unwrap_or_else(not_found))
}

/// Reads one item.
pub async fn get(api: &Api, memory: &Memory, id: &ProviderItemId) -> Result<Entry, ConnectorError> {
    match ItemRef::read(id).ok_or_else(not_found)? {
        ItemRef::Workspace => Ok(entries::workspace()),
        ItemRef::Object(id) => match thing(api, &id).await? {
            Thing::Page(page) => {
                let parents = standing(api, memory, &page.parent).await?;
                Ok(entries::page(&page, parents))
            }
            Thing::Database(database) => {
                let parents = standing(api, memory, &database.parent).await?;
                Ok(entries::database(&database, parents))
            }
            Thing::DataSource(source) => {
                let parents = standing(api, memory, &source.parent).await?;
                Ok(entries::data_source(&source, parents))
            }
        },
        ItemRef::Block(id) => {
            let block = api.block(&id).await?;
            if block.is_trashed {
                return Err(trashed());
            }
            let page = match ancestry::place(api, memory, &block.parent).await? {
                Place::In(page) => page,
                // The block is there, so its page cannot be gone: the two calls do not agree, and prove nothing.
                Place::Top => return Err(page_unseen()),
                Place::Trash => return Err(trashed()),
            };
            check_above(api, memory, &Parent::Page(page.clone())).await?;
            match block.kind.as_str() {
                "child_database" => Ok(entries::linked_view(&block, &page)),
                // The block stayed and holds no file any more.
                _ => files::block_entry(&block, &page).ok_or_else(not_found),
            }
        }
        ItemRef::Property { page, .. } => {
            let page = api.page(&page).await?;
            if page.is_trashed() {
                return Err(trashed());
            }
            check_above(api, memory, &page.parent).await?;
            let found = files::property_entries(&page).into_iter().find(|entry| entry.id == *id);
            found.ok_or_else(not_found)
        }
    }
}

/// The containers that hold what has this parent; an error when one above it is in the trash.
async fn standing(
    api: &Api,
    memory: &Memory,
    parent: &Parent,
) -> Result<Vec<ProviderItemId>, ConnectorError> {
    let place = ancestry::place(api, memory, parent).await?;
    check_above(api, memory, parent).await?;
    Ok(place.parents())
}

/// What is below something in the trash says nothing of it itself.
async fn check_above(api: &Api, memory: &Memory, parent: &Parent) -> Result<(), ConnectorError> {
    match ancestry::line(api, memory, parent).await?.is_trashed {
        true => Err(trashed()),
        false => Ok(()),
    }
}

/// Lists everything directly inside a container.
pub async fn list(
    api: &Api,
    memory: &Memory,
    container: &ProviderItemId,
    page: Option<&PageToken>,
) -> Result<EntryPage, ConnectorError> {
    list_in(api, memory, container, page, Measure::LISTING).await
}

async fn list_in(
    api: &Api,
    memory: &Memory,
    container: &ProviderItemId,
    page: Option<&PageToken>,
    measure: Measure,
) -> Result<EntryPage, ConnectorError> {
    let item = ItemRef::read(container).ok_or_else(not_found)?;
    let onward = page.map(Onward::read).transpose()?;
    match (item, onward) {
        (ItemRef::Workspace, None) => top::list(api, memory, None, measure).await,
        (ItemRef::Workspace, Some(Onward::Top(at))) => top::list(api, memory, Some(at), measure).await,
        (ItemRef::Object(id), None) => {
            // Reading the content came just before, as it does in a sync: it showed what is inside.
            let kept = if measure.is_for_people { None } else { memory.take_inside(&id) };
            if let Some(inside) = kept {
                return inside::list_kept(api, &id, inside).await;
            }
            let thing = thing(api, &id).await?;
            let parent = match &thing {
                Thing::Page(page) => &page.parent,
                Thing::Database(database) => &database.parent,
                Thing::DataSource(source) => &source.parent,
            };
            check_above(api, memory, parent).await?;
            match thing {
                Thing::Page(page) => inside::list_page(api, &page, measure).await,
                Thing::Database(database) => {
                    inside::list_database(api, &database, InDatabase::default(), measure).await
                }
                Thing::DataSource(source) => {
                    rows::list(api, memory, &source.id, InRows::default(), measure).await
                }
            }
        }
        (ItemRef::Object(id), Some(Onward::Page(at))) => inside::go_on(api, &id, at, measure).await,
        (ItemRef::Object(id), Some(Onward::Database(at))) => {
            let database = api.database(&id).await?;
            inside::list_database(api, &database, at, measure).await
        }
        (ItemRef::Object(id), Some(Onward::Rows(at))) => rows::list(api, memory, &id, at, measure).await,
        (ItemRef::Block(_) | ItemRef::Property { .. }, _) => {
            let message = "it is a file and holds nothing";
            Err(ConnectorError::new("not_a_container", message, Disposition::SkipItem))
        }
        _ => Err(place_rejected()),
    }
}

/// Lists a page for people. Notion searches titles everywhere, never below one container.
pub async fn browse(
    api: &Api,
    memory: &Memory,
    request: &BrowseRequest,
) -> Result<EntryPage, ConnectorError> {
    let measure = Measure::for_people(request.limit);
    let mut page = match (&request.search, &request.container) {
        (Some(words), _) => {
            let onward = request.page.as_ref().map(Onward::read).transpose()?;
            top::search(api, words, onward, measure).await?
        }
        (None, Some(container)) => list_in(api, memory, container, request.page.as_ref(), measure).await?,
        (None, None) => match request.page.as_ref().map(Onward::read).transpose()? {
            None => top::list(api, memory, None, measure).await?,
            Some(Onward::Top(at)) => top::list(api, memory, Some(at), measure).await?,
            Some(_) => return Err(place_rejected()),
        },
    };
    if !request.media_types.is_empty() {
        page.entries.retain(|entry| entry.kind.holds_items() || is_wanted(entry, &request.media_types));
    }
    Ok(page)
}

fn is_wanted(entry: &Entry, media_types: &[String]) -> bool {
    media_types.iter().any(|wanted| match wanted.strip_suffix('*') {
        Some(family) => entry.media_type.starts_with(family),
        None => entry.media_type == *wanted,
    })
}

fn page_unseen() -> ConnectorError {
    let message = "Notion shows the block, but not the page it is in";
    ConnectorError::new("page_unseen", message, Disposition::SkipItem)
}
