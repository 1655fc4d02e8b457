//! Reading the text of an uploaded file: later than the upload itself, so that a slow document holds nobody up.

use std::path::Path;

use futures::StreamExt;
use gangway_extract::{Content, Input};
use gangway_model::{ItemState, Reason};
use gangway_store::{DocumentChange, ItemUpsert};

use crate::commit::{commit, reindexed};
use crate::content::{is_expected, with_text};
use crate::context::{Rooms, TaskContext};
use crate::page::{index_entry, store_document};
use crate::stop::Stop;
use crate::tasks::payload::OfItem;
use crate::tree::Tree;
use tokio::io::AsyncWriteExt;

/// A crash of our own side is taken for the file's fault from this try on.
const GIVE_UP_FROM: u32 = 3;

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
    copy(rooms, &original.blob_key, spool.path()).await?;
    let content = Content::File(spool.path().to_owned());
    let input = Input { content, name: &item.name, media_type: &item.media_type };
    let (document, reason) = match rooms.extractor.extract(input).await {
        Ok(document) => match with_text(document, original.size) {
            Ok(document) => (Some(document), None),
            Err(reason) => (None, Some(reason)),
        },
        Err(error) if error.is_about_the_file() || context.task.attempts >= GIVE_UP_FROM => {
            (None, Some(error.reason()))
        }
        Err(error) => return Err(Stop::retry(error.code(), error.to_string())),
    };
    item.state = state_of(document.is_some(), reason.as_ref());
    item.reason = reason;
    item.synced_at = Some(rooms.now());
    let change = match &document {
        Some(document) => DocumentChange::Put(store_document(rooms, document).await?),
        None => DocumentChange::Remove,
    };
    let at =
        rooms.store.item_scopes(std::slice::from_ref(&item.id)).await?.remove(&item.id).unwrap_or_default();
    let mut effects = context.effects();
    effects.items.push(ItemUpsert { item: item.clone(), document: change, original: None });
    let collections = at.iter().map(|at| at.collection.clone()).collect();
    let folder = Tree::new(&rooms.store, &connection.id).path(item.parent_id.as_ref()).await?;
    rooms.index.put(vec![index_entry(&connection, &item, collections, &folder, document.as_ref())]).await?;
    commit(context, &connection, &effects).await?;
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
    Ok(())
}

async fn copy(rooms: &Rooms, key: &str, to: &Path) -> Result<(), Stop> {
    let failed = |error: std::io::Error| Stop::retry("spool_failed", error.to_string());
    let (_, mut bytes) = rooms.blobs.read_stream(key).await?;
    let mut file = tokio::fs::File::create(to).await.map_err(failed)?;
    while let Some(piece) = bytes.next().await {
        file.write_all(&piece?).await.map_err(failed)?;
    }
    file.flush().await.map_err(failed)
}

fn state_of(has_text: bool, reason: Option<&Reason>) -> ItemState {
    match (has_text, reason) {
        (true, _) => ItemState::Synced,
        (false, Some(reason)) if is_expected(reason) => ItemState::NameOnly,
        (false, _) => ItemState::Failed,
    }
}
