//! The embedded adapter: vectors as columns of a tantivy index of their own, read from the file where they lie, so that
//! their number costs disk and no memory.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use gangway_model::{ConnectionId, ItemId, UserId};
use tantivy::indexer::IndexWriterOptions;
use tantivy::schema::{FAST, Field, INDEXED, IndexRecordOption, STRING, Schema};
use tantivy::{DocSet, Index, IndexReader, IndexWriter, ReloadPolicy, TERMINATED, TantivyDocument, Term};

use super::nearest::nearest;
use super::packed::{Packed, words_of};
use super::{EmbeddedItem, Near, VectorIndex, VectorStats, item_key};
use crate::error::SearchError;
use crate::fingerprint::hash;
use crate::folder::{Folder, Layout};
use crate::keys::ItemKeys;

/// Changes whenever the fields or the packing change.
const VERSION: &str = "gangway-vectors 1";
/// Memory for changes before they go to disk; taken as it is needed.
const WRITER_BYTES: usize = 32 << 20;
/// Beside the index while nobody keeps it true to the documents.
const LEFT_ALONE: &str = "left-alone";

#[derive(Clone, Copy, Debug)]
struct Fields {
    item: Field,
    item_key: Field,
    user: Field,
    connection: Field,
    digest: Field,
    vector: Field,
}

impl Fields {
    fn schema() -> (Schema, Self) {
        let mut schema = Schema::builder();
        let fields = Self {
            item: schema.add_text_field("item", STRING | FAST),
            item_key: schema.add_u64_field("item_key", INDEXED | FAST),
            user: schema.add_text_field("user", STRING),
            connection: schema.add_text_field("connection", STRING),
            digest: schema.add_u64_field("digest", FAST),
            vector: schema.add_u64_field("vector", FAST),
        };
        (schema.build(), fields)
    }

    fn item_term(&self, item: &ItemId) -> Term {
        Term::from_field_text(self.item, item.as_str())
    }
}

fn layout(model: &str) -> Layout {
    let version = format!("{VERSION} {:016x}", hash(model.as_bytes()));
    Layout { version, schema: Fields::schema().0, register: |_| {} }
}

enum Change {
    Put { item: Term, entries: Vec<TantivyDocument> },
    Remove(Term),
    Clear,
}

/// Vectors in a folder that this process holds alone.
pub struct FolderVectors {
    desk: Arc<Desk>,
}

struct Desk {
    index: Index,
    reader: IndexReader,
    fields: Fields,
    /// What the next flush carries out.
    waiting: Mutex<Waiting>,
    /// Held by the one flush that writes; made for the first change, dropped by `rest`.
    writer: Mutex<Option<IndexWriter>>,
    folder: Option<Folder>,
}

#[derive(Default)]
struct Waiting {
    changes: Vec<Change>,
    /// Words that a vector takes; 0 while there is none.
    words: usize,
}

impl FolderVectors {
    /// Opens the vectors that a model made; a missing or empty folder, one of another model or version, or a damaged one
    /// becomes an empty index. Reads files: call it where blocking is fine.
    pub fn open_or_recreate(path: &Path, model: &str) -> Result<Self, SearchError> {
        let folder = Folder::hold(path, layout(model))?;
        let opened = folder
            .open()
            .and_then(|index| Self::start(index).map_err(|error| folder.rebuild_needed(&error.to_string())));
        let mut desk = match opened {
            Ok(desk) => desk,
            Err(SearchError::RebuildNeeded { cause, .. }) => {
                tracing::warn!(cause, "the index of vectors is started over");
                Self::start(folder.recreate()?).map_err(unavailable("open its files"))?
            }
            Err(error) => return Err(error),
        };
        desk.folder = Some(folder);
        Ok(Self { desk: Arc::new(desk) })
    }

    /// An index that is gone when it is dropped.
    pub fn in_memory() -> Result<Self, SearchError> {
        let index = Index::create_in_ram(Fields::schema().0);
        let desk = Self::start(index).map_err(unavailable("open its files"))?;
        Ok(Self { desk: Arc::new(desk) })
    }

    fn start(index: Index) -> tantivy::Result<Desk> {
        let reader: IndexReader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let (_, fields) = Fields::schema();
        let desk =
            Desk { index, reader, fields, waiting: Mutex::default(), writer: Mutex::new(None), folder: None };
        lock(&desk.waiting).words = desk.words_held()?;
        Ok(desk)
    }

    /// Notes beside vectors that lie in a folder that documents change from now on without them. A missing folder is
    /// fine.
    pub fn leave_alone(path: &Path) -> std::io::Result<()> {
        match path.is_dir() {
            true => std::fs::write(path.join(LEFT_ALONE), ""),
            false => Ok(()),
        }
    }

    /// Whether every document has to be looked at: nothing is held yet, or documents changed while nobody looked.
    pub fn is_behind(&self) -> bool {
        let left_alone = |folder: &Folder| folder.beside(LEFT_ALONE).exists();
        self.desk.reader.searcher().num_docs() == 0 || self.desk.folder.as_ref().is_some_and(left_alone)
    }

    /// Says that every document is on the list of those to look at.
    pub fn is_looked_after(&self) -> Result<(), SearchError> {
        let Some(folder) = &self.desk.folder else { return Ok(()) };
        match std::fs::remove_file(folder.beside(LEFT_ALONE)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(SearchError::Unavailable { doing: "take over its folder", cause: error.to_string() })
            }
            _ => Ok(()),
        }
    }

    fn remove(&self, terms: impl IntoIterator<Item = Term>) {
        lock(&self.desk.waiting).changes.extend(terms.into_iter().map(Change::Remove));
    }

    async fn on_disk<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Desk) -> tantivy::Result<T> + Send + 'static,
    ) -> Result<T, SearchError> {
        let desk = Arc::clone(&self.desk);
        let outcome = tokio::task::spawn_blocking(move || work(&desk)).await;
        outcome
            .map_err(|error| SearchError::Unavailable { doing, cause: error.to_string() })?
            .map_err(unavailable(doing))
    }
}

impl Desk {
    /// Words that the vectors held take; 0 when there are none.
    fn words_held(&self) -> tantivy::Result<usize> {
        for segment in self.reader.searcher().segment_readers() {
            if let Some(entry) = segment.doc_ids_alive().next() {
                let words: Vec<u64> = segment.fast_fields().u64("vector")?.values_for_doc(entry).collect();
                return Ok(words_of(&words));
            }
        }
        Ok(0)
    }

    fn flush(&self) -> tantivy::Result<()> {
        // The writer first: whoever comes second waits until what it asked for is written.
        let mut held = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changes = std::mem::take(&mut lock(&self.waiting).changes);
        let searcher = self.reader.searcher();
        let mut puts = 0;
        // Most of what leaves the index of words has no vectors.
        let mut is_needed = |change: &Change| match change {
            Change::Put { .. } => {
                puts += 1;
                true
            }
            Change::Remove(term) => puts > 0 || searcher.doc_freq(term).is_ok_and(|entries| entries > 0),
            Change::Clear => true,
        };
        changes.retain(|change| is_needed(change));
        if changes.is_empty() {
            return Ok(());
        }
        let was_at_rest = held.is_none();
        let outcome = self.write(&mut held, changes).and_then(|()| self.reader.reload());
        // After an error the writer is in no known state. What only removes does not keep memory either.
        if outcome.is_err() || puts == 0 && was_at_rest {
            *held = None;
        }
        if outcome.is_err() || puts == 0 {
            lock(&self.waiting).words = self.words_held()?;
        }
        outcome
    }

    fn write(&self, held: &mut Option<IndexWriter>, changes: Vec<Change>) -> tantivy::Result<()> {
        if held.is_none() {
            let options = IndexWriterOptions::builder()
                .num_worker_threads(1)
                .num_merge_threads(1)
                .memory_budget_per_thread(WRITER_BYTES)
                .build();
            *held = Some(self.index.writer_with_options(options)?);
        }
        let writer = held.as_mut().ok_or(tantivy::TantivyError::Poisoned)?;
        for change in changes {
            match change {
                Change::Put { item, entries } => {
                    writer.delete_term(item);
                    for entry in entries {
                        writer.add_document(entry)?;
                    }
                }
                Change::Remove(term) => {
                    writer.delete_term(term);
                }
                Change::Clear => {
                    // Deleting everything passes over what is not committed yet; that goes first.
                    writer.rollback()?;
                    writer.delete_all_documents()?;
                }
            }
        }
        writer.commit()?;
        Ok(())
    }

    fn digests(&self, items: &[ItemId]) -> tantivy::Result<Vec<Option<u64>>> {
        let searcher = self.reader.searcher();
        let mut found = HashMap::new();
        for segment in searcher.segment_readers() {
            let digests = segment.fast_fields().u64("digest")?;
            let index = segment.inverted_index(self.fields.item)?;
            for item in items {
                let term = self.fields.item_term(item);
                let Some(mut entries) = index.read_postings(&term, IndexRecordOption::Basic)? else {
                    continue;
                };
                while entries.doc() != TERMINATED {
                    if !segment.is_deleted(entries.doc()) {
                        found.extend(digests.first(entries.doc()).map(|digest| (item, digest)));
                        break;
                    }
                    entries.advance();
                }
            }
        }
        Ok(items.iter().map(|item| found.get(item).copied()).collect())
    }

    /// The item's entries; what points nowhere is near to nothing and not kept.
    fn change_of(&self, item: &EmbeddedItem, words: &mut usize) -> Result<Change, SearchError> {
        let mut entries = Vec::new();
        for passage in &item.passages {
            let Some(packed) = Packed::of(&passage.vector) else { continue };
            if *words == 0 {
                *words = packed.words();
            }
            if *words != packed.words() {
                return Err(SearchError::OtherDimensions);
            }
            let mut entry = TantivyDocument::default();
            entry.add_text(self.fields.item, item.item_id.as_str());
            entry.add_u64(self.fields.item_key, item_key(&item.item_id));
            entry.add_text(self.fields.user, item.user_id.as_str());
            entry.add_text(self.fields.connection, item.connection_id.as_str());
            entry.add_u64(self.fields.digest, item.digest);
            for word in packed.entry(passage.chunk, passage.text) {
                entry.add_u64(self.fields.vector, word);
            }
            entries.push(entry);
        }
        Ok(Change::Put { item: self.fields.item_term(&item.item_id), entries })
    }
}

fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

fn unavailable(doing: &'static str) -> impl Fn(tantivy::TantivyError) -> SearchError {
    move |error| SearchError::Unavailable { doing, cause: error.to_string() }
}

#[async_trait]
impl VectorIndex for FolderVectors {
    async fn put(&self, items: Vec<EmbeddedItem>) -> Result<(), SearchError> {
        let mut waiting = lock(&self.desk.waiting);
        let mut words = waiting.words;
        let changes = items.iter().map(|item| self.desk.change_of(item, &mut words));
        let changes = changes.collect::<Result<Vec<_>, _>>()?;
        waiting.words = words;
        waiting.changes.extend(changes);
        Ok(())
    }

    async fn digests(&self, items: &[ItemId]) -> Result<Vec<Option<u64>>, SearchError> {
        let items = items.to_vec();
        self.on_disk("be read", move |desk| desk.digests(&items)).await
    }

    async fn remove_items(&self, items: &[ItemId]) -> Result<(), SearchError> {
        self.remove(items.iter().map(|item| self.desk.fields.item_term(item)));
        Ok(())
    }

    async fn remove_connection(&self, connection: &ConnectionId) -> Result<(), SearchError> {
        self.remove([Term::from_field_text(self.desk.fields.connection, connection.as_str())]);
        Ok(())
    }

    async fn remove_user(&self, user: &UserId) -> Result<(), SearchError> {
        self.remove([Term::from_field_text(self.desk.fields.user, user.as_str())]);
        Ok(())
    }

    async fn flush(&self) -> Result<(), SearchError> {
        self.on_disk("save vectors", Desk::flush).await
    }

    fn nearest(
        &self,
        question: &[f32],
        among: &ItemKeys,
        at_least: f32,
        limit: usize,
    ) -> Result<Vec<Near>, SearchError> {
        let Some(question) = Packed::of(question) else { return Ok(Vec::new()) };
        let searcher = self.desk.reader.searcher();
        nearest(&searcher, self.desk.fields.item_key, &question, among, at_least, limit)
            .map_err(unavailable("find the nearest"))
    }

    async fn stats(&self) -> Result<VectorStats, SearchError> {
        self.on_disk("be counted", |desk| {
            let searcher = desk.reader.searcher();
            let bytes = searcher.space_usage()?.total().get_bytes();
            Ok(VectorStats { passages: searcher.num_docs(), bytes })
        })
        .await
    }

    async fn clear(&self) -> Result<(), SearchError> {
        let mut waiting = lock(&self.desk.waiting);
        waiting.changes = vec![Change::Clear];
        waiting.words = 0;
        Ok(())
    }

    async fn rest(&self) {
        let rested = self.on_disk("finish merging", |desk| {
            let writer = desk.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
            writer.map_or(Ok(()), IndexWriter::wait_merging_threads)
        });
        if let Err(error) = rested.await {
            tracing::warn!(%error, "merging the index of vectors did not finish");
        }
    }
}
