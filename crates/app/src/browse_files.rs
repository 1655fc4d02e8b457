//! Looks around at the source: a folder's content or a search there, with what we have of each file.

use std::collections::HashMap;

use gangway_connector::{BrowseRequest, ConnectorKind, Descriptor, Entry, Source};
use gangway_model::{
    Connection, ConnectionId, Fetchable, Item, ItemId, ItemKind, ItemState, PageToken, ProviderItemId,
    Reason, Timestamp, User,
};
use gangway_store::ItemFilter;

use crate::app::App;
use crate::error::{AppError, AppResult, Code};
use crate::page::{Page, PageOf, open_cursor, seal_cursor};

#[derive(Clone, Debug)]
pub struct BrowseFiles {
    pub folder: Option<ProviderItemId>,
    pub query: Option<String>,
    /// Only these types; folders always come.
    pub media_types: Vec<String>,
    pub page: PageOf,
}

/// One file or folder at the source, with what we know of it.
#[derive(Clone, Debug)]
pub struct SourceFile {
    pub id: ProviderItemId,
    pub name: String,
    pub kind: ItemKind,
    pub media_type: String,
    pub size: Option<u64>,
    pub modified_at: Option<Timestamp>,
    pub url: Option<String>,
    pub thumbnail_url: Option<String>,
    pub parent_id: Option<ProviderItemId>,
    /// How far we are with it; `None` when it was never brought in.
    pub state: Option<ItemState>,
    /// Why its content is not or will not be here.
    pub reason: Option<Reason>,
}

impl SourceFile {
    /// Whether its text is in the index.
    pub fn is_synced(&self) -> bool {
        self.state == Some(ItemState::Synced)
    }

    fn of_entry(entry: Entry, known: Option<&Item>) -> Self {
        let refusal = match entry.fetchable {
            Fetchable::Yes => None,
            Fetchable::No(reason) => Some(reason),
        };
        Self {
            id: entry.id,
            name: entry.name,
            kind: entry.kind,
            media_type: entry.media_type,
            size: entry.size,
            modified_at: entry.modified_at,
            url: entry.url,
            thumbnail_url: entry.thumbnail_url,
            parent_id: entry.parents.into_iter().next(),
            state: known.map(|item| item.state).filter(|state| *state != ItemState::Gone),
            reason: known.and_then(|item| item.reason.clone()).or(refusal),
        }
    }

    fn of_item(item: Item) -> Self {
        Self {
            id: item.provider_id,
            name: item.name,
            kind: item.kind,
            media_type: item.media_type,
            size: item.size,
            modified_at: item.modified_at,
            url: item.url,
            thumbnail_url: None,
            parent_id: item.parent_id,
            state: Some(item.state),
            reason: item.reason,
        }
    }
}

impl App {
    pub async fn browse_files(
        &self,
        user: &User,
        connector_id: &str,
        wanted: Option<&ConnectionId>,
        request: BrowseFiles,
    ) -> AppResult<Page<SourceFile>> {
        let (connector, connection) = self.working_connection(user, connector_id, wanted).await?;
        if connector.descriptor().kind == ConnectorKind::Local {
            return self.list_uploads(&connection, &request).await;
        }
        self.browse_connection(connector.descriptor(), &connection, request).await
    }

    pub(crate) async fn browse_connection(
        &self,
        descriptor: &'static Descriptor,
        connection: &Connection,
        request: BrowseFiles,
    ) -> AppResult<Page<SourceFile>> {
        let source = self.open_source(connection)?;
        let asked = BrowseRequest {
            container: request.folder,
            search: request.query,
            media_types: request.media_types,
            limit: request.page.limit,
            page: request.page.inner()?.map(PageToken::from),
        };
        let page = source
            .browse(&asked)
            .await
            .map_err(|error| AppError::from_connector(descriptor, "fetch files from", error))?;
        let ids: Vec<ProviderItemId> = page.entries.iter().map(|entry| entry.id.clone()).collect();
        let known = self.store.find_items_by_provider_ids(&connection.id, &ids).await?;
        let known: HashMap<&str, &Item> =
            known.iter().map(|item| (item.provider_id.as_str(), item)).collect();
        let rows = page
            .entries
            .into_iter()
            .map(|entry| {
                let item = known.get(entry.id.as_str()).copied();
                SourceFile::of_entry(entry, item)
            })
            .collect();
        Ok(Page { rows, next: page.next.map(|token| seal_cursor(token.as_str())) })
    }

    /// Uploads have no source but us.
    async fn list_uploads(
        &self,
        connection: &Connection,
        request: &BrowseFiles,
    ) -> AppResult<Page<SourceFile>> {
        if let Some(folder) = &request.folder {
            return self.list_upload_folder(connection, folder, request).await;
        }
        let words = request.query.as_deref().unwrap_or_default().to_lowercase();
        let mut page = request.page.clone();
        loop {
            let filter = ItemFilter::of_connection(&connection.id);
            let listed = Page::of(self.store.list_items(&filter, &page.paging()?).await?);
            let next = listed.next;
            let rows: Vec<SourceFile> = listed
                .rows
                .into_iter()
                .filter(|item| item.state != ItemState::Gone && item.name.to_lowercase().contains(&words))
                .map(SourceFile::of_item)
                .collect();
            if !rows.is_empty() || next.is_none() {
                return Ok(Page { rows, next });
            }
            page.cursor = next;
        }
    }

    async fn list_upload_folder(
        &self,
        connection: &Connection,
        folder: &ProviderItemId,
        request: &BrowseFiles,
    ) -> AppResult<Page<SourceFile>> {
        let found = self.store.find_item_by_provider_id(&connection.id, folder).await?;
        if !found.is_some_and(|item| item.kind == ItemKind::Container && item.state != ItemState::Gone) {
            return Err(AppError::not_found("folder"));
        }
        let after = request.page.inner()?.map(ItemId::from);
        let limit = request.page.limit;
        let mut rows = self.store.children(&connection.id, folder, after.as_ref(), limit + 1).await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| more).map(|last| seal_cursor(last.id.as_str()));
        let words = request.query.as_deref().unwrap_or_default().to_lowercase();
        rows.retain(|item| item.name.to_lowercase().contains(&words));
        Ok(Page { rows: rows.into_iter().map(SourceFile::of_item).collect(), next })
    }

    pub(crate) fn open_source(&self, connection: &Connection) -> AppResult<Box<dyn Source>> {
        self.opener
            .open_for_person(connection)
            .map_err(|reason| AppError::new(Code::ConnectorUnavailable, reason.message))
    }
}

/// Checks a cursor of ours without using it.
pub(crate) fn page_token(cursor: Option<&str>) -> AppResult<Option<PageToken>> {
    Ok(cursor.map(open_cursor).transpose()?.map(PageToken::from))
}
