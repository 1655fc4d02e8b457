//! A resumable upload as its sender sees it: how far it is, and what became of it.

use gangway_model::{Reason, Timestamp, UploadId, User};
use gangway_store::{StoreError, Upload, UploadState};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::error::{AppError, AppResult, Code};
use crate::upload::{OnConflict, UploadOutcome};

/// What a sender says of a file before its bytes; kept with the upload. All of it is data, none of it is trusted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct UploadAbout {
    pub name: String,
    /// The declared type; the bytes have more say.
    pub media_type: String,
    /// Where it stood among its folders; without one it stands at the top.
    pub path: Option<String>,
    pub on_conflict: OnConflict,
    /// The SHA-256 that its bytes are to have, in small hex digits.
    pub sha256: Option<String>,
    /// Everything that was said, as it was sent: told again to whoever asks.
    pub metadata: Option<String>,
}

#[derive(Clone, Debug)]
pub struct UploadReport {
    pub id: UploadId,
    pub state: UploadState,
    /// Bytes that are here, durably.
    pub offset: u64,
    pub length: Option<u64>,
    pub about: UploadAbout,
    pub created_at: Timestamp,
    /// When it is ended if nobody goes on with it, or forgotten when it is over.
    pub expires_at: Timestamp,
    /// The file it became.
    pub file: Option<UploadOutcome>,
    /// Why it never will be one.
    pub failure: Option<Reason>,
}

/// What became of an upload, as its row holds it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum End {
    File(UploadOutcome),
    Failure(Reason),
}

impl UploadReport {
    pub(super) fn of(upload: Upload) -> AppResult<Self> {
        let end = upload.outcome.map(serde_json::from_value::<End>).transpose();
        let (file, failure) = match end.map_err(AppError::internal)? {
            Some(End::File(file)) => (Some(file), None),
            Some(End::Failure(reason)) => (None, Some(reason)),
            None => (None, None),
        };
        Ok(Self {
            id: upload.id,
            state: upload.state,
            offset: upload.received,
            length: upload.length,
            about: serde_json::from_value(upload.about).map_err(AppError::internal)?,
            created_at: upload.created_at,
            expires_at: upload.expires_at,
            file,
            failure,
        })
    }
}

impl App {
    /// How far an upload of the user's own is, and what became of it.
    ///
    /// # Errors
    /// `NotFound`, also for somebody else's; `Gone` when it was taken back or has expired.
    pub async fn upload_report(&self, user: &User, id: &UploadId) -> AppResult<UploadReport> {
        UploadReport::of(self.remembered_upload(user, id).await?)
    }

    /// The same for a sender who wants to go on: an upload that failed is gone for them.
    pub async fn open_upload_report(&self, user: &User, id: &UploadId) -> AppResult<UploadReport> {
        UploadReport::of(self.open_upload(user, id).await?)
    }

    /// Takes an upload back, with the bytes that are here. The file that one became stays.
    pub async fn take_back_upload(&self, user: &User, id: &UploadId) -> AppResult<()> {
        let upload = self.remembered_upload(user, id).await?;
        let parts = self.store.list_upload_parts(&upload.id).await?;
        if !self.store.take_back_upload(&user.id, id, self.now() + gangway_sync::KEEP_UPLOADS).await? {
            return Err(gone("it was taken back"));
        }
        for part in parts {
            self.discard(&part.blob_key).await;
        }
        Ok(())
    }

    /// Takes an upload back unless every byte of it is here.
    pub async fn abandon_upload(&self, user: &User, id: &UploadId) -> AppResult<()> {
        match self.remembered_upload(user, id).await?.state {
            UploadState::Receiving => self.take_back_upload(user, id).await,
            _ => Ok(()),
        }
    }

    async fn remembered_upload(&self, user: &User, id: &UploadId) -> AppResult<Upload> {
        let upload = match self.store.get_upload(&user.id, id).await {
            Err(StoreError::NotFound) => return Err(AppError::not_found("upload")),
            other => other?,
        };
        match upload.state {
            UploadState::Ended => Err(gone("it was taken back, or nobody went on with it in time")),
            UploadState::Receiving if upload.expires_at <= self.now() => {
                Err(gone("nobody went on with it in time"))
            }
            _ => Ok(upload),
        }
    }

    pub(super) async fn open_upload(&self, user: &User, id: &UploadId) -> AppResult<Upload> {
        let upload = self.remembered_upload(user, id).await?;
        if upload.state != UploadState::Failed {
            return Ok(upload);
        }
        let failure = UploadReport::of(upload)?.failure;
        Err(gone(&failure.map_or_else(|| "it failed".to_owned(), |reason| reason.message)))
    }
}

fn gone(why: &str) -> AppError {
    AppError::new(Code::Gone, format!("this upload is over: {why}; begin a new one"))
}
