//! Searches what a user may see, and proves every hit against the rows before showing it.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use gangway_model::{CollectionId, ConnectionId, ConnectionState, Item, ItemId, ItemState, Timestamp, User};
use gangway_search::{Filters, Hit, MAX_OFFSET, SearchError, SearchRequest, Visibility};

use crate::app::App;
use crate::error::{AppError, AppResult, Code};
use crate::page::{PageOf, seal_cursor};

#[derive(Clone, Debug, Default)]
pub struct SearchFor {
    pub query: String,
    pub filters: SearchFilters,
}

#[derive(Clone, Debug, Default)]
pub struct SearchFilters {
    pub connectors: Vec<String>,
    pub collections: Vec<CollectionId>,
    pub media_types: Vec<String>,
    pub modified_after: Option<Timestamp>,
    pub modified_before: Option<Timestamp>,
    pub path: Option<String>,
}

/// A hit that the rows confirm.
#[derive(Debug)]
pub struct FoundFile {
    pub item: Item,
    /// Of those the asker may see.
    pub collections: Vec<CollectionId>,
    pub hit: Hit,
}

#[derive(Debug)]
pub struct FoundPage {
    pub files: Vec<FoundFile>,
    /// At least this many match.
    pub total: u64,
    pub next: Option<String>,
    pub took: Duration,
}

impl App {
    /// One page of hits. The index may lag behind the rows by a moment: what it names and the rows no
    /// longer allow is left out, so a page may hold fewer hits than asked for.
    pub async fn search(&self, user: &User, request: SearchFor, page: &PageOf) -> AppResult<FoundPage> {
        let offset = offset_of(page)?;
        let shared = self.store.list_shared_collection_ids(&user.id).await?;
        for id in &request.filters.collections {
            self.visible_collection(user, id).await?;
        }
        for id in &request.filters.connectors {
            self.get_connector(id).map_err(|_| {
                AppError::invalid("filters.connectors", format!("there is no connector {id}"))
            })?;
        }
        let filters = request.filters;
        let asked = SearchRequest {
            query: request.query,
            visible: Visibility { owner: user.id.clone(), collections: shared.clone() },
            filters: Filters {
                connectors: filters.connectors.into_iter().map(Into::into).collect(),
                collections: filters.collections.clone(),
                media_types: filters.media_types,
                modified_after: filters.modified_after,
                modified_before: filters.modified_before,
                path_prefix: filters.path,
                item_ids: Vec::new(),
            },
            limit: page.limit as usize,
            offset,
        };
        let found = self.index.search(&asked).await?;
        let seen = found.hits.len();
        let files = self.confirmed(user, &shared, &filters.collections, found.hits).await?;
        let after = offset + seen;
        let more = seen > 0 && (after as u64) < found.total && after <= MAX_OFFSET;
        Ok(FoundPage {
            files,
            total: found.total,
            next: more.then(|| seal_cursor(&format!("o{after}"))),
            took: found.took,
        })
    }

    /// Keeps the hits whose item still exists, still has something to find, and still stands where this user may see it.
    async fn confirmed(
        &self,
        user: &User,
        shared: &[CollectionId],
        wanted: &[CollectionId],
        hits: Vec<Hit>,
    ) -> AppResult<Vec<FoundFile>> {
        let ids: Vec<ItemId> = hits.iter().map(|hit| hit.item_id.clone()).collect();
        let items = self.store.find_items(&ids).await?;
        let mut items: HashMap<ItemId, Item> =
            items.into_iter().map(|item| (item.id.clone(), item)).collect();
        let mut placed = self.store.item_collections(&ids).await?;
        let closed = self.closed_connections(&items).await?;
        let own = self.own_connections(user).await?;
        let mut files = Vec::with_capacity(hits.len());
        for hit in hits {
            let Some(item) = items.remove(&hit.item_id) else { continue };
            let is_here = matches!(item.state, ItemState::Synced | ItemState::NameOnly | ItemState::Failed);
            if !is_here || closed.contains(&item.connection_id) {
                continue;
            }
            let is_own = own.contains(&item.connection_id);
            let mut collections = placed.remove(&item.id).unwrap_or_default();
            if !is_own {
                collections.retain(|id| shared.contains(id));
            }
            let stands_there = !collections.is_empty();
            let is_wanted = wanted.is_empty() || collections.iter().any(|id| wanted.contains(id));
            if stands_there && is_wanted {
                files.push(FoundFile { item, collections, hit });
            }
        }
        Ok(files)
    }

    async fn own_connections(&self, user: &User) -> AppResult<HashSet<ConnectionId>> {
        let own = self.store.find_connections(&user.id, None).await?;
        Ok(own.into_iter().map(|one| one.id).collect())
    }

    /// Those of the items' connections through which nothing may be found any more.
    async fn closed_connections(&self, items: &HashMap<ItemId, Item>) -> AppResult<HashSet<ConnectionId>> {
        let mut closed = HashSet::new();
        let named: HashSet<&ConnectionId> = items.values().map(|item| &item.connection_id).collect();
        for id in named {
            let found = self.store.find_connection(id).await?;
            if found.is_none_or(|one| one.state == ConnectionState::Disconnecting) {
                closed.insert(id.clone());
            }
        }
        Ok(closed)
    }
}

fn offset_of(page: &PageOf) -> AppResult<usize> {
    let Some(inner) = page.inner()? else { return Ok(0) };
    inner
        .strip_prefix('o')
        .and_then(|digits| digits.parse().ok())
        .filter(|offset| *offset <= MAX_OFFSET)
        .ok_or_else(|| AppError::invalid("cursor", "this is not a cursor that we gave"))
}

impl From<SearchError> for AppError {
    fn from(error: SearchError) -> Self {
        let message = "the search index does not answer just now: try again";
        AppError::new(Code::Unavailable, message).with("retry_after", 1).because(error)
    }
}
