//! What the index is told of an item.

use gangway_extract::ChunkOptions;
use gangway_model::{CollectionId, Connection, Document, Item};
use gangway_search::IndexedDocument;

/// What the index knows of an item.
pub fn index_entry(
    connection: &Connection,
    item: &Item,
    collections: Vec<CollectionId>,
    folder: &str,
    document: Option<&Document>,
) -> IndexedDocument {
    let chunks = document
        .map(|document| gangway_extract::chunk(document, &ChunkOptions::default()))
        .unwrap_or_default();
    IndexedDocument {
        item_id: item.id.clone(),
        user_id: connection.user_id.clone(),
        connection_id: connection.id.clone(),
        connector_id: connection.connector_id.clone(),
        collections,
        name: item.name.clone(),
        path: Some(format!("{folder}/{}", item.name)),
        media_type: item.media_type.clone(),
        modified_at: item.modified_at,
        url: item.url.clone(),
        title: document.and_then(|document| document.title.clone()),
        chunks,
    }
}
