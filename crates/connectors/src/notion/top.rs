//! The top: what was shared without its parent. Notion has no list of it; it is picked out of a search for everything.
//!
//! The search is an index, late and not complete; what was shared itself is always in it sooner or later, and what is
//! below is found by looking inside.

use std::time::Duration;

use gangway_connector::{ConnectorError, Disposition, Entry, EntryPage};
use gangway_model::{PageToken, ProviderItemId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::ancestry::{Memory, Place, is_not_this_kind, place};
use super::api::Api;
use super::entries;
use super::error::place_rejected;
use super::listing::{Measure, Onward};
use super::wire::{DataSource, Database, Object, Page, Parent, read};

/// How long the index may take after consent before it is asked again.
const INDEX_WAIT: Duration = Duration::from_secs(30);
/// Databases that a page token remembers as told.
const MOST_TOLD: usize = 200;

/// How far the listing of the top has come.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct AtTop {
    cursor: String,
    /// Databases that were told and may come again with another of their data sources.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    told: Vec<String>,
}

pub async fn list(
    api: &Api,
    memory: &Memory,
    at: Option<AtTop>,
    measure: Measure,
) -> Result<EntryPage, ConnectorError> {
    let (cursor, mut told) = match at {
        Some(at) => (Some(at.cursor), at.told),
        None => (None, Vec::new()),
    };
    // What is edited while the list is read moves to its end, where it is met again, instead of slipping through.
    let direction = if measure.is_for_people { "descending" } else { "ascending" };
    let list = api.search(sorted(direction), cursor.as_deref(), measure.size()).await?;
    if cursor.is_none() && list.results.is_empty() && !list.has_more && !measure.is_for_people {
        return Err(waiting_for_index());
    }
    let next = list.next().map(str::to_owned);
    let mut listed = EntryPage { incomplete: list.is_cut_short(), ..EntryPage::default() };
    // Parents that came along need not be asked for.
    for value in &list.results {
        if let Some(page) = page_in(value).filter(|page| !page.is_trashed()) {
            memory.remember_page(&page);
        }
    }
    for value in &list.results {
        let answer = add(api, memory, value, &mut told, &mut listed).await;
        match answer {
            Err(error) if matches!(error.disposition, Disposition::SkipItem | Disposition::Fail) => {
                let object: Object = read(value).unwrap_or_default();
                listed.failures.push((ProviderItemId::from(object.id), error.reason()));
            }
            answer => answer?,
        }
    }
    match next {
        Some(next) if cursor.as_deref() == Some(&next) => listed.incomplete = true,
        Some(cursor) => listed.next = Some(Onward::Top(AtTop { cursor, told }).token()),
        None => {}
    }
    Ok(listed)
}

async fn add(
    api: &Api,
    memory: &Memory,
    value: &Value,
    told: &mut Vec<String>,
    listed: &mut EntryPage,
) -> Result<(), ConnectorError> {
    if let Some(page) = page_in(value) {
        if !page.is_trashed() && place(api, memory, &page.parent).await? == Place::Top {
            listed.entries.push(entries::page(&page, Place::Top.parents()));
        }
        return Ok(());
    }
    let object: Object = read(value).unwrap_or_default();
    match object.object.as_str() {
        "data_source" => {
            let source: DataSource = read(value).unwrap_or_default();
            if source.is_trashed() {
                return Ok(());
            }
            add_database_of(api, memory, &source, told, listed).await
        }
        "database" => {
            let database: Database = read(value).unwrap_or_default();
            add_database(api, memory, database, told, listed).await
        }
        // A row that says no more than its id may be anything; what it is will be told by the feed, or inside.
        _ => {
            listed.incomplete |= object.id.is_empty();
            Ok(())
        }
    }
}

/// Adds the database that a data source belongs to, or the data source alone where the database is not shared.
async fn add_database_of(
    api: &Api,
    memory: &Memory,
    source: &DataSource,
    told: &mut Vec<String>,
    listed: &mut EntryPage,
) -> Result<(), ConnectorError> {
    let Some(database) = source.parent.id() else { return Ok(()) };
    if told.iter().any(|known| known == database) {
        return Ok(());
    }
    let stands_at_top = match &source.database_parent {
        Parent::Unknown => true,
        parent => place(api, memory, parent).await? == Place::Top,
    };
    if !stands_at_top {
        return Ok(());
    }
    match api.database(database).await {
        Ok(database) => add_database(api, memory, database, told, listed).await,
        Err(error) if is_not_this_kind(&error) => {
            listed.entries.push(entries::data_source(source, Place::Top.parents()));
            Ok(())
        }
        Err(error) => Err(error),
    }
}

async fn add_database(
    api: &Api,
    memory: &Memory,
    database: Database,
    told: &mut Vec<String>,
    listed: &mut EntryPage,
) -> Result<(), ConnectorError> {
    if database.is_trashed() || place(api, memory, &database.parent).await? != Place::Top {
        return Ok(());
    }
    if database.data_sources.len() > 1 && told.len() < MOST_TOLD {
        told.push(database.id.clone());
    }
    listed.entries.push(entries::database(&database, Place::Top.parents()));
    Ok(())
}

/// Searches titles, for people.
pub async fn search(
    api: &Api,
    words: &str,
    onward: Option<Onward>,
    measure: Measure,
) -> Result<EntryPage, ConnectorError> {
    let cursor = match onward {
        None => None,
        Some(Onward::Search { cursor }) => Some(cursor),
        Some(_) => return Err(place_rejected()),
    };
    let mut wish = Map::new();
    wish.insert("query".to_owned(), json!(words));
    let list = api.search(wish, cursor.as_deref(), measure.size()).await?;
    let next = list.next().map(str::to_owned).filter(|next| Some(next) != cursor.as_ref());
    let entries = list.results.iter().filter_map(found).collect();
    let next: Option<PageToken> = next.map(|cursor| Onward::Search { cursor }.token());
    Ok(EntryPage { entries, next, incomplete: list.is_cut_short(), ..EntryPage::default() })
}

/// A hit. Its parent is named as Notion names it: somebody waits, and nothing is concluded from it.
fn found(value: &Value) -> Option<Entry> {
    let named = |parent: &Parent| match parent {
        Parent::Page(id) | Parent::Database(id) | Parent::DataSource(id) => Place::In(id.clone()).parents(),
        Parent::Block(_) => Vec::new(),
        Parent::Workspace | Parent::Unknown => Place::Top.parents(),
    };
    if let Some(page) = page_in(value) {
        return (!page.is_trashed()).then(|| entries::page(&page, named(&page.parent)));
    }
    let source: DataSource = data_source_in(value)?;
    (!source.is_trashed()).then(|| entries::data_source(&source, named(&source.parent)))
}

/// A whole page; `None` for anything else, and for a page of which only the id is told.
pub fn page_in(value: &Value) -> Option<Page> {
    let object: Object = read(value)?;
    let is_whole = object.object == "page" && object.last_edited_time.is_some() && !object.id.is_empty();
    is_whole.then(|| read(value)).flatten()
}

/// A whole data source.
pub fn data_source_in(value: &Value) -> Option<DataSource> {
    let object: Object = read(value)?;
    let is_whole =
        object.object == "data_source" && object.last_edited_time.is_some() && !object.id.is_empty();
    is_whole.then(|| read(value)).flatten()
}

/// A wish for everything, in the order of the last edit.
pub fn sorted(direction: &str) -> Map<String, Value> {
    let sort = json!({"timestamp": "last_edited_time", "direction": direction});
    Map::from_iter([("sort".to_owned(), sort)])
}

fn waiting_for_index() -> ConnectorError {
    let message = "Notion lists nothing for this connection yet: right after connecting its index takes a while, and \
                   without any page picked on the consent page there is nothing to list";
    let later = Disposition::RetryLater { after: Some(INDEX_WAIT) };
    ConnectorError::new("waiting_for_index", message, later)
}
