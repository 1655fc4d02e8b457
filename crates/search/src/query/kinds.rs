//! Kinds of files in people's words: what `type:` finds, whatever the media type is called.

/// A kind, the words it is asked by, the endings of its files' names, and what its media types hold.
struct Kind {
    name: &'static str,
    words: &'static [&'static str],
    endings: &'static [&'static str],
    /// Whole, or a piece of the media type; a piece at its very end begins with `.`.
    media_types: &'static [&'static str],
}

const KINDS: [Kind; 14] = [
    Kind { name: "pdf", words: &[], endings: &["pdf"], media_types: &["application/pdf"] },
    Kind {
        name: "document",
        words: &["documents", "doc", "docs", "word", "page", "pages", "text document"],
        endings: &["doc", "docx", "docm", "odt", "fodt", "rtf", "pages", "gdoc"],
        media_types: &[
            "wordprocessing",
            "msword",
            "opendocument.text",
            "/rtf",
            ".document",
            ".page",
            ".paper",
        ],
    },
    Kind {
        name: "spreadsheet",
        words: &["spreadsheets", "sheet", "sheets", "excel", "table", "tables"],
        endings: &["xls", "xlsx", "xlsm", "ods", "fods", "csv", "tsv", "numbers", "gsheet"],
        media_types: &["spreadsheet", "ms-excel", "text/csv", "text/tab-separated-values", ".database"],
    },
    Kind {
        name: "presentation",
        words: &["presentations", "slide", "slides", "powerpoint", "deck", "decks", "keynote"],
        endings: &["ppt", "pptx", "pptm", "odp", "fodp", "key", "gslides"],
        media_types: &["presentation", "ms-powerpoint"],
    },
    Kind {
        name: "image",
        words: &["images", "picture", "pictures", "photo", "photos", "img"],
        endings: &["png", "jpg", "jpeg", "gif", "webp", "tif", "tiff", "bmp", "svg", "heic", "jp2"],
        media_types: &["image/"],
    },
    Kind {
        name: "video",
        words: &["videos", "movie", "movies"],
        endings: &["mp4", "mov", "avi", "mkv", "webm"],
        media_types: &["video/"],
    },
    Kind {
        name: "audio",
        words: &["sound", "sounds", "music", "recording"],
        endings: &["mp3", "wav", "m4a", "ogg", "flac"],
        media_types: &["audio/"],
    },
    Kind { name: "text", words: &["plain"], endings: &["txt", "log"], media_types: &["text/plain"] },
    Kind { name: "markdown", words: &[], endings: &["md", "markdown"], media_types: &["text/markdown"] },
    Kind {
        name: "html",
        words: &["web", "webpage", "website"],
        endings: &["html", "htm", "xhtml"],
        media_types: &["text/html", "application/xhtml+xml"],
    },
    Kind {
        name: "email",
        words: &["emails", "mail", "mails"],
        endings: &["eml", "msg"],
        media_types: &["message/rfc822", "vnd.ms-outlook"],
    },
    Kind {
        name: "archive",
        words: &["archives"],
        endings: &["zip", "tar", "gz", "tgz", "7z", "rar"],
        media_types: &["application/zip", "x-tar", "gzip", "x-7z", "vnd.rar"],
    },
    Kind { name: "ebook", words: &["ebooks", "book", "books"], endings: &["epub"], media_types: &["epub"] },
    Kind {
        name: "code",
        words: &["source"],
        endings: &[
            "rs", "py", "js", "ts", "java", "c", "h", "cpp", "cs", "go", "rb", "php", "sh", "sql", "kt",
            "swift", "json", "xml", "yaml", "yml", "toml", "css",
        ],
        media_types: &["text/x-", "application/json", "application/xml", "text/xml", "yaml", "javascript"],
    },
];

/// The longest ending of a name that says what a file is.
const MAX_ENDING: usize = 8;

/// What a file is found by with `type:`: its kinds by name and media type, and its name's ending as `.pdf`.
pub(crate) fn kinds_of(media_type: &str, name: &str) -> Vec<String> {
    let media_type = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    let ending =
        ending.filter(|it| it.len() <= MAX_ENDING && it.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let is_kind = |kind: &&Kind| {
        ending.as_ref().is_some_and(|it| kind.endings.contains(&it.as_str()))
            || kind.media_types.iter().any(|piece| match piece.strip_prefix('.') {
                Some(_) => media_type.ends_with(piece),
                None => media_type.contains(piece),
            })
    };
    let mut found: Vec<String> = KINDS.iter().filter(is_kind).map(|kind| kind.name.to_owned()).collect();
    if let [only] = found.as_slice()
        && let Some(kind) = KINDS.iter().find(|kind| kind.name == only)
        && let [ending] = kind.endings
    {
        // A kind with one ending is found by it, also where names have none.
        found.push(format!(".{ending}"));
    }
    found.extend(ending.map(|it| format!(".{it}")).filter(|it| !found.contains(it)));
    found
}

/// The kind or ending that a word after `type:` asks for; `None` for what is neither.
pub(super) fn kind_asked(word: &str) -> Option<String> {
    let word = word.trim_start_matches("*.").trim_start_matches('.').to_lowercase();
    if let Some(kind) = KINDS.iter().find(|kind| kind.name == word || kind.words.contains(&word.as_str())) {
        return Some(kind.name.to_owned());
    }
    KINDS.iter().any(|kind| kind.endings.contains(&word.as_str())).then(|| format!(".{word}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_by_what_people_call_them() {
        let sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
        for (word, media_type, name) in [
            ("pdf", "application/pdf", "Plan"),
            ("PDF", "application/octet-stream", "Plan.PDF"),
            ("spreadsheet", sheet, "Costs"),
            ("sheets", "application/vnd.example-apps.spreadsheet", "Costs"),
            ("xlsx", sheet, "Costs.xlsx"),
            (".csv", "text/csv; charset=utf-8", "costs.csv"),
            ("word", "application/msword", "Letter.doc"),
            ("doc", "application/vnd.example.page", "Notes"),
            ("photo", "image/jpeg", "a.jpg"),
            ("json", "application/json", "a.json"),
        ] {
            let asked = kind_asked(word).unwrap_or_else(|| panic!("{word}"));
            assert!(
                kinds_of(media_type, name).contains(&asked),
                "{word}: {asked} {:?}",
                kinds_of(media_type, name)
            );
        }
        assert!(!kinds_of(sheet, "Costs.xlsx").contains(&"document".to_owned()));
        assert_eq!(kind_asked("unheard-of"), None);
        assert_eq!(kind_asked(""), None);
    }
}
