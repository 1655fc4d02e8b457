//! The engine: it claims work, walks containers, follows feeds, brings content in, and removes what is proven gone.
//!
//! Order within a page: blobs, index, then one transaction with items, placements, outcomes and the place to
//! resume. Earlier steps are idempotent by item and revision, so a crash anywhere is just a resume.

mod announced;
mod commit;
mod content;
mod context;
mod embedding;
mod engine;
mod finish;
mod indexed;
mod membership;
mod open;
mod page;
mod readings;
mod removal;
mod schedule;
mod settings;
mod slots;
mod stop;
mod stored;
mod sweep;
mod tasks;
mod tree;
mod unread;
mod watch;
mod worker;

pub use context::{Embeddings, USER_IS_DISABLED};
pub use embedding::EmbeddingState;
pub use engine::{Engine, EngineParts};
pub use finish::{FinishUploads, KEEP_UPLOADS};
pub use open::Opener;
pub use schedule::PUSHES_TRUSTED;
pub use settings::{Reuse, SyncSettings};
pub use stop::Stop;
pub use stored::{decode_document, encode_document, find_document};
pub use tasks::{kinds, payload, subscription_purpose};
pub use watch::JobSnapshot;
