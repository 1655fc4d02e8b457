//! Taking items out of scopes: out of the index first, then out of the rows, in one step that may be repeated.

use std::collections::HashSet;

use gangway_model::{Connection, Item, ItemId, ItemState, ProviderItemId, ScopeId};
use gangway_store::{Gone, ItemScope};

use crate::commit::{commit, reindexed};
use crate::context::TaskContext;
use crate::stop::Stop;
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
/// indexed anew for the collections that are left to it. Returns how many became tombstones.
pub async fn leave_scopes(
    context: &TaskContext,
    connection: &Connection,
    items: &[Item],
    leaving: &Leaving<'_>,
) -> Result<usize, Stop> {
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
    rooms.index.put(entries).await?;
    commit(context, connection, &effects).await?;
    Ok(effects.gone.len())
}

/// Does the same to everything below a container, and to the container itself last, so that a crash between
/// leaves the way down to what is still there.
pub async fn subtree_leaves(
    context: &TaskContext,
    connection: &Connection,
    top: &Item,
    leaving: &Leaving<'_>,
) -> Result<usize, Stop> {
    let store = &context.rooms.store;
    let mut gone = 0;
    // Containers met on the way down, to be taken out on the way up.
    let mut containers = vec![top.clone()];
    let mut next = 0;
    let mut met: HashSet<ItemId> = HashSet::from([top.id.clone()]);
    while let Some(container) = containers.get(next).cloned() {
        next += 1;
        let mut after = None;
        loop {
            context.check()?;
            let page =
                store.children(&connection.id, &container.provider_id, after.as_ref(), AT_ONCE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id.clone());
            let (inner, leaves): (Vec<Item>, Vec<Item>) =
                page.into_iter().partition(|item| item.kind.holds_items());
            containers.extend(inner.into_iter().filter(|item| met.insert(item.id.clone())));
            gone += leave_scopes(context, connection, &leaves, leaving).await?;
        }
    }
    for batch in containers.rchunks(AT_ONCE as usize) {
        gone += leave_scopes(context, connection, batch, leaving).await?;
    }
    Ok(gone)
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
    let mut containers = vec![top.provider_id.clone()];
    let mut met: HashSet<ItemId> = HashSet::from([top.id.clone()]);
    while let Some(container) = containers.pop() {
        let mut after = None;
        loop {
            context.check()?;
            let page = rooms.store.children(&connection.id, &container, after.as_ref(), AT_ONCE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id.clone());
            let ids: Vec<ItemId> = page.iter().map(|item| item.id.clone()).collect();
            let mut scopes_of = rooms.store.item_scopes(&ids).await?;
            let mut entries = Vec::new();
            for item in &page {
                if item.kind.holds_items() && met.insert(item.id.clone()) {
                    containers.push(item.provider_id.clone());
                }
                let at = scopes_of.remove(&item.id).unwrap_or_default();
                entries.extend(reindexed(rooms, connection, &mut tree, item, &at).await?);
            }
            rooms.index.put(entries).await?;
        }
    }
    rooms.index.flush().await?;
    Ok(())
}
