//! Uploads: bytes streamed to the blob store while they are hashed, then made files of a collection.
//!
//! A file is first *staged* (its bytes are in the blob store and nothing points at them), then *finished*
//! (one transaction makes the item, its place and the task that reads its text). What is staged and not
//! finished is announced as orphaned beforehand, so it is collected whatever happens to us.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256, digest};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use gangway_extract::detect_media_type;
use gangway_model::{
    Collection, CollectionId, Connection, ConnectionId, Item, ItemId, ItemKind, ItemState, ProviderItemId,
    Reason, ScopeId, SyncJobId, SyncMode, User,
};
use gangway_store::{
    BlobError, BlobWriter, DocumentChange, ItemUpsert, NewScope, Original, PageEffects, Placement,
    fresh_blob_key,
};
use gangway_sync::payload;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::error::{AppError, AppResult, Code};
use crate::secret_hash::hex;
use crate::upload_name::clean_name;
use crate::upload_path::UploadPlace;

/// Bytes from the start of a file that tell its type.
pub(crate) const HEAD: usize = 16 * 1024;
/// How long a sender may be silent in the middle of a file.
const LONGEST_SILENCE: Duration = Duration::from_secs(60);
/// The root under which a collection's uploads stand.
const UPLOADS: &str = "uploads";
/// The type that folders are listed with.
const FOLDER: &str = "inode/directory";

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

    pub(crate) fn connection_id(&self) -> &ConnectionId {
        &self.connection.id
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

/// A staged file, and the path it had where it came from.
#[derive(Debug)]
pub struct IncomingFile {
    pub staged: StagedFile,
    /// As it was sent; without one the file stands at the top.
    pub path: Option<String>,
}

/// What happens to a file whose place is taken by one with other bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnConflict {
    /// The one that is there stays; the new one is not kept.
    Skip,
    /// The new one takes the place, as the next version of the same file.
    Replace,
    /// Both stay; the new one gets a number. The default: nothing is lost.
    #[default]
    KeepBoth,
}

/// Files are made part of a collection one at a time, so that of two with the same bytes or the same place the
/// second sees the first. Collections do not wait for each other.
#[derive(Debug, Default)]
pub struct UploadTurns(Mutex<HashMap<CollectionId, Weak<tokio::sync::Mutex<()>>>>);

impl UploadTurns {
    /// The turn of a collection; held until dropped.
    pub(crate) async fn take(&self, collection: &CollectionId) -> tokio::sync::OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.0.lock().expect("no holder of this lock panics");
            match turns.get(collection).and_then(Weak::upgrade) {
                Some(turn) => turn,
                None => {
                    turns.retain(|_, turn| turn.strong_count() > 0);
                    let turn = Arc::default();
                    turns.insert(collection.clone(), Arc::downgrade(&turn));
                    turn
                }
            }
        };
        turn.lock_owned().await
    }
}

/// What became of one file. Kept with the uploads that are over, so its fields may be added to only.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UploadOutcome {
    pub name: String,
    /// Where it stands (or would), with the folders above it.
    pub path: String,
    pub size: u64,
    pub sha256: Option<String>,
    pub status: UploadStatus,
    /// The file in the collection: new, or the one that was there already.
    pub file: Option<ItemId>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UploadStatus {
    Stored,
    /// It stands beside one of the same name, under this number.
    KeptBoth,
    /// It took the place of an older version.
    Replaced,
    /// Its place is taken, and it was to be left out then.
    Skipped,
    /// The collection has these very bytes already, under this name.
    Duplicate {
        of: String,
    },
    Rejected(Reason),
}

/// Files of one name that are kept beside each other at most.
const MOST_NAMESAKES: u32 = 1_000;

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
        files: Vec<IncomingFile>,
        on_conflict: OnConflict,
    ) -> AppResult<Vec<UploadOutcome>> {
        let mut outcomes = Vec::with_capacity(files.len());
        for file in files {
            let _turn = self.upload_turns.take(&target.collection.id).await;
            outcomes.push(self.finish_file(target, file, on_conflict).await?);
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

    async fn finish_file(
        &self,
        target: &UploadTarget,
        file: IncomingFile,
        on_conflict: OnConflict,
    ) -> AppResult<UploadOutcome> {
        let (outcome, page) = self.plan_file(target, file, on_conflict).await?;
        if let Some(page) = page {
            self.store.commit_page(&page).await?;
        }
        Ok(outcome)
    }

    /// What becomes of a staged file, and the page that makes it so; none when no file comes of it, and then its
    /// bytes are thrown away. To be called in the collection's turn, which ends after the page is committed.
    pub(crate) async fn plan_file(
        &self,
        target: &UploadTarget,
        file: IncomingFile,
        on_conflict: OnConflict,
    ) -> AppResult<(UploadOutcome, Option<PageEffects>)> {
        let IncomingFile { staged, path } = file;
        let rejected = |name: String, path: Option<String>, reason| {
            let path = path.unwrap_or_else(|| name.clone());
            UploadOutcome {
                name,
                path,
                size: 0,
                sha256: None,
                status: UploadStatus::Rejected(reason),
                file: None,
            }
        };
        let (name, media_type, size, sha256, blob_key) = match staged {
            StagedFile::Stored { name, media_type, size, sha256, blob_key } => {
                (name, media_type, size, sha256, blob_key)
            }
            StagedFile::Rejected { name, reason } => return Ok((rejected(name, path, reason), None)),
        };
        let place = match path.as_deref().map_or_else(|| Ok(UploadPlace::at_top(&name)), UploadPlace::of_path)
        {
            Ok(place) => place,
            Err(reason) => {
                self.discard(&blob_key).await;
                return Ok((rejected(name, path, reason), None));
            }
        };
        let (connection, collection) = (&target.connection, &target.collection);
        let mut outcome = UploadOutcome {
            name: place.name.clone(),
            path: place.shown(),
            size,
            sha256: Some(sha256.clone()),
            status: UploadStatus::Stored,
            file: None,
        };
        let same_bytes =
            self.store.find_item_by_hash_in_collection(&connection.id, &collection.id, &sha256).await?;
        if let Some(there) = same_bytes {
            self.discard(&blob_key).await;
            outcome.status = UploadStatus::Duplicate { of: there.name };
            outcome.file = Some(there.id);
            return Ok((outcome, None));
        }
        let mut place = place;
        let there = self.upload_at(target, &place).await?;
        match (there, on_conflict) {
            (None, _) => {}
            (Some(there), OnConflict::Skip) => {
                self.discard(&blob_key).await;
                outcome.status = UploadStatus::Skipped;
                outcome.file = Some(there.id);
                return Ok((outcome, None));
            }
            (Some(_), OnConflict::Replace) => {
                outcome.status = UploadStatus::Replaced;
            }
            (Some(_), OnConflict::KeepBoth) => {
                place = self.free_place(target, &place).await?;
                outcome.status = UploadStatus::KeptBoth;
                (outcome.name, outcome.path) = (place.name.clone(), place.shown());
            }
        }
        let scope = NewScope {
            connection_id: connection.id.clone(),
            collection_id: collection.id.clone(),
            root_id: ProviderItemId::from(UPLOADS),
            root_kind: ItemKind::Container,
            feed: None,
            mode: SyncMode::Manual,
        };
        let scope = self.store.upsert_scope(&scope).await?;
        let mut items = self.folders_of(target, &place).await?;
        let parent = items.last().map(|upsert| upsert.item.provider_id.clone());
        let id = upload_id(target, "file", &place.key());
        // Newer than whatever had this place: who still reads an older version's text must not put it back.
        let before = self.store.find_item(&id).await?;
        let observed_at =
            before.map_or(self.now(), |item| self.now().max(item.observed_at + Duration::from_millis(1)));
        let reading = payload::extract_upload(&id, &connection.user_id, &place.name, &media_type, self.now());
        let item = Item {
            parent_id: parent,
            name: place.name.clone(),
            media_type,
            size: Some(size),
            modified_at: Some(self.now()),
            url: Some(
                self.settings
                    .address(&format!("rest/connectors/{}/files/{id}/content", connection.connector_id)),
            ),
            content_hash: Some(sha256),
            reason: Some(Reason::new("pending", "its text is being read")),
            observed_at,
            ..bare_item(connection, &id, ItemKind::File, ItemState::NameOnly)
        };
        let original = Some(Original { blob_key, size });
        items.push(ItemUpsert { item, document: DocumentChange::Remove, original, unread: None });
        let page = PageEffects {
            placements: items.iter().map(|upsert| placement(&scope.id, &upsert.item.id)).collect(),
            items,
            tasks: vec![reading],
            ..PageEffects::default()
        };
        outcome.file = Some(id);
        Ok((outcome, Some(page)))
    }

    /// The file that stands in a place of a collection.
    async fn upload_at(&self, target: &UploadTarget, place: &UploadPlace) -> AppResult<Option<Item>> {
        let id = upload_id(target, "file", &place.key());
        let Some(item) = self.store.find_item(&id).await?.filter(|item| item.state != ItemState::Gone) else {
            return Ok(None);
        };
        let placed = self.store.item_scopes(std::slice::from_ref(&id)).await?;
        Ok(placed.contains_key(&id).then_some(item))
    }

    /// The first free place beside a taken one: `name (2).ext`, `name (3).ext`…
    async fn free_place(&self, target: &UploadTarget, taken: &UploadPlace) -> AppResult<UploadPlace> {
        for number in 2..MOST_NAMESAKES {
            let place = taken.numbered(number);
            if self.upload_at(target, &place).await?.is_none() {
                return Ok(place);
            }
        }
        Err(AppError::new(Code::Conflict, "there are too many files of this name in this place: rename it"))
    }

    /// The folders above a place, from the top down; those that are there keep the spelling of their name.
    async fn folders_of(&self, target: &UploadTarget, place: &UploadPlace) -> AppResult<Vec<ItemUpsert>> {
        let connection = &target.connection;
        let mut folders: Vec<ItemUpsert> = Vec::with_capacity(place.folders.len());
        let mut parent = None;
        for (key, name) in place.ancestors() {
            let id = upload_id(target, "folder", &key);
            let there = self.store.find_item(&id).await?.filter(|item| item.state != ItemState::Gone);
            let item = there.unwrap_or_else(|| Item {
                parent_id: parent,
                name: name.to_owned(),
                media_type: FOLDER.to_owned(),
                observed_at: self.now(),
                ..bare_item(connection, &id, ItemKind::Container, ItemState::Structure)
            });
            parent = Some(item.provider_id.clone());
            folders.push(ItemUpsert::of(item));
        }
        Ok(folders)
    }

    /// What cannot be deleted now was announced as orphaned: the collector finds it.
    pub(crate) async fn discard(&self, blob_key: &str) {
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

/// The id of a place in a collection: the same for two uploads at the same moment, so that the rows themselves make
/// one file of them; and telling nothing to anybody else, since the connection is in it.
fn upload_id(target: &UploadTarget, kind: &str, key: &str) -> ItemId {
    let (connection, collection) = (&target.connection.id, &target.collection.id);
    let hash = digest(&SHA256, format!("{kind}|{connection}|{collection}|{key}").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.as_ref()[..16]);
    ItemId::from(uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string())
}

/// An item with nothing but its identity. Uploads have no source but us: our id is the provider's too.
fn bare_item(connection: &Connection, id: &ItemId, kind: ItemKind, state: ItemState) -> Item {
    Item {
        id: id.clone(),
        connection_id: connection.id.clone(),
        provider_id: ProviderItemId::from(id.as_str()),
        parent_id: None,
        target_id: None,
        feed: None,
        kind,
        name: String::new(),
        media_type: String::new(),
        size: None,
        modified_at: None,
        url: None,
        locator: None,
        revision: None,
        content_hash: None,
        state,
        reason: None,
        observed_at: connection.connected_at,
        synced_at: None,
    }
}

fn placement(scope: &ScopeId, item: &ItemId) -> Placement {
    Placement { scope_id: scope.clone(), item_id: item.clone(), seen_by: SyncJobId::from(UPLOADS) }
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
