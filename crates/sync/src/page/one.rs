//! One file of a batch: left as it is, indexed anew, or fetched and read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gangway_connector::Disposition;
use gangway_model::{Document, FileOutcome, Item, ItemId, ItemState, Outcome, Reason};
use gangway_search::IndexedDocument;
use gangway_store::{DocumentChange, Unread};

use super::plan::{Plan, outcome_of_known};
use super::{Bringer, Work};
use crate::content::{Fetched, Textless, fetch_and_read, is_expected, left_out};
use crate::indexed::index_entry;
use crate::readings::{Slot, Turn, WasRead};
use crate::stop::Stop;
use crate::stored::load_document;
use crate::unread;

/// One file's result, to be indexed and committed.
pub(super) struct Done {
    pub item: Option<Item>,
    pub document: DocumentChange,
    pub indexed: Option<IndexedDocument>,
    pub outcome: Option<FileOutcome>,
    pub gone: Option<ItemId>,
    pub bytes: u64,
    pub held: Option<Arc<Slot>>,
    /// Held until its text is in the index.
    pub turn: Turn,
    pub unread: Option<Unread>,
    pub stop: Option<Stop>,
}

impl Bringer<'_> {
    pub(super) async fn bring_one(&self, work: Work, stopped: &AtomicBool) -> Result<Done, Stop> {
        match &work.plan {
            Plan::Leave(known) => {
                let outcome = self.outcome(&work, outcome_of_known(known), known.reason.clone());
                Ok(Done { outcome: Some(outcome), ..Done::nothing() })
            }
            Plan::Reindex(known) => match load_document(self.rooms, &known.id).await? {
                Some(document) => {
                    let item = self.item_of(&work, known.state, known.reason.clone());
                    let outcome = self.outcome(&work, outcome_of_known(known), known.reason.clone());
                    let indexed = self.indexed(&work, &item, Some(&document));
                    Ok(Done::finished(item, DocumentChange::Keep, indexed, outcome, 0))
                }
                None if known.state == ItemState::Synced => self.fetch(work, stopped).await,
                None => {
                    let item = self.item_of(&work, known.state, known.reason.clone());
                    let outcome = self.outcome(&work, outcome_of_known(known), known.reason.clone());
                    let indexed = self.indexed(&work, &item, None);
                    Ok(Done::finished(item, DocumentChange::Keep, indexed, outcome, 0))
                }
            },
            Plan::NameOnly(reason) => {
                let reason = reason.clone();
                Ok(self.without_text(&work, ItemState::NameOnly, Outcome::Skipped, reason, None, 0))
            }
            Plan::Fetch => self.fetch(work, stopped).await,
        }
    }

    async fn fetch(&self, work: Work, stopped: &AtomicBool) -> Result<Done, Stop> {
        if stopped.load(Ordering::Relaxed) {
            return Ok(Done::nothing());
        }
        let rooms = self.rooms;
        let entry = &work.placed.entry;
        let fetched = tokio::select! {
            biased;
            // What was brought in until then is kept; the rest is fetched again after the start.
            () = self.stop.cancelled() => {
                stopped.store(true, Ordering::Relaxed);
                return Ok(Done { stop: Some(Stop::LeaseLost), ..Done::nothing() });
            }
            fetched = fetch_and_read(self.source, rooms, entry, &self.connection.user_id, &work.id) => fetched?,
        };
        match fetched {
            Fetched::Read { read, hash, bytes } => {
                let WasRead { document, held, turn } = *read;
                let wants = match &document {
                    Ok((document, _)) => unread::wants(document),
                    Err(textless) => textless.wants.clone(),
                };
                let unread = unread::of_reading(rooms, wants).await;
                let done = match document {
                    Ok((document, stored)) => {
                        let reason = left_out(&document);
                        let mut item = self.item_of(&work, ItemState::Synced, reason.clone());
                        item.content_hash = Some(hash);
                        item.synced_at = Some(rooms.now());
                        let indexed = self.indexed(&work, &item, Some(&document));
                        let outcome = self.outcome(&work, Outcome::Synced, reason);
                        Done::finished(item, DocumentChange::Put(stored), indexed, outcome, bytes)
                    }
                    Err(Textless { reason, .. }) => {
                        let outcome = if is_expected(&reason) { Outcome::Skipped } else { Outcome::Failed };
                        self.without_text(&work, ItemState::NameOnly, outcome, reason, Some(hash), bytes)
                    }
                };
                Ok(Done { held, turn, unread, ..done })
            }
            Fetched::Refused(reason) => {
                Ok(self.without_text(&work, ItemState::Failed, Outcome::Failed, reason, None, 0))
            }
            Fetched::Gone => {
                let gone = work.known.as_ref().map(|known| known.id.clone());
                let reason =
                    Reason::new("vanished", "the file was deleted at the source while it was being synced");
                let outcome = self.outcome(&work, Outcome::Removed, Some(reason));
                Ok(Done { gone, outcome: Some(outcome), ..Done::nothing() })
            }
            Fetched::Failed(error) => {
                let about_one_item = matches!(
                    error.disposition,
                    Disposition::RetryLater { .. } | Disposition::RestartFeed | Disposition::Fail
                );
                if about_one_item && self.give_up_on_items {
                    let reason = error.reason();
                    return Ok(self.without_text(&work, ItemState::Failed, Outcome::Failed, reason, None, 0));
                }
                stopped.store(true, Ordering::Relaxed);
                tracing::warn!(
                    code = error.code,
                    name_length = entry.name.len(),
                    "an item could not be fetched yet"
                );
                let stop = match Stop::from_connector(&error) {
                    // One item's hard error is tried again with the rest before it counts as that item's own.
                    Stop::Failed(reason) if about_one_item => Stop::RetryLater { after: None, reason },
                    stop => stop,
                };
                Ok(Done { stop: Some(stop), ..Done::nothing() })
            }
        }
    }

    fn without_text(
        &self,
        work: &Work,
        state: ItemState,
        outcome: Outcome,
        reason: Reason,
        hash: Option<String>,
        bytes: u64,
    ) -> Done {
        let mut item = self.item_of(work, state, Some(reason.clone()));
        item.content_hash = hash;
        let outcome = self.outcome(work, outcome, Some(reason));
        let indexed = self.indexed(work, &item, None);
        Done::finished(item, DocumentChange::Remove, indexed, outcome, bytes)
    }

    pub(super) fn item_of(&self, work: &Work, state: ItemState, reason: Option<Reason>) -> Item {
        let entry = &work.placed.entry;
        Item {
            id: work.id.clone(),
            connection_id: self.connection.id.clone(),
            provider_id: entry.id.clone(),
            parent_id: work.placed.parent.clone(),
            target_id: entry.target.clone(),
            feed: entry.feed.clone(),
            kind: entry.kind,
            name: entry.name.clone(),
            media_type: entry.media_type.clone(),
            size: entry.size,
            modified_at: entry.modified_at,
            url: entry.url.clone(),
            locator: entry.locator.clone(),
            revision: Some(entry.revision.clone()),
            content_hash: work.known.as_ref().and_then(|known| known.content_hash.clone()),
            state,
            reason,
            observed_at: work.observed_at,
            synced_at: work.known.as_ref().and_then(|known| known.synced_at),
        }
    }

    fn outcome(&self, work: &Work, outcome: Outcome, reason: Option<Reason>) -> FileOutcome {
        let entry = &work.placed.entry;
        FileOutcome {
            provider_id: entry.id.clone(),
            name: entry.name.clone(),
            outcome,
            reason,
            at: self.rooms.now(),
        }
    }

    fn indexed(&self, work: &Work, item: &Item, document: Option<&Document>) -> IndexedDocument {
        index_entry(self.connection, item, work.collections.clone(), &work.placed.folder, document)
    }
}

impl Done {
    fn nothing() -> Self {
        Done {
            item: None,
            document: DocumentChange::Keep,
            indexed: None,
            outcome: None,
            gone: None,
            bytes: 0,
            held: None,
            turn: None,
            unread: None,
            stop: None,
        }
    }

    fn finished(
        item: Item,
        document: DocumentChange,
        indexed: IndexedDocument,
        outcome: FileOutcome,
        bytes: u64,
    ) -> Self {
        Done {
            item: Some(item),
            document,
            indexed: Some(indexed),
            outcome: Some(outcome),
            bytes,
            ..Self::nothing()
        }
    }
}
