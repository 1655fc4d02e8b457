//! Taking items out of scopes: out of the index first, then out of the rows, in one step that may be repeated.

use std::collections::HashSet;

use gangway_connector::Source;
use gangway_model::{Connection, Item, ItemId, ItemState, ProviderItemId, ScopeId};
use gangway_store::{Gone, ItemScope};

use crate::commit::{commit, reindexed};
use crate::context::TaskContext;
use crate::stop::Stop;
use crate::tasks::payload;
use crate::tree::Tree;

/// Items taken up at once when a subtree is worked through.
pub const AT_ONCE: u32 = 200;

/// Which of an item's scopes it leaves.
pub enum Leaving<'a> {
    /// It is gone at the source: it leaves all.
    All,
    These(&'a HashSet<ScopeId>),
}

impl Leaving<'_> {
    fn includes(&self, scope: &ScopeId) -> bool {
        match self {
            Leaving::All => true,
            Leaving::These(scopes) => scopes.contains(scope),
        }
    }
}

/// Takes items out of scopes. One that stands nowhere afterwards becomes a tombstone; one that stands elsewhere is
/// indexed anew for the collections that are left to it.
pub async fn leave_scopes(
    context: &TaskContext,
    connection: &Connection,
    items: &[Item],
    leaving: &Leaving<'_>,
) -> Result<(), Stop> {
    let rooms = &context.rooms;
    let ids: Vec<ItemId> = items.iter().map(|item| item.id.clone()).collect();
    let mut scopes_of = rooms.store.item_scopes(&ids).await?;
    let mut effects = context.effects();
    let mut removed = Vec::new();
    let mut kept: Vec<(&Item, Vec<ItemScope>)> = Vec::new();
    for item in items {
        let (out, stay): (Vec<ItemScope>, Vec<ItemScope>) = scopes_of
            .remove(&item.id)
            .unwrap_or_default()
            .into_iter()
            .partition(|at| leaving.includes(&at.scope));
        effects.unplaced.extend(out.into_iter().map(|at| (at.scope, item.id.clone())));
        if stay.is_empty() {
            removed.push(item.id.clone());
            if item.state != ItemState::Gone {
                effects.gone.push(Gone { item_id: item.id.clone(), observed_at: rooms.now() });
            }
        } else {
            kept.push((item, stay));
        }
    }
    rooms.index.remove_items(&removed).await?;
    let mut tree = Tree::new(&rooms.store, &connection.id);
    let mut entries = Vec::new();
    for (item, stay) in kept {
        entries.extend(reindexed(rooms, connection, &mut tree, item, &stay).await?);
    }
    let put: Vec<ItemId> = entries.iter().map(|entry| entry.item_id.clone()).collect();
    effects.announced = context.announced.announce(rooms, &put).await?;
    rooms.index.put(entries).await?;
    commit(context, connection, &effects).await
}

/// Does the same to everything below a container, and to the container itself last, so that a crash between
/// leaves the way down to what is still there.
pub async fn subtree_leaves(
    context: &TaskContext,
    connection: &Connection,
    top: &Item,
    leaving: &Leaving<'_>,
) -> Result<(), Stop> {
    // Containers met on the way down, to be taken out on the way up.
    let mut containers = Containers::below(top);
    while let Some(container) = containers.next() {
        let mut after = None;
        while let Some(page) = page_of(context, connection, &container, &mut after).await? {
            let leaves = containers.take_from(page);
            leave_scopes(context, connection, &leaves, leaving).await?;
        }
    }
    for batch in containers.met.rchunks(AT_ONCE as usize) {
        leave_scopes(context, connection, batch, leaving).await?;
    }
    Ok(())
}

/// Takes out a container that is proven gone, together with what cannot outlive it. What may (it was moved out before,
/// and nobody has told us yet; or it stands in another scope as well) is left to a task of its own, which looks each of
/// it up.
pub async fn container_is_gone(
    context: &TaskContext,
    connection: &Connection,
    source: &dyn Source,
    top: &Item,
) -> Result<(), Stop> {
    let rooms = &context.rooms;
    let its_scopes = rooms.store.item_scopes(std::slice::from_ref(&top.id)).await?;
    let its_scopes: HashSet<&ScopeId> = its_scopes.values().flatten().map(|at| &at.scope).collect();
    let mut containers = Containers::below(top);
    while let Some(container) = containers.next() {
        let mut is_in_doubt = false;
        let mut after = None;
        while let Some(page) = page_of(context, connection, &container, &mut after).await? {
            let ids: Vec<ItemId> = page.iter().map(|item| item.id.clone()).collect();
            let scopes_of = rooms.store.item_scopes(&ids).await?;
            let stands_elsewhere = |item: &Item| {
                let at = scopes_of.get(&item.id).map(Vec::as_slice).unwrap_or_default();
                at.iter().any(|at| !its_scopes.contains(&at.scope))
            };
            let (fall, may_live): (Vec<Item>, Vec<Item>) = page.into_iter().partition(|item| {
                source.falls_with(&container.provider_id, &item.provider_id) && !stands_elsewhere(item)
            });
            is_in_doubt |= !may_live.is_empty();
            let leaves = containers.take_from(fall);
            leave_scopes(context, connection, &leaves, &Leaving::All).await?;
        }
        if is_in_doubt {
            let task = payload::confirm_inside(&connection.id, &container.provider_id, None, rooms.now());
            rooms.store.enqueue(&task).await?;
        }
    }
    for batch in containers.met.rchunks(AT_ONCE as usize) {
        leave_scopes(context, connection, batch, &Leaving::All).await?;
    }
    rooms.wake();
    Ok(())
}

/// A container and those below it, met one after the other; each once, however the rows loop.
struct Containers {
    met: Vec<Item>,
    seen: HashSet<ItemId>,
    next: usize,
}

impl Containers {
    fn below(top: &Item) -> Self {
        Self { met: vec![top.clone()], seen: HashSet::from([top.id.clone()]), next: 0 }
    }

    fn next(&mut self) -> Option<Item> {
        let container = self.met.get(self.next).cloned();
        self.next += 1;
        container
    }

    /// Keeps the containers of a page for later; returns the rest.
    fn take_from(&mut self, page: Vec<Item>) -> Vec<Item> {
        let (inner, leaves): (Vec<Item>, Vec<Item>) =
            page.into_iter().partition(|item| item.kind.holds_items());
        self.met.extend(inner.into_iter().filter(|item| self.seen.insert(item.id.clone())));
        leaves
    }
}

/// The next living items directly below a container; `None` after the last.
async fn page_of(
    context: &TaskContext,
    connection: &Connection,
    container: &Item,
    after: &mut Option<ItemId>,
) -> Result<Option<Vec<Item>>, Stop> {
    context.check()?;
    let store = &context.rooms.store;
    let page = store.children(&connection.id, &container.provider_id, after.as_ref(), AT_ONCE).await?;
    *after = page.last().map(|item| item.id.clone());
    Ok(Some(page).filter(|page| !page.is_empty()))
}

/// Indexes everything below a container anew, because its path changed: it stands in `parent` under `name` now, whatever
/// its row still says.
pub async fn reindex_subtree(
    context: &TaskContext,
    connection: &Connection,
    top: &Item,
    parent: Option<&ProviderItemId>,
    name: &str,
) -> Result<(), Stop> {
    let rooms = &context.rooms;
    let mut tree = Tree::new(&rooms.store, &connection.id);
    tree.place(&top.provider_id, parent.cloned(), name).await?;
    let mut containers = Containers::below(top);
    while let Some(container) = containers.next() {
        let mut after = None;
        while let Some(page) = page_of(context, connection, &container, &mut after).await? {
            let ids: Vec<ItemId> = page.iter().map(|item| item.id.clone()).collect();
            let mut scopes_of = rooms.store.item_scopes(&ids).await?;
            let mut entries = Vec::new();
            for item in &page {
                let at = scopes_of.remove(&item.id).unwrap_or_default();
                entries.extend(reindexed(rooms, connection, &mut tree, item, &at).await?);
            }
            rooms.index.put(entries).await?;
            containers.take_from(page);
        }
    }
    rooms.index.flush().await?;
    Ok(())
}
