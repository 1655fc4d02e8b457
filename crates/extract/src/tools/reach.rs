//! What a program may read: itself, shared libraries, and the data that its kind needs. Nothing else of the system.

use std::io::Read;
use std::path::{Path, PathBuf};

/// The loader, shared libraries, and what finds them.
const LIBRARIES: &[&str] = &[
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/local/lib64",
    "/nix/store",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/dev/null",
];
/// What pages are drawn and decoded with.
const FONTS: &[&str] = &[
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/usr/share/fontconfig",
    "/usr/share/poppler",
    "/etc/fonts",
    "/var/cache/fontconfig",
];
/// Where Tesseract keeps its languages.
const LANGUAGES: &[&str] =
    &["/usr/share/tesseract-ocr", "/usr/share/tessdata", "/usr/local/share/tessdata", "/usr/share/tesseract"];
/// The same below the folder that a program was installed into on its own (`/opt/…`).
const OWN_LIBRARIES: &[&str] = &["lib", "lib64"];
const OWN_FONTS: &[&str] = &["share/fonts", "share/poppler"];
const OWN_LANGUAGES: &[&str] = &["share/tessdata", "share/tesseract-ocr"];

/// What kind of data a program needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Poppler's programs.
    Fonts,
    /// Tesseract.
    Languages,
}

/// All that a program may read and execute.
pub(crate) fn readable(program: &Path, needs: Needs) -> Vec<PathBuf> {
    let (data, own_data) = match needs {
        Needs::Fonts => (FONTS, OWN_FONTS),
        Needs::Languages => (LANGUAGES, OWN_LANGUAGES),
    };
    let mut paths: Vec<PathBuf> = LIBRARIES.iter().chain(data).map(PathBuf::from).collect();
    let real = program.canonicalize().ok();
    for program in std::iter::once(program).chain(real.as_deref()) {
        paths.push(program.to_owned());
        let own = OWN_LIBRARIES.iter().chain(own_data);
        let installed_into = program.parent().filter(|folder| folder.ends_with("bin")).and_then(Path::parent);
        paths.extend(installed_into.into_iter().flat_map(|folder| own.clone().map(|part| folder.join(part))));
    }
    paths.extend(interpreter(program));
    paths
}

/// What runs a program that is a script.
fn interpreter(program: &Path) -> Option<PathBuf> {
    let mut start = Vec::new();
    std::fs::File::open(program).ok()?.take(256).read_to_end(&mut start).ok()?;
    let line = start.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let path = std::str::from_utf8(line).ok()?.split_whitespace().next()?;
    Some(PathBuf::from(path)).filter(|path| path.is_absolute())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_reaches_itself_its_libraries_and_its_kind_of_data() {
        let has = |paths: &[PathBuf], path: &str| paths.contains(&PathBuf::from(path));
        let system = readable(Path::new("/usr/bin/tesseract"), Needs::Languages);
        assert!(has(&system, "/usr/bin/tesseract") && has(&system, "/usr/share/tesseract-ocr"));
        for too_much in ["/usr", "/usr/bin", "/usr/share", "/opt", "/etc", "/", "/usr/share/fonts"] {
            assert!(!has(&system, too_much), "{too_much}");
        }
        let own = readable(Path::new("/opt/poppler/bin/pdftoppm"), Needs::Fonts);
        assert!(has(&own, "/opt/poppler/lib") && has(&own, "/opt/poppler/share/poppler"));
        assert!(!has(&own, "/opt/poppler") && !has(&own, "/opt/poppler/share/tessdata"));
    }

    #[test]
    fn a_script_reaches_what_runs_it() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("tesseract");
        std::fs::write(&script, "#! /bin/sh -e\ntrue\n").unwrap();
        assert!(readable(&script, Needs::Languages).contains(&PathBuf::from("/bin/sh")));
        assert!(!readable(&script, Needs::Languages).contains(&folder.path().to_owned()));
        std::fs::write(&script, "#!sh\n").unwrap();
        assert_eq!(interpreter(&script), None);
    }
}
