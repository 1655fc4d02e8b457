//! Exports of native documents: the table of targets, and the generators behind it.

mod epub;
pub mod links;
mod markdown;
mod office;
mod open_document;
mod pdf;
mod pictures;
mod text;

use bytes::Bytes;

use self::markdown::{Block, parse_blocks};
use super::drive::{NativeKind, NativeSource};
use crate::kernel::words::filler_text;

/// One export target.
#[derive(Debug, PartialEq, Eq)]
pub struct Format {
    /// The word in export links.
    pub short: &'static str,
    pub mime: &'static str,
    /// The type the answer carries.
    pub content_type: &'static str,
}

const fn format(short: &'static str, mime: &'static str) -> Format {
    Format { short, mime, content_type: mime }
}

const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const PPTX: &str = "application/vnd.openxmlformats-officedocument.presentationml.presentation";
const ODT: &str = "application/vnd.oasis.opendocument.text";
const ODS: &str = "application/vnd.oasis.opendocument.spreadsheet";
const ODS_OLDER: &str = "application/x-vnd.oasis.opendocument.spreadsheet";
const ODP: &str = "application/vnd.oasis.opendocument.presentation";
const PDF: &str = "application/pdf";
const PLAIN: &str = "text/plain";
const ZIP: &str = "application/zip";

static DOCUMENT: [Format; 9] = [
    format("docx", DOCX),
    format("odt", ODT),
    format("rtf", "application/rtf"),
    format("pdf", PDF),
    format("txt", PLAIN),
    format("html", "text/html"),
    format("zip", ZIP),
    format("epub", "application/epub+zip"),
    format("md", "text/markdown"),
];

static SPREADSHEET: [Format; 7] = [
    format("xlsx", XLSX),
    format("ods", ODS),
    Format { short: "ods", mime: ODS_OLDER, content_type: ODS_OLDER },
    format("pdf", PDF),
    format("zip", ZIP),
    format("csv", "text/csv"),
    format("tsv", "text/tab-separated-values"),
];

static PRESENTATION: [Format; 4] =
    [format("pptx", PPTX), format("odp", ODP), format("pdf", PDF), format("txt", PLAIN)];

static DRAWING: [Format; 4] = [
    format("pdf", PDF),
    format("jpeg", "image/jpeg"),
    format("png", "image/png"),
    format("svg", "image/svg+xml"),
];

static SCRIPT: [Format; 1] = [format("json", "application/vnd.google-apps.script+json")];

static VID: [Format; 1] = [format("mp4", "application/mp4")];

/// The kinds that can be exported at all.
pub static EXPORTABLE: &[NativeKind] = &[
    NativeKind::Document,
    NativeKind::Spreadsheet,
    NativeKind::Presentation,
    NativeKind::Drawing,
    NativeKind::Script,
    NativeKind::Vid,
];

/// Returns the targets of a kind; none for forms, sites, maps and jams.
pub fn formats_of(kind: NativeKind) -> &'static [Format] {
    match kind {
        NativeKind::Document => &DOCUMENT,
        NativeKind::Spreadsheet => &SPREADSHEET,
        NativeKind::Presentation => &PRESENTATION,
        NativeKind::Drawing => &DRAWING,
        NativeKind::Script => &SCRIPT,
        NativeKind::Vid => &VID,
        NativeKind::Form | NativeKind::Site | NativeKind::Map | NativeKind::Jam => &[],
    }
}

pub fn find_format(kind: NativeKind, mime: &str) -> Option<&'static Format> {
    formats_of(kind).iter().find(|format| format.mime == mime)
}

pub fn find_short(kind: NativeKind, short: &str) -> Option<&'static Format> {
    formats_of(kind).iter().find(|format| format.short == short)
}

/// Returns the path word of a kind's export links; scripts and videos have none.
pub fn link_place(kind: NativeKind) -> Option<&'static str> {
    match kind {
        NativeKind::Document => Some("documents"),
        NativeKind::Spreadsheet => Some("spreadsheets"),
        NativeKind::Presentation => Some("presentations"),
        NativeKind::Drawing => Some("drawings"),
        _ => None,
    }
}

/// Generates an export. The caller has checked that the kind has this format.
pub fn generate(source: &NativeSource, title: &str, format: &Format) -> Bytes {
    let bytes = match source.kind {
        NativeKind::Document => document(source, title, format),
        NativeKind::Spreadsheet => spreadsheet(source, title, format),
        NativeKind::Presentation => presentation(source, title, format),
        NativeKind::Drawing => match format.short {
            "pdf" => pdf::from_blocks(title, &[Block::Paragraph(text::words_of_svg(&source.text))]),
            "jpeg" => pictures::white_jpeg(),
            "png" => pictures::white_png(32, 32),
            _ => source.text.clone().into_bytes(),
        },
        NativeKind::Vid => pictures::empty_mp4(),
        _ => source.text.clone().into_bytes(),
    };
    bytes.into()
}

/// Returns the picture every account has.
pub fn profile_picture() -> Vec<u8> {
    pictures::white_png(96, 96)
}

fn document(source: &NativeSource, title: &str, format: &Format) -> Vec<u8> {
    if format.short == "md" {
        return padded_text(&source.text, source.pad_to);
    }
    let blocks = padded_blocks(source);
    match format.short {
        "docx" => office::docx(&blocks),
        "odt" => open_document::odt(&blocks),
        "rtf" => text::rtf(&blocks),
        "pdf" => pdf::from_blocks(title, &blocks),
        "txt" => text::plain(&blocks),
        "html" => text::html(title, &blocks).into_bytes(),
        "zip" => text::zipped_html(title, &blocks),
        _ => epub::epub(title, &blocks),
    }
}

fn spreadsheet(source: &NativeSource, title: &str, format: &Format) -> Vec<u8> {
    let mut sheets = source.sheets.clone();
    if sheets.is_empty() {
        sheets.push(("Sheet1".to_owned(), Vec::new()));
    }
    if source.pad_to > 0 {
        let rows = filler_lines(source.pad_to).into_iter().map(|line| vec![line]);
        sheets[0].1.extend(rows);
    }
    match format.short {
        "xlsx" => office::xlsx(&sheets),
        "ods" => open_document::ods(&sheets),
        "pdf" => pdf::from_blocks(title, &text::sheet_blocks(&sheets)),
        "zip" => text::zipped_sheets(&sheets),
        "csv" => text::separated(&sheets[0].1, ','),
        _ => text::separated(&sheets[0].1, '\t'),
    }
}

fn presentation(source: &NativeSource, title: &str, format: &Format) -> Vec<u8> {
    let mut slides: Vec<Vec<Block>> =
        source.text.split("\n---\n").map(parse_blocks).filter(|slide| !slide.is_empty()).collect();
    if source.pad_to > 0 {
        let lines = filler_lines(source.pad_to).into_iter().map(Block::Paragraph);
        slides.push(lines.collect());
    }
    match format.short {
        "pptx" => office::pptx(&slides),
        "odp" => open_document::odp(&slides),
        "txt" => text::plain(&slides.concat()),
        _ => pdf::from_pages(title, &slides),
    }
}

fn padded_blocks(source: &NativeSource) -> Vec<Block> {
    let mut blocks = parse_blocks(&source.text);
    blocks.extend(filler_lines(source.pad_to).into_iter().map(Block::Paragraph));
    blocks
}

fn padded_text(text: &str, pad_to: u64) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for line in filler_lines(pad_to) {
        bytes.extend_from_slice(b"\n\n");
        bytes.extend_from_slice(line.as_bytes());
    }
    bytes
}

/// Returns filler paragraphs that together have at least `size` bytes.
fn filler_lines(size: u64) -> Vec<String> {
    const LINE: usize = 2000;
    (0..size.div_ceil(LINE as u64))
        .map(|number| String::from_utf8_lossy(&filler_text(number + 1, LINE)).replace('\n', " "))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_bytes_of_its_own_type() {
        for kind in EXPORTABLE {
            let mut source = NativeSource::of_text(*kind, "# Title\n\nA paragraph.\n\n- item\n");
            source.sheets = vec![("One".into(), vec![vec!["a".into(), "1".into()]])];
            for format in formats_of(*kind) {
                let bytes = generate(&source, "Title", format);
                let front: &[u8] = match format.short {
                    "docx" | "xlsx" | "pptx" | "odt" | "ods" | "odp" | "zip" | "epub" => b"PK\x03\x04",
                    "pdf" => b"%PDF-1.",
                    "rtf" => b"{\\rtf1",
                    "png" => b"\x89PNG",
                    "jpeg" => b"\xff\xd8\xff",
                    "txt" => b"\xef\xbb\xbf",
                    "mp4" => b"\0\0\0\x18ftyp",
                    _ => b"",
                };
                assert!(bytes.starts_with(front), "{:?} {}", kind, format.short);
                assert!(!bytes.is_empty());
            }
        }
    }

    #[test]
    fn padding_reaches_its_size_in_every_format() {
        let mut source = NativeSource::of_text(NativeKind::Document, "# Title");
        source.pad_to = 300_000;
        for format in formats_of(NativeKind::Document) {
            assert!(generate(&source, "T", format).len() >= 300_000, "{}", format.short);
        }
    }
}
