//! Native documents have no bytes of their own; this says what each is exported as.
//! <https://developers.google.com/workspace/drive/api/guides/ref-export-formats>

use gangway_model::{Reason, media};

const NATIVE_PREFIX: &str = "application/vnd.google-apps.";
const SCRIPT_JSON: &str = "application/vnd.google-apps.script+json";

/// Native type, what it is exported as (best for text first).
const EXPORTS: &[(&str, &[&str])] = &[
    ("document", &[media::MARKDOWN, media::PLAIN]),
    // CSV would be the first sheet only.
    ("spreadsheet", &[media::XLSX]),
    ("presentation", &[media::PPTX, media::PLAIN]),
    ("drawing", &[media::PDF]),
    ("script", &[SCRIPT_JSON]),
];

/// Native types that people know and nobody can export.
const NOT_EXPORTABLE: &[(&str, &str)] = &[
    ("form", "Google Forms"),
    ("site", "Google Sites"),
    ("map", "Google My Maps"),
    ("fusiontable", "Fusion Tables"),
    ("jam", "Google Jamboard"),
    ("mail-layout", "email layouts"),
    ("vid", "Google Vids"),
];

/// Whether a type is one of Google's own, without bytes to download.
pub fn is_native(media_type: &str) -> bool {
    media_type.starts_with(NATIVE_PREFIX) && media_type != SCRIPT_JSON
}

/// What a native type is exported as, the best first; empty when it cannot be.
pub fn targets(media_type: &str) -> &'static [&'static str] {
    let word = media_type.strip_prefix(NATIVE_PREFIX).unwrap_or_default();
    EXPORTS.iter().find(|(native, _)| *native == word).map_or(&[], |(_, targets)| targets)
}

pub fn no_export_reason(media_type: &str) -> Reason {
    let word = media_type.strip_prefix(NATIVE_PREFIX).unwrap_or_default();
    let what = NOT_EXPORTABLE.iter().find(|(native, _)| *native == word);
    let what = what.map_or("items of this kind", |(_, name)| name);
    Reason::new("no_export", format!("Google offers no export of {what}; only the name can be searched"))
}
