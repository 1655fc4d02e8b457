//! Beginning a resumable upload: everything that can be refused is refused before any byte travels.

use gangway_effects::random_token;
use gangway_model::{CollectionId, UploadId, User};
use gangway_store::{NewUpload, UploadState};
use gangway_sync::payload;

use super::{UploadAbout, UploadReport};
use crate::app::App;
use crate::error::{AppError, AppResult, Code};
use crate::upload_path::UploadPlace;

#[derive(Clone, Debug)]
pub struct BeginUpload {
    pub collection: CollectionId,
    /// Bytes in all; `None` when the sender will say so later.
    pub length: Option<u64>,
    pub about: UploadAbout,
}

impl App {
    /// Begins an upload. An empty one is whole at once and becomes a file here.
    pub async fn begin_upload(&self, user: &User, begin: BeginUpload) -> AppResult<UploadReport> {
        let limits = &self.settings.upload;
        if begin.length.is_some_and(|length| length > limits.max_file_bytes) {
            return Err(self.upload_too_large());
        }
        if let Some(path) = &begin.about.path {
            UploadPlace::of_path(path).map_err(|reason| AppError::invalid("path", reason.message))?;
        }
        let target = self.upload_target(user, &begin.collection).await?;
        let id = UploadId::from(random_token("up_"));
        let new = NewUpload {
            id: id.clone(),
            user_id: user.id.clone(),
            connection_id: target.connection_id().clone(),
            collection_id: begin.collection,
            length: begin.length,
            about: serde_json::to_value(&begin.about).map_err(AppError::internal)?,
            expires_at: self.now() + limits.unfinished_lifetime,
        };
        let finish = payload::finish_upload(&id, self.now() + super::finish::LEFT_TO_SENDER);
        let begun = self.store.create_upload(&new, limits.max_unfinished, &finish).await?;
        let upload = begun.ok_or_else(|| {
            let most = limits.max_unfinished;
            let message = format!("there are {most} unfinished uploads already: finish or delete one");
            AppError::new(Code::QuotaExceeded, message).with("max_unfinished", most)
        })?;
        if upload.state == UploadState::Received {
            return UploadReport::of(self.finish_received(&upload).await?);
        }
        UploadReport::of(upload)
    }

    pub(super) fn upload_too_large(&self) -> AppError {
        let limit = self.settings.upload.max_file_bytes;
        AppError::new(Code::PayloadTooLarge, format!("a file may have at most {limit} bytes"))
            .with("max_file_bytes", limit)
    }
}
