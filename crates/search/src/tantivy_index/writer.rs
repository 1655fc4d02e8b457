//! The one thread that writes: takes changes in order, commits on flush, and gives its memory back when idle.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use tantivy::indexer::IndexWriterOptions;
use tantivy::{Index, IndexReader, IndexWriter, Term};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::schema::Fields;
use crate::analysis::RecentStems;
use crate::contract::IndexedDocument;
use crate::error::SearchError;
use crate::folder::Folder;

/// Memory that waiting changes may hold together, in KiB.
const QUEUE_KIBIBYTES: usize = 32 * 1024;
/// Changes taken together before a commit, so that a steady stream of them cannot delay it.
const MAX_GROUP: usize = 256;

pub(super) enum Change {
    Put(Vec<IndexedDocument>),
    Remove(Vec<Term>),
    Clear,
}

enum Order {
    Change(Change, OwnedSemaphorePermit),
    Flush(oneshot::Sender<Result<(), String>>),
}

/// Hands changes to the writing thread, which ends when this is dropped.
pub(super) struct Writer {
    /// Taken when dropped, which ends the thread.
    orders: Option<Sender<Order>>,
    thread: Option<JoinHandle<()>>,
    room: Arc<Semaphore>,
}

impl Drop for Writer {
    /// Waits until the files are closed, so that the folder can be opened again at once.
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

pub(super) struct WriterOptions {
    pub bytes: usize,
    pub idle: Duration,
}

impl Writer {
    pub(super) fn start(
        index: Index,
        reader: IndexReader,
        fields: Fields,
        options: WriterOptions,
        folder: Option<Folder>,
    ) -> std::io::Result<Self> {
        let (orders, received) = channel();
        let recent = RecentStems::default();
        let desk = Desk { index, reader, fields, options, writer: None, dirty: false, recent, failure: None };
        let work = move || {
            desk.work(&received);
            // Held as long as files are open.
            drop(folder);
        };
        let thread = std::thread::Builder::new().name("search-writer".to_owned()).spawn(work)?;
        let room = Arc::new(Semaphore::new(QUEUE_KIBIBYTES));
        Ok(Self { orders: Some(orders), thread: Some(thread), room })
    }

    fn send(&self, order: Order) -> Result<(), SearchError> {
        let orders = self.orders.as_ref().ok_or(SearchError::Closed)?;
        orders.send(order).map_err(|_| SearchError::Closed)
    }

    /// Queues a change; waits while too much is queued.
    pub(super) async fn change(&self, change: Change) -> Result<(), SearchError> {
        let kibibytes = (weight(&change) / 1024 + 1).min(QUEUE_KIBIBYTES) as u32;
        let permit =
            self.room.clone().acquire_many_owned(kibibytes).await.map_err(|_| SearchError::Closed)?;
        self.send(Order::Change(change, permit))
    }

    pub(super) async fn flush(&self) -> Result<(), SearchError> {
        let (answer, answered) = oneshot::channel();
        self.send(Order::Flush(answer))?;
        let outcome = answered.await.map_err(|_| SearchError::Closed)?;
        outcome.map_err(|cause| SearchError::Unavailable { doing: "save changes", cause })
    }
}

fn weight(change: &Change) -> usize {
    let document = |document: &IndexedDocument| {
        500 + document.chunks.iter().map(|chunk| chunk.text.len() + 200).sum::<usize>()
    };
    match change {
        Change::Put(documents) => documents.iter().map(document).sum(),
        Change::Remove(terms) => terms.len() * 64,
        Change::Clear => 0,
    }
}

/// What the writing thread has before it.
struct Desk {
    index: Index,
    reader: IndexReader,
    fields: Fields,
    options: WriterOptions,
    /// Made for the first change, dropped when idle.
    writer: Option<IndexWriter>,
    dirty: bool,
    /// Of the texts put in lately.
    recent: RecentStems,
    /// Why changes since the last flush were lost; the next flush says so.
    failure: Option<String>,
}

impl Desk {
    fn work(mut self, orders: &Receiver<Order>) {
        loop {
            let next = match self.writer.is_some() && !self.dirty {
                true => orders.recv_timeout(self.options.idle),
                false => orders.recv().map_err(RecvTimeoutError::from),
            };
            match next {
                Ok(order) => self.take(order, orders),
                Err(RecvTimeoutError::Timeout) => self.give_memory_back(),
                // Dropping the writer stops merges; they are made up for another time.
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn take(&mut self, order: Order, orders: &Receiver<Order>) {
        let mut waiting = Vec::new();
        let mut next = Some(order);
        let mut taken = 0;
        while let Some(order) = next {
            match order {
                Order::Change(change, _room) => self.apply(change),
                Order::Flush(answer) => waiting.push(answer),
            }
            taken += 1;
            // Only a flush makes us look further: others may be waiting for the same commit.
            next = if waiting.is_empty() || taken >= MAX_GROUP { None } else { orders.try_recv().ok() };
        }
        if !waiting.is_empty() {
            let outcome = self.commit();
            for answer in waiting {
                answer.send(outcome.clone()).ok();
            }
        }
    }

    fn apply(&mut self, change: Change) {
        self.dirty = true;
        if self.failure.is_none()
            && let Err(error) = self.try_apply(change)
        {
            self.fail(&error);
        }
    }

    fn try_apply(&mut self, change: Change) -> tantivy::Result<()> {
        let fields = self.fields.clone();
        let mut recent = std::mem::take(&mut self.recent);
        let writer = self.writer()?;
        match change {
            Change::Put(documents) => {
                for document in &documents {
                    writer.delete_term(fields.item_term(document.item_id.as_str()));
                    fields
                        .each_entry(document, &mut recent, |entry| writer.add_document(entry).map(|_| ()))?;
                }
            }
            Change::Remove(terms) => {
                for term in terms {
                    writer.delete_term(term);
                }
            }
            Change::Clear => {
                // Deleting everything passes over what is not committed yet; that goes first.
                writer.rollback()?;
                writer.delete_all_documents()?;
            }
        }
        self.recent = recent;
        Ok(())
    }

    fn commit(&mut self) -> Result<(), String> {
        if let Some(cause) = self.failure.take() {
            self.dirty = false;
            return Err(cause);
        }
        if !std::mem::take(&mut self.dirty) {
            return Ok(());
        }
        let outcome = self.writer().and_then(|writer| writer.commit()).and_then(|_| self.reader.reload());
        outcome.map_err(|error| {
            self.fail(&error);
            self.failure.take().unwrap_or_default()
        })
    }

    /// After an error the writer is in no known state: what was not committed is given up.
    fn fail(&mut self, error: &tantivy::TantivyError) {
        tracing::error!(%error, "the search index could not be written");
        self.failure = Some(error.to_string());
        self.writer = None;
    }

    fn writer(&mut self) -> tantivy::Result<&mut IndexWriter> {
        if self.writer.is_none() {
            let options = IndexWriterOptions::builder()
                .num_worker_threads(1)
                .num_merge_threads(1)
                .memory_budget_per_thread(self.options.bytes.max(16 << 20))
                .build();
            self.writer = Some(self.index.writer_with_options(options)?);
        }
        self.writer.as_mut().ok_or(tantivy::TantivyError::Poisoned)
    }

    /// Lets merges finish and frees the writer's memory. Uncommitted changes are given up.
    fn give_memory_back(&mut self) {
        self.recent = RecentStems::default();
        if let Some(writer) = self.writer.take()
            && let Err(error) = writer.wait_merging_threads()
        {
            tracing::warn!(%error, "merging the search index did not finish");
        }
    }
}
