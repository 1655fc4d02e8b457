//! Rows, the queue and blobs: everything Gangway remembers, on SQLite or PostgreSQL with one SQL text.
//!
//! Names tell who may call: `get_` takes the user and answers [`StoreError::NotFound`] for rows of somebody
//! else, so the API builds on it; `find_` and `list_` without a user are for the engine, which acts for
//! everybody. Moments are stored as milliseconds since 1970, so a moment read back has lost what is finer
//! than that.

mod error;
mod gather;
mod open;
mod paging;
mod row;
mod sql;

mod announced;
mod app_secrets;
mod assistants;
mod audit;
mod authorization;
mod callers;
mod collection_files;
mod collections;
mod connections;
mod coverage;
mod disabled;
mod documents;
mod feeds;
mod following;
mod frontier;
mod grants;
mod item_scopes;
mod items;
mod job_files;
mod jobs;
mod orphans;
mod page;
mod picker;
mod queue;
mod scopes;
mod sessions;
mod subscriptions;
mod sweep;
mod to_embed;
mod tokens;
mod unread;
mod uploads;
mod user_keys;
mod users;

mod blobs;

#[cfg(feature = "testing")]
pub mod testing;

pub use announced::Announced;
pub use app_secrets::{AppSecretState, SealedAppSecret};
pub use assistants::{
    Assistant, AssistantCaller, AssistantClient, ClientAuth, NewAssistantCode, NewAssistantTokens, Presented,
    RevokedAssistantToken, Rotated, TakenCode, UsersAssistant,
};
pub use audit::{AuditEntry, KnownAs};
pub use authorization::{AuthorizationRequest, NewAuthorizationRequest, TakenRequest};
pub use blobs::{BlobError, BlobWriter, Blobs, fresh_blob_key};
pub use callers::{ConnectedCaller, WatchedConnection};
pub use collections::{CollectionChange, CollectionStats, NewCollection};
pub use connections::NewConnection;
pub use coverage::{CollectionSource, ConnectionShare, StateCount};
pub use documents::{Original, Reading, StoredDocument, Whose};
pub use error::StoreError;
pub use frontier::{ContainerEnd, FrontierContainer, OpenContainer};
pub use grants::SealedGrantNew;
pub use item_scopes::ItemScope;
pub use items::ItemFilter;
pub use jobs::NewSyncJob;
pub use open::{Backend, Store, StoreOptions};
pub use page::{
    CommittedPage, ContainerStep, DocumentChange, FeedStep, FoundFile, FrontierChange, FrontierStep, Gone,
    ItemUpsert, NewContainer, PageEffects, Placement, TaskLease,
};
pub use paging::{Listed, Paging};
pub use picker::{NewPickerSession, PickerSession, PickerState};
pub use queue::{EnqueuedTask, Held, NOBODY, NewTask, Owner, Round, Shares, Task, TaskId};
pub use scopes::{NewScope, Scope};
pub use subscriptions::{NewSubscription, Subscription, SubscriptionState};
pub use to_embed::{ToEmbed, ToEmbedCounts};
pub use tokens::UserToken;
pub use unread::{Unread, UnreadItem};
pub use uploads::{NewUpload, NewUploadPart, Upload, UploadEnd, UploadPart, UploadState};
pub use user_keys::UserKey;
pub use users::{NewUser, UserChange};
