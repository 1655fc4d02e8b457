//! Making a file of an upload that is whole: its parts joined and hashed, then one transaction in which the upload
//! is done exactly if the file is there. Whoever comes second, here or in another process, changes nothing.

use std::time::Duration;

use async_trait::async_trait;
use aws_lc_rs::digest::{Context, SHA256};
use futures::StreamExt;
use gangway_extract::detect_media_type;
use gangway_model::{Reason, UploadId};
use gangway_store::{BlobError, Upload, UploadEnd, UploadPart, UploadState, fresh_blob_key};
use gangway_sync::{FinishUploads, KEEP_UPLOADS, Stop};

use super::UploadAbout;
use super::report::End;
use crate::app::App;
use crate::error::{AppError, AppResult, Code};
use crate::secret_hash::hex;
use crate::upload::{HEAD, IncomingFile, StagedFile, UploadStatus};
use crate::upload_name::clean_name;

/// How long the queue leaves a whole upload to the request that brought its last byte.
pub(super) const LEFT_TO_SENDER: Duration = Duration::from_secs(30);

#[async_trait]
impl FinishUploads for App {
    async fn finish_upload(&self, id: &UploadId) -> Result<(), Stop> {
        let Some(_sending) = self.senders.take_free(id, self.clock.as_ref()) else {
            return Err(Stop::retry("being_finished", "the upload is being worked on"));
        };
        let Some(upload) = self.store.find_upload(id).await? else { return Ok(()) };
        if upload.state != UploadState::Received {
            return Ok(());
        }
        match self.finish_received(&upload).await {
            Ok(_) => Ok(()),
            Err(error) if mends(&error) => Err(Stop::retry(error.code.as_str(), error.message)),
            // Written down in the upload's row.
            Err(_) => Ok(()),
        }
    }
}

impl App {
    /// Makes a file of a whole upload; the upload as it is then. What can never become a file is written down as
    /// failed; after other errors it stays whole, to be tried again.
    pub(super) async fn finish_received(&self, upload: &Upload) -> AppResult<Upload> {
        let about: UploadAbout = serde_json::from_value(upload.about.clone()).map_err(AppError::internal)?;
        let parts = self.store.list_upload_parts(&upload.id).await?;
        let result = self.make_file(upload, about, &parts).await;
        let now = self.store.find_upload(&upload.id).await?.ok_or_else(|| AppError::not_found("upload"))?;
        if now.state == UploadState::Done {
            // By us, or by somebody who was faster.
            for part in parts {
                self.discard(&part.blob_key).await;
            }
            self.engine.wake();
            return Ok(now);
        }
        let error = result.err().unwrap_or_else(|| AppError::internal("an upload was left unfinished"));
        let late = error.code == Code::Conflict && upload.expires_at <= self.now();
        if !mends(&error) || late {
            let reason = Reason::new(error.code.as_str(), error.message.clone());
            self.store.end_upload(&self.end(upload, UploadState::Failed, End::Failure(reason))?).await?;
            for part in parts {
                self.discard(&part.blob_key).await;
            }
        } else {
            tracing::warn!(upload = %upload.id, code = error.code.as_str(), "a whole upload is no file yet; it is tried again");
        }
        Err(error)
    }

    async fn make_file(&self, upload: &Upload, about: UploadAbout, parts: &[UploadPart]) -> AppResult<()> {
        let gone = || AppError::not_found("user");
        let user = self.store.find_user(&upload.user_id).await?.ok_or_else(gone)?;
        let target = self.upload_target(&user, &upload.collection_id).await?;
        let joined = self.join(parts, upload.length.unwrap_or(upload.received)).await?;
        if about.sha256.as_ref().is_some_and(|claimed| *claimed != joined.sha256) {
            self.discard(&joined.blob_key).await;
            let message = format!(
                "the file has the sha256 {}, not the one that was announced: nothing was stored",
                joined.sha256
            );
            return Err(AppError::new(Code::ChecksumMismatch, message).with("sha256", joined.sha256));
        }
        let name = clean_name(&about.name);
        let staged = StagedFile::Stored {
            media_type: detect_media_type(&joined.head, &name, &about.media_type),
            name,
            size: upload.received,
            sha256: joined.sha256,
            blob_key: joined.blob_key,
        };
        let _turn = self.upload_turns.take(&upload.collection_id).await;
        let file = IncomingFile { staged, path: about.path };
        let (outcome, page) = self.plan_file(&target, file, about.on_conflict).await?;
        if let UploadStatus::Rejected(reason) = outcome.status {
            return Err(AppError::invalid("path", reason.message));
        }
        // From here on the joined bytes are not thrown away by us: should the answer of the database get lost, they
        // may belong to a file. They were announced, so if not, they are collected.
        let end = self.end(upload, UploadState::Done, End::File(outcome))?;
        match page {
            Some(mut page) => {
                page.upload = Some(end);
                self.store.commit_page(&page).await?;
            }
            None => self.store.end_upload(&end).await?,
        }
        Ok(())
    }

    fn end(&self, upload: &Upload, state: UploadState, end: End) -> AppResult<UploadEnd> {
        Ok(UploadEnd {
            id: upload.id.clone(),
            state,
            outcome: serde_json::to_value(end).map_err(AppError::internal)?,
            expires_at: self.now() + KEEP_UPLOADS,
        })
    }

    /// Writes the parts into one blob, hashing it.
    async fn join(&self, parts: &[UploadPart], length: u64) -> AppResult<Joined> {
        let blob_key = fresh_blob_key("originals");
        self.store.announce_blobs(std::slice::from_ref(&blob_key)).await?;
        let mut writer = self.blobs.writer(&blob_key, length).await?;
        let (mut hash, mut head, mut at) = (Context::new(&SHA256), Vec::new(), 0);
        for part in parts {
            if part.start != at {
                return Err(bytes_lost());
            }
            let (_, mut bytes) = self.blobs.read_stream(&part.blob_key).await.map_err(lost)?;
            while let Some(piece) = bytes.next().await {
                let piece = piece.map_err(lost)?;
                hash.update(&piece);
                let room = HEAD.saturating_sub(head.len());
                head.extend_from_slice(&piece[..piece.len().min(room)]);
                at += piece.len() as u64;
                writer.write(piece).await?;
            }
        }
        if at != length {
            return Err(bytes_lost());
        }
        writer.finish().await?;
        Ok(Joined { blob_key, sha256: hex(hash.finish().as_ref()), head })
    }
}

/// The bytes of a whole upload in one blob.
struct Joined {
    blob_key: String,
    sha256: String,
    /// The first of them, which tell their type.
    head: Vec<u8>,
}

/// Whether time may mend it.
fn mends(error: &AppError) -> bool {
    matches!(error.code, Code::Unavailable | Code::QuotaExceeded | Code::Conflict | Code::TokenExpired)
}

fn lost(error: BlobError) -> AppError {
    match error {
        BlobError::NotFound => bytes_lost().because(error),
        other => other.into(),
    }
}

fn bytes_lost() -> AppError {
    AppError::internal("a part of an upload is not in the blob store any more")
}
