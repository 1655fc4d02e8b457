//! Taking in what a feed or a push told: looked up, placed in the scopes it belongs to, brought in; or taken out.

use std::collections::{HashMap, HashSet};

use futures::StreamExt;
use gangway_connector::{Disposition, Entry, Told};
use gangway_model::{Item, ItemId, ItemKind, ItemState, ProviderItemId, ScopeId, SyncJobId, Timestamp};
use gangway_store::{ItemScope, Scope};

use super::{Follower, stands_below};
use crate::commit::commit;
use crate::membership::{ScopeRef, find_parents, is_unknown_container, parent_of, scopes_of_entries};
use crate::page::{Bringer, Placed, Waiting};
use crate::removal::{AT_ONCE, Leaving, container_is_gone, leave_scopes, reindex_subtree, subtree_leaves};
use crate::stop::Stop;
use crate::tree::Tree;

/// Items looked up before what they are is applied.
const LOOKED_UP_AT_ONCE: usize = 50;
/// Names the follower in placements, where a listing would put its job.
const SEEN_BY: &str = "follow";

impl Follower<'_> {
    /// Asks for items by their ids, and applies what they are now.
    pub(super) async fn look_up(&self, ids: &[ProviderItemId], followed: &[Scope]) -> Result<(), Stop> {
        let width = self.context.rooms.settings.list_concurrency.max(1);
        for some in ids.chunks(LOOKED_UP_AT_ONCE) {
            self.context.check()?;
            // Before the questions: an answer is never taken for newer than it is.
            let asked_at = self.context.rooms.now();
            let mut known = self.known(some).await?;
            let asked: Vec<(ProviderItemId, Option<Item>)> =
                some.iter().map(|id| (id.clone(), known.remove(id))).collect();
            let answers: Vec<_> = futures::stream::iter(asked)
                .map(|(id, known)| async move {
                    let told = known.as_ref().map(Told::from).unwrap_or_default();
                    (self.source.get_again(&id, &told).await, id)
                })
                .buffered(width)
                .collect()
                .await;
            let (mut entries, mut gone) = (Vec::new(), Vec::new());
            // After several tries an item that still has no answer is left to the next listing, while others answer.
            let some_answer = answers.iter().any(|(answer, _)| answer.is_ok());
            let give_up = some_answer && self.gives_up_on_items;
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

    /// What is known of these, by their ids.
    async fn known(&self, ids: &[ProviderItemId]) -> Result<HashMap<ProviderItemId, Item>, Stop> {
        let found = self.context.rooms.store.find_items_by_provider_ids(&self.connection.id, ids).await?;
        Ok(found.into_iter().map(|item| (item.provider_id.clone(), item)).collect())
    }

    /// Looks up the next part of what stood directly in a container that is gone. Returns the last item of it, when there
    /// are more.
    pub(super) async fn confirm_next(
        &self,
        container: &ProviderItemId,
        after: Option<&ItemId>,
        followed: &[Scope],
    ) -> Result<Option<ItemId>, Stop> {
        let store = &self.context.rooms.store;
        let page = store.children(&self.connection.id, container, after, AT_ONCE).await?;
        let ids: Vec<ProviderItemId> = page.iter().map(|item| item.provider_id.clone()).collect();
        self.look_up(&ids, followed).await?;
        Ok(page.last().filter(|_| page.len() == AT_ONCE as usize).map(|item| item.id.clone()))
    }

    /// Takes out what is gone, as far as `is_proof` says so of an item. A feed that an item has left for another one
    /// (it moved between drives) speaks only of itself: its tombstone proves nothing about the item.
    pub(super) async fn bury(
        &self,
        ids: &[ProviderItemId],
        is_proof: impl Fn(&Item) -> bool,
    ) -> Result<(), Stop> {
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
            container_is_gone(self.context, self.connection, self.source, &container).await?;
        }
        Ok(())
    }

    /// Applies what entries are now. Those whose container is named by an address that nobody here knows (it may be told
    /// of later) are looked up by id instead, if `may_look` and as far as they can matter.
    pub(super) async fn take_in(
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
        let known = self.known(&ids).await?;
        let mut tree = Tree::new(store, &self.connection.id);
        // Containers of this very page count as they are now, in whatever order the feed told of them.
        for entry in entries.iter().filter(|entry| entry.kind.holds_items()) {
            tree.place(&entry.id, parent_of(entry, None, known.get(&entry.id)), &entry.name).await?;
        }
        for entry in entries.iter_mut().filter(|entry| entry.parents.len() > 1) {
            tree.sort_living_first(&mut entry.parents).await?;
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
        // A container that joins or has another path is placed after what is in it: when something stops us between,
        // its row still says that there is work to do.
        let (late, placed): (Vec<Placed>, Vec<Placed>) = placed.into_iter().partition(|one| {
            let id = &one.entry.id;
            newly_in.iter().any(|(joins, _)| joins == id)
                || renamed.iter().any(|item| item.provider_id == *id)
        });
        self.bring_in(placed, observed_at).await?;
        for one in late {
            let (id, parent) = (&one.entry.id, one.parent.as_ref());
            if let Some((_, scopes)) = newly_in.iter().find(|(joins, _)| joins == id) {
                self.walk(&one.entry, parent, scopes.clone()).await?;
            }
            if let Some(item) = renamed.iter().find(|item| item.provider_id == *id) {
                reindex_subtree(self.context, self.connection, item, parent, &one.entry.name).await?;
            }
            self.bring_in(vec![one], observed_at).await?;
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
            give_up_on_items: self.gives_up_on_items,
            revision_grain: self.context.revision_grain(self.connection),
            stop: self.context.stop.clone(),
            announced: &self.context.announced,
        };
        let mut waiting = Waiting::new(placed, &rooms.settings);
        while !waiting.is_empty() {
            let mut brought = bringer.bring_in(waiting.next_batch(), observed_at).await?;
            waiting.put_back(std::mem::take(&mut brought.left));
            let stop = brought.stop.take();
            let held = std::mem::take(&mut brought.held);
            // No job asked for these files, so there is nowhere to note what became of each.
            brought.outcomes.clear();
            let effects = brought.into_effects(self.context);
            commit(self.context, self.connection, &effects).await?;
            drop(held);
            if let Some(stop) = stop {
                return Err(stop);
            }
        }
        Ok(())
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
}
