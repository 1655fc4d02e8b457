//! Following: what the change feeds and pushes tell is applied to the collections that follow, and nothing else is touched.

mod take_in;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Mutex;
use std::time::Duration;

use gangway_connector::{Change, Disposition, Entry, Source};
use gangway_model::{
    Connection, ConnectionId, ConnectionState, Cursor, FeedKey, Item, ItemState, ProviderItemId, SyncJob,
    SyncJobId, SyncMode,
};
use gangway_store::{FeedStep, NewSyncJob, PageEffects, Scope};

use crate::commit::commit;
use crate::context::{Rooms, TaskContext};
use crate::membership::ScopeRef;
use crate::removal::container_is_gone;
use crate::stop::Stop;
use crate::tasks::payload::{self, OfConnection, OfContainer, OfProviderItem};
use crate::tree::Tree;

/// Failed items that are looked up again in one run.
const LOOKED_AT_AGAIN: u32 = 100;
/// Listing again takes at most one part in so many of the time.
const LISTING_SHARE: u32 = 10;

pub async fn run(context: &TaskContext, payload: OfConnection) -> Result<(), Stop> {
    let store = &context.rooms.store;
    let Some((connection, source)) = open_active(context, &payload.connection).await? else { return Ok(()) };
    store.touch_polled(&connection.id, context.rooms.now()).await?;
    let followed = followed(context, &connection).await?;
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
            Err(stop @ (Stop::LeaseLost | Stop::Cancelled | Stop::UserDisabled | Stop::Reconnect(_))) => {
                return Err(stop);
            }
            Err(stop) => {
                trouble.get_or_insert(stop);
            }
        }
    }
    if trouble.is_none() && !followed.is_empty() {
        store.touch_synced(&connection.id, context.rooms.now()).await?;
    }
    let listed_every = match can.reports_deletions {
        false => Some(context.rooms.settings.poll_interval),
        true => can.reconcile_every,
    };
    if let Some(every) = listed_every {
        let due: Vec<Scope> =
            followed.into_iter().filter(|scope| is_listing_due(scope, &context.rooms, every)).collect();
        follower.list_again(&due).await?;
    }
    if !store.list_failed_due(&connection.id, context.rooms.now(), 1).await?.is_empty() {
        store.enqueue(&payload::look_again(&connection.id, context.rooms.now())).await?;
    }
    trouble.map_or(Ok(()), Err)
}

/// Looks items up that a push named, and applies what they are now.
pub async fn look(context: &TaskContext, payload: OfProviderItem) -> Result<(), Stop> {
    let Some((connection, source)) = open_active(context, &payload.connection).await? else { return Ok(()) };
    let followed = followed(context, &connection).await?;
    if followed.is_empty() {
        return Ok(());
    }
    Follower::new(context, &connection, source.as_ref()).look_up(&[payload.item], &followed).await
}

/// Looks failed items up again, so many at a time: what was wrong with them may have passed, and no feed tells of that.
/// One that fails again waits longer each time.
pub async fn look_again(context: &TaskContext, payload: OfConnection) -> Result<(), Stop> {
    let store = &context.rooms.store;
    let Some((connection, source)) = open_active(context, &payload.connection).await? else { return Ok(()) };
    let followed = followed(context, &connection).await?;
    let due = store.list_failed_due(&connection.id, context.rooms.now(), LOOKED_AT_AGAIN).await?;
    let mut follower = Follower::new(context, &connection, source.as_ref());
    // They have failed before: one that still does holds nothing up.
    follower.gives_up_on_items = true;
    let result = follower.look_up(&due, &followed).await;
    let is_put_off = match &result {
        Err(Stop::UserDisabled) => true,
        Err(Stop::RetryLater { .. }) => !context.gives_up_on_items(),
        _ => false,
    };
    if is_put_off {
        return result;
    }
    store.note_looked_again(&connection.id, &due, context.rooms.now()).await?;
    result
}

/// Looks up a part of what stood in a container that is gone; the rest waits for its turn, so that feeds and pushes are
/// not held up by a large container.
pub async fn confirm_inside(context: &TaskContext, payload: OfContainer) -> Result<(), Stop> {
    // What may be gone is looked up later, but not left out.
    context.check_user(&payload.connection).await?;
    let Some((connection, source)) = open_active(context, &payload.connection).await? else { return Ok(()) };
    let followed = followed(context, &connection).await?;
    let follower = Follower::new(context, &connection, source.as_ref());
    let container = &payload.container;
    let last = follower.confirm_next(container, payload.after.as_ref(), &followed).await?;
    if let Some(last) = last {
        let task = payload::confirm_inside(&connection.id, container, Some(&last), context.rooms.now());
        context.rooms.store.enqueue(&task).await?;
        context.rooms.wake();
    }
    Ok(())
}

/// The connection and its source; `None` when it is not there, does not work any more, or is of a disabled user: then its
/// feeds are read on from where they stand when the user is enabled.
async fn open_active(
    context: &TaskContext,
    connection: &ConnectionId,
) -> Result<Option<(Connection, Box<dyn Source>)>, Stop> {
    let found = context.rooms.store.find_connection(connection).await?;
    let Some(connection) = found.filter(|found| found.state == ConnectionState::Active) else {
        return Ok(None);
    };
    if context.rooms.store.is_of_disabled_user(&connection.id).await? {
        return Ok(None);
    }
    let source = context.open(&connection)?;
    Ok(Some((connection, source)))
}

async fn followed(context: &TaskContext, connection: &Connection) -> Result<Vec<Scope>, Stop> {
    let scopes = context.rooms.store.list_scopes(Some(&connection.id), None, false).await?;
    Ok(scopes.into_iter().filter(|scope| scope.mode == SyncMode::Auto).collect())
}

/// Whether a scope whose feed does not tell everything is to be listed again: so often, as long as listing takes no more
/// than a small part of the time.
fn is_listing_due(scope: &Scope, rooms: &Rooms, every: Duration) -> bool {
    let Some((at, took)) = scope.last_listing else { return true };
    let pause = every.max(took * LISTING_SHARE);
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
    /// Whether one item that has no answer no longer holds up the others.
    gives_up_on_items: bool,
    /// Containers listed in this run, and for which scopes: a link back to one of them is not followed again.
    walked: Mutex<HashSet<(ProviderItemId, Vec<ScopeRef>)>>,
    /// Items whose inside was listed in this run because their content changed.
    seen_inside: Mutex<HashSet<ProviderItemId>>,
}

impl<'a> Follower<'a> {
    fn new(context: &'a TaskContext, connection: &'a Connection, source: &'a dyn Source) -> Self {
        let gives_up_on_items = context.gives_up_on_items();
        let (walked, seen_inside) = (Mutex::default(), Mutex::default());
        Self { context, connection, source, gives_up_on_items, walked, seen_inside }
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
        // A job that lists already may have been where something changed since: only one that has not begun will do.
        self.list(&covered, |job| job.started_at.is_none()).await?;
        self.context.rooms.store.set_feed(&self.connection.id, feed, &cursor).await?;
        Ok(())
    }

    /// Starts a sync job for each scope that has none under way.
    async fn list_again(&self, scopes: &[Scope]) -> Result<(), Stop> {
        self.list(scopes, |_| true).await
    }

    /// Starts a sync job for each scope, unless one is under way that will do.
    async fn list(&self, scopes: &[Scope], will_do: impl Fn(&SyncJob) -> bool) -> Result<(), Stop> {
        let rooms = &self.context.rooms;
        let unfinished = rooms.store.list_unfinished_jobs(&self.connection.id).await?;
        for scope in scopes {
            let under_way = unfinished.iter().any(|job| {
                job.collection_id.as_ref() == Some(&scope.collection_id)
                    && job.roots.contains(&scope.root_id)
                    && will_do(job)
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
                container_is_gone(self.context, self.connection, self.source, &root).await?;
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

    /// The scopes that reach into a container are listed again as a whole, which also finds what went.
    async fn relist(&self, container: &ProviderItemId, followed: &[Scope]) -> Result<(), Stop> {
        let mut tree = Tree::new(&self.context.rooms.store, &self.connection.id);
        let line = tree.with_ancestors(std::slice::from_ref(container)).await?;
        let reached: Vec<Scope> =
            followed.iter().filter(|scope| line.contains(&scope.root_id)).cloned().collect();
        self.list_again(&reached).await
    }
}
