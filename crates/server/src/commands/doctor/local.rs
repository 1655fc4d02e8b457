//! Checks of this machine: keys, folder, disk, database, the program that reads files.

use std::path::Path;

use gangway_effects::SystemClock;
use gangway_extract::{Confinement, Content, Input, Tools};

use super::Finding;
use crate::config::Config;
use crate::output::words;
use crate::serving::lock::FolderLock;
use crate::wiring;

pub fn master_key(config: &Config) -> Finding {
    match wiring::key_ring(config) {
        Ok(ring) => {
            let place = match &config.master_key {
                Some(_) => "the setting master_key".to_owned(),
                None => config.master_key_file.display().to_string(),
            };
            Finding::ok("master key", format!("version {} from {place}", ring.current_version()))
        }
        Err(failure) => Finding::fail(
            "master key",
            failure.why.unwrap_or(failure.what),
            failure.remedy.unwrap_or_else(|| "`gangway keys new` makes one".to_owned()),
        ),
    }
}

pub fn admin_key(config: &Config) -> Finding {
    match &config.admin_key {
        Some(_) => Finding::ok("admin key", "is set"),
        None => Finding::warn(
            "admin key",
            "is not set, so no users can be made",
            "`gangway keys new` makes one, or set admin_key_file",
        ),
    }
}

pub fn data_folder(config: &Config) -> Finding {
    let folder = &config.data_dir;
    let shown = folder.display();
    if !folder.exists() {
        return Finding::ok("data folder", format!("{shown} will be made at the first start"));
    }
    let probe = folder.join(".gangway-doctor");
    if let Err(error) = std::fs::write(&probe, b"").and_then(|()| std::fs::remove_file(&probe)) {
        return Finding::fail(
            "data folder",
            format!("{shown} cannot be written to: {error}"),
            "give it to the user that runs the server: chown -R",
        );
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(folder).map_or(0, |metadata| metadata.permissions().mode() & 0o777);
        if mode & 0o077 != 0 {
            return Finding::warn(
                "data folder",
                format!("{shown} can be read by other users of this machine (mode {mode:o})"),
                format!("chmod 700 {shown}"),
            );
        }
    }
    match FolderLock::is_held(folder) {
        true => Finding::ok("data folder", format!("{shown}, in use by a running server")),
        false => Finding::ok("data folder", format!("{shown}")),
    }
}

pub fn disk(config: &Config) -> Finding {
    const SCARCE: u64 = 100_000_000;
    const LOW: u64 = 2_000_000_000;
    let folder = existing(&config.data_dir);
    let Ok(found) = rustix::fs::statvfs(folder) else {
        return Finding::warn("disk", "its free space cannot be read", "look at it by hand: df -h");
    };
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let text = format!("{} free", words::size(free));
    let remedy = "free some, or move data_dir to a larger disk";
    match free {
        ..SCARCE => Finding::fail("disk", text, remedy),
        SCARCE..LOW => Finding::warn("disk", text, remedy),
        _ => Finding::ok("disk", text),
    }
}

/// The folder, or what exists of the path to it.
fn existing(folder: &Path) -> &Path {
    folder.ancestors().find(|path| path.is_dir()).unwrap_or(Path::new("."))
}

pub async fn database(config: &Config) -> Finding {
    let name = if config.uses_postgres() { "PostgreSQL" } else { "SQLite" };
    if !config.uses_postgres() && !config.data_dir.join("gangway.db").exists() {
        return Finding::ok("database", format!("{name}, will be made at the first start"));
    }
    let clock = SystemClock::shared();
    match wiring::open_store(config, &clock).await {
        Ok(store) => {
            let answer = store.ping().await;
            store.close().await;
            match answer {
                Ok(()) => Finding::ok("database", format!("{name} answers")),
                Err(error) => {
                    Finding::fail("database", format!("{name}: {error}"), "see why it does not answer")
                }
            }
        }
        Err(failure) => Finding::fail(
            "database",
            failure.why.unwrap_or(failure.what),
            match config.uses_postgres() {
                true => "check database_url, and that this machine may reach the database",
                false => {
                    "check the permissions of the data folder; a damaged file is brought back from a backup"
                }
            },
        ),
    }
}

/// Has a worker read a page, the way a sync would.
pub async fn worker(config: &Config) -> Finding {
    let extractor = match wiring::extractor(config, Some(1)) {
        Ok(extractor) => extractor,
        Err(failure) => return Finding::fail("file reader", failure.what, "install the program as one file"),
    };
    let page = "<html><body><h1>Check</h1><p>readable text</p></body></html>";
    let input = Input { content: Content::Bytes(page.into()), name: "check.html", media_type: "text/html" };
    let outcome = match extractor.extract(input).await {
        Ok(document) if document.sections.iter().any(|section| section.text.contains("readable text")) => {
            extractor.check().await
        }
        Ok(_) => {
            let what = "a worker process read a page wrongly";
            return Finding::fail("file reader", what, "install this program anew");
        }
        Err(error) => Err(error),
    };
    match outcome {
        Ok(Confinement { landlock: true, seccomp: true }) => {
            Finding::ok("file reader", "a worker process read a page, confined by landlock and seccomp")
        }
        Ok(_) => Finding::warn(
            "file reader",
            "a worker process read a page, but this kernel does not confine it fully",
            "a kernel with landlock (5.13 or newer) and seccomp keeps a broken file from files and network",
        ),
        Err(error) => Finding::fail(
            "file reader",
            error.to_string(),
            "extract.memory_mb or a limit of the system (ulimit, container) may be too low",
        ),
    }
}

/// Whether text in pictures can be read, as it is set.
pub async fn recognition(config: &Config) -> Finding {
    if !config.ocr_enabled {
        return Finding::ok("text recognition", "is switched off: scans are found by their name");
    }
    let tools = Tools::find();
    let (Some(tesseract), Some(_)) = (&tools.tesseract, &tools.pdftoppm) else {
        return Finding::warn(
            "text recognition",
            "tesseract or pdftoppm is not installed: scans are found by their name alone",
            "install tesseract-ocr and poppler-utils, or set ocr.enabled to false",
        );
    };
    let mut command = tokio::process::Command::new(tesseract);
    command.arg("--list-langs").env("OMP_THREAD_LIMIT", "1");
    if let Some(folder) = &config.ocr_data_folder {
        command.arg("--tessdata-dir").arg(folder);
    }
    let listed = command.output().await.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let listed = listed.unwrap_or_default();
    let missing = config.ocr_languages.iter().find(|language| !listed.lines().any(|line| line == **language));
    match missing {
        None => Finding::ok("text recognition", format!("reads {}", config.ocr_languages.join(", "))),
        Some(language) => Finding::fail(
            "text recognition",
            format!("the language file of {language} is not there, so nothing is recognized"),
            format!("install tesseract-ocr-{}, or change ocr.languages", language.replace('_', "-")),
        ),
    }
}

pub fn public_url(config: &Config) -> Finding {
    match &config.public_url {
        None => Finding::warn(
            "public url",
            "is not set: browsers on other machines cannot connect, and changes are polled, not pushed",
            "set public_url to the https:// address of the reverse proxy before this server",
        ),
        Some(url) if url.scheme() != "https" => Finding::warn(
            "public url",
            format!("{url} is not https: providers push nothing to it, so changes are polled"),
            "put a reverse proxy with a certificate before this server; docs/operate.md shows one",
        ),
        Some(url) => Finding::ok("public url", format!("{url}")),
    }
}
