//! One batch of entries, brought in: compared with what is known, fetched where that is not enough, indexed,
//! and turned into the effects that are committed together.

mod one;
mod plan;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::StreamExt;
use gangway_connector::{Entry, Source};
use gangway_model::{
    CollectionId, Connection, FileOutcome, Item, ItemId, ItemState, ProviderItemId, SyncJobId, Timestamp,
};
use gangway_store::{Gone, ItemUpsert, PageEffects, Placement};
use tokio_util::sync::CancellationToken;

use crate::announced::Announcements;
use crate::context::{Rooms, TaskContext};
use crate::membership::ScopeRef;
use crate::readings::Slot;
use crate::settings::SyncSettings;
use crate::stop::Stop;
use crate::unread;

use plan::{Plan, plan_for, same_metadata};

/// Text handed to the index at once; bounds what waits in memory.
const TEXT_AT_ONCE: usize = 4 << 20;

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
    /// The announcement of what was put into the index.
    pub announced: Option<String>,
    /// What the batch's time did not suffice for: the next batch's.
    pub left: Vec<Placed>,
}

/// Entries that wait to be brought in, a batch at a time.
pub struct Waiting {
    entries: VecDeque<Placed>,
    at_once: usize,
}

impl Waiting {
    pub fn new(entries: Vec<Placed>, settings: &SyncSettings) -> Self {
        Self { entries: entries.into(), at_once: settings.batch_entries.max(1) }
    }

    pub fn next_batch(&mut self) -> Vec<Placed> {
        let count = self.entries.len().min(self.at_once);
        self.entries.drain(..count).collect()
    }

    /// What a batch left is the next one's.
    pub fn put_back(&mut self, left: Vec<Placed>) {
        left.into_iter().rev().for_each(|one| self.entries.push_front(one));
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Placed> {
        self.entries.iter()
    }
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
            announced: self.announced,
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
    pub announced: &'a Announcements,
}

fn lock(waiting: &Mutex<VecDeque<Work>>) -> MutexGuard<'_, VecDeque<Work>> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Work {
    placed: Placed,
    known: Option<Item>,
    id: ItemId,
    collections: Vec<CollectionId>,
    observed_at: Timestamp,
    plan: Plan,
}

impl Bringer<'_> {
    /// Brings entries in, as many as the time of a batch suffices for, so that whoever watches sees it move and can cancel it.
    /// The index has the changes afterwards, unflushed; the rows have nothing yet.
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
        let ids: Vec<ItemId> = work.iter().map(|one| one.id.clone()).collect();
        brought.announced = self.announced.announce(self.rooms, &ids).await?;
        let stopped = AtomicBool::new(false);
        let until = self.rooms.now() + self.rooms.settings.batch_time;
        let waiting = Mutex::new(VecDeque::from(work));
        let next = || if self.rooms.now() < until { lock(&waiting).pop_front() } else { None };
        let mut results = futures::stream::iter(std::iter::from_fn(next))
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
        let left = std::mem::take(&mut *lock(&waiting));
        let is_left: HashSet<&ItemId> = left.iter().map(|one| &one.id).collect();
        // What was not brought in this time, and is not known from before, has no row to place.
        let with_row: HashSet<&ItemId> =
            brought.items.iter().map(|upsert| &upsert.item.id).chain(&known_before).collect();
        let has_come = |id: &ItemId| with_row.contains(id) && !is_left.contains(id);
        brought.placements.retain(|placement| has_come(&placement.item_id));
        brought.left = left.into_iter().map(|one| one.placed).collect();
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
}
