//! Who makes files of resumable uploads: declared here, where the queue is, and implemented where the rules for files
//! and their places are.

use std::time::Duration;

use async_trait::async_trait;
use gangway_model::UploadId;

use crate::stop::Stop;

/// How long an upload that is over can be asked for.
pub const KEEP_UPLOADS: Duration = Duration::from_secs(86_400);

#[async_trait]
pub trait FinishUploads: Send + Sync {
    /// Makes a file of an upload that is whole. Does nothing when it is a file, has failed or is gone by now.
    ///
    /// # Errors
    /// When it is to be tried again.
    async fn finish_upload(&self, upload: &UploadId) -> Result<(), Stop>;
}
