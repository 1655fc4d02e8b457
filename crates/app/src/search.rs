//! Searches what a user may see, and proves every hit against the rows before showing it.

use std::time::Duration;

use gangway_connector::Connector;
use gangway_model::{CollectionId, Item, ItemId, Place, Timestamp, User, from_millis, to_millis};
use gangway_search::{
    ByMeaning, Filters, Hit, MAX_LIMIT, MAX_OFFSET, Names, SearchError, SearchRequest, Understood,
    Visibility, folders_asked,
};
use gangway_store::Paging;

use crate::app::App;
use crate::error::{AppError, AppResult, Code};
use crate::page::{PageOf, seal_cursor};

/// Collections whose names are compared with what a query asks for.
const MAX_NAMED_COLLECTIONS: usize = 1000;

#[derive(Clone, Debug, Default)]
pub struct SearchFor {
    pub query: String,
    pub filters: SearchFilters,
    /// Whether files with nearly the same text each get a hit of their own.
    pub show_duplicates: bool,
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
pub struct FoundFile {
    pub item: Item,
    /// Of those the asker may see.
    pub collections: Vec<CollectionId>,
    pub hit: Hit,
    connector: Option<&'static dyn Connector>,
}

impl FoundFile {
    /// Where a person opens this very place at the source, where it has such addresses.
    pub fn place_url(&self, place: &Place) -> Option<String> {
        place_url(self.connector?, &self.item, place)
    }
}

/// The address of a place in an item, where its source has such addresses. What stands in a file within it has none.
pub(crate) fn place_url(connector: &dyn Connector, item: &Item, place: &Place) -> Option<String> {
    let url = item.url.as_deref().filter(|_| place.member.is_none())?;
    connector.place_url(url, &item.media_type, place)
}

pub struct FoundPage {
    pub files: Vec<FoundFile>,
    /// So many match, or at least so many.
    pub total: u64,
    pub total_is_exact: bool,
    pub next: Option<String>,
    pub took: Duration,
    pub understood: Understood,
    pub by_meaning: ByMeaning,
}

/// What the rows confirm of some hits.
struct Confirmed {
    files: Vec<FoundFile>,
    left: Vec<Left>,
}

/// Duplicates that may be seen, of a hit that may not.
struct Left {
    /// The place among the files that the hit would have had.
    at: usize,
    duplicates: Vec<ItemId>,
}

/// Where a page begins, and the moment the first page was asked for: ages are told by it on all of them.
struct Start {
    offset: usize,
    now: Timestamp,
}

impl App {
    /// One page of hits. The index may lag behind the rows by a moment: what it names and the rows no
    /// longer allow is left out, so a page may hold fewer hits than asked for.
    pub async fn search(&self, user: &User, request: SearchFor, page: &PageOf) -> AppResult<FoundPage> {
        let start = self.start_of(page)?;
        let shared = self.store.list_shared_collection_ids(&user.id).await?;
        for id in &request.filters.collections {
            self.visible_collection(user, id).await?;
        }
        for id in &request.filters.connectors {
            self.get_connector(id).map_err(|_| {
                AppError::invalid("filters.connectors", format!("there is no connector {id}"))
            })?;
        }
        let names = self.names_for(user, &request.query).await?;
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
            names,
            now: start.now,
            fold_duplicates: !request.show_duplicates,
            limit: page.limit as usize,
            offset: start.offset,
        };
        let found = self.index.search(&asked).await?;
        if !matches!(found.by_meaning, ByMeaning::Off | ByMeaning::NotAsked) {
            let result = found.by_meaning.as_str();
            metrics::counter!("gangway_searches_by_meaning_total", "result" => result).increment(1);
        }
        let seen = found.hits.len();
        let Confirmed { mut files, left } =
            self.confirmed(user, &shared, &filters.collections, found.hits).await?;
        if !left.is_empty() {
            self.lead_anew(user, asked, &mut files, left).await?;
        }
        let after = start.offset + seen;
        let more = seen > 0 && (after as u64) < found.total && after <= MAX_OFFSET;
        Ok(FoundPage {
            files,
            total: found.total,
            total_is_exact: found.total_is_exact,
            next: more.then(|| seal_cursor(&format!("o{after}@{}", to_millis(start.now)))),
            took: found.took,
            understood: found.understood,
            by_meaning: found.by_meaning,
        })
    }

    fn start_of(&self, page: &PageOf) -> AppResult<Start> {
        let Some(inner) = page.inner()? else { return Ok(Start { offset: 0, now: self.clock.now() }) };
        let read = || {
            let (offset, millis) = inner.strip_prefix('o')?.split_once('@')?;
            let offset = offset.parse().ok().filter(|offset| *offset <= MAX_OFFSET)?;
            Some(Start { offset, now: from_millis(millis.parse().ok()?) })
        };
        read().ok_or_else(|| AppError::invalid("cursor", "this is not a cursor that we gave"))
    }

    /// What the query's own fields may name: connectors, and collections when the query asks for a place.
    async fn names_for(&self, user: &User, query: &str) -> AppResult<Names> {
        let descriptors = self.registry.iter().map(|connector| connector.descriptor());
        let connectors = descriptors.map(|one| (one.id.into(), one.name.to_owned())).collect();
        let mut names = Names { connectors, collections: Vec::new() };
        if folders_asked(query).is_empty() {
            return Ok(names);
        }
        let mut after = None;
        while names.collections.len() < MAX_NAMED_COLLECTIONS {
            let page = self.store.list_collections(&user.id, &Paging { limit: 100, after }).await?;
            names.collections.extend(page.rows.into_iter().map(|one| (one.id, one.name)));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        Ok(names)
    }

    /// Puts the first of the duplicates of a hit that is gone in its place.
    async fn lead_anew(
        &self,
        user: &User,
        asked: SearchRequest,
        files: &mut Vec<FoundFile>,
        left: Vec<Left>,
    ) -> AppResult<()> {
        let item_ids: Vec<ItemId> = left.iter().flat_map(|one| one.duplicates.iter().cloned()).collect();
        let filters = Filters { item_ids, ..asked.filters };
        let asked = SearchRequest { filters, fold_duplicates: false, limit: MAX_LIMIT, offset: 0, ..asked };
        let found = self.index.search(&asked).await?;
        let (shared, wanted) = (&asked.visible.collections, &asked.filters.collections);
        let mut found = self.confirmed(user, shared, wanted, found.hits).await?.files;
        // From the end, so that places further up stay what they are.
        for Left { at, mut duplicates } in left.into_iter().rev() {
            let lead = found.iter().position(|file| duplicates.contains(&file.item.id));
            if let Some(mut file) = lead.map(|lead| found.remove(lead)) {
                duplicates.retain(|id| *id != file.item.id);
                file.hit.duplicates = duplicates;
                files.insert(at, file);
            }
        }
        Ok(())
    }

    /// Keeps the hits, and the duplicates they name, whose item still exists, still has something to find, and still
    /// stands where this user may see it.
    async fn confirmed(
        &self,
        user: &User,
        shared: &[CollectionId],
        wanted: &[CollectionId],
        hits: Vec<Hit>,
    ) -> AppResult<Confirmed> {
        let ids: Vec<ItemId> = hits
            .iter()
            .flat_map(|hit| std::iter::once(&hit.item_id).chain(&hit.duplicates))
            .cloned()
            .collect();
        let mut seen = self.visible_items(user, shared, &ids).await?;
        if !wanted.is_empty() {
            seen.retain(|_, (_, collections)| collections.iter().any(|id| wanted.contains(id)));
        }
        let (mut files, mut left) = (Vec::with_capacity(hits.len()), Vec::new());
        for mut hit in hits {
            hit.duplicates.retain(|id| seen.contains_key(id));
            match seen.remove(&hit.item_id) {
                Some((item, collections)) => {
                    let connector = self.get_connector(hit.connector_id.as_str()).ok();
                    files.push(FoundFile { item, collections, hit, connector });
                }
                None if hit.duplicates.is_empty() => {}
                None => left.push(Left { at: files.len(), duplicates: hit.duplicates }),
            }
        }
        Ok(Confirmed { files, left })
    }
}

impl From<SearchError> for AppError {
    fn from(error: SearchError) -> Self {
        let message = "the search index does not answer just now: try again";
        AppError::new(Code::Unavailable, message).with("retry_after", 1).because(error)
    }
}
