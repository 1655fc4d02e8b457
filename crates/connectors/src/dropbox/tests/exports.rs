//! What Paper and the like are exported as.

use gangway_model::media;

use crate::dropbox::export::{Choice, choice, is_native, native_type, type_by_itself};
use crate::dropbox::wire::{ExportInfo, Metadata};

fn info(by_itself: Option<&str>, options: &[&str]) -> ExportInfo {
    let export_options = options.iter().map(|option| (*option).to_owned()).collect();
    ExportInfo { export_as: by_itself.map(str::to_owned), export_options }
}

#[test]
fn the_best_format_for_text_is_chosen_and_the_default_is_not_named() {
    let named =
        |format: &str, media_type| Choice { format: Some(format.to_owned()), media_type: Some(media_type) };
    let by_itself = |media_type| Choice { format: None, media_type };
    for (info, expected) in [
        (info(Some("markdown"), &[]), by_itself(Some(media::MARKDOWN))),
        // It may be the default without being an option, or both.
        (info(Some("markdown"), &["html", "markdown"]), by_itself(Some(media::MARKDOWN))),
        (info(Some("html"), &["html", "markdown"]), named("markdown", media::MARKDOWN)),
        (info(Some("xlsx"), &[]), by_itself(Some(media::XLSX))),
        (info(Some("pdf"), &["docx"]), named("docx", media::DOCX)),
        (info(None, &["plain_text"]), named("plain_text", media::PLAIN)),
        (info(Some("hologram"), &["html"]), named("html", media::HTML)),
        (info(Some("hologram"), &["smell"]), by_itself(None)),
        (info(None, &["smell"]), Choice { format: Some("smell".to_owned()), media_type: None }),
    ] {
        assert_eq!(choice(Some(&info)), Some(expected), "{info:?}");
    }
    assert_eq!(choice(Some(&info(None, &[]))), None);
    assert_eq!(choice(None), None);
    assert_eq!(type_by_itself(&info(Some("HTML"), &[])), Some(media::HTML));
}

#[test]
fn only_what_cannot_be_downloaded_is_native() {
    let row = |is_downloadable| Metadata { is_downloadable, ..Metadata::default() };
    let native = |name| native_type(name, &row(Some(false))).unwrap();
    assert_eq!(native("Plan.paper"), "application/vnd.dropbox.paper");
    assert_eq!(native("Plan.PAPERT"), "application/vnd.dropbox.paper-template");
    assert_eq!(native("Sheet.gsheet"), "application/vnd.google-apps.spreadsheet");
    assert!(
        ["Plan.paper", "a.gdoc", "b.gslides", "anything"].into_iter().all(|name| is_native(native(name)))
    );
    // Somebody's own file of that ending has bytes.
    assert_eq!(native_type("mine.paper", &row(Some(true))), None);
    assert_eq!(native_type("mine.paper", &row(None)), None);
    assert!(!is_native(media::MARKDOWN) && !is_native(media::OCTET_STREAM));
}
