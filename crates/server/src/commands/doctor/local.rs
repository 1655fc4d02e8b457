//! Checks of this machine: keys, folder, disk, database, the program that reads files.

use std::path::Path;

use gangway_effects::SystemClock;
use gangway_extract::{Confinement, Content, Input, RecognitionCheck};

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
            "a worker process read a page, but this kernel does not confine it, nor the programs of text recognition, fully",
            "a kernel with landlock (5.13 or newer) and seccomp keeps a broken file from files and network",
        ),
        Err(error) => Finding::fail(
            "file reader",
            error.to_string(),
            "extract.memory_mb or a limit of the system (ulimit, container) may be too low",
        ),
    }
}

/// Whether text in pictures can be read, as it is set: has the programs started the way a sync would.
pub async fn recognition(config: &Config) -> Finding {
    let check = match wiring::extractor(config, Some(1)) {
        Ok(extractor) => extractor.check_recognition().await,
        Err(failure) => {
            return Finding::fail("text recognition", failure.what, "install the program as one file");
        }
    };
    found_of_recognition(&check, &config.ocr_languages)
}

fn found_of_recognition(check: &RecognitionCheck, languages: &[String]) -> Finding {
    const NAME: &str = "text recognition";
    let packages = |missing: &[String]| {
        let names = missing.iter().map(|language| format!("tesseract-ocr-{}", language.replace('_', "-")));
        names.collect::<Vec<_>>().join(" ")
    };
    match check {
        RecognitionCheck::Ready => Finding::ok(NAME, format!("reads {}", languages.join(", "))),
        RecognitionCheck::Off => Finding::ok(NAME, "is switched off: scans are found by their name"),
        RecognitionCheck::NotInstalled { package } => Finding::warn(
            NAME,
            format!("{package} is not installed: scans are found by their name alone"),
            "install tesseract-ocr and poppler-utils and start the server again, or set ocr.enabled to false",
        ),
        RecognitionCheck::NotStarted { program } => Finding::fail(
            NAME,
            format!("{program} is there and cannot be started: scans wait until it can"),
            "see whether it runs by hand, what the server's log says of it, and whether a limit of processes is reached",
        ),
        RecognitionCheck::TimedOut { seconds } => Finding::fail(
            NAME,
            format!("a program did not say within {seconds} s what it has"),
            "see whether it runs by hand, and whether this machine is overloaded",
        ),
        RecognitionCheck::NoLanguages => Finding::fail(
            NAME,
            "tesseract finds none of its language files, so nothing is recognized",
            format!("install {}, or set ocr.data_folder", packages(languages)),
        ),
        RecognitionCheck::LanguagesMissing(missing) => {
            let rest = if missing.len() < languages.len() {
                "the others are recognized"
            } else {
                "nothing is recognized"
            };
            let files = if missing.len() == 1 {
                "the language file is not there of"
            } else {
                "language files are not there of"
            };
            Finding::fail(
                NAME,
                format!("{files} {}: {rest}", missing.join(", ")),
                format!("install {}, or change ocr.languages", packages(missing)),
            )
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_recognition_lacks_is_told_with_what_to_do() {
        let languages = ["eng".to_owned(), "chi_sim".to_owned()];
        let told = |check: RecognitionCheck| {
            let found = found_of_recognition(&check, &languages);
            (found.text, found.remedy.unwrap_or_default())
        };
        assert_eq!(told(RecognitionCheck::Ready).0, "reads eng, chi_sim");
        let one = told(RecognitionCheck::LanguagesMissing(vec!["chi_sim".to_owned()]));
        assert_eq!(one.0, "the language file is not there of chi_sim: the others are recognized");
        assert!(one.1.contains("tesseract-ocr-chi-sim"), "{one:?}");
        let all = told(RecognitionCheck::LanguagesMissing(languages.to_vec()));
        assert!(all.0.ends_with("nothing is recognized"), "{all:?}");
        assert!(all.1.contains("tesseract-ocr-eng tesseract-ocr-chi-sim"), "{all:?}");
        let program = "/usr/bin/tesseract".to_owned();
        assert!(told(RecognitionCheck::NotStarted { program }).0.starts_with("/usr/bin/tesseract is there"));
    }
}
