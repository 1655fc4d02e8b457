//! Says why a file is, or is not, here: what the source has, what we have, and the reason for a difference.

use gangway_connector::ConnectorKind;
use gangway_model::{
    CollectionId, ConnectionId, ConnectionState, Item, ItemId, ItemKind, ItemState, Note, ProviderItemId,
    Reason, SyncJob, User,
};
use gangway_store::Paging;
use gangway_sync::find_document;

use crate::app::App;
use crate::error::{AppError, AppResult};

/// What is known about one file.
#[derive(Debug)]
pub struct FileExplanation {
    pub id: ProviderItemId,
    /// Our row of it, if it was ever met.
    pub item: Option<Item>,
    /// The name and type at the source, when the source could be asked and has it.
    pub at_source: Option<(String, ItemKind)>,
    /// Whether the source has it; `None` when the source could not be asked.
    pub in_source: Option<bool>,
    pub reason: Reason,
    /// Parts of its text that could not be read; the rest is here.
    pub notes: Vec<Note>,
    /// Whether its text was cut at the limit.
    pub truncated: bool,
    pub collections: Vec<CollectionId>,
    /// The last sync of its connection.
    pub last_job: Option<SyncJob>,
}

impl App {
    pub async fn explain_file(
        &self,
        user: &User,
        connector_id: &str,
        wanted: Option<&ConnectionId>,
        file: &ProviderItemId,
    ) -> AppResult<FileExplanation> {
        let (connector, connection) = self.get_connection(user, connector_id, wanted).await?;
        let found = self.store.find_items_by_provider_ids(&connection.id, std::slice::from_ref(file)).await?;
        let item = found.into_iter().next();
        let mut in_source = None;
        let mut at_source = None;
        let mut below_chosen = false;
        if connector.descriptor().kind == ConnectorKind::Local {
            in_source = Some(item.as_ref().is_some_and(|item| item.state != ItemState::Gone));
        } else if connection.state == ConnectionState::Active {
            match self.open_source(&connection)?.get(file).await {
                Ok(entry) => {
                    in_source = Some(true);
                    below_chosen =
                        item.is_none() && self.is_below_chosen(&connection.id, &entry.parents).await?;
                    at_source = Some((entry.name, entry.kind));
                }
                Err(error) if error.is_gone() => in_source = Some(false),
                Err(error) => {
                    tracing::debug!(code = error.code, "the source could not be asked about a file")
                }
            }
        }
        if item.is_none() && in_source == Some(false) {
            return Err(AppError::not_found("file"));
        }
        let (mut collections, mut notes, mut truncated) = (Vec::new(), Vec::new(), false);
        if let Some(item) = &item {
            let document = find_document::<AppError>(&self.store, &self.blobs, &item.id).await?;
            if let Some(document) = document {
                (notes, truncated) = (document.notes, document.truncated);
            }
            let ids = std::slice::from_ref(&item.id);
            collections = self.store.item_collections(ids).await?.remove(&item.id).unwrap_or_default();
        }
        let jobs = self.store.list_jobs(&user.id, Some(&connection.id), &Paging::first(1)).await?;
        let reason = match below_chosen {
            true => Reason::new(
                "not_here_yet",
                "its folder was chosen, but it was taken out of the collection or has not been brought in yet: it comes \
                 with its next change at the source, or when it is synced",
            ),
            false => explain(item.as_ref(), in_source, !collections.is_empty()),
        };
        let last_job = jobs.rows.into_iter().next();
        let id = file.clone();
        Ok(FileExplanation {
            id,
            item,
            at_source,
            in_source,
            reason,
            notes,
            truncated,
            collections,
            last_job,
        })
    }
}

impl App {
    /// Whether any of these containers was chosen, or stands below one that was.
    async fn is_below_chosen(
        &self,
        connection: &ConnectionId,
        containers: &[ProviderItemId],
    ) -> AppResult<bool> {
        let scopes = self.store.list_scopes(Some(connection), None, false).await?;
        if scopes.iter().any(|scope| containers.contains(&scope.root_id)) {
            return Ok(true);
        }
        let known = self.store.find_items_by_provider_ids(connection, containers).await?;
        let ids: Vec<ItemId> = known.into_iter().map(|item| item.id).collect();
        Ok(self.store.item_scopes(&ids).await?.values().any(|scopes| !scopes.is_empty()))
    }
}

/// The one sentence that answers "why".
fn explain(item: Option<&Item>, in_source: Option<bool>, placed: bool) -> Reason {
    let Some(item) = item else {
        return Reason::new(
            "not_chosen",
            "nobody chose this file or a folder above it: sync it into a collection",
        );
    };
    // Of a file that is found, it says what is missing: that counts where nothing else is wrong.
    if let Some(reason) = &item.reason
        && item.state != ItemState::Synced
    {
        return reason.clone();
    }
    match item.state {
        ItemState::Gone => Reason::new("gone", "the source says that this file is gone"),
        _ if in_source == Some(false) => {
            Reason::new("gone_at_source", "the source no longer has it: the next sync removes it here")
        }
        ItemState::Structure => Reason::new("structure", "a folder or a link: it has no text of its own"),
        _ if !placed => Reason::new("not_placed", "it is in no collection any more"),
        ItemState::Synced => {
            item.reason.clone().unwrap_or_else(|| Reason::new("synced", "its text is in the index"))
        }
        ItemState::NameOnly => Reason::new("name_only", "it has no text to search: found by name only"),
        ItemState::Failed => Reason::new("failed", "it could not be brought in: sync it again"),
    }
}
