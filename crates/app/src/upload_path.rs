//! Where an uploaded file stands among the folders it came from. Data only: storage goes by our own keys.

use gangway_model::Reason;
use unicode_normalization::UnicodeNormalization;

use crate::upload_name::{LONGEST_NAME, clean_part, parts};

/// Bytes of the longest path.
const LONGEST: usize = 1024;
/// A longer ending is no extension.
const LONGEST_ENDING: usize = 16;
/// Folders above a file at most.
const DEEPEST: usize = 32;

/// A file's place: the folders from the top down, and its name. Steps upwards, roots and drives are not part of it.
#[derive(Clone, Debug, PartialEq)]
pub struct UploadPlace {
    pub folders: Vec<String>,
    pub name: String,
}

impl UploadPlace {
    pub fn at_top(name: &str) -> Self {
        Self { folders: Vec::new(), name: name.to_owned() }
    }

    /// Cleans a path as it was sent. One that is too long or too deep is refused, not cut: cut, it would be
    /// somewhere else.
    pub fn of_path(sent: &str) -> Result<Self, Reason> {
        if sent.len() > LONGEST {
            return Err(Reason::new("path_too_long", format!("a path may have at most {LONGEST} bytes")));
        }
        let mut folders: Vec<String> =
            parts(sent).skip_while(|part| is_drive(part)).map(clean_part).collect();
        let Some(name) = folders.pop() else {
            return Err(Reason::new("path_empty", "the path names no file"));
        };
        if folders.len() > DEEPEST {
            let message = format!("a file may stand below at most {DEEPEST} folders");
            return Err(Reason::new("path_too_deep", message));
        }
        Ok(Self { folders, name })
    }

    /// The path as it is shown, without a slash before it.
    pub fn shown(&self) -> String {
        self.folders.iter().chain([&self.name]).map(String::as_str).collect::<Vec<_>>().join("/")
    }

    /// What makes two places the same: spelling counts, upper and lower case and composition do not.
    pub fn key(&self) -> String {
        same(&self.shown())
    }

    /// The folders from the top down, each with its key and its name.
    pub fn ancestors(&self) -> impl Iterator<Item = (String, &str)> {
        self.folders
            .iter()
            .enumerate()
            .map(|(depth, name)| (same(&self.folders[..=depth].join("/")), name.as_str()))
    }

    /// The same place under `name (number).ext`.
    pub fn numbered(&self, number: u32) -> Self {
        let (stem, ending) = match self.name.rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() && extension.len() <= LONGEST_ENDING => {
                (stem, format!(" ({number}).{extension}"))
            }
            _ => (self.name.as_str(), format!(" ({number})")),
        };
        // The name gives way, never the number: otherwise no number would make another place of it.
        let mut end = stem.len().min(LONGEST_NAME.saturating_sub(ending.len()));
        while !stem.is_char_boundary(end) {
            end -= 1;
        }
        Self { folders: self.folders.clone(), name: clean_part(&format!("{}{ending}", &stem[..end])) }
    }
}

fn same(path: &str) -> String {
    path.nfc().collect::<String>().to_lowercase().nfc().collect()
}

fn is_drive(part: &str) -> bool {
    matches!(part.as_bytes(), [letter, b':'] if letter.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(sent: &str) -> String {
        UploadPlace::of_path(sent).unwrap().shown()
    }

    #[test]
    fn a_path_never_leads_out() {
        for (sent, kept) in [
            ("docs/sub/a.txt", "docs/sub/a.txt"),
            ("/etc/passwd", "etc/passwd"),
            ("../../etc/passwd", "etc/passwd"),
            ("a/../../b.txt", "a/b.txt"),
            ("C:\\Users\\me\\x.docx", "Users/me/x.docx"),
            ("\\\\server\\share\\x", "server/share/x"),
            ("./a//b/./c", "a/b/c"),
            ("%2e%2e/a", "%2e%2e/a"),
            ("a\0/b\n.txt", "a/b.txt"),
            ("nul/con.txt", "_nul/_con.txt"),
            ("a./b .", "a/b"),
            ("x:y/z", "x_y/z"),
        ] {
            assert_eq!(shown(sent), kept, "{sent:?}");
        }
        for empty in ["", "/", "..", "../..", "C:", "./."] {
            assert_eq!(UploadPlace::of_path(empty).unwrap_err().code, "path_empty", "{empty:?}");
        }
    }

    #[test]
    fn a_path_has_limits() {
        assert_eq!(UploadPlace::of_path(&"a".repeat(1025)).unwrap_err().code, "path_too_long");
        let deep = |folders: usize| UploadPlace::of_path(&format!("{}x", "a/".repeat(folders)));
        assert!(deep(32).is_ok());
        assert_eq!(deep(33).unwrap_err().code, "path_too_deep");
    }

    #[test]
    fn case_and_composition_make_no_difference() {
        let key = |sent: &str| UploadPlace::of_path(sent).unwrap().key();
        assert_eq!(key("Docs/Caf\u{e9}.MD"), key("docs/Cafe\u{301}.md"));
        assert_ne!(key("docs/cafe.md"), key("docs/caf\u{e9}.md"));
        assert_ne!(key("a/b"), key("ab"));
    }

    #[test]
    fn a_number_stands_before_the_extension() {
        let numbered = |name: &str| UploadPlace::at_top(name).numbered(2).name;
        assert_eq!(numbered("a.tar.gz"), "a.tar (2).gz");
        assert_eq!((numbered("README"), numbered(".profile")), ("README (2)".into(), ".profile (2)".into()));
    }

    #[test]
    fn a_numbered_place_is_another_place_however_long_the_name() {
        for name in
            ["a".repeat(251) + ".txt", "ä".repeat(127), "b".repeat(255), format!("x.{}", "y".repeat(253))]
        {
            let taken = UploadPlace { folders: Vec::new(), name: clean_part(&name) };
            let mut keys = std::collections::BTreeSet::from([taken.key()]);
            for number in [2, 3, 10, 100, 999] {
                let place = taken.numbered(number);
                assert!(place.name.len() <= LONGEST_NAME, "{}", place.name.len());
                assert!(keys.insert(place.key()), "{number} of {name:.20}");
            }
        }
    }
}
