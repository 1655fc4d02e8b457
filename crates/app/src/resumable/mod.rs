//! Resumable uploads: begun, appended to in parts that are durable one by one, and made a file once they are whole.
//!
//! How far an upload is stands in its row, which moves with every part, so a restart or another process goes on
//! where the last one was. Being whole and being a file are two steps: the second is carried out by whoever brought
//! the last byte, and by a task in the queue should that not have succeeded. Only one of them can commit it.

mod append;
mod begin;
mod checksum;
mod finish;
mod report;
mod senders;

pub use append::Append;
pub use begin::BeginUpload;
pub use checksum::{Checksum, ChecksumAlgorithm};
pub use report::{UploadAbout, UploadReport};
pub use senders::Senders;
