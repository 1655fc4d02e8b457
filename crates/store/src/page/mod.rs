//! One page's effects: everything that a step of a sync changes, committed in one transaction or not at all.

mod commit;
mod gone;
mod items;
mod placements;

use gangway_model::{
    ConnectionId, Cursor, FeedKey, FileOutcome, Item, ItemId, PageToken, ProviderItemId, Reason, ScopeId,
    SyncJobId, Timestamp,
};

use crate::documents::{Original, StoredDocument};
use crate::frontier::ContainerEnd;
use crate::queue::{NewTask, TaskId};
use crate::unread::Unread;
use crate::uploads::UploadEnd;

/// What one page of a sync does to the rows. Empty parts do nothing.
#[derive(Clone, Debug, Default)]
pub struct PageEffects {
    /// The claim under which the page was made. When the task is no longer held by that worker, nothing
    /// happens.
    pub lease: Option<TaskLease>,
    /// The job that outcomes, counters and frontier belong to; without it those must be empty.
    pub job: Option<SyncJobId>,
    pub items: Vec<ItemUpsert>,
    pub placements: Vec<Placement>,
    /// Items that no longer stand in a scope.
    pub unplaced: Vec<(ScopeId, ItemId)>,
    /// Items that are gone at the source.
    pub gone: Vec<Gone>,
    /// Files that were met and have no outcome yet; those with an outcome need not be named here.
    pub found: Vec<FoundFile>,
    /// What became of files. The job's counters follow from these; a file's later outcome replaces its
    /// earlier one.
    pub outcomes: Vec<FileOutcome>,
    /// Bytes fetched from the provider for this page.
    pub bytes: u64,
    pub frontier: FrontierChange,
    /// True when the chosen roots are now on the frontier.
    pub roots_resolved: bool,
    /// True when every container has been listed.
    pub listing_complete: bool,
    pub feed: Option<FeedStep>,
    /// Work that follows from this page.
    pub tasks: Vec<NewTask>,
    /// The resumable upload that this page makes a file of. When it is not waiting for that any more, nothing
    /// of the page happens.
    pub upload: Option<UploadEnd>,
    /// The announcement of the entries that were put into the index for this page. When it is not there any more, nothing of
    /// the page happens.
    pub announced: Option<String>,
    /// Whether items whose documents change are put on the list of those whose vectors are to be made.
    pub to_embed: bool,
}

/// A worker's claim on a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskLease {
    pub task: TaskId,
    pub worker: String,
}

/// An item as just observed. When its (connection, provider id) already has a row, that row keeps its id, and
/// what else the page says of the given id is taken as said of the row's.
#[derive(Clone, Debug)]
pub struct ItemUpsert {
    pub item: Item,
    pub document: DocumentChange,
    /// The bytes of an upload.
    pub original: Option<Original>,
    /// What is missing for want of a reader; counts where the document changes.
    pub unread: Option<Unread>,
}

impl ItemUpsert {
    /// The item's metadata; its document stays as it is.
    pub fn of(item: Item) -> Self {
        Self { item, document: DocumentChange::Keep, original: None, unread: None }
    }

    pub fn with_document(item: Item, document: StoredDocument) -> Self {
        Self { item, document: DocumentChange::Put(document), original: None, unread: None }
    }
}

/// What happens to an item's document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DocumentChange {
    #[default]
    Keep,
    Remove,
    Put(StoredDocument),
}

/// An item stands in a scope, as the listing or feed run `seen_by` showed. Ignored for a scope that is gone
/// or being taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    pub scope_id: ScopeId,
    pub item_id: ItemId,
    pub seen_by: SyncJobId,
}

/// An item was gone at the source at `observed_at`. Its row stays as a tombstone; placements, document and
/// upload go. Ignored when the row is newer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    pub item_id: ItemId,
    pub observed_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundFile {
    pub provider_id: ProviderItemId,
    pub name: String,
}

/// How the frontier of the page's job changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrontierChange {
    /// Containers that were met; those already known are left as they are.
    pub add: Vec<NewContainer>,
    /// How far containers have come. Each must be on the frontier.
    pub steps: Vec<FrontierStep>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewContainer {
    pub scope_id: ScopeId,
    pub container_id: ProviderItemId,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrontierStep {
    pub scope_id: ScopeId,
    pub container_id: ProviderItemId,
    pub to: ContainerStep,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContainerStep {
    /// It goes on here.
    NextPage(PageToken),
    /// It goes on here, but the provider admitted that rows were missing: it can only end as incomplete.
    NextPageAfterGap(PageToken),
    /// Its place is not accepted any more: it begins anew.
    Restart,
    End(ContainerEnd, Option<Reason>),
}

/// A change feed moves on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedStep {
    pub connection_id: ConnectionId,
    pub feed: FeedKey,
    /// Where the page was read from; `None` when the feed had no place yet. When the feed stands elsewhere by
    /// now, nothing of the page happens.
    pub expected: Option<Cursor>,
    pub cursor: Cursor,
}

/// What the caller has to know about a committed page, above all to put the index right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommittedPage {
    /// Items whose row had another id: (given, the row's). Somebody else brought them in meanwhile.
    pub renamed: Vec<(ItemId, ItemId)>,
    /// Given ids of items whose row was observed later than the page; the row stays as it is.
    pub stale: Vec<ItemId>,
    /// Rows of items that the page placed in scopes that are gone or being taken apart; they may stand nowhere now.
    pub unplaced: Vec<ItemId>,
}
