//! The folder of an index: who holds it, which version wrote it, and starting over.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use tantivy::Index;
use tantivy::directory::MmapDirectory;
use tantivy::schema::Schema;

use crate::error::SearchError;

const LOCK_FILE: &str = "in-use.lock";
const VERSION_FILE: &str = "version";

/// What is expected in a folder.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// An index of another version is rebuilt.
    pub version: String,
    pub schema: Schema,
    /// Makes the index's tokenizers known; they live in memory only.
    pub register: fn(&Index),
}

/// A folder held by this process until dropped.
pub(crate) struct Folder {
    path: PathBuf,
    layout: Layout,
    _lock: File,
}

impl Folder {
    /// Makes the folder if needed and takes it for this process.
    pub(crate) fn hold(path: &Path, layout: Layout) -> Result<Self, SearchError> {
        let failed = |error: std::io::Error| unavailable("open its folder", error);
        fs::create_dir_all(path).map_err(failed)?;
        let lock = File::options()
            .create(true)
            .write(true)
            .truncate(false)
            .open(path.join(LOCK_FILE))
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), layout, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(SearchError::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// Opens the index in the folder; an empty folder becomes an empty index.
    pub(crate) fn open(&self) -> Result<Index, SearchError> {
        let found = match fs::read_to_string(self.path.join(VERSION_FILE)) {
            Ok(version) => version,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && self.is_empty()? => {
                return self.create();
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(self.rebuild_needed("it is incomplete"));
            }
            Err(error) => return Err(unavailable("read its version", error)),
        };
        if found.trim() != self.layout.version {
            return Err(self.rebuild_needed("another version wrote it"));
        }
        let index =
            Index::open(self.directory()?).map_err(|error| self.rebuild_needed(&error.to_string()))?;
        if index.schema() != self.layout.schema {
            return Err(self.rebuild_needed("its fields are others"));
        }
        (self.layout.register)(&index);
        Ok(index)
    }

    /// Removes everything in the folder and starts an empty index.
    pub(crate) fn recreate(&self) -> Result<Index, SearchError> {
        let failed = |error| unavailable("clear its folder", error);
        // The version goes first: a crash halfway leaves an index that says it is incomplete.
        match fs::remove_file(self.path.join(VERSION_FILE)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        for entry in fs::read_dir(&self.path).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.file_name().is_some_and(|name| name != LOCK_FILE) && path.is_file() {
                fs::remove_file(&path).map_err(failed)?;
            }
        }
        self.create()
    }

    fn create(&self) -> Result<Index, SearchError> {
        let schema = self.layout.schema.clone();
        let index = Index::create(self.directory()?, schema, Default::default()).map_err(|error| {
            SearchError::Unavailable { doing: "create its files", cause: error.to_string() }
        })?;
        (self.layout.register)(&index);
        let part = self.path.join("version.part");
        fs::write(&part, &self.layout.version)
            .and_then(|()| fs::rename(&part, self.path.join(VERSION_FILE)))
            .map_err(|error| unavailable("write its version", error))?;
        Ok(index)
    }

    /// A file of its own beside the index, as far as it is there.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    fn directory(&self) -> Result<MmapDirectory, SearchError> {
        MmapDirectory::open(&self.path)
            .map_err(|error| SearchError::Unavailable { doing: "open its folder", cause: error.to_string() })
    }

    fn is_empty(&self) -> Result<bool, SearchError> {
        let entries = fs::read_dir(&self.path).map_err(|error| unavailable("open its folder", error))?;
        Ok(entries.flatten().all(|entry| entry.file_name() == LOCK_FILE))
    }

    pub(crate) fn rebuild_needed(&self, cause: &str) -> SearchError {
        SearchError::RebuildNeeded { path: self.path.clone(), cause: cause.to_owned() }
    }
}

fn unavailable(doing: &'static str, error: std::io::Error) -> SearchError {
    SearchError::Unavailable { doing, cause: error.to_string() }
}
