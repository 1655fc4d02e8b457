//! One batch of entries, brought in: compared with what is known, fetched where that is not enough, indexed,
//! and turned into the effects that are committed together.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use futures::StreamExt;
use gangway_connector::{Disposition, Entry, Source};
use gangway_extract::ChunkOptions;
use gangway_model::{
    CollectionId, Connection, Document, Fetchable, FileOutcome, Item, ItemId, ItemState, Outcome,
    ProviderItemId, Reason, SyncJobId, Timestamp,
};
use gangway_search::IndexedDocument;
use gangway_store::{
    DocumentChange, Gone, ItemUpsert, PageEffects, Placement, Reading, StoredDocument, Unread, fresh_blob_key,
};
use tokio_util::sync::CancellationToken;

use crate::content::{Fetched, fetch_and_read, is_expected, left_out};
use crate::context::{Rooms, TaskContext};
use crate::membership::ScopeRef;
use crate::readings::{Slot, Turn, WasRead};
use crate::stop::Stop;
use crate::stored::{encode_document, find_document};
use crate::unread;

/// Text handed to the index at once; bounds what waits in memory.
const TEXT_AT_ONCE: usize = 4 << 20;
/// A stored document up to this many bytes lies in its row, a larger one in the blob store.
const IN_ROW: usize = 64 << 10;

/// An entry and where it stands.
pub struct Placed {
    pub entry: Entry,
    pub parent: Option<ProviderItemId>,
    pub scopes: Vec<ScopeRef>,
    /// Names of the containers above it, each with a slash before it.
    pub folder: String,
}

/// What a batch came to.
#[derive(Default)]
pub struct Brought {
    pub items: Vec<ItemUpsert>,
    pub placements: Vec<Placement>,
    /// Items that turned out not to exist any more.
    pub gone: Vec<ItemId>,
    pub outcomes: Vec<FileOutcome>,
    pub bytes: u64,
    /// What was read, to be held until the batch is committed.
    pub held: Vec<Arc<Slot>>,
    /// Why the batch is not whole: what is missing must be tried again.
    pub stop: Option<Stop>,
}

impl Brought {
    /// The effects on the rows, added to the task's own; job and what moves the place to resume are the caller's to add.
    pub fn into_effects(self, context: &TaskContext) -> PageEffects {
        let now = context.rooms.now();
        PageEffects {
            items: self.items,
            placements: self.placements,
            gone: self.gone.into_iter().map(|item_id| Gone { item_id, observed_at: now }).collect(),
            outcomes: self.outcomes,
            bytes: self.bytes,
            ..context.effects()
        }
    }
}

/// What all batches of a task share.
pub struct Bringer<'a> {
    pub rooms: &'a Rooms,
    pub source: &'a dyn Source,
    pub connection: &'a Connection,
    /// Names the listing that saw the entries; placements remember it.
    pub seen_by: SyncJobId,
    /// After several tries, an item that still cannot be fetched fails by itself instead of holding up the rest.
    pub give_up_on_items: bool,
    /// How long after a change two states of an item may carry the same revision.
    pub revision_grain: chrono::Duration,
    /// Ends what is being fetched and read.
    pub stop: CancellationToken,
}

/// What has to be done for one file.
enum Plan {
    /// Nothing changed but, perhaps, which listing saw it last.
    Leave(Item),
    /// The content is the same; name, place or collections are not.
    Reindex(Item),
    Fetch,
    /// There is no content to fetch.
    NameOnly(Reason),
}

struct Work {
    placed: Placed,
    known: Option<Item>,
    id: ItemId,
    collections: Vec<CollectionId>,
    observed_at: Timestamp,
    plan: Plan,
}

/// One file's result, to be indexed and committed.
struct Done {
    item: Option<Item>,
    document: DocumentChange,
    indexed: Option<IndexedDocument>,
    outcome: Option<FileOutcome>,
    gone: Option<ItemId>,
    bytes: u64,
    held: Option<Arc<Slot>>,
    /// Held until its text is in the index.
    turn: Turn,
    unread: Option<Unread>,
    stop: Option<Stop>,
}

impl Bringer<'_> {
    /// Brings entries in. The index has the changes afterwards, unflushed; the rows have nothing yet.
    pub async fn bring_in(&self, placed: Vec<Placed>, observed_at: Timestamp) -> Result<Brought, Stop> {
        let mut brought = Brought::default();
        let mut work = Vec::new();
        let mut known_before: Vec<ItemId> = Vec::new();
        for one in self.plan(placed, observed_at).await? {
            for scope in &one.placed.scopes {
                brought.placements.push(Placement {
                    scope_id: scope.id.clone(),
                    item_id: one.id.clone(),
                    seen_by: self.seen_by.clone(),
                });
            }
            if let Some(known) = &one.known {
                known_before.push(known.id.clone());
            }
            if one.placed.entry.kind.has_content() {
                work.push(one);
            } else {
                let item = self.item_of(&one, ItemState::Structure, None);
                if one.known.as_ref().is_none_or(|known| !same_metadata(known, &item)) {
                    brought.items.push(ItemUpsert::of(item));
                }
            }
        }
        let stopped = AtomicBool::new(false);
        let mut results = futures::stream::iter(work)
            .map(|one| self.bring_one(one, &stopped))
            .buffer_unordered(self.rooms.settings.fetch_concurrency.max(1));
        let mut to_index = Vec::new();
        let mut text = 0;
        while let Some(done) = results.next().await {
            let done = done?;
            brought.bytes += done.bytes;
            brought.outcomes.extend(done.outcome);
            brought.gone.extend(done.gone);
            brought.held.extend(done.held);
            if brought.stop.is_none() {
                brought.stop = done.stop;
            }
            if let Some(item) = done.item {
                let unread = done.unread;
                brought.items.push(ItemUpsert { item, document: done.document, original: None, unread });
            }
            if let Some(indexed) = done.indexed {
                text += indexed.chunks.iter().map(|chunk| chunk.text.len()).sum::<usize>();
                to_index.push(indexed);
            }
            if text >= TEXT_AT_ONCE {
                self.rooms.index.put(std::mem::take(&mut to_index)).await?;
                text = 0;
            }
            drop(done.turn);
        }
        drop(results);
        // What was not brought in this time, and is not known from before, has no row to place.
        let with_row: HashSet<&ItemId> =
            brought.items.iter().map(|upsert| &upsert.item.id).chain(&known_before).collect();
        brought.placements.retain(|placement| with_row.contains(&placement.item_id));
        self.rooms.index.put(to_index).await?;
        if !brought.gone.is_empty() {
            self.rooms.index.remove_items(&brought.gone).await?;
        }
        Ok(brought)
    }

    async fn plan(&self, placed: Vec<Placed>, observed_at: Timestamp) -> Result<Vec<Work>, Stop> {
        let store = &self.rooms.store;
        let ids: Vec<ProviderItemId> = placed.iter().map(|one| one.entry.id.clone()).collect();
        let mut known: HashMap<ProviderItemId, Item> = store
            .find_items_by_provider_ids(&self.connection.id, &ids)
            .await?
            .into_iter()
            .map(|item| (item.provider_id.clone(), item))
            .collect();
        let known_ids: Vec<ItemId> = known.values().map(|item| item.id.clone()).collect();
        let mut collections_of: HashMap<ItemId, Vec<CollectionId>> =
            store.item_collections(&known_ids).await?;
        let read_by_now = self.read_by_now(known.values()).await?;
        let mut work = Vec::with_capacity(placed.len());
        for one in placed {
            let known = known.remove(&one.entry.id);
            let id = known.as_ref().map_or_else(ItemId::fresh, |item| item.id.clone());
            let before = collections_of.remove(&id).unwrap_or_default();
            let mut collections = before.clone();
            collections.extend(one.scopes.iter().map(|scope| scope.collection.clone()));
            collections.sort();
            collections.dedup();
            let joined = collections.len() != before.len();
            let is_unread = read_by_now.contains(&id);
            let plan = plan_for(&one, known.as_ref(), joined, is_unread, self.revision_grain);
            work.push(Work { placed: one, known, id, collections, observed_at, plan });
        }
        Ok(work)
    }

    /// Of known items, those that nobody could read when they were read last, and somebody can now.
    async fn read_by_now(&self, known: impl Iterator<Item = &Item>) -> Result<HashSet<ItemId>, Stop> {
        // All others were read as a whole, or failed, and are fetched anyway.
        let partly: HashMap<ItemId, &Item> =
            known.filter(|item| item.reason.is_some()).map(|item| (item.id.clone(), item)).collect();
        let mut found = HashSet::new();
        if partly.is_empty() {
            return Ok(found);
        }
        let Some(readers) = unread::readers(self.rooms).await else { return Ok(found) };
        let ids: Vec<ItemId> = partly.keys().cloned().collect();
        for (id, codes) in self.rooms.store.unread_among(&ids, &readers).await? {
            if let Some(item) = partly.get(&id)
                && unread::would_read(self.rooms, &item.name, &item.media_type, &codes).await
            {
                found.insert(id);
            }
        }
        Ok(found)
    }

    async fn bring_one(&self, work: Work, stopped: &AtomicBool) -> Result<Done, Stop> {
        match &work.plan {
            Plan::Leave(known) => {
                let outcome = self.outcome(&work, outcome_of_known(known), known.reason.clone());
                Ok(Done { outcome: Some(outcome), ..Done::nothing() })
            }
            Plan::Reindex(known) => match self.stored_document(known).await? {
                Some(document) => {
                    let item = self.item_of(&work, known.state, known.reason.clone());
                    let outcome = self.outcome(&work, outcome_of_known(known), known.reason.clone());
                    let indexed = self.indexed(&work, &item, Some(&document));
                    Ok(Done::finished(item, DocumentChange::Keep, indexed, outcome, 0))
                }
                None if known.state == ItemState::Synced => self.fetch(work, stopped).await,
                None => {
                    let item = self.item_of(&work, known.state, known.reason.clone());
                    let outcome = self.outcome(&work, outcome_of_known(known), known.reason.clone());
                    let indexed = self.indexed(&work, &item, None);
                    Ok(Done::finished(item, DocumentChange::Keep, indexed, outcome, 0))
                }
            },
            Plan::NameOnly(reason) => {
                let reason = reason.clone();
                Ok(self.without_text(&work, ItemState::NameOnly, Outcome::Skipped, reason, None, 0))
            }
            Plan::Fetch => self.fetch(work, stopped).await,
        }
    }

    async fn fetch(&self, work: Work, stopped: &AtomicBool) -> Result<Done, Stop> {
        if stopped.load(Ordering::Relaxed) {
            return Ok(Done::nothing());
        }
        let rooms = self.rooms;
        let entry = &work.placed.entry;
        let fetched = tokio::select! {
            biased;
            // What was brought in until then is kept; the rest is fetched again after the start.
            () = self.stop.cancelled() => {
                stopped.store(true, Ordering::Relaxed);
                return Ok(Done { stop: Some(Stop::LeaseLost), ..Done::nothing() });
            }
            fetched = fetch_and_read(self.source, rooms, entry, &self.connection.user_id, &work.id) => fetched?,
        };
        match fetched {
            Fetched::Read { read, hash, bytes } => {
                let WasRead { document, held, turn } = *read;
                let unread = unread::of_reading(rooms, document.as_ref().map(|(document, _)| document)).await;
                let done = match document {
                    Ok((document, stored)) => {
                        let reason = left_out(&document);
                        let mut item = self.item_of(&work, ItemState::Synced, reason.clone());
                        item.content_hash = Some(hash);
                        item.synced_at = Some(rooms.now());
                        let indexed = self.indexed(&work, &item, Some(&document));
                        let outcome = self.outcome(&work, Outcome::Synced, reason);
                        Done::finished(item, DocumentChange::Put(stored), indexed, outcome, bytes)
                    }
                    Err(reason) => {
                        let outcome = if is_expected(&reason) { Outcome::Skipped } else { Outcome::Failed };
                        self.without_text(&work, ItemState::NameOnly, outcome, reason, Some(hash), bytes)
                    }
                };
                Ok(Done { held, turn, unread, ..done })
            }
            Fetched::Refused(reason) => {
                Ok(self.without_text(&work, ItemState::Failed, Outcome::Failed, reason, None, 0))
            }
            Fetched::Gone => {
                let gone = work.known.as_ref().map(|known| known.id.clone());
                let reason =
                    Reason::new("vanished", "the file was deleted at the source while it was being synced");
                let outcome = self.outcome(&work, Outcome::Removed, Some(reason));
                Ok(Done { gone, outcome: Some(outcome), ..Done::nothing() })
            }
            Fetched::Failed(error) => {
                let about_one_item = matches!(
                    error.disposition,
                    Disposition::RetryLater { .. } | Disposition::RestartFeed | Disposition::Fail
                );
                if about_one_item && self.give_up_on_items {
                    let reason = error.reason();
                    return Ok(self.without_text(&work, ItemState::Failed, Outcome::Failed, reason, None, 0));
                }
                stopped.store(true, Ordering::Relaxed);
                tracing::warn!(
                    code = error.code,
                    name_length = entry.name.len(),
                    "an item could not be fetched yet"
                );
                let stop = match Stop::from_connector(&error) {
                    // One item's hard error is tried again with the rest before it counts as that item's own.
                    Stop::Failed(reason) if about_one_item => Stop::RetryLater { after: None, reason },
                    stop => stop,
                };
                Ok(Done { stop: Some(stop), ..Done::nothing() })
            }
        }
    }

    fn without_text(
        &self,
        work: &Work,
        state: ItemState,
        outcome: Outcome,
        reason: Reason,
        hash: Option<String>,
        bytes: u64,
    ) -> Done {
        let mut item = self.item_of(work, state, Some(reason.clone()));
        item.content_hash = hash;
        let outcome = self.outcome(work, outcome, Some(reason));
        let indexed = self.indexed(work, &item, None);
        Done::finished(item, DocumentChange::Remove, indexed, outcome, bytes)
    }

    fn item_of(&self, work: &Work, state: ItemState, reason: Option<Reason>) -> Item {
        let entry = &work.placed.entry;
        Item {
            id: work.id.clone(),
            connection_id: self.connection.id.clone(),
            provider_id: entry.id.clone(),
            parent_id: work.placed.parent.clone(),
            target_id: entry.target.clone(),
            feed: entry.feed.clone(),
            kind: entry.kind,
            name: entry.name.clone(),
            media_type: entry.media_type.clone(),
            size: entry.size,
            modified_at: entry.modified_at,
            url: entry.url.clone(),
            locator: entry.locator.clone(),
            revision: Some(entry.revision.clone()),
            content_hash: work.known.as_ref().and_then(|known| known.content_hash.clone()),
            state,
            reason,
            observed_at: work.observed_at,
            synced_at: work.known.as_ref().and_then(|known| known.synced_at),
        }
    }

    fn outcome(&self, work: &Work, outcome: Outcome, reason: Option<Reason>) -> FileOutcome {
        let entry = &work.placed.entry;
        FileOutcome {
            provider_id: entry.id.clone(),
            name: entry.name.clone(),
            outcome,
            reason,
            at: self.rooms.now(),
        }
    }

    fn indexed(&self, work: &Work, item: &Item, document: Option<&Document>) -> IndexedDocument {
        index_entry(self.connection, item, work.collections.clone(), &work.placed.folder, document)
    }

    async fn stored_document(&self, item: &Item) -> Result<Option<Document>, Stop> {
        load_document(self.rooms, &item.id).await
    }
}

/// Puts a document where it will lie: in the row when it is small, else in the blob store.
pub async fn store_document(
    rooms: &Rooms,
    document: &Document,
    reading: Option<Reading>,
) -> Result<StoredDocument, Stop> {
    store_encoded(rooms, encode_document(document).into(), document.text_len() as u64, reading).await
}

/// The same for a document that is encoded already.
pub async fn store_encoded(
    rooms: &Rooms,
    body: Bytes,
    text_bytes: u64,
    reading: Option<Reading>,
) -> Result<StoredDocument, Stop> {
    if body.len() <= IN_ROW {
        return Ok(StoredDocument { body: Some(body), blob_key: None, text_bytes, reading });
    }
    let key = fresh_blob_key("documents");
    rooms.store.announce_blobs(std::slice::from_ref(&key)).await?;
    rooms.blobs.put(&key, body).await?;
    Ok(StoredDocument { body: None, blob_key: Some(key), text_bytes, reading })
}

/// What the index knows of an item.
pub fn index_entry(
    connection: &Connection,
    item: &Item,
    collections: Vec<CollectionId>,
    folder: &str,
    document: Option<&Document>,
) -> IndexedDocument {
    let chunks = document
        .map(|document| gangway_extract::chunk(document, &ChunkOptions::default()))
        .unwrap_or_default();
    IndexedDocument {
        item_id: item.id.clone(),
        user_id: connection.user_id.clone(),
        connection_id: connection.id.clone(),
        connector_id: connection.connector_id.clone(),
        collections,
        name: item.name.clone(),
        path: Some(format!("{folder}/{}", item.name)),
        media_type: item.media_type.clone(),
        modified_at: item.modified_at,
        url: item.url.clone(),
        title: document.and_then(|document| document.title.clone()),
        chunks,
    }
}

/// An item's document from storage; `None` when it has none, or when what lies there cannot be read.
pub async fn load_document(rooms: &Rooms, item: &ItemId) -> Result<Option<Document>, Stop> {
    find_document(&rooms.store, &rooms.blobs, item).await
}

impl Done {
    fn nothing() -> Self {
        Done {
            item: None,
            document: DocumentChange::Keep,
            indexed: None,
            outcome: None,
            gone: None,
            bytes: 0,
            held: None,
            turn: None,
            unread: None,
            stop: None,
        }
    }

    fn finished(
        item: Item,
        document: DocumentChange,
        indexed: IndexedDocument,
        outcome: FileOutcome,
        bytes: u64,
    ) -> Self {
        Done {
            item: Some(item),
            document,
            indexed: Some(indexed),
            outcome: Some(outcome),
            bytes,
            ..Self::nothing()
        }
    }
}

fn plan_for(
    placed: &Placed,
    known: Option<&Item>,
    joined_a_collection: bool,
    is_read_by_now: bool,
    revision_grain: chrono::Duration,
) -> Plan {
    let entry = &placed.entry;
    let refused = match &entry.fetchable {
        Fetchable::No(reason) => Some(reason),
        Fetchable::Yes => None,
    };
    if let Some(known) = known
        && known.revision.as_ref() == Some(&entry.revision)
        && !is_read_by_now
        && content_is_settled(known, refused.is_some())
        && revision_is_settled(known, entry, revision_grain)
    {
        let same = known.name == entry.name
            && known.parent_id == placed.parent
            && known.media_type == entry.media_type
            && known.url == entry.url
            && known.locator == entry.locator
            && known.modified_at == entry.modified_at
            && known.kind == entry.kind
            && known.feed == entry.feed;
        let known = known.clone();
        return if same && !joined_a_collection { Plan::Leave(known) } else { Plan::Reindex(known) };
    }
    match refused {
        Some(reason) => Plan::NameOnly(reason.clone()),
        None => Plan::Fetch,
    }
}

/// Whether the revision says all: what was fetched soon after it last changed may have changed once more under the
/// same revision.
fn revision_is_settled(known: &Item, entry: &Entry, grain: chrono::Duration) -> bool {
    let fetched_at = known.synced_at.unwrap_or(known.observed_at);
    grain.is_zero() || entry.modified_at.is_none_or(|changed| fetched_at > changed + grain)
}

/// Whether fetching the same revision again would end the same way.
fn content_is_settled(known: &Item, refused_now: bool) -> bool {
    match known.state {
        ItemState::Synced => !refused_now,
        // With a hash the bytes were read and held no text; without one the source had nothing to give.
        ItemState::NameOnly => known.content_hash.is_none() == refused_now,
        ItemState::Failed | ItemState::Gone | ItemState::Structure => false,
    }
}

fn outcome_of_known(known: &Item) -> Outcome {
    match (&known.state, &known.reason) {
        (ItemState::NameOnly, Some(reason)) if known.content_hash.is_none() || is_expected(reason) => {
            Outcome::Skipped
        }
        (ItemState::NameOnly, _) => Outcome::Failed,
        _ => Outcome::Unchanged,
    }
}

fn same_metadata(known: &Item, now: &Item) -> bool {
    known.state == now.state
        && known.name == now.name
        && known.parent_id == now.parent_id
        && known.target_id == now.target_id
        && known.feed == now.feed
        && known.kind == now.kind
        && known.media_type == now.media_type
        && known.url == now.url
        && known.locator == now.locator
        && known.modified_at == now.modified_at
}
