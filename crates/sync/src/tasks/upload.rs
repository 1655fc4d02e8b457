//! Reading the text of an uploaded file: later than the upload itself, so that a slow document holds nobody up.

use std::path::Path;

use aws_lc_rs::digest;
use futures::StreamExt;
use gangway_extract::{Content, Input};
use gangway_model::{ItemState, Reason};
use gangway_store::{DocumentChange, ItemUpsert};

use crate::commit::{commit, reindexed};
use crate::content::{is_expected, left_out};
use crate::context::{Rooms, TaskContext};
use crate::indexed::index_entry;
use crate::readings::{Arrival, Unread, WasRead, read_once};
use crate::stop::Stop;
use crate::tasks::payload::OfItem;
use crate::tree::Tree;
use crate::unread;
use tokio::io::AsyncWriteExt;

/// From this try on, trouble of our own side is told with the file. It is tried on all the same.
const TELL_FROM: u32 = 3;

pub async fn run(context: &TaskContext, payload: OfItem) -> Result<(), Stop> {
    let rooms = &context.rooms;
    let Some(mut item) = rooms.store.find_item(&payload.item).await? else { return Ok(()) };
    let Some(connection) = rooms.store.find_connection(&item.connection_id).await? else { return Ok(()) };
    let Some(original) = rooms.store.original(&item.id).await? else { return Ok(()) };
    // The parser gets a file of its own: the blob store may be anywhere.
    let spool = tempfile::Builder::new()
        .prefix("upload-")
        .tempfile_in(&rooms.settings.spool_folder)
        .map_err(|error| Stop::retry("spool_failed", error.to_string()))?;
    let hash = copy(rooms, &original.blob_key, spool.path()).await?;
    let content = Content::File(spool.path().to_owned());
    let input = Input { content, name: &item.name, media_type: &item.media_type };
    let user = &connection.user_id;
    // Its turn may be long in coming: whoever only waits takes no worker's place.
    let leave = || context.leave_slot();
    let arrival = Arrival {
        input,
        hash: &hash,
        size: original.size,
        user,
        item: &item.id,
        recognition_begins: Some(&leave),
    };
    let read = tokio::select! {
        biased;
        // The programs that read are killed; after the start it is read again.
        () = context.stop.cancelled() => return Err(Stop::LeaseLost),
        read = read_once(rooms, arrival) => read,
    };
    let (mut again, mut wants) = (None, Vec::new());
    let (document, reason, held, turn) = match read {
        Ok(WasRead { document: Ok(read), held, turn }) => {
            let reason = left_out(&read.0);
            wants = unread::wants(&read.0);
            (Some(read), reason, held, turn)
        }
        Ok(WasRead { document: Err(textless), held, .. }) => {
            wants = textless.wants;
            (None, Some(textless.reason), held, None)
        }
        Err(Unread::Extract(error)) => {
            let stop = Stop::retry(error.code(), error.to_string());
            if context.task.attempts < TELL_FROM {
                return Err(stop);
            }
            again = Some(stop);
            (None, Some(error.reason()), None, None)
        }
        Err(Unread::Stop(stop)) => return Err(stop),
    };
    let (document, stored) = document.unzip();
    item.state = state_of(document.is_some(), reason.as_ref());
    item.reason = reason;
    let missing = unread::of_reading(rooms, wants).await;
    item.synced_at = Some(rooms.now());
    let change = stored.map_or(DocumentChange::Remove, DocumentChange::Put);
    let at =
        rooms.store.item_scopes(std::slice::from_ref(&item.id)).await?.remove(&item.id).unwrap_or_default();
    let mut effects = context.effects();
    effects.items.push(ItemUpsert { item: item.clone(), document: change, original: None, unread: missing });
    let collections = at.iter().map(|at| at.collection.clone()).collect();
    let folder = Tree::new(&rooms.store, &connection.id).path(item.parent_id.as_ref()).await?;
    effects.announced = context.announced.announce(rooms, std::slice::from_ref(&item.id)).await?;
    rooms.index.put(vec![index_entry(&connection, &item, collections, &folder, document.as_ref())]).await?;
    drop((document, turn));
    commit(context, &connection, &effects).await?;
    drop(held);
    // Taken out of its collection while it was read: the index must not know it either.
    let still =
        rooms.store.item_scopes(std::slice::from_ref(&item.id)).await?.remove(&item.id).unwrap_or_default();
    if still != at {
        let mut tree = Tree::new(&rooms.store, &connection.id);
        match reindexed(rooms, &connection, &mut tree, &item, &still).await? {
            Some(entry) => rooms.index.put(vec![entry]).await?,
            None => rooms.index.remove_items(std::slice::from_ref(&item.id)).await?,
        }
        rooms.index.flush().await?;
    }
    again.map_or(Ok(()), Err)
}

/// Copies a blob into a file; the SHA-256 of what was copied, in hex: the row may know that of a newer version.
async fn copy(rooms: &Rooms, key: &str, to: &Path) -> Result<String, Stop> {
    let failed = |error: std::io::Error| Stop::retry("spool_failed", error.to_string());
    let (_, mut bytes) = rooms.blobs.read_stream(key).await?;
    let mut hasher = digest::Context::new(&digest::SHA256);
    let mut file = tokio::fs::File::create(to).await.map_err(failed)?;
    while let Some(piece) = bytes.next().await {
        let piece = piece?;
        hasher.update(&piece);
        file.write_all(&piece).await.map_err(failed)?;
    }
    file.flush().await.map_err(failed)?;
    Ok(hex::encode(hasher.finish()))
}

fn state_of(has_text: bool, reason: Option<&Reason>) -> ItemState {
    match (has_text, reason) {
        (true, _) => ItemState::Synced,
        (false, Some(reason)) if is_expected(reason) => ItemState::NameOnly,
        (false, _) => ItemState::Failed,
    }
}
