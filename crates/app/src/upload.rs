//! Uploads: bytes streamed to the blob store while they are hashed, then made files of a collection.
//!
//! A file is first *staged* (its bytes are in the blob store and nothing points at them), then *finished*
//! (one transaction makes the item, its place and the task that reads its text). What is staged and not
//! finished is announced as orphaned beforehand, so it is collected whatever happens to us.

use std::pin::pin;
use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256, digest};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use gangway_extract::detect_media_type;
use gangway_model::{
    Collection, CollectionId, Connection, Item, ItemId, ItemKind, ItemState, ProviderItemId, Reason,
    SyncJobId, SyncMode, User,
};
use gangway_store::{
    BlobError, BlobWriter, DocumentChange, ItemUpsert, NewScope, Original, PageEffects, Placement,
    fresh_blob_key,
};
use gangway_sync::payload;

use crate::app::App;
use crate::error::{AppError, AppResult, Code};
use crate::secret_hash::hex;
use crate::upload_name::clean_name;

/// Bytes from the start of a file that tell its type.
const HEAD: usize = 16 * 1024;
/// How long a sender may be silent in the middle of a file.
const LONGEST_SILENCE: Duration = Duration::from_secs(60);
/// The root under which a collection's uploads stand.
const UPLOADS: &str = "uploads";

/// Where uploads go: checked before any byte is read.
#[derive(Debug)]
pub struct UploadTarget {
    connection: Connection,
    collection: Collection,
}

impl UploadTarget {
    pub fn collection_id(&self) -> &CollectionId {
        &self.collection.id
    }
}

/// What the uploader says of a file.
#[derive(Clone, Debug)]
pub struct UploadPart {
    pub name: String,
    /// The declared type; the bytes have more say.
    pub media_type: String,
}

/// A file whose bytes have arrived, or why they were not taken.
#[derive(Debug)]
pub enum StagedFile {
    Stored { name: String, media_type: String, size: u64, sha256: String, blob_key: String },
    Rejected { name: String, reason: Reason },
}

/// What became of one file.
#[derive(Debug)]
pub struct UploadOutcome {
    pub name: String,
    pub size: u64,
    pub sha256: Option<String>,
    pub status: UploadStatus,
    /// The file in the collection: new, or the one that was there already.
    pub file: Option<ItemId>,
}

#[derive(Debug, PartialEq)]
pub enum UploadStatus {
    Stored,
    /// The collection has these very bytes already, under this name.
    Duplicate {
        of: String,
    },
    Rejected(Reason),
}

impl App {
    /// Checks that a user may upload into a collection.
    pub async fn upload_target(&self, user: &User, collection: &CollectionId) -> AppResult<UploadTarget> {
        let connector = self.local_connector()?.descriptor();
        let (_, connection) = self.working_connection(user, connector.id, None).await?;
        let collection = self.own_collection(user, collection).await?;
        Ok(UploadTarget { connection, collection })
    }

    /// Takes in one file's bytes. A file over the limit is rejected on its own.
    ///
    /// # Errors
    /// When the upload breaks off or the bytes cannot be stored; then nothing is kept.
    pub async fn stage_upload<E: std::fmt::Display>(
        &self,
        part: UploadPart,
        bytes: impl Stream<Item = Result<Bytes, E>>,
    ) -> AppResult<StagedFile> {
        let name = clean_name(&part.name);
        let limit = self.settings.upload.max_file_bytes;
        let blob_key = fresh_blob_key("originals");
        self.store.announce_blobs(std::slice::from_ref(&blob_key)).await?;
        let mut writer = self.blobs.writer(&blob_key, limit).await?;
        let received = self.receive(&mut writer, limit, bytes).await;
        let (head, sha256) = match received {
            Ok(received) => received,
            Err(Broken::TooLarge) => {
                abandon(writer).await;
                let message = format!("the file is larger than {limit} bytes");
                return Ok(StagedFile::Rejected { name, reason: Reason::new("file_too_large", message) });
            }
            Err(Broken::Otherwise(error)) => {
                abandon(writer).await;
                return Err(error);
            }
        };
        let size = writer.finish().await?;
        let media_type = detect_media_type(&head, &name, &part.media_type);
        Ok(StagedFile::Stored { name, media_type, size, sha256, blob_key })
    }

    /// Makes staged files part of the collection, each on its own: one that fails does not hold up the others.
    pub async fn finish_upload(
        &self,
        target: &UploadTarget,
        staged: Vec<StagedFile>,
    ) -> AppResult<Vec<UploadOutcome>> {
        let mut outcomes = Vec::with_capacity(staged.len());
        for file in staged {
            outcomes.push(self.finish_file(target, file).await?);
        }
        self.engine.wake();
        Ok(outcomes)
    }

    /// Throws away what was staged for an upload that turned out wrong.
    pub async fn discard_upload(&self, staged: Vec<StagedFile>) {
        for file in staged {
            if let StagedFile::Stored { blob_key, .. } = file {
                self.discard(&blob_key).await;
            }
        }
    }

    /// Writes a stream to a blob; returns its first bytes and its SHA-256. Of a file over the limit as much
    /// again is read and dropped, so that the files after it have their turn; what is larger still ends the upload.
    async fn receive<E: std::fmt::Display>(
        &self,
        writer: &mut BlobWriter,
        limit: u64,
        bytes: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<(Vec<u8>, String), Broken> {
        let mut hash = Context::new(&SHA256);
        let mut head = Vec::new();
        let mut too_large = None;
        let mut bytes = pin!(bytes);
        while let Some(piece) = self.next_piece(&mut bytes).await.map_err(Broken::Otherwise)? {
            if let Some(dropped) = &mut too_large {
                *dropped += piece.len() as u64;
                if *dropped > limit {
                    let message = format!("a file may have at most {limit} bytes");
                    return Err(Broken::Otherwise(AppError::new(Code::PayloadTooLarge, message)));
                }
                continue;
            }
            hash.update(&piece);
            let room = HEAD.saturating_sub(head.len());
            head.extend_from_slice(&piece[..piece.len().min(room)]);
            match writer.write(piece).await {
                Ok(()) => {}
                Err(BlobError::TooLarge { .. }) => too_large = Some(0),
                Err(error) => return Err(Broken::Otherwise(error.into())),
            }
        }
        match too_large {
            Some(_) => Err(Broken::TooLarge),
            None => Ok((head, hex(hash.finish().as_ref()))),
        }
    }

    /// The next piece, unless the sender has fallen silent.
    async fn next_piece<E: std::fmt::Display>(
        &self,
        bytes: &mut (impl Stream<Item = Result<Bytes, E>> + Unpin),
    ) -> AppResult<Option<Bytes>> {
        let piece = tokio::select! {
            piece = bytes.next() => piece,
            () = self.clock.sleep(LONGEST_SILENCE) => {
                return Err(AppError::invalid("file", "the upload fell silent"));
            }
        };
        piece.transpose().map_err(|error| AppError::invalid("file", format!("the upload broke off: {error}")))
    }

    async fn finish_file(&self, target: &UploadTarget, file: StagedFile) -> AppResult<UploadOutcome> {
        let (name, media_type, size, sha256, blob_key) = match file {
            StagedFile::Stored { name, media_type, size, sha256, blob_key } => {
                (name, media_type, size, sha256, blob_key)
            }
            StagedFile::Rejected { name, reason } => {
                let status = UploadStatus::Rejected(reason);
                return Ok(UploadOutcome { name, size: 0, sha256: None, status, file: None });
            }
        };
        let (connection, collection) = (&target.connection, &target.collection);
        let there =
            self.store.find_item_by_hash_in_collection(&connection.id, &collection.id, &sha256).await?;
        if let Some(there) = there {
            self.discard(&blob_key).await;
            let status = UploadStatus::Duplicate { of: there.name };
            return Ok(UploadOutcome { name, size, sha256: Some(sha256), status, file: Some(there.id) });
        }
        let now = self.now();
        let scope = NewScope {
            connection_id: connection.id.clone(),
            collection_id: collection.id.clone(),
            root_id: ProviderItemId::from(UPLOADS),
            root_kind: ItemKind::Container,
            feed: None,
            mode: SyncMode::Manual,
        };
        let scope = self.store.upsert_scope(&scope).await?;
        let id = upload_id(connection, &collection.id, &sha256);
        let item = Item {
            id: id.clone(),
            connection_id: connection.id.clone(),
            provider_id: ProviderItemId::from(id.as_str()),
            parent_id: None,
            target_id: None,
            feed: None,
            kind: ItemKind::File,
            name: name.clone(),
            media_type,
            size: Some(size),
            modified_at: Some(now),
            url: Some(
                self.settings
                    .address(&format!("rest/connectors/{}/files/{id}/content", connection.connector_id)),
            ),
            locator: None,
            revision: None,
            content_hash: Some(sha256.clone()),
            state: ItemState::NameOnly,
            reason: Some(Reason::new("pending", "its text is being read")),
            observed_at: now,
            synced_at: None,
        };
        let original = Some(Original { blob_key, size });
        let page = PageEffects {
            items: vec![ItemUpsert { item, document: DocumentChange::Remove, original }],
            placements: vec![Placement {
                scope_id: scope.id,
                item_id: id.clone(),
                seen_by: SyncJobId::from(UPLOADS),
            }],
            tasks: vec![payload::extract_upload(&id, now)],
            ..PageEffects::default()
        };
        self.store.commit_page(&page).await?;
        Ok(UploadOutcome { name, size, sha256: Some(sha256), status: UploadStatus::Stored, file: Some(id) })
    }

    /// What cannot be deleted now was announced as orphaned: the collector finds it.
    async fn discard(&self, blob_key: &str) {
        if let Err(error) = self.blobs.delete(blob_key).await {
            tracing::warn!(%error, "a blob that nobody needs stays until it is collected");
        }
    }
}

/// Why a file's bytes are not all here.
enum Broken {
    TooLarge,
    Otherwise(AppError),
}

async fn abandon(writer: BlobWriter) {
    if let Err(error) = writer.abort().await {
        tracing::debug!(%error, "an abandoned upload was not cleared away at once");
    }
}

/// The id of these bytes in this collection: the same for two uploads at the same moment, so that the rows
/// themselves make one file of them; and telling nothing to anybody else, since the connection is in it.
fn upload_id(connection: &Connection, collection: &CollectionId, sha256: &str) -> ItemId {
    let hash = digest(&SHA256, format!("upload|{}|{collection}|{sha256}", connection.id).as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.as_ref()[..16]);
    ItemId::from(uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string())
}

impl From<BlobError> for AppError {
    fn from(error: BlobError) -> Self {
        match &error {
            BlobError::NotFound => Self::not_found("file"),
            BlobError::TooLarge { .. } => Self::new(Code::PayloadTooLarge, "the file is too large"),
            BlobError::Key => Self::internal(error),
            BlobError::Unavailable(why) if is_full(why) => {
                Self::new(Code::QuotaExceeded, "there is no room left to store the file").because(error)
            }
            BlobError::Unavailable(_) => {
                let message = "the blob store does not answer just now: try again";
                Self::new(Code::Unavailable, message).with("retry_after", 5).because(error)
            }
        }
    }
}

/// ENOSPC and EDQUOT, as the operating system words them.
fn is_full(why: &str) -> bool {
    why.contains("os error 28") || why.contains("os error 122") || why.contains("No space left")
}
