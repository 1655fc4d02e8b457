//! A page's items with their documents and uploads.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use gangway_model::{Item, ItemId, ItemState, Timestamp, to_millis};
use sqlx::{Any, Transaction};

use super::{CommittedPage, DocumentChange, ItemUpsert, PageEffects};
use crate::documents::{StoredDocument, write_original};
use crate::error::{Result, StoreError};
use crate::orphans::{adopt_keys, orphan_keys};
use crate::row::Columns;
use crate::sql::{LIST_MAX, Sql, Value, row_chunks};
use crate::to_embed::ask_to_embed;
use crate::unread::write_unread;

const UPSERT_START: &str = "INSERT INTO items (id, connection_id, provider_id, parent_id, target_id, feed, kind, name, media_type, \
     size, modified_at, url, locator, revision, content_hash, state, reason_code, reason_message, observed_at, synced_at, \
     failed_since, retry_at) VALUES ";
/// An item that failed is tried again after a day, and then after as long as it has failed already, a week at most.
const FIRST_RETRY: Duration = Duration::from_secs(86_400);
const UPSERT_END: &str = " ON CONFLICT (connection_id, provider_id) DO UPDATE SET parent_id = excluded.parent_id, \
     target_id = excluded.target_id, feed = excluded.feed, kind = excluded.kind, name = excluded.name, \
     media_type = excluded.media_type, size = excluded.size, modified_at = excluded.modified_at, \
     url = excluded.url, locator = excluded.locator, revision = excluded.revision, content_hash = excluded.content_hash, \
     state = excluded.state, reason_code = excluded.reason_code, reason_message = excluded.reason_message, \
     observed_at = excluded.observed_at, synced_at = excluded.synced_at, \
     failed_since = CASE WHEN excluded.state = 'failed' THEN COALESCE(items.failed_since, excluded.observed_at) END, \
     retry_at = CASE WHEN excluded.state <> 'failed' THEN NULL \
     WHEN excluded.observed_at - COALESCE(items.failed_since, excluded.observed_at) < 86400000 \
     THEN excluded.observed_at + 86400000 \
     WHEN excluded.observed_at - items.failed_since > 604800000 THEN excluded.observed_at + 604800000 \
     ELSE excluded.observed_at + excluded.observed_at - items.failed_since END \
     WHERE items.observed_at <= excluded.observed_at RETURNING id, connection_id, provider_id";

/// What became of a page's items, by the ids they were given.
#[derive(Default)]
pub(super) struct Written {
    ids: HashMap<ItemId, ItemId>,
    stale: Vec<ItemId>,
    /// Stale ones whose newer row is a tombstone.
    buried: Vec<ItemId>,
}

impl Written {
    /// The id under which a given item lies in the rows.
    pub(super) fn row_id<'a>(&'a self, given: &'a ItemId) -> &'a ItemId {
        self.ids.get(given).unwrap_or(given)
    }

    /// Whether a given item turned out to be gone since.
    pub(super) fn is_buried(&self, given: &ItemId) -> bool {
        self.buried.contains(given)
    }

    pub(super) fn into_answer(self) -> CommittedPage {
        let mut renamed: Vec<_> = self.ids.into_iter().filter(|(given, row)| given != row).collect();
        renamed.sort();
        CommittedPage { renamed, stale: self.stale, ..CommittedPage::default() }
    }
}

type Key<'a> = (&'a str, &'a str);

pub(super) async fn write_items(
    tx: &mut Transaction<'static, Any>,
    page: &PageEffects,
    now: Timestamp,
) -> Result<Written> {
    let upserts = &page.items;
    // In the order of their keys, so that two pages that meet never wait for each other in a circle. Of an
    // item that is named twice, the later observation counts.
    let mut by_key: BTreeMap<Key<'_>, &ItemUpsert> = BTreeMap::new();
    for upsert in upserts {
        let newer = |known: &&ItemUpsert| known.item.observed_at > upsert.item.observed_at;
        if !by_key.get(&key(&upsert.item)).is_some_and(newer) {
            by_key.insert(key(&upsert.item), upsert);
        }
    }
    let rows: Vec<&ItemUpsert> = by_key.values().copied().collect();
    let current = upsert_rows(tx, &rows).await?;
    let late: Vec<&ItemUpsert> =
        rows.iter().copied().filter(|row| !current.contains_key(&owned(key(&row.item)))).collect();
    let newer = read_newer(tx, &late).await?;

    let mut written = Written::default();
    for upsert in upserts {
        let given = &upsert.item.id;
        let key = owned(key(&upsert.item));
        if let Some(id) = current.get(&key) {
            written.ids.insert(given.clone(), id.clone());
        } else if let Some((id, state)) = newer.get(&key) {
            written.ids.insert(given.clone(), id.clone());
            written.stale.push(given.clone());
            if *state == ItemState::Gone {
                written.buried.push(given.clone());
            }
        } else {
            return Err(StoreError::conflict("an item vanished while it was written"));
        }
    }
    let touched = write_documents(tx, &rows, &current, now).await?;
    let changed = rows.iter().filter(|row| row.document != DocumentChange::Keep);
    let changed: Vec<(&ItemId, &ItemUpsert)> =
        changed.filter_map(|row| Some((current.get(&owned(key(&row.item)))?, *row))).collect();
    write_unread(tx, &changed).await?;
    if page.to_embed {
        ask_to_embed(tx, &touched, now).await?;
    }
    Ok(written)
}

fn key(item: &Item) -> Key<'_> {
    (item.connection_id.as_str(), item.provider_id.as_str())
}

fn owned(key: Key<'_>) -> (String, String) {
    (key.0.to_owned(), key.1.to_owned())
}

/// Writes the rows; the ids of those that were not newer already.
async fn upsert_rows(
    tx: &mut Transaction<'static, Any>,
    rows: &[&ItemUpsert],
) -> Result<HashMap<(String, String), ItemId>> {
    let mut ids = HashMap::with_capacity(rows.len());
    for chunk in row_chunks(rows) {
        let returned = Sql::new(UPSERT_START).rows(chunk, |row| columns(&row.item)).sql(UPSERT_END);
        for row in returned.all(&mut **tx).await? {
            ids.insert((row.text("connection_id")?, row.text("provider_id")?), row.id("id")?);
        }
    }
    Ok(ids)
}

fn columns(item: &Item) -> [Value; 22] {
    // Of a row that is new; one that is there remembers since when.
    let failed_since = (item.state == ItemState::Failed).then_some(item.observed_at);
    [
        (&item.id).into(),
        (&item.connection_id).into(),
        (&item.provider_id).into(),
        (&item.parent_id).into(),
        (&item.target_id).into(),
        (&item.feed).into(),
        item.kind.as_str().into(),
        (&item.name).into(),
        (&item.media_type).into(),
        item.size.into(),
        item.modified_at.into(),
        (&item.url).into(),
        (&item.locator).into(),
        (&item.revision).into(),
        (&item.content_hash).into(),
        item.state.as_str().into(),
        item.reason.as_ref().map(|reason| reason.code.as_str()).into(),
        item.reason.as_ref().map(|reason| reason.message.as_str()).into(),
        to_millis(item.observed_at).into(),
        item.synced_at.into(),
        failed_since.into(),
        failed_since.map(|since| since + FIRST_RETRY).into(),
    ]
}

/// Id and state of the rows that were observed later than the page.
async fn read_newer(
    tx: &mut Transaction<'static, Any>,
    late: &[&ItemUpsert],
) -> Result<HashMap<(String, String), (ItemId, ItemState)>> {
    let mut newer = HashMap::with_capacity(late.len());
    for same in late.chunk_by(|one, other| one.item.connection_id == other.item.connection_id) {
        for chunk in same.chunks(LIST_MAX) {
            let rows =
                Sql::new("SELECT id, connection_id, provider_id, state FROM items WHERE connection_id = ")
                    .arg(&chunk[0].item.connection_id)
                    .sql(" AND provider_id IN ")
                    .list(chunk.iter().map(|row| &row.item.provider_id))
                    .all(&mut **tx)
                    .await?;
            for row in rows {
                let key = (row.text("connection_id")?, row.text("provider_id")?);
                newer.insert(key, (row.id("id")?, row.word("state", ItemState::parse)?));
            }
        }
    }
    Ok(newer)
}

/// Writes the documents and uploads of items whose rows were written. Blobs that are replaced, and those of
/// stale items, are handed to the orphans. Returns the items whose documents changed.
async fn write_documents<'a>(
    tx: &mut Transaction<'static, Any>,
    rows: &[&ItemUpsert],
    current: &'a HashMap<(String, String), ItemId>,
    now: Timestamp,
) -> Result<Vec<&'a ItemId>> {
    let mut put: Vec<(&'a ItemId, &StoredDocument)> = Vec::new();
    let mut removed: Vec<&'a ItemId> = Vec::new();
    let mut orphaned: Vec<String> = Vec::new();
    for row in rows {
        let Some(id) = current.get(&owned(key(&row.item))) else {
            if let DocumentChange::Put(document) = &row.document {
                orphaned.extend(document.blob_key.clone());
            }
            orphaned.extend(row.original.iter().map(|original| original.blob_key.clone()));
            continue;
        };
        match &row.document {
            DocumentChange::Keep => {}
            DocumentChange::Remove => removed.push(id),
            DocumentChange::Put(document) => put.push((id, document)),
        }
        if let Some(original) = &row.original {
            write_original(tx, id, original, now).await?;
        }
    }
    put.sort_by_key(|(id, _)| *id);
    let touched: Vec<&'a ItemId> = removed.iter().copied().chain(put.iter().map(|(id, _)| *id)).collect();
    orphaned.extend(document_blobs(tx, &touched).await?);
    for chunk in removed.chunks(LIST_MAX) {
        Sql::new("DELETE FROM documents WHERE item_id IN ")
            .list(chunk.iter().copied())
            .run(&mut **tx)
            .await?;
    }
    // Most documents say nothing of what they were made of, and are written with fewer values.
    let (read, plain): (Vec<_>, Vec<_>) = put.iter().partition(|(_, document)| document.reading.is_some());
    for chunk in row_chunks(&plain) {
        Sql::new("INSERT INTO documents (item_id, body, blob_key, text_bytes) VALUES ")
            .rows(chunk, |(id, document)| document_columns(id, document))
            .sql(DOCUMENT_END)
            .run(&mut **tx)
            .await?;
    }
    for chunk in row_chunks(&read) {
        Sql::new("INSERT INTO documents (item_id, body, blob_key, text_bytes, reading, read_for, read_us, recognized_us) VALUES ")
            .rows(chunk, |(id, document)| read_document_columns(id, document))
            .sql(DOCUMENT_END)
            .run(&mut **tx)
            .await?;
    }
    let adopted: Vec<String> = put.iter().filter_map(|(_, document)| document.blob_key.clone()).collect();
    orphaned.retain(|key| !adopted.contains(key));
    orphan_keys(tx, &orphaned, now).await?;
    adopt_keys(tx, &adopted).await?;
    Ok(touched)
}

const DOCUMENT_END: &str = " ON CONFLICT (item_id) DO UPDATE SET body = excluded.body, blob_key = excluded.blob_key, \
     text_bytes = excluded.text_bytes, reading = excluded.reading, read_for = excluded.read_for, \
     read_us = excluded.read_us, recognized_us = excluded.recognized_us";

fn document_columns(id: &ItemId, document: &StoredDocument) -> [Value; 4] {
    [id.into(), (&document.body).into(), (&document.blob_key).into(), document.text_bytes.into()]
}

fn read_document_columns(id: &ItemId, document: &StoredDocument) -> [Value; 8] {
    let [id, body, blob_key, text_bytes] = document_columns(id, document);
    let reading = document.reading.as_ref();
    let micros = |time: std::time::Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    [
        id,
        body,
        blob_key,
        text_bytes,
        reading.map(|reading| reading.key.as_str()).into(),
        reading.map(|reading| &reading.user).into(),
        reading.map(|reading| micros(reading.read)).into(),
        reading.map(|reading| micros(reading.recognized)).into(),
    ]
}

/// The blobs that documents of these items lie in now.
async fn document_blobs(tx: &mut Transaction<'static, Any>, items: &[&ItemId]) -> Result<Vec<String>> {
    let mut keys = Vec::new();
    for chunk in items.chunks(LIST_MAX) {
        let rows = Sql::new("SELECT blob_key FROM documents WHERE blob_key IS NOT NULL AND item_id IN ")
            .list(chunk.iter().copied())
            .all(&mut **tx)
            .await?;
        for row in rows {
            keys.push(row.text("blob_key")?);
        }
    }
    Ok(keys)
}
