//! Filling an empty index from what the rows and the blob store hold, without asking any provider.

use gangway_model::ItemId;

use crate::commit::reindex_items;
use crate::context::TaskContext;
use crate::stop::Stop;

const AT_ONCE: u32 = 200;

pub async fn run(context: &TaskContext) -> Result<(), Stop> {
    let rooms = &context.rooms;
    let mut done: u64 = 0;
    let mut after = None;
    loop {
        let connections = rooms.store.list_connection_ids(after.as_ref(), AT_ONCE).await?;
        let Some(last) = connections.last() else { break };
        after = Some(last.clone());
        for id in &connections {
            let Some(connection) = rooms.store.find_connection(id).await? else { continue };
            let mut after_item: Option<ItemId> = None;
            loop {
                context.check()?;
                let items = rooms.store.list_item_ids(id, after_item.as_ref(), AT_ONCE).await?;
                let Some(last) = items.last() else { break };
                after_item = Some(last.clone());
                reindex_items(rooms, &connection, &items).await?;
                done += items.len() as u64;
            }
            rooms.index.flush().await?;
        }
    }
    tracing::info!(items = done, "the search index is filled again");
    Ok(())
}
