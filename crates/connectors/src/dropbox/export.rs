//! Files without bytes of their own (Paper, Google's documents in Dropbox), and what each is exported as.
//! <https://www.dropbox.com/developers/documentation/http/documentation#files-export>

use gangway_model::{Reason, media};

use super::wire::{ExportInfo, Metadata};

pub const PAPER: &str = "application/vnd.dropbox.paper";

/// Dropbox's word for a format, and the type that it gives; the best for text first.
const FORMATS: &[(&str, &str)] = &[
    ("markdown", media::MARKDOWN),
    ("md", media::MARKDOWN),
    ("docx", media::DOCX),
    ("xlsx", media::XLSX),
    ("pptx", media::PPTX),
    ("html", media::HTML),
    ("plain_text", media::PLAIN),
    ("txt", media::PLAIN),
    ("csv", media::CSV),
    ("pdf", media::PDF),
];

/// Endings of files that have no bytes, and their types.
const NATIVE: &[(&str, &str)] = &[
    (".paper", PAPER),
    (".papert", "application/vnd.dropbox.paper-template"),
    (".gdoc", "application/vnd.google-apps.document"),
    (".gsheet", "application/vnd.google-apps.spreadsheet"),
    (".gslides", "application/vnd.google-apps.presentation"),
];

/// Any other kind that must be exported.
const OTHER_NATIVE: &str = "application/vnd.dropbox.export";

/// The type of a file that must be exported; `None` for one with bytes.
pub fn native_type(name: &str, row: &Metadata) -> Option<&'static str> {
    if super::files::is_downloadable(row) {
        return None;
    }
    let name = name.to_ascii_lowercase();
    let known = NATIVE.iter().find(|(ending, _)| name.ends_with(ending));
    Some(known.map_or(OTHER_NATIVE, |(_, media_type)| media_type))
}

pub fn is_native(media_type: &str) -> bool {
    media_type == OTHER_NATIVE || NATIVE.iter().any(|(_, native)| *native == media_type)
}

/// What a file is exported as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What to ask for; `None` for the format that comes without asking, which need not be among the options.
    pub format: Option<String>,
    /// The type it gives, where the format is known here.
    pub media_type: Option<&'static str>,
}

/// The best format that a file offers; `None` when it offers none.
pub fn choice(info: Option<&ExportInfo>) -> Option<Choice> {
    let info = info?;
    let by_itself = info.export_as.as_deref();
    let offered = || by_itself.into_iter().chain(info.export_options.iter().map(String::as_str));
    for (format, media_type) in FORMATS {
        if let Some(found) = offered().find(|offer| offer.eq_ignore_ascii_case(format)) {
            let format = (by_itself != Some(found)).then(|| found.to_owned());
            return Some(Choice { format, media_type: Some(media_type) });
        }
    }
    match (by_itself, info.export_options.first()) {
        (Some(_), _) => Some(Choice { format: None, media_type: None }),
        (None, Some(option)) => Some(Choice { format: Some(option.clone()), media_type: None }),
        (None, None) => None,
    }
}

/// The type of what comes when no format is asked for.
pub fn type_by_itself(info: &ExportInfo) -> Option<&'static str> {
    let format = info.export_as.as_deref()?;
    FORMATS.iter().find(|(known, _)| format.eq_ignore_ascii_case(known)).map(|(_, media_type)| *media_type)
}

pub fn no_export_reason() -> Reason {
    Reason::new("no_export", "Dropbox offers no export of it; only the name can be searched")
}
