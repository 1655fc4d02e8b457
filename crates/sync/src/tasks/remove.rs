//! Taking collections apart: what stood in them and stands nowhere else leaves the index, then the rows.

use gangway_model::{ConnectionId, ItemId, ScopeId};

use crate::commit::{forget, reindex_items};
use crate::context::{Rooms, TaskContext};
use crate::removal::AT_ONCE;
use crate::stop::Stop;
use crate::tasks::payload::{OfCollection, OfItem, OfScope};

pub async fn run_scope(context: &TaskContext, payload: OfScope) -> Result<(), Stop> {
    take_scope_apart(context, &payload.scope).await
}

pub async fn run_collection(context: &TaskContext, payload: OfCollection) -> Result<(), Stop> {
    let store = &context.rooms.store;
    for scope in store.list_scopes(None, Some(&payload.collection), true).await? {
        if !scope.removing {
            store.start_scope_removal(&scope.id, None).await?;
        }
        take_scope_apart(context, &scope.id).await?;
    }
    store.delete_collection(&payload.collection).await?;
    Ok(())
}

/// An item that its user took out: as far as it stands nowhere, it is forgotten; else it is indexed for what is
/// left to it.
pub async fn run_item(context: &TaskContext, payload: OfItem) -> Result<(), Stop> {
    let rooms = &context.rooms;
    let Some(item) = rooms.store.find_item(&payload.item).await? else { return Ok(()) };
    let alone = rooms.store.item_scopes(std::slice::from_ref(&item.id)).await?.is_empty();
    if alone {
        forget(rooms, &[item.id]).await
    } else {
        reindex(rooms, &item.connection_id, &[item.id]).await
    }
}

async fn take_scope_apart(context: &TaskContext, scope: &ScopeId) -> Result<(), Stop> {
    let rooms = &context.rooms;
    let Some(found) = rooms.store.find_scope(scope).await? else { return Ok(()) };
    loop {
        context.check()?;
        let items = rooms.store.list_placements(scope, None, AT_ONCE).await?;
        if items.is_empty() {
            break;
        }
        // A scope being taken apart counts no more: so this leaves only what stands elsewhere in the index.
        reindex(rooms, &found.connection_id, &items).await?;
        let alone = rooms.store.remove_placements(scope, &items).await?;
        forget(rooms, &alone).await?;
        if rooms.store.find_scope(scope).await?.is_none_or(|scope| !scope.removing) {
            // Chosen again meanwhile: it stays.
            return Ok(());
        }
    }
    rooms.store.delete_scope(scope).await?;
    Ok(())
}

async fn reindex(rooms: &Rooms, connection: &ConnectionId, items: &[ItemId]) -> Result<(), Stop> {
    let Some(connection) = rooms.store.find_connection(connection).await? else { return Ok(()) };
    reindex_items(rooms, &connection, items).await?;
    Ok(rooms.index.flush().await?)
}
