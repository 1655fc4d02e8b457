//! Committing effects: the index first, then the rows; and the index put right where the rows knew better.

use gangway_model::{Connection, Item, ItemId, ItemState};
use gangway_search::IndexedDocument;
use gangway_store::{DocumentChange, ItemScope, PageEffects};

use crate::context::{Rooms, TaskContext};
use crate::indexed::index_entry;
use crate::schedule::enqueue;
use crate::stop::Stop;
use crate::stored::load_document;
use crate::tasks::payload;
use crate::tree::Tree;

/// Makes the index's changes durable, then commits the effects in one transaction. After that is a good place to stop for
/// one whose user was disabled meanwhile.
pub async fn commit(
    context: &TaskContext,
    connection: &Connection,
    effects: &PageEffects,
) -> Result<(), Stop> {
    let rooms = &context.rooms;
    rooms.index.flush().await?;
    let committed = rooms.store.commit_page(effects).await?;
    if !committed.unplaced.is_empty() {
        // The scope was let go of meanwhile, and whoever took it apart did not see these.
        forget_homeless(rooms, connection, &committed.unplaced).await?;
        if let Some(announced) = &effects.announced {
            rooms.store.forget_announced_entries(announced).await?;
        }
    }
    if let Some(announced) = &effects.announced {
        context.announced.settle(announced);
    }
    if effects.to_embed && effects.items.iter().any(|item| item.document != DocumentChange::Keep) {
        // The scheduler would find the list as well, a little later.
        enqueue(rooms, payload::embed(rooms.now())).await?;
    }
    if !committed.renamed.is_empty() || !committed.stale.is_empty() {
        // Another task brought the same items in meanwhile: the entries made under ids that lost are taken out, and
        // items whose rows were newer are indexed from what the rows hold.
        let (lost, mut again): (Vec<ItemId>, Vec<ItemId>) = committed.renamed.into_iter().unzip();
        rooms.index.remove_items(&lost).await?;
        again.extend(committed.stale);
        reindex_items(rooms, connection, &again).await?;
        rooms.index.flush().await?;
    }
    context.check_user(&connection.id).await
}

/// Forgets those of these items that stand nowhere; the others are indexed for what is left to them.
async fn forget_homeless(rooms: &Rooms, connection: &Connection, ids: &[ItemId]) -> Result<(), Stop> {
    let scopes_of = rooms.store.item_scopes(ids).await?;
    let (left, alone): (Vec<ItemId>, Vec<ItemId>) =
        ids.iter().cloned().partition(|id| scopes_of.get(id).is_some_and(|scopes| !scopes.is_empty()));
    reindex_items(rooms, connection, &left).await?;
    forget(rooms, &alone).await
}

/// Takes items out of the index, then out of the rows.
pub async fn forget(rooms: &Rooms, items: &[ItemId]) -> Result<(), Stop> {
    rooms.index.remove_items(items).await?;
    rooms.index.flush().await?;
    rooms.store.forget_items(items).await?;
    Ok(())
}

/// Indexes items as their rows and stored documents make them; takes out those that are gone or stand nowhere.
pub async fn reindex_items(rooms: &Rooms, connection: &Connection, ids: &[ItemId]) -> Result<(), Stop> {
    let mut tree = Tree::new(&rooms.store, &connection.id);
    let mut scopes_of = rooms.store.item_scopes(ids).await?;
    let mut absent: Vec<ItemId> = ids.to_vec();
    let mut entries = Vec::new();
    for item in rooms.store.find_items(ids).await? {
        let at = scopes_of.remove(&item.id).unwrap_or_default();
        if let Some(entry) = reindexed(rooms, connection, &mut tree, &item, &at).await? {
            absent.retain(|id| *id != item.id);
            entries.push(entry);
        }
    }
    rooms.index.remove_items(&absent).await?;
    rooms.index.put(entries).await?;
    Ok(())
}

/// An item's index entry as its row and its stored document make it; `None` for what is not indexed.
pub async fn reindexed(
    rooms: &Rooms,
    connection: &Connection,
    tree: &mut Tree<'_>,
    item: &Item,
    at: &[ItemScope],
) -> Result<Option<IndexedDocument>, Stop> {
    if at.is_empty() || !matches!(item.state, ItemState::Synced | ItemState::NameOnly | ItemState::Failed) {
        return Ok(None);
    }
    let document = load_document(rooms, &item.id).await?;
    let folder = tree.path(item.parent_id.as_ref()).await?;
    let mut collections: Vec<_> = at.iter().map(|at| at.collection.clone()).collect();
    collections.sort();
    collections.dedup();
    Ok(Some(index_entry(connection, item, collections, &folder, document.as_ref())))
}
