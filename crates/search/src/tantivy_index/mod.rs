//! The embedded adapter: a tantivy index in a folder (or in memory, for tests).

mod allowed;
mod asked;
mod collect;
mod duplicates;
mod entries;
mod lists;
mod matching;
mod meaning;
mod narrowing;
mod parts;
mod query;
mod schema;
mod search;
mod seen;
mod similar;
mod telling;
mod vocabulary;
mod writer;

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use gangway_model::{ConnectionId, ItemId, UserId};
use tantivy::{Index, IndexReader, ReloadPolicy, Term};

use crate::contract::{IndexStats, IndexedDocument, SearchIndex};
use crate::error::SearchError;
use crate::folder::Folder;
use crate::meaning::Meaning;
use crate::request::{SearchPage, SearchRequest};
use schema::Fields;
use writer::{Change, Writer, WriterOptions};

/// Blocks of stored text (16 KB each) kept unpacked for each segment.
const STORED_BLOCKS_CACHED: usize = 8;

#[derive(Clone, Debug)]
pub struct TantivyOptions {
    /// Memory for changes before they go to disk; taken as it is needed. At least 16 MiB. Default 50 MB.
    pub writer_bytes: usize,
    /// Time without changes after which the writer's memory is given back. Default 30 s.
    pub writer_idle: Duration,
}

impl Default for TantivyOptions {
    fn default() -> Self {
        Self { writer_bytes: 50_000_000, writer_idle: Duration::from_secs(30) }
    }
}

/// A search index in a folder that this process holds alone. One thread writes; searches run on the runtime's
/// blocking threads and see the last flush.
pub struct TantivyIndex {
    reader: IndexReader,
    fields: Fields,
    // Its thread holds the folder, and lets go of it when the last file is closed.
    writer: Writer,
}

impl TantivyIndex {
    /// Opens the index in a folder; a missing or empty folder becomes an empty index.
    ///
    /// Fails with [`SearchError::RebuildNeeded`] when another version wrote it or it is damaged, and with
    /// [`SearchError::InUse`] when another process has it. Reads files: call it where blocking is fine.
    pub fn open(path: &Path, options: &TantivyOptions) -> Result<Self, SearchError> {
        let folder = Folder::hold(path, schema::layout())?;
        let index = folder.open()?;
        Self::start(index, Some(folder), options)
    }

    /// Opens the index, or starts an empty one in its place when it would have to be rebuilt. The second value says
    /// that this happened: everything is to be put in again.
    pub fn open_or_recreate(path: &Path, options: &TantivyOptions) -> Result<(Self, bool), SearchError> {
        let folder = Folder::hold(path, schema::layout())?;
        let opened = folder.open().and_then(|index| {
            // Damage may show only when the segments are read.
            reader(&index).map(|_| index).map_err(|error| folder.rebuild_needed(&error.to_string()))
        });
        match opened {
            Ok(index) => Ok((Self::start(index, Some(folder), options)?, false)),
            Err(SearchError::RebuildNeeded { cause, .. }) => {
                tracing::warn!(cause, "the search index is started over");
                let index = folder.recreate()?;
                Ok((Self::start(index, Some(folder), options)?, true))
            }
            Err(error) => Err(error),
        }
    }

    /// An index that is gone when it is dropped.
    pub fn in_memory(options: &TantivyOptions) -> Result<Self, SearchError> {
        let index = Index::create_in_ram(Fields::schema().0);
        Fields::register_analyzers(&index);
        Self::start(index, None, options)
    }

    fn start(index: Index, folder: Option<Folder>, options: &TantivyOptions) -> Result<Self, SearchError> {
        let reader = reader(&index).map_err(|error| match &folder {
            Some(folder) => folder.rebuild_needed(&error.to_string()),
            None => SearchError::Unavailable { doing: "open its files", cause: error.to_string() },
        })?;
        let (_, fields) = Fields::schema();
        let options = WriterOptions { bytes: options.writer_bytes, idle: options.writer_idle };
        let writer =
            Writer::start(index, reader.clone(), fields.clone(), options, folder).map_err(|error| {
                SearchError::Unavailable { doing: "start its writer", cause: error.to_string() }
            })?;
        Ok(Self { reader, fields, writer })
    }

    /// Searches by words, and by meaning where that is given.
    pub(crate) async fn search_by(
        &self,
        request: &SearchRequest,
        meaning: Option<Meaning>,
    ) -> Result<SearchPage, SearchError> {
        let request = request.clone();
        self.read("search", move |reader, fields| search::search(reader, fields, &request, meaning.as_ref()))
            .await
    }

    async fn remove(&self, terms: Vec<Term>) -> Result<(), SearchError> {
        match terms.is_empty() {
            true => Ok(()),
            false => self.writer.change(Change::Remove(terms)).await,
        }
    }

    /// Runs a read on a blocking thread.
    async fn read<T: Send + 'static>(
        &self,
        doing: &'static str,
        read: impl FnOnce(&IndexReader, &Fields) -> tantivy::Result<T> + Send + 'static,
    ) -> Result<T, SearchError> {
        let (reader, fields) = (self.reader.clone(), self.fields.clone());
        let outcome = tokio::task::spawn_blocking(move || read(&reader, &fields)).await;
        let unavailable = |cause: String| SearchError::Unavailable { doing, cause };
        outcome
            .map_err(|error| unavailable(error.to_string()))?
            .map_err(|error| unavailable(error.to_string()))
    }
}

fn reader(index: &Index) -> tantivy::Result<IndexReader> {
    index
        .reader_builder()
        .reload_policy(ReloadPolicy::Manual)
        .doc_store_cache_num_blocks(STORED_BLOCKS_CACHED)
        .try_into()
}

#[async_trait]
impl SearchIndex for TantivyIndex {
    async fn put(&self, documents: Vec<IndexedDocument>) -> Result<(), SearchError> {
        match documents.is_empty() {
            true => Ok(()),
            false => self.writer.change(Change::Put(documents)).await,
        }
    }

    async fn remove_items(&self, items: &[ItemId]) -> Result<(), SearchError> {
        self.remove(items.iter().map(|item| self.fields.item_term(item.as_str())).collect()).await
    }

    async fn remove_connection(&self, connection: &ConnectionId) -> Result<(), SearchError> {
        self.remove(vec![Term::from_field_text(self.fields.connection, connection.as_str())]).await
    }

    async fn remove_user(&self, user: &UserId) -> Result<(), SearchError> {
        self.remove(vec![Term::from_field_text(self.fields.user, user.as_str())]).await
    }

    async fn flush(&self) -> Result<(), SearchError> {
        self.writer.flush().await
    }

    async fn search(&self, request: &SearchRequest) -> Result<SearchPage, SearchError> {
        self.search_by(request, None).await
    }

    async fn stats(&self) -> Result<IndexStats, SearchError> {
        self.read("be counted", search::stats).await
    }

    async fn clear(&self) -> Result<(), SearchError> {
        self.writer.change(Change::Clear).await
    }
}
