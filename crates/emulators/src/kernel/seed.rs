//! Where an emulator's starting data comes from: nothing, the built-in demo, or a folder.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use anyhow::Context;

/// The starting data of an emulator.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Seed {
    #[default]
    Empty,
    Demo,
    Folder(PathBuf),
}

impl std::str::FromStr for Seed {
    type Err = std::convert::Infallible;

    /// Reads `empty`, `demo`, or the path of a folder.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "empty" => Seed::Empty,
            "demo" => Seed::Demo,
            path => Seed::Folder(PathBuf::from(path)),
        })
    }
}

/// One file of a seed; the path uses `/` and is relative to the seed's root.
#[derive(Debug, Clone)]
pub struct SeedFile {
    pub path: String,
    pub bytes: Cow<'static, [u8]>,
}

/// Reads every file below a folder, in path order. Hidden files are left out.
pub fn read_folder(root: &Path) -> anyhow::Result<Vec<SeedFile>> {
    let mut files = Vec::new();
    read_into(root, "", &mut files)?;
    files.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(files)
}

fn read_into(folder: &Path, prefix: &str, files: &mut Vec<SeedFile>) -> anyhow::Result<()> {
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("cannot read the seed folder {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let path = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        if entry.file_type()?.is_dir() {
            read_into(&entry.path(), &path, files)?;
        } else {
            let bytes = std::fs::read(entry.path())
                .with_context(|| format!("cannot read {}", entry.path().display()))?;
            files.push(SeedFile { path, bytes: Cow::Owned(bytes) });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_paths() {
        assert_eq!("demo".parse::<Seed>().unwrap(), Seed::Demo);
        assert_eq!("./data".parse::<Seed>().unwrap(), Seed::Folder("./data".into()));
    }
}
