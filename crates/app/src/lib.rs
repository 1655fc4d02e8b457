//! Use cases, one file per deed: called alike by HTTP, the command line and tests.
//!
//! A deed checks who asks and what the plan allows, does the one thing its name says, and answers with our
//! nouns or an [`AppError`]. It knows no HTTP.

mod app;
mod error;
mod misread;
mod page;
mod reach;
mod secret_hash;
mod settings;

mod assistants;
mod sessions;
mod sign_in;
mod users;

mod callback;
mod complete_authorization;
mod disconnect;
mod list_connectors;
mod refresh;
mod start_authorization;

mod browse_files;
mod explain_file;
mod list_versions;
mod picker;

mod estimate;
mod receive_notification;
mod start_sync;
mod sync_jobs;
mod webhooks;

mod originals;
mod resumable;
mod upload;
mod upload_name;
mod upload_path;

mod collections;
mod contents;
mod read_document;
mod search;
mod visible;

mod readiness;
mod status;

pub use app::App;
pub use assistants::{
    ACCESS_LIFETIME, Asked, Asker, Asking, AssistantSettings, DocumentReads, DocumentSettings, IssuedTokens,
    RefusalWord, Refused, RegisterClient, RegisteredClient, ShownClient, ShownCode, Wish, client_host,
    redirect_place,
};
pub use browse_files::{BrowseFiles, SourceFile};
pub use callback::OpenCallback;
pub use collections::CollectionReport;
pub use complete_authorization::{CompleteAuthorization, CompletedAuthorization};
pub use contents::{ConnectionContents, Coverage};
pub use error::{AppError, AppResult, Code};
pub use explain_file::FileExplanation;
pub use list_connectors::{ConnectorStatus, needs_no_authorization};
pub use misread::no_whole_number;
pub use originals::OriginalContent;
pub use page::{Page, PageOf};
pub use picker::{
    CreatedPicker, OpenPicker, PICKER_LIFETIME, PickedFile, PickerOptions, PickerReport, public_kind,
};
pub use read_document::{LONGEST_READ, ReadText, SHORTEST_READ, TextPlace};
pub use receive_notification::NotificationAnswer;
pub use refresh::RefreshedConnection;
pub use resumable::{Append, BeginUpload, Checksum, ChecksumAlgorithm, Senders, UploadAbout, UploadReport};
pub use search::{FoundFile, FoundPage, SearchFilters, SearchFor};
pub use secret_hash::SecretHash;
pub use sessions::{Credential, SignedIn, StartedSession, csrf_token, is_csrf_token};
pub use settings::{AppSettings, UploadLimits};
pub use start_authorization::{AUTHORIZATION_LIFETIME, StartAuthorization, StartedAuthorization};
pub use start_sync::{StartSync, StartedSync};
pub use status::Status;
pub use sync_jobs::progress;
pub use upload::{
    IncomingFile, OnConflict, StagedFile, UploadOutcome, UploadPart, UploadStatus, UploadTarget, UploadTurns,
};
pub use users::{CreateUser, CreatedToken};
pub use webhooks::{Offer, RecentOffers, Webhook, WebhookState};

// What a caller has to name to use the deeds, so that it need not name the rooms below.
pub use gangway_connector::{Descriptor, NotificationRequest, Version};
pub use gangway_model::{ExposeSecret, SecretString};
pub use gangway_search::{ByMeaning, Passage, Respelled, Snippet, Understood, UnderstoodFilter};
pub use gangway_store::{
    Assistant, AssistantCaller, AssistantClient, AuditEntry, ClientAuth, CollectionChange, CollectionSource,
    ConnectionShare, StateCount, UploadState, UserChange, UserToken, UsersAssistant, WatchedConnection,
};
pub use gangway_sync::EmbeddingState;
