//! The master keys, each with its version. The newest one wraps; older ones still unwrap.
//!
//! The file holds one key a line, `version:base64 of 32 bytes`; lines that start with `#` are comments.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::RwLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use gangway_effects::random_bytes;
use zeroize::Zeroizing;

/// Bytes of a master key.
pub const KEY_BYTES: usize = 32;

pub type MasterKey = Zeroizing<[u8; KEY_BYTES]>;

#[derive(Debug, thiserror::Error)]
pub enum KeyRingError {
    #[error("there is no master key file at {path}; make one with `gangway keys new`")]
    Missing { path: PathBuf },
    #[error("there is a key file at {path} already; `gangway keys rotate` adds a key to it")]
    Exists { path: PathBuf },
    #[error("cannot use the key file {path}: {source}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("the key file {path} can be read by others (mode {mode:o}); allow its owner alone: chmod 600")]
    Exposed { path: PathBuf, mode: u32 },
    #[error("line {line} of the master keys is not `version:base64 of 32 bytes`")]
    Malformed { line: usize },
    #[error("version {version} stands twice among the master keys")]
    Repeated { version: i64 },
    #[error("there is no key among the master keys")]
    Empty,
    #[error("the master keys have no version {version}; it is needed to open what it sealed")]
    UnknownVersion { version: i64 },
    #[error("these keys came from a setting, not from a file; add the new key to the setting")]
    NotAFile,
}

/// The master keys in force. Reads its file again when it meets a version it does not know, so that a
/// rotation by another process is picked up without a restart.
pub struct KeyRing {
    path: Option<PathBuf>,
    keys: RwLock<BTreeMap<i64, MasterKey>>,
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyRing").field("path", &self.path).finish_non_exhaustive()
    }
}

impl KeyRing {
    /// Reads the keys from a file that its owner alone may read.
    pub fn load(path: &Path) -> Result<Self, KeyRingError> {
        let keys = read(path)?;
        Ok(Self { path: Some(path.to_owned()), keys: RwLock::new(keys) })
    }

    /// Reads the keys from text: the file's form, with commas allowed in place of line ends.
    pub fn from_text(text: &str) -> Result<Self, KeyRingError> {
        Ok(Self { path: None, keys: RwLock::new(parse(&text.replace(',', "\n"))?) })
    }

    /// Makes a file with one new key in it, readable by its owner alone. Never overwrites.
    pub fn create(path: &Path) -> Result<Self, KeyRingError> {
        if path.exists() {
            return Err(KeyRingError::Exists { path: path.to_owned() });
        }
        let keys = BTreeMap::from([(1, Zeroizing::new(random_bytes()))]);
        write(path, &keys)?;
        Ok(Self { path: Some(path.to_owned()), keys: RwLock::new(keys) })
    }

    /// Adds a new key, which wraps from now on, to the file. Returns its version.
    pub fn add_key(&self) -> Result<i64, KeyRingError> {
        let path = self.path.as_deref().ok_or(KeyRingError::NotAFile)?;
        let mut keys = read(path)?;
        let version = keys.keys().next_back().copied().unwrap_or(0) + 1;
        keys.insert(version, Zeroizing::new(random_bytes()));
        write(path, &keys)?;
        *self.lock_to_write() = keys;
        Ok(version)
    }

    /// Removes the keys older than `version` from the file, once nothing is wrapped by them any more.
    pub fn remove_keys_below(&self, version: i64) -> Result<usize, KeyRingError> {
        let path = self.path.as_deref().ok_or(KeyRingError::NotAFile)?;
        let mut keys = read(path)?;
        let before = keys.len();
        keys.retain(|kept, _| *kept >= version);
        if keys.is_empty() {
            return Err(KeyRingError::UnknownVersion { version });
        }
        write(path, &keys)?;
        let removed = before - keys.len();
        *self.lock_to_write() = keys;
        Ok(removed)
    }

    /// The newest version, which wraps.
    pub fn current_version(&self) -> i64 {
        *self.lock_to_read().keys().next_back().expect("a key ring always holds a key")
    }

    pub fn versions(&self) -> Vec<i64> {
        self.lock_to_read().keys().copied().collect()
    }

    /// The key of a version, looking at the file again when it is not known yet.
    pub fn key(&self, version: i64) -> Result<MasterKey, KeyRingError> {
        if let Some(key) = self.lock_to_read().get(&version) {
            return Ok(key.clone());
        }
        if let Some(path) = &self.path {
            *self.lock_to_write() = read(path)?;
        }
        self.lock_to_read().get(&version).cloned().ok_or(KeyRingError::UnknownVersion { version })
    }

    fn lock_to_read(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<i64, MasterKey>> {
        self.keys.read().expect("no holder of the key ring's lock panics")
    }

    fn lock_to_write(&self) -> std::sync::RwLockWriteGuard<'_, BTreeMap<i64, MasterKey>> {
        self.keys.write().expect("no holder of the key ring's lock panics")
    }
}

fn read(path: &Path) -> Result<BTreeMap<i64, MasterKey>, KeyRingError> {
    let file_error = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::NotFound => KeyRingError::Missing { path: path.to_owned() },
        _ => KeyRingError::File { path: path.to_owned(), source },
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(path).map_err(file_error)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeyRingError::Exposed { path: path.to_owned(), mode });
        }
    }
    parse(&Zeroizing::new(fs::read_to_string(path).map_err(file_error)?))
}

fn parse(text: &str) -> Result<BTreeMap<i64, MasterKey>, KeyRingError> {
    let mut keys = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let malformed = || KeyRingError::Malformed { line: index + 1 };
        let (version, encoded) = line.split_once(':').ok_or_else(malformed)?;
        let version: i64 = version.trim().parse().map_err(|_| malformed())?;
        let decoded = Zeroizing::new(BASE64.decode(encoded.trim()).map_err(|_| malformed())?);
        let key: [u8; KEY_BYTES] = decoded.as_slice().try_into().map_err(|_| malformed())?;
        if version < 1 {
            return Err(malformed());
        }
        if keys.insert(version, Zeroizing::new(key)).is_some() {
            return Err(KeyRingError::Repeated { version });
        }
    }
    if keys.is_empty() {
        return Err(KeyRingError::Empty);
    }
    Ok(keys)
}

/// Replaces the file in one step, so that a crash leaves either the old keys or the new ones.
fn write(path: &Path, keys: &BTreeMap<i64, MasterKey>) -> Result<(), KeyRingError> {
    let mut text = Zeroizing::new(String::from(
        "# Gangway's master keys. Whoever has them can open every grant: keep them apart from the backups.\n",
    ));
    for (version, key) in keys {
        let encoded = Zeroizing::new(BASE64.encode(key.as_slice()));
        text.push_str(&format!("{version}:"));
        text.push_str(&encoded);
        text.push('\n');
    }
    let fresh = path.with_extension("new");
    let result = (|| {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&fresh)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&fresh, path)
    })();
    result.map_err(|source| KeyRingError::File { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_wraps_and_the_old_one_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.keys");
        let ring = KeyRing::create(&path).unwrap();
        let first = ring.key(1).unwrap();
        assert_eq!(ring.add_key().unwrap(), 2);
        assert_eq!(ring.current_version(), 2);
        let again = KeyRing::load(&path).unwrap();
        assert_eq!(*again.key(1).unwrap(), *first);
        assert_ne!(*again.key(2).unwrap(), *first);
        assert!(matches!(KeyRing::create(&path), Err(KeyRingError::Exists { .. })));
    }

    #[test]
    fn a_running_ring_picks_up_a_key_that_another_process_added() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.keys");
        let running = KeyRing::create(&path).unwrap();
        KeyRing::load(&path).unwrap().add_key().unwrap();
        assert_eq!(running.current_version(), 1);
        assert!(running.key(2).is_ok());
        assert_eq!(running.current_version(), 2);
        assert!(matches!(running.key(9), Err(KeyRingError::UnknownVersion { version: 9 })));
    }

    #[test]
    fn malformed_keys_are_named_by_line() {
        let good = BASE64.encode([7; 32]);
        assert!(matches!(KeyRing::from_text("# x\n1:abc"), Err(KeyRingError::Malformed { line: 2 })));
        assert!(matches!(KeyRing::from_text(""), Err(KeyRingError::Empty)));
        let twice = format!("1:{good},1:{good}");
        assert!(matches!(KeyRing::from_text(&twice), Err(KeyRingError::Repeated { version: 1 })));
        assert_eq!(KeyRing::from_text(&format!("1:{good},5:{good}")).unwrap().current_version(), 5);
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.keys");
        KeyRing::create(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(KeyRing::load(&path), Err(KeyRingError::Exposed { mode: 0o644, .. })));
    }
}
