//! Following: what the change feeds and pushes tell is applied to the collections that follow, and nothing else is touched.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Mutex;

use futures::StreamExt;
use gangway_connector::{Change, Disposition, Entry, Source};
use gangway_model::{
    Connection, ConnectionState, Cursor, FeedKey, Item, ItemId, ItemKind, ItemState, ProviderItemId, ScopeId,
    SyncJobId, SyncMode, Timestamp,
};
use gangway_store::{FeedStep, ItemScope, NewSyncJob, PageEffects, Scope};

use crate::commit::commit;
use crate::context::{Rooms, TaskContext};
use crate::membership::{ScopeRef, find_parents, is_unknown_container, parent_of, scopes_of_entries};
use crate::page::{Bringer, Placed};
use crate::removal::{Leaving, leave_scopes, reindex_subtree, subtree_leaves};
use crate::stop::Stop;
use crate::tasks::payload::{self, OfConnection, OfProviderItem};
use crate::tree::Tree;

/// A temporary refusal of one item no longer holds up the feed from this try on.
const GIVE_UP_ON_ITEMS_FROM: u32 = 3;
/// Items looked up before what they are is applied.
const LOOKED_UP_AT_ONCE: usize = 50;
/// Listing again takes at most one part in so many of the time.
const LISTING_SHARE: u32 = 10;
/// Names the follower in placements, where a listing would put its job.
const SEEN_BY: &str = "follow";

pub async fn run(context: &TaskContext, payload: OfConnection) -> Result<(), Stop> {
    let store = &context.rooms.store;
    let Some(connection) = store.find_connection(&payload.connection).await? else { return Ok(()) };
    if connection.state != ConnectionState::Active {
        return Ok(());
    }
    let source = context.open(&connection)?;
    store.touch_polled(&connection.id, context.rooms.now()).await?;
    let scopes = store.list_scopes(Some(&connection.id), None, false).await?;
    let followed: Vec<Scope> = scopes.into_iter().filter(|scope| scope.mode == SyncMode::Auto).collect();
    let can = context.capabilities(&connection);
    let follower = Follower::new(context, &connection, source.as_ref());
    if !can.change_feed {
        return follower.list_again(&followed).await;
    }
    let feeds: BTreeSet<FeedKey> =
        followed.iter().map(|scope| scope.feed.clone().unwrap_or_else(|| source.default_feed())).collect();
    // A feed in trouble does not hold up the others; what it met is told at the end.
    let mut trouble = None;
    for feed in feeds {
        match follower.follow_feed(&feed, &followed).await {
            Ok(()) => {}
            Err(stop @ (Stop::LeaseLost | Stop::Cancelled | Stop::Reconnect(_))) => return Err(stop),
            Err(stop) => {
                trouble.get_or_insert(stop);
            }
        }
    }
    if trouble.is_none() {
        store.touch_synced(&connection.id, context.rooms.now()).await?;
    }
    if !can.reports_deletions {
        let due: Vec<Scope> =
            followed.into_iter().filter(|scope| is_listing_due(scope, &context.rooms)).collect();
        follower.list_again(&due).await?;
    }
    trouble.map_or(Ok(()), Err)
}

/// Looks items up that a push named, and applies what they are now.
pub async fn look(context: &TaskContext, payload: OfProviderItem) -> Result<(), Stop> {
    let store = &context.rooms.store;
    let Some(connection) = store.find_connection(&payload.connection).await? else { return Ok(()) };
    if connection.state != ConnectionState::Active {
        return Ok(());
    }
    let source = context.open(&connection)?;
    let scopes = store.list_scopes(Some(&connection.id), None, false).await?;
    let followed: Vec<Scope> = scopes.into_iter().filter(|scope| scope.mode == SyncMode::Auto).collect();
    if followed.is_empty() {
        return Ok(());
    }
    Follower::new(context, &connection, source.as_ref()).look_up(&[payload.item], &followed).await
}

/// Whether a scope whose feed does not tell everything is to be listed again: at every poll, as long as listing
/// takes no more than a small part of the time.
fn is_listing_due(scope: &Scope, rooms: &Rooms) -> bool {
    let Some((at, took)) = scope.last_listing else { return true };
    let pause = rooms.settings.poll_interval.max(took * LISTING_SHARE);
    rooms.now() >= at + pause
}

/// Whether an address stands below another one; below nothing stands everything.
fn stands_below(locator: &str, above: &str) -> bool {
    locator.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'))
}

struct Follower<'a> {
    context: &'a TaskContext,
    connection: &'a Connection,
    source: &'a dyn Source,
    /// Containers listed in this run, and for which scopes: a link back to one of them is not followed again.
    walked: Mutex<HashSet<(ProviderItemId, Vec<ScopeRef>)>>,
    /// Items whose inside was listed in this run because their content changed.
    seen_inside: Mutex<HashSet<ProviderItemId>>,
}

impl<'a> Follower<'a> {
    fn new(context: &'a TaskContext, connection: &'a Connection, source: &'a dyn Source) -> Self {
        Self { context, connection, source, walked: Mutex::default(), seen_inside: Mutex::default() }
    }

    async fn follow_feed(&self, feed: &FeedKey, followed: &[Scope]) -> Result<(), Stop> {
        let store = &self.context.rooms.store;
        let Some(mut cursor) = store.feed_cursor(&self.connection.id, feed).await? else {
            return self.begin_anew(feed, followed).await;
        };
        loop {
            self.context.check()?;
            let page = match self.source.changes(feed, &cursor).await {
                Ok(page) => page,
                Err(error) => match error.disposition {
                    Disposition::RestartFeed => return self.begin_anew(feed, followed).await,
                    Disposition::Gone => return self.feed_is_gone(feed, followed).await,
                    // A refusal proves nothing: look again at the next turn.
                    Disposition::SkipItem => return Ok(()),
                    _ => return Err(Stop::from_connector(&error)),
                },
            };
            if !page.changes.is_empty() {
                metrics::counter!("gangway_changes_total", "connector" => self.connection.connector_id.to_string())
                    .increment(page.changes.len() as u64);
            }
            self.apply(feed, page.changes, followed).await?;
            if page.cursor != cursor {
                self.save_cursor(feed, &cursor, &page.cursor).await?;
            } else if page.more {
                return Err(Stop::retry(
                    "repeated_cursor",
                    "the provider answered the same place in its feed again",
                ));
            }
            cursor = page.cursor;
            if !page.more {
                return Ok(());
            }
        }
    }

    /// The cursor moves after the effects it covers are durable.
    async fn save_cursor(&self, feed: &FeedKey, old: &Cursor, new: &Cursor) -> Result<(), Stop> {
        let step = FeedStep {
            connection_id: self.connection.id.clone(),
            feed: feed.clone(),
            expected: Some(old.clone()),
            cursor: new.clone(),
        };
        let effects = PageEffects { feed: Some(step), ..self.context.effects() };
        commit(self.context, self.connection, &effects).await
    }

    /// A feed without a usable cursor: note where it stands now, then list again what it covers.
    async fn begin_anew(&self, feed: &FeedKey, followed: &[Scope]) -> Result<(), Stop> {
        let cursor = match self.source.start_cursor(feed).await {
            Ok(cursor) => cursor,
            Err(error) => match error.disposition {
                // A feed that is over, or refused, tells nothing; the next turn asks again.
                Disposition::Gone | Disposition::SkipItem => return Ok(()),
                _ => return Err(Stop::from_connector(&error)),
            },
        };
        let covered: Vec<Scope> = followed
            .iter()
            .filter(|scope| scope.feed.as_ref().is_none_or(|of| of == feed))
            .cloned()
            .collect();
        self.list_again(&covered).await?;
        self.context.rooms.store.set_feed(&self.connection.id, feed, &cursor).await?;
        Ok(())
    }

    /// Starts a sync job for each scope that has none under way.
    async fn list_again(&self, scopes: &[Scope]) -> Result<(), Stop> {
        let rooms = &self.context.rooms;
        let unfinished = rooms.store.list_unfinished_jobs(&self.connection.id).await?;
        for scope in scopes {
            let under_way = unfinished.iter().any(|job| {
                job.collection_id.as_ref() == Some(&scope.collection_id) && job.roots.contains(&scope.root_id)
            });
            if under_way {
                continue;
            }
            let id = SyncJobId::fresh();
            let task = payload::sync_job(&id, rooms.now());
            let job = NewSyncJob {
                id,
                user_id: self.connection.user_id.clone(),
                connection_id: self.connection.id.clone(),
                connector_id: self.connection.connector_id.clone(),
                collection_id: Some(scope.collection_id.clone()),
                mode: scope.mode,
                roots: vec![scope.root_id.clone()],
                allow_mass_removal: false,
                by_engine: true,
            };
            rooms.store.create_job(&job, Some(&task)).await?;
        }
        rooms.wake();
        Ok(())
    }

    async fn feed_is_gone(&self, feed: &FeedKey, followed: &[Scope]) -> Result<(), Stop> {
        let store = &self.context.rooms.store;
        for scope in followed.iter().filter(|scope| scope.feed.as_ref() == Some(feed)) {
            if let Some(root) = store.find_item_by_provider_id(&self.connection.id, &scope.root_id).await? {
                subtree_leaves(self.context, self.connection, &root, &Leaving::All).await?;
            }
        }
        store.delete_feed(&self.connection.id, feed).await?;
        Ok(())
    }

    /// Applies one page of changes. Repeating it changes nothing more.
    async fn apply(&self, feed: &FeedKey, changes: Vec<Change>, followed: &[Scope]) -> Result<(), Stop> {
        let mut upserts: HashMap<ProviderItemId, Entry> = HashMap::new();
        let mut order: Vec<ProviderItemId> = Vec::new();
        let mut tombstones: Vec<ProviderItemId> = Vec::new();
        let mut emptied: Vec<String> = Vec::new();
        let mut looks: Vec<ProviderItemId> = Vec::new();
        for change in changes {
            match change {
                Change::Upsert(entry) => {
                    tombstones.retain(|id| *id != entry.id);
                    order.push(entry.id.clone());
                    upserts.insert(entry.id.clone(), *entry);
                }
                Change::Tombstone { id } => {
                    upserts.remove(&id);
                    tombstones.push(id);
                }
                Change::TombstoneAt { locator } => emptied.push(locator),
                Change::Look { id } => looks.push(id),
                Change::Relist { container } => self.relist(&container, followed).await?,
                Change::FeedGone { feed } => self.feed_is_gone(&feed, followed).await?,
                Change::Failure { id, reason } => {
                    tracing::warn!(item = %id, code = %reason.code, "the feed told of an item that cannot be read");
                }
            }
        }
        self.bury(&tombstones, |item| item.feed.as_ref().is_none_or(|of| of == feed)).await?;
        let entries: Vec<Entry> = order.into_iter().filter_map(|id| upserts.remove(&id)).collect();
        let told: HashSet<ProviderItemId> = entries.iter().map(|entry| entry.id.clone()).collect();
        // An address holds one item: what else is known at it gave way, though the feed need not say so.
        emptied.extend(entries.iter().filter_map(|entry| entry.locator.clone()));
        if !entries.is_empty() {
            self.take_in(entries, followed, self.context.rooms.now(), true).await?;
        }
        looks.extend(self.roots_below(&emptied, followed).await?.into_iter().filter(|id| !told.contains(id)));
        // After the upserts: what they moved away stands at another address by now.
        let left = self.context.rooms.store.find_items_by_locators(&self.connection.id, &emptied).await?;
        looks.extend(left.into_iter().map(|item| item.provider_id).filter(|id| !told.contains(id)));
        self.look_up(&looks, followed).await
    }

    /// The roots that are followed and stand below one of these addresses: whatever happened there took them along.
    async fn roots_below(
        &self,
        locators: &[String],
        followed: &[Scope],
    ) -> Result<Vec<ProviderItemId>, Stop> {
        if locators.is_empty() {
            return Ok(Vec::new());
        }
        let roots = self.living_roots(followed).await?;
        let is_below = |root: &Item| {
            root.locator.as_ref().is_some_and(|at| locators.iter().any(|locator| stands_below(at, locator)))
        };
        Ok(roots.into_iter().filter(is_below).map(|root| root.provider_id).collect())
    }

    async fn living_roots(&self, followed: &[Scope]) -> Result<Vec<Item>, Stop> {
        let ids: Vec<ProviderItemId> = followed.iter().map(|scope| scope.root_id.clone()).collect();
        let mut roots =
            self.context.rooms.store.find_items_by_provider_ids(&self.connection.id, &ids).await?;
        roots.retain(|root| root.state != ItemState::Gone);
        Ok(roots)
    }

    /// Asks for items by their ids, and applies what they are now.
    async fn look_up(&self, ids: &[ProviderItemId], followed: &[Scope]) -> Result<(), Stop> {
        let width = self.context.rooms.settings.list_concurrency.max(1);
        for some in ids.chunks(LOOKED_UP_AT_ONCE) {
            self.context.check()?;
            // Before the questions: an answer is never taken for newer than it is.
            let asked_at = self.context.rooms.now();
            let answers: Vec<_> = futures::stream::iter(some.to_vec())
                .map(|id| async move { (self.source.get(&id).await, id) })
                .buffered(width)
                .collect()
                .await;
            let (mut entries, mut gone) = (Vec::new(), Vec::new());
            // After several tries an item that still has no answer is left to the next listing, while others answer.
            let some_answer = answers.iter().any(|(answer, _)| answer.is_ok());
            let give_up = some_answer && self.context.task.attempts >= GIVE_UP_ON_ITEMS_FROM;
            for (answer, id) in answers {
                match answer {
                    Ok(entry) => entries.push(entry),
                    Err(error) => match error.disposition {
                        Disposition::Gone => gone.push(id),
                        // It proves nothing, and the next listing meets it again.
                        Disposition::SkipItem | Disposition::Fail => {
                            tracing::info!(item = %id, code = error.code, "an item cannot be looked up");
                        }
                        Disposition::RetryLater { .. } if give_up => {
                            tracing::warn!(item = %id, code = error.code, "an item still cannot be looked up");
                        }
                        _ => return Err(Stop::from_connector(&error)),
                    },
                }
            }
            // An answer on its own id is proof, whichever feed would report on it.
            self.bury(&gone, |_| true).await?;
            if !entries.is_empty() {
                self.take_in(entries, followed, asked_at, false).await?;
            }
        }
        Ok(())
    }

    /// Takes out what is gone, as far as `is_proof` says so of an item. A feed that an item has left for another one
    /// (it moved between drives) speaks only of itself: its tombstone proves nothing about the item.
    async fn bury(&self, ids: &[ProviderItemId], is_proof: impl Fn(&Item) -> bool) -> Result<(), Stop> {
        if ids.is_empty() {
            return Ok(());
        }
        let known = self.context.rooms.store.find_items_by_provider_ids(&self.connection.id, ids).await?;
        let (containers, leaves): (Vec<Item>, Vec<Item>) = known
            .into_iter()
            .filter(|item| item.state != ItemState::Gone)
            .filter(|item| is_proof(item))
            .partition(|item| item.kind.holds_items());
        leave_scopes(self.context, self.connection, &leaves, &Leaving::All).await?;
        for container in containers {
            subtree_leaves(self.context, self.connection, &container, &Leaving::All).await?;
        }
        Ok(())
    }

    /// Applies what entries are now. Those whose container is named by an address that nobody here knows (it may be told
    /// of later) are looked up by id instead, if `may_look` and as far as they can matter.
    async fn take_in(
        &self,
        mut entries: Vec<Entry>,
        followed: &[Scope],
        observed_at: Timestamp,
        may_look: bool,
    ) -> Result<(), Stop> {
        let store = &self.context.rooms.store;
        find_parents(store, &self.connection.id, &mut entries).await?;
        let lost = if may_look { self.of_unknown_place(&mut entries, followed).await? } else { Vec::new() };
        let ids: Vec<ProviderItemId> = entries.iter().map(|entry| entry.id.clone()).collect();
        let known: HashMap<ProviderItemId, Item> = store
            .find_items_by_provider_ids(&self.connection.id, &ids)
            .await?
            .into_iter()
            .map(|item| (item.provider_id.clone(), item))
            .collect();
        let mut tree = Tree::new(store, &self.connection.id);
        // Containers of this very page count as they are now, in whatever order the feed told of them.
        for entry in entries.iter().filter(|entry| entry.kind.holds_items()) {
            tree.place(&entry.id, parent_of(entry, None, known.get(&entry.id)), &entry.name).await?;
        }
        let with_known: Vec<(&Entry, Option<&Item>)> =
            entries.iter().map(|entry| (entry, known.get(&entry.id))).collect();
        let resolved = scopes_of_entries(store, &self.connection.id, &mut tree, &with_known).await?;
        let known_ids: Vec<ItemId> = known.values().map(|item| item.id.clone()).collect();
        let mut at_present = store.item_scopes(&known_ids).await?;
        let following: HashSet<&ScopeId> = followed.iter().map(|scope| &scope.id).collect();

        let mut placed = Vec::new();
        let mut moved_out: Vec<(Item, HashSet<ScopeId>)> = Vec::new();
        let mut newly_in: Vec<(ProviderItemId, Vec<ScopeRef>)> = Vec::new();
        let mut renamed: Vec<Item> = Vec::new();
        let mut shown_anew: Vec<ProviderItemId> = Vec::new();
        for (entry, scopes) in entries.into_iter().zip(resolved) {
            let item = known.get(&entry.id).filter(|item| item.state != ItemState::Gone);
            let now: Vec<ItemScope> = item.and_then(|item| at_present.remove(&item.id)).unwrap_or_default();
            let mut wanted: Vec<ScopeRef> =
                scopes.into_iter().filter(|at| following.contains(&at.id)).collect();
            let leaving: HashSet<ScopeId> = now
                .iter()
                .filter(|at| following.contains(&at.scope) && !wanted.iter().any(|want| want.id == at.scope))
                .map(|at| at.scope.clone())
                .collect();
            if let (Some(item), false) = (item, leaving.is_empty()) {
                moved_out.push((item.clone(), leaving.clone()));
            }
            let joining: Vec<ScopeRef> =
                wanted.iter().filter(|want| !now.iter().any(|at| at.scope == want.id)).cloned().collect();
            // What a collection took in once stays in it, and stays true while somebody follows the source.
            wanted.extend(
                now.iter()
                    .filter(|at| !following.contains(&at.scope))
                    .map(|at| ScopeRef { id: at.scope.clone(), collection: at.collection.clone() }),
            );
            if wanted.is_empty() {
                continue;
            }
            let parent = parent_of(&entry, None, item);
            if entry.kind.holds_items() {
                if !joining.is_empty() {
                    newly_in.push((entry.id.clone(), joining));
                }
                if let Some(item) = item
                    && (item.name != entry.name || item.parent_id != parent)
                {
                    renamed.push(item.clone());
                }
            }
            let is_both = entry.kind == ItemKind::FileAndContainer && self.source.content_shows_inside();
            if is_both && item.is_some_and(|item| item.revision.as_ref() != Some(&entry.revision)) {
                shown_anew.push(entry.id.clone());
            }
            let folder = tree.path(parent.as_ref()).await?;
            placed.push(Placed { entry, parent, scopes: wanted, folder });
        }
        for (item, leaving) in &moved_out {
            let leaving = Leaving::These(leaving);
            if item.kind.holds_items() {
                subtree_leaves(self.context, self.connection, item, &leaving).await?;
            } else {
                leave_scopes(self.context, self.connection, std::slice::from_ref(item), &leaving).await?;
            }
        }
        // A container that joins is placed after what is in it: when something stops us between, it joins once more.
        let (joining, placed): (Vec<Placed>, Vec<Placed>) =
            placed.into_iter().partition(|one| newly_in.iter().any(|(id, _)| *id == one.entry.id));
        self.bring_in(placed, observed_at).await?;
        for one in joining {
            let scopes =
                newly_in.iter().find(|(id, _)| *id == one.entry.id).map(|(_, scopes)| scopes.clone());
            self.walk(&one.entry, one.parent.as_ref(), scopes.unwrap_or_default()).await?;
            self.bring_in(vec![one], observed_at).await?;
        }
        for item in &renamed {
            reindex_subtree(self.context, self.connection, item).await?;
        }
        for id in shown_anew {
            self.look_inside(&id, followed).await?;
        }
        Box::pin(self.look_up(&lost, followed)).await
    }

    /// Takes those out of `entries` whose container is not known, and that are known themselves or stand below a root
    /// that is followed; roots stay.
    async fn of_unknown_place(
        &self,
        entries: &mut Vec<Entry>,
        followed: &[Scope],
    ) -> Result<Vec<ProviderItemId>, Stop> {
        let is_lost = |entry: &Entry| entry.parents.first().is_some_and(is_unknown_container);
        let ids: Vec<ProviderItemId> =
            entries.iter().filter(|entry| is_lost(entry)).map(|entry| entry.id.clone()).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let known = self.context.rooms.store.find_items_by_provider_ids(&self.connection.id, &ids).await?;
        let roots = self.living_roots(followed).await?;
        let matters = |entry: &Entry| {
            let is_known =
                known.iter().any(|item| item.provider_id == entry.id && item.state != ItemState::Gone);
            let at = entry.locator.as_deref().unwrap_or_default();
            is_known
                || roots.iter().filter_map(|root| root.locator.as_deref()).any(|root| stands_below(at, root))
        };
        let is_root = |entry: &Entry| followed.iter().any(|scope| scope.root_id == entry.id);
        let lost = entries.extract_if(.., |entry| is_lost(entry) && !is_root(entry) && matters(entry));
        Ok(lost.map(|entry| entry.id).collect())
    }

    /// Lists what is directly inside an item whose content changed: the feed need not tell of it. What is not there any
    /// more is left to the next listing of everything.
    async fn look_inside(&self, container: &ProviderItemId, followed: &[Scope]) -> Result<(), Stop> {
        if !self.seen_inside.lock().expect("no holder of this lock panics").insert(container.clone()) {
            return Ok(());
        }
        let mut page_token = None;
        let mut tokens = HashSet::new();
        loop {
            self.context.check()?;
            let asked_at = self.context.rooms.now();
            let page = match self.source.list(container, page_token.as_ref()).await {
                Ok(page) => page,
                Err(error) => match error.disposition {
                    Disposition::RetryLater { .. }
                    | Disposition::Reconnect
                    | Disposition::FixConfiguration => return Err(Stop::from_connector(&error)),
                    _ => return Ok(()),
                },
            };
            Box::pin(self.take_in(page.entries, followed, asked_at, true)).await?;
            match page.next {
                Some(next) if tokens.insert(next.clone()) => page_token = Some(next),
                _ => return Ok(()),
            }
        }
    }

    async fn bring_in(&self, mut placed: Vec<Placed>, observed_at: Timestamp) -> Result<(), Stop> {
        let rooms = &self.context.rooms;
        placed = self.with_link_targets(placed).await?;
        if placed.is_empty() {
            return Ok(());
        }
        let bringer = Bringer {
            rooms,
            source: self.source,
            connection: self.connection,
            seen_by: SyncJobId::from(SEEN_BY),
            give_up_on_items: self.context.task.attempts >= GIVE_UP_ON_ITEMS_FROM,
            revision_grain: self.context.revision_grain(self.connection),
        };
        let mut rest = placed.into_iter();
        loop {
            let batch: Vec<Placed> = rest.by_ref().take(rooms.settings.batch_entries.max(1)).collect();
            if batch.is_empty() {
                return Ok(());
            }
            let mut brought = bringer.bring_in(batch, observed_at).await?;
            let stop = brought.stop.take();
            // No job asked for these files, so there is nowhere to note what became of each.
            brought.outcomes.clear();
            let effects =
                PageEffects { lease: Some(self.context.lease.clone()), ..brought.into_effects(rooms.now()) };
            commit(self.context, self.connection, &effects).await?;
            if let Some(stop) = stop {
                return Err(stop);
            }
        }
    }

    /// A link brings in what it points at, beside itself.
    async fn with_link_targets(&self, placed: Vec<Placed>) -> Result<Vec<Placed>, Stop> {
        let mut all = Vec::with_capacity(placed.len());
        for one in placed {
            if let (ItemKind::Link, Some(target)) = (&one.entry.kind, &one.entry.target) {
                match self.source.get(target).await {
                    Ok(aim) if aim.kind == ItemKind::File => {
                        let parent = parent_of(&aim, None, None);
                        let (scopes, folder) = (one.scopes.clone(), one.folder.clone());
                        all.push(Placed { entry: aim, parent, scopes, folder });
                    }
                    Ok(aim) if aim.kind.holds_items() => {
                        let parent = parent_of(&aim, None, None);
                        Box::pin(self.walk(&aim, parent.as_ref(), one.scopes.clone())).await?;
                    }
                    Ok(_) => {}
                    Err(error) => match error.disposition {
                        Disposition::Gone | Disposition::SkipItem | Disposition::Fail => {}
                        _ => return Err(Stop::from_connector(&error)),
                    },
                }
            }
            all.push(one);
        }
        Ok(all)
    }

    /// Lists a subtree that has just come into scopes. Without a checkpoint of its own: after a crash the feed
    /// tells of the container again, and what is unchanged is not fetched again.
    async fn walk(
        &self,
        top: &Entry,
        parent: Option<&ProviderItemId>,
        scopes: Vec<ScopeRef>,
    ) -> Result<(), Stop> {
        let mut containers = vec![top.id.clone()];
        while let Some(container) = containers.pop() {
            let walk = (container.clone(), scopes.clone());
            if !self.walked.lock().expect("no holder of this lock panics").insert(walk) {
                continue;
            }
            let mut page_token = None;
            let mut tokens = HashSet::new();
            loop {
                self.context.check()?;
                let observed_at = self.context.rooms.now();
                let page = match self.source.list(&container, page_token.as_ref()).await {
                    Ok(page) => page,
                    Err(error) => match error.disposition {
                        Disposition::Gone | Disposition::SkipItem | Disposition::Fail => break,
                        _ => return Err(Stop::from_connector(&error)),
                    },
                };
                let mut tree = Tree::new(&self.context.rooms.store, &self.connection.id);
                // The topmost one has no row yet that says where it stands.
                tree.place(&top.id, parent.cloned(), &top.name).await?;
                let folder = tree.path(Some(&container)).await?;
                let mut placed = Vec::new();
                for entry in page.entries {
                    if entry.kind.holds_items() {
                        containers.push(entry.id.clone());
                    }
                    let parent = parent_of(&entry, Some(&container), None);
                    placed.push(Placed { entry, parent, scopes: scopes.clone(), folder: folder.clone() });
                }
                Box::pin(self.bring_in(placed, observed_at)).await?;
                match page.next {
                    Some(next) if tokens.insert(next.clone()) => page_token = Some(next),
                    _ => break,
                }
            }
        }
        Ok(())
    }

    /// The scopes that reach into a container are listed again as a whole, which also finds what went.
    async fn relist(&self, container: &ProviderItemId, followed: &[Scope]) -> Result<(), Stop> {
        let mut tree = Tree::new(&self.context.rooms.store, &self.connection.id);
        let line = tree.with_ancestors(std::slice::from_ref(container)).await?;
        let reached: Vec<Scope> =
            followed.iter().filter(|scope| line.contains(&scope.root_id)).cloned().collect();
        self.list_again(&reached).await
    }
}
