//! Appending to a resumable upload: bytes become parts, and each part is durable before the next is begun. What
//! arrived before a connection broke is kept.

use std::fmt::Display;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt};
use gangway_model::{UploadId, User};
use gangway_store::{NewUploadPart, StoreError, Upload, UploadState, fresh_blob_key};
use gangway_sync::payload;
use tracing::Instrument;

use super::UploadReport;
use super::checksum::{Checking, Checksum};
use super::finish::LEFT_TO_SENDER;
use super::senders::Sending;
use crate::app::App;
use crate::error::{AppError, AppResult, Code};

/// How long a sender may be silent.
const LONGEST_SILENCE: Duration = Duration::from_secs(60);

/// What is said of the bytes that follow.
#[derive(Clone, Debug, Default)]
pub struct Append {
    /// Where they begin: it must be where the upload stands.
    pub offset: u64,
    /// The length of the whole, by a sender that did not know it before.
    pub length: Option<u64>,
    /// How many there are, when that is known.
    pub announced: Option<u64>,
    pub checksum: Option<Checksum>,
}

impl App {
    /// Appends bytes to an upload of the user's own; with the last one it becomes a file. Goes on with what is here
    /// already when the caller is gone.
    pub async fn append_to_upload<E: Display + Send + 'static>(
        self: &Arc<Self>,
        user: &User,
        id: &UploadId,
        append: Append,
        bytes: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
    ) -> AppResult<UploadReport> {
        let (app, user, id) = (Arc::clone(self), user.clone(), id.clone());
        let work = async move { app.append(&user, &id, append, bytes).await };
        tokio::spawn(work.in_current_span()).await.map_err(AppError::internal)?
    }

    async fn append<E: Display + Send>(
        &self,
        user: &User,
        id: &UploadId,
        append: Append,
        bytes: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> AppResult<UploadReport> {
        self.open_upload(user, id).await?;
        let sending = self.senders.take(id, self.clock.as_ref()).await.ok_or_else(|| {
            AppError::new(Code::Locked, "another request is sending to this upload: wait for its end")
                .with("retry_after", 1)
        })?;
        let seen = self.open_upload(user, id).await?;
        if append.offset != seen.received {
            let message = format!("the upload stands at {}, not at {}", seen.received, append.offset);
            return Err(AppError::new(Code::Conflict, message).with("offset", seen.received));
        }
        self.check_length(&seen, append.length)?;
        let mut incoming = Incoming {
            app: self,
            room: self.room(&seen, append.length),
            said: append.length.filter(|_| seen.length.is_none()),
            buffer: BytesMut::new(),
            held: append.checksum.as_ref().map(|_| Vec::new()),
            checking: append.checksum.map(Checking::new),
            seen,
        };
        if append.announced.is_some_and(|announced| announced > incoming.room) {
            return Err(incoming.too_much());
        }
        let received = incoming.receive(&sending, bytes).await;
        incoming.let_go().await;
        let upload = incoming.seen;
        match received {
            // Should the connection have broken after the last byte: that one is here.
            _ if upload.state == UploadState::Received => {
                UploadReport::of(self.finish_received(&upload).await?)
            }
            Ok(()) => UploadReport::of(upload),
            // Taken back, or expired, while it was sent.
            Err(error) if error.code == Code::Conflict => {
                Err(self.open_upload(user, id).await.err().unwrap_or(error))
            }
            Err(error) => Err(error),
        }
    }

    fn check_length(&self, seen: &Upload, said: Option<u64>) -> AppResult<()> {
        let Some(said) = said else { return Ok(()) };
        match seen.length {
            Some(known) if known != said => {
                Err(AppError::invalid("Upload-Length", format!("the length is {known}, as was said before")))
            }
            Some(_) => Ok(()),
            None if said > self.settings.upload.max_file_bytes => Err(self.upload_too_large()),
            None if said < seen.received => {
                let message = format!("there are {} bytes already", seen.received);
                Err(AppError::invalid("Upload-Length", message))
            }
            None => Ok(()),
        }
    }

    /// How many bytes may follow.
    fn room(&self, seen: &Upload, said: Option<u64>) -> u64 {
        let length = seen.length.or(said).unwrap_or(self.settings.upload.max_file_bytes);
        length.saturating_sub(seen.received)
    }
}

/// One request's bytes on their way into parts.
struct Incoming<'a> {
    app: &'a App,
    /// The upload as the last part left it.
    seen: Upload,
    /// The length, when it is said for the first time and not written down yet.
    said: Option<u64>,
    /// How many bytes may still arrive.
    room: u64,
    buffer: BytesMut,
    /// Parts that count only together, because their checksum is looked at in the end.
    held: Option<Vec<NewUploadPart>>,
    checking: Option<Checking>,
}

impl Incoming<'_> {
    async fn receive<E: Display + Send>(
        &mut self,
        sending: &Sending,
        bytes: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> AppResult<()> {
        let clock = &self.app.clock;
        let mut bytes = pin!(bytes);
        let mut broke = loop {
            let piece = tokio::select! {
                piece = bytes.next() => piece,
                () = clock.sleep(LONGEST_SILENCE) => {
                    break Some(AppError::invalid("body", "the upload fell silent"));
                }
                () = sending.asked_to_give_way() => {
                    break Some(AppError::new(Code::Locked, "another request goes on with this upload"));
                }
            };
            match piece {
                None => break None,
                Some(Err(error)) => {
                    break Some(AppError::invalid("body", format!("the upload broke off: {error}")));
                }
                Some(Ok(piece)) => {
                    sending.heard(clock.as_ref());
                    self.take(&piece).await?;
                }
            }
        };
        if let Some(checking) = self.checking.take() {
            // Bytes whose checksum nobody can look at any more are not kept.
            broke.map_or(Ok(()), Err)?;
            checking.finish()?;
            broke = None;
        }
        self.flush(self.buffer.len()).await?;
        if let Some(held) = self.held.as_mut().map(std::mem::take)
            && !held.is_empty()
        {
            self.commit(held).await?;
        }
        if self.said.is_some() {
            self.commit(Vec::new()).await?;
        }
        broke.map_or(Ok(()), Err)
    }

    async fn take(&mut self, piece: &[u8]) -> AppResult<()> {
        let length = piece.len() as u64;
        self.room = self.room.checked_sub(length).ok_or_else(|| self.too_much())?;
        if let Some(checking) = &mut self.checking {
            checking.update(piece);
        }
        self.buffer.extend_from_slice(piece);
        // The very last part waits for the end of the request: a sender with more to say than it announced must
        // not have made a file.
        let part = self.app.settings.upload.part_bytes;
        while self.buffer.len() > part || (self.buffer.len() == part && self.room > 0) {
            self.flush(part).await?;
        }
        Ok(())
    }

    /// Makes a part of the first bytes of the buffer.
    async fn flush(&mut self, length: usize) -> AppResult<()> {
        if length == 0 {
            return Ok(());
        }
        let app = self.app;
        let blob_key = fresh_blob_key("uploads");
        app.store.announce_blobs(std::slice::from_ref(&blob_key)).await?;
        app.blobs.put(&blob_key, self.buffer.split_to(length).freeze()).await?;
        let part = NewUploadPart { blob_key, size: length as u64 };
        match &mut self.held {
            Some(held) => {
                held.push(part);
                Ok(())
            }
            None => self.commit(vec![part]).await,
        }
    }

    /// Moves the upload on by these parts.
    async fn commit(&mut self, parts: Vec<NewUploadPart>) -> AppResult<()> {
        let app = self.app;
        let expires_at = app.now() + app.settings.upload.unfinished_lifetime;
        let finish = payload::finish_upload(&self.seen.id, app.now() + LEFT_TO_SENDER);
        let moved = app.store.append_to_upload(&self.seen, &parts, self.said, expires_at, &finish).await;
        match moved {
            Ok(upload) => {
                self.seen = upload;
                self.said = None;
                Ok(())
            }
            Err(error @ StoreError::Conflict { .. }) => {
                for part in parts {
                    app.discard(&part.blob_key).await;
                }
                let message = "another request went on with this upload meanwhile: ask where it stands";
                Err(AppError::new(Code::Conflict, message).because(error))
            }
            // Perhaps it did happen: whether the parts belong to it is for the rows to say.
            Err(error) => Err(error.into()),
        }
    }

    fn too_much(&self) -> AppError {
        match self.seen.length.or(self.said) {
            Some(length) => AppError::new(
                Code::PayloadTooLarge,
                format!("this is more than the {length} bytes that were announced"),
            ),
            None => self.app.upload_too_large(),
        }
    }

    /// Throws away parts that were held back and count no more.
    async fn let_go(&mut self) {
        for part in self.held.take().unwrap_or_default() {
            self.app.discard(&part.blob_key).await;
        }
    }
}
