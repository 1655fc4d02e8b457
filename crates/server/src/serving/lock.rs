//! The data folder: made when it is missing, private, and used by one process at a time.

use std::fs::{File, TryLockError};
use std::io::Write;
use std::path::Path;

use crate::failure::Failure;

/// Holds the folder until it is dropped, or until the process ends in whatever way.
#[derive(Debug)]
pub struct FolderLock {
    file: File,
}

impl FolderLock {
    pub fn take(folder: &Path) -> Result<Self, Failure> {
        let unusable = |error: std::io::Error| {
            Failure::failed(format!("cannot use the data folder {}", folder.display()))
                .why(error)
                .remedy("name one that this user may write to: --data-dir FOLDER")
        };
        make_private(folder).map_err(unusable)?;
        let path = folder.join("gangway.lock");
        let mut file =
            File::options().create(true).write(true).truncate(false).open(&path).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = std::fs::read_to_string(&path).unwrap_or_default();
                return Err(Failure::failed(format!("the data folder {} is in use", folder.display()))
                    .why(format!("process {} runs on it", holder.trim()))
                    .remedy("stop that process, or name another folder: --data-dir FOLDER"));
            }
            Err(TryLockError::Error(error)) => return Err(unusable(error)),
        }
        file.set_len(0).and_then(|()| write!(file, "{}", std::process::id())).map_err(unusable)?;
        Ok(Self { file })
    }

    /// Whether some process holds the folder.
    pub fn is_held(folder: &Path) -> bool {
        match File::options().write(true).open(folder.join("gangway.lock")) {
            Ok(file) => matches!(file.try_lock(), Err(TryLockError::WouldBlock)),
            Err(_) => false,
        }
    }
}

/// Let go of by name: closing alone would leave it held for as long as a program that was started
/// a moment ago has not yet closed the descriptors it was born with (flock(2): a lock belongs to the
/// open file, which children share).
impl Drop for FolderLock {
    fn drop(&mut self) {
        if let Err(error) = self.file.unlock() {
            tracing::warn!(%error, "the lock of the data folder was not let go of; closing it does");
        }
    }
}

/// Makes a folder that its owner alone may enter; an existing one stays as it is.
pub fn make_private(folder: &Path) -> std::io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    std::fs::create_dir_all(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_holder() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        assert!(!FolderLock::is_held(&data));
        let held = FolderLock::take(&data).unwrap();
        assert!(FolderLock::is_held(&data));
        let refused = FolderLock::take(&data).unwrap_err();
        assert!(refused.why.unwrap().contains(&std::process::id().to_string()));
        drop(held);
        FolderLock::take(&data).unwrap();
    }

    #[test]
    fn what_a_child_was_born_with_does_not_hold_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let held = FolderLock::take(folder.path()).unwrap();
        let childs = held.file.try_clone().unwrap();
        drop(held);
        assert!(!FolderLock::is_held(folder.path()));
        FolderLock::take(folder.path()).unwrap();
        drop(childs);
    }
}
