//! Blobs: bytes under keys of our own making, never under names. In a folder for now, behind `object_store`,
//! whose other stores speak the same trait.
//!
//! A blob appears whole or not at all: it is written beside its place and renamed. With `with_fsync`
//! object_store flushes file and folder before it says that a blob is there; without it (its default) it
//! would not.

use std::ops::Range;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, WriteMultipart};

/// How many bytes a streaming writer collects before it writes. S3 takes no smaller parts than 5 MiB.
const PART_BYTES: usize = 5 << 20;
/// How many parts may be on their way to the store while more is collected.
const PARTS_UNDER_WAY: usize = 2;

#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    #[error("there is no such blob")]
    NotFound,
    #[error("the blob is larger than {limit} bytes")]
    TooLarge { limit: u64 },
    #[error("not a key for a blob")]
    Key,
    #[error("the blob store is unavailable: {0}")]
    Unavailable(String),
}

impl From<object_store::Error> for BlobError {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => BlobError::NotFound,
            other => BlobError::Unavailable(other.to_string()),
        }
    }
}

/// A key that no other blob has, such as `documents/3f/…`. The middle part spreads blobs over folders.
pub fn fresh_blob_key(kind: &str) -> String {
    let id = uuid::Uuid::new_v4().simple().to_string();
    format!("{kind}/{}/{id}", &id[..2])
}

/// The blob store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
}

impl Blobs {
    /// Opens a folder, making it when it is absent, and removes what interrupted writers left in it. So no
    /// other process may be writing to it at that moment.
    pub async fn open_folder(folder: &FilePath) -> Result<Self, BlobError> {
        let folder = folder.to_owned();
        let opened = tokio::task::spawn_blocking(move || {
            std::fs::create_dir_all(&folder).map_err(in_folder)?;
            remove_temporaries(folder.clone()).map_err(in_folder)?;
            Ok::<_, BlobError>(LocalFileSystem::new_with_prefix(folder)?.with_fsync(true))
        })
        .await;
        let store = opened.map_err(|error| BlobError::Unavailable(error.to_string()))??;
        Ok(Self::over(Arc::new(store)))
    }

    /// Blobs on any store that object_store knows.
    pub fn over(store: Arc<dyn ObjectStore>) -> Self {
        Self { store }
    }

    /// Writes a blob; durable when this returns. What was under the key before is replaced.
    pub async fn put(&self, key: &str, bytes: impl Into<Bytes>) -> Result<(), BlobError> {
        self.store.put(&path(key)?, bytes.into().into()).await?;
        Ok(())
    }

    /// Starts writing a blob piece by piece, of at most `limit` bytes. Nothing is under the key before
    /// [`BlobWriter::finish`]; a writer that is dropped leaves nothing.
    pub async fn writer(&self, key: &str, limit: u64) -> Result<BlobWriter, BlobError> {
        let upload = self.store.put_multipart(&path(key)?).await?;
        let upload = WriteMultipart::new_with_chunk_size(upload, PART_BYTES);
        Ok(BlobWriter { upload, written: 0, limit })
    }

    /// The whole blob, in memory.
    pub async fn get(&self, key: &str) -> Result<Bytes, BlobError> {
        Ok(self.store.get(&path(key)?).await?.bytes().await?)
    }

    /// A part of a blob; less when it ends within the range.
    pub async fn get_range(&self, key: &str, range: Range<u64>) -> Result<Bytes, BlobError> {
        if range.is_empty() {
            return Ok(Bytes::new());
        }
        Ok(self.store.get_range(&path(key)?, range).await?)
    }

    /// A blob in pieces, with its length.
    pub async fn read_stream(
        &self,
        key: &str,
    ) -> Result<(u64, BoxStream<'static, Result<Bytes, BlobError>>), BlobError> {
        let found = self.store.get(&path(key)?).await?;
        let length = found.meta.size;
        Ok((length, found.into_stream().map(|piece| piece.map_err(BlobError::from)).boxed()))
    }

    /// Deletes a blob; one that is not there counts as deleted.
    pub async fn delete(&self, key: &str) -> Result<(), BlobError> {
        match self.store.delete(&path(key)?).await.map_err(BlobError::from) {
            Ok(()) | Err(BlobError::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }

    pub async fn exists(&self, key: &str) -> Result<bool, BlobError> {
        match self.store.head(&path(key)?).await.map_err(BlobError::from) {
            Ok(_) => Ok(true),
            Err(BlobError::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// A blob in the making.
#[derive(Debug)]
pub struct BlobWriter {
    upload: WriteMultipart,
    written: u64,
    limit: u64,
}

impl BlobWriter {
    /// Adds bytes. Waits while too much is on its way, so memory stays bounded.
    ///
    /// # Errors
    /// `TooLarge` when the limit would be passed: then drop the writer.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), BlobError> {
        let written = self.written + bytes.len() as u64;
        if written > self.limit {
            return Err(BlobError::TooLarge { limit: self.limit });
        }
        self.upload.wait_for_capacity(PARTS_UNDER_WAY).await?;
        self.upload.put(bytes);
        self.written = written;
        Ok(())
    }

    /// Makes the blob appear under its key, durably; how many bytes it has.
    pub async fn finish(self) -> Result<u64, BlobError> {
        self.upload.finish().await?;
        Ok(self.written)
    }

    /// Throws away what was written.
    pub async fn abort(self) -> Result<(), BlobError> {
        Ok(self.upload.abort().await?)
    }
}

fn path(key: &str) -> Result<Path, BlobError> {
    let ours = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.');
    if key.is_empty() || key.starts_with('/') || !key.chars().all(ours) {
        return Err(BlobError::Key);
    }
    Path::parse(key).map_err(|_| BlobError::Key)
}

fn in_folder(error: std::io::Error) -> BlobError {
    BlobError::Unavailable(error.to_string())
}

/// Removes the files that writers work on before they rename them: object_store marks them by a `#` that our
/// keys never have.
fn remove_temporaries(folder: PathBuf) -> std::io::Result<()> {
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else if entry.file_name().to_string_lossy().contains('#') {
                std::fs::remove_file(entry.path())?;
            }
        }
    }
    Ok(())
}
