//! What a file is, from its first bytes, its name and what was declared; and who reads it.

use std::ops::Range;

use gangway_model::media;

use crate::encoding::guess_utf16;

pub(crate) const ZIP: &str = "application/zip";
pub(crate) const TAR: &str = "application/x-tar";
pub(crate) const GZIP: &str = "application/gzip";
pub(crate) const SEVEN_ZIP: &str = "application/x-7z-compressed";
pub(crate) const RAR: &str = "application/vnd.rar";
/// Pages, Numbers and Keynote, which share a container.
pub(crate) const IWORK: &str = "application/vnd.apple.iwork";
/// The old Office container; also what encrypted Office files are wrapped in.
pub(crate) const OLE: &str = "application/x-ole-storage";
pub(crate) const RTF: &str = "application/rtf";
pub(crate) const EML: &str = "message/rfc822";
/// A mailbox: messages one after the other.
pub(crate) const MBOX: &str = "application/mbox";
/// What Outlook packs the attachments of a message into.
pub(crate) const TNEF: &str = "application/ms-tnef";
pub(crate) const NOTEBOOK: &str = "application/x-ipynb+json";
pub(crate) const MSG: &str = "application/vnd.ms-outlook";
pub(crate) const DOC: &str = "application/msword";
pub(crate) const XLS: &str = "application/vnd.ms-excel";
pub(crate) const PPT: &str = "application/vnd.ms-powerpoint";
/// What Office wrote before its files were compound ones.
pub(crate) const EARLY_OFFICE: &str = "application/x-early-office";
pub(crate) const ODT: &str = "application/vnd.oasis.opendocument.text";
pub(crate) const ODS: &str = "application/vnd.oasis.opendocument.spreadsheet";
pub(crate) const ODP: &str = "application/vnd.oasis.opendocument.presentation";
/// OpenDocument as one file of XML, not packed.
pub(crate) const FODT: &str = "application/vnd.oasis.opendocument.text-flat-xml";
pub(crate) const FODS: &str = "application/vnd.oasis.opendocument.spreadsheet-flat-xml";
pub(crate) const FODP: &str = "application/vnd.oasis.opendocument.presentation-flat-xml";
pub(crate) const EPUB: &str = "application/epub+zip";
/// Excel's binary workbook.
pub(crate) const XLSB: &str = "application/vnd.ms-excel.sheet.binary.macroenabled.12";
pub(crate) const XHTML: &str = "application/xhtml+xml";
pub(crate) const SVG: &str = "image/svg+xml";
const NDJSON: &str = "application/x-ndjson";
/// Images that text recognition takes.
const IMAGES: &[&str] =
    &["image/png", "image/jpeg", JPEG_2000, "image/tiff", "image/gif", "image/bmp", "image/webp"];
const JPEG_2000: &str = "image/jp2";

/// Bytes from the start of a file that detection looks at; more changes nothing.
pub(crate) const HEAD_BYTES: usize = 16 * 1024;

/// Who turns a type into text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    Plain,
    Markdown,
    /// Rows of cells; the separator is found out.
    Rows,
    /// Calendars and address cards.
    ContentLines,
    Notebook,
    /// Characters may be written as their numbers.
    Json,
    Worker,
}

pub(crate) fn reader_of(media_type: &str) -> Option<Reader> {
    match media_type {
        media::MARKDOWN => Some(Reader::Markdown),
        media::CSV | media::TSV => Some(Reader::Rows),
        media::HTML | media::PDF | media::DOCX | media::XLSX | media::PPTX => Some(Reader::Worker),
        NOTEBOOK => Some(Reader::Notebook),
        "text/calendar" | "text/vcard" | "text/x-vcard" | "text/directory" => Some(Reader::ContentLines),
        ZIP | OLE | RTF | EML | MBOX | TNEF | MSG | DOC | XLS | PPT | ODT | ODS | ODP | EPUB | XLSB => {
            Some(Reader::Worker)
        }
        SVG | XHTML | TAR | GZIP | FODT | FODS | FODP => Some(Reader::Worker),
        image if is_image(image) => Some(Reader::Worker),
        json if json.ends_with("+json") || json.ends_with("/json") || json == NDJSON => Some(Reader::Json),
        other if is_text(other) => Some(Reader::Plain),
        _ => None,
    }
}

/// Whether a file of this name and declared type may need text recognition, as far as they tell.
pub fn may_be_scan(name: &str, declared: &str) -> bool {
    let media_type = detect_media_type(&[], name, declared);
    media_type == media::PDF || is_image(&media_type)
}

pub(crate) fn is_image(media_type: &str) -> bool {
    IMAGES.contains(&media_type)
}

/// Names the type of a file from its first bytes (16 KB are enough), its name and the declared type.
///
/// Signatures in the bytes win over everything; for text, a specific declared type wins over the extension, and
/// the extension over a look at the text. Always lower case and without parameters.
/// `application/octet-stream` means binary content nobody named.
pub fn detect_media_type(head: &[u8], name: &str, declared: &str) -> String {
    let head = &head[..head.len().min(HEAD_BYTES)];
    let declared = media::essence(declared);
    if let Some(found) = by_signature(head) {
        return match found {
            ZIP => {
                zip_kind(head).map(str::to_owned).unwrap_or_else(|| named(ZIP, ZIP_KINDS, name, &declared))
            }
            OLE => named(OLE, &[DOC, XLS, PPT, MSG], name, &declared),
            found => found.to_owned(),
        };
    }
    if head.is_empty() {
        return if is_vague(&declared) { by_extension(name).unwrap_or(declared) } else { declared };
    }
    if is_binary(head) {
        let claims = [Some(declared), by_extension(name)];
        let told = claims.into_iter().flatten().find(|kind| !is_vague(kind) && !reads_text(kind));
        return told.unwrap_or_else(|| media::OCTET_STREAM.to_owned());
    }
    // Who declares it sees the XML that it is written in, and whatever it is called, its root says what it is.
    if let Some(kind) = flat_kind(head) {
        return kind.to_owned();
    }
    // Who declares a notebook sees the JSON that it is written in.
    let is_notebook = || by_extension(name).is_some_and(|kind| kind == NOTEBOOK);
    if !is_vague(&declared) && reads_text(&declared) && !(declared == "application/json" && is_notebook()) {
        return declared;
    }
    match by_extension(name) {
        Some(kind) if kind != media::PLAIN && reads_text(&kind) => kind,
        Some(kind) if kind == media::PLAIN => kind,
        _ => by_look(head).to_owned(),
    }
}

/// Finds the office format in the start of a ZIP container by the names of its first parts.
fn zip_kind(head: &[u8]) -> Option<&'static str> {
    kind_of_parts(head, first_parts(head).into_iter())
}

/// Finds the office format by the names of a ZIP container's parts.
pub(crate) fn kind_of_parts<'a>(bytes: &[u8], parts: impl Iterator<Item = &'a str>) -> Option<&'static str> {
    // ODF and EPUB store their type as the first entry, uncompressed.
    if bytes.get(30..38) == Some(b"mimetype") {
        let stored = &bytes[38..bytes.len().min(38 + 80)];
        let odf_or_epub = [ODT, ODS, ODP, EPUB].into_iter();
        // The longest match: the text type is a prefix of others.
        return odf_or_epub.filter(|kind| stored.starts_with(kind.as_bytes())).max_by_key(|kind| kind.len());
    }
    const PARTS: &[(&str, &str)] = &[
        ("xl/workbook.bin", XLSB),
        ("word/document", media::DOCX),
        ("xl/workbook", media::XLSX),
        ("ppt/presentation", media::PPTX),
        ("word/", media::DOCX),
        ("xl/", media::XLSX),
        ("ppt/", media::PPTX),
        ("META-INF/container.xml", EPUB),
        ("Index/Document.iwa", IWORK),
        ("Index.zip", IWORK),
    ];
    // The surest sign wins, wherever it stands.
    let ranks = parts.filter_map(|name| PARTS.iter().position(|(part, _)| name.starts_with(part)));
    ranks.min().map(|rank| PARTS[rank].1)
}

const ZIP_KINDS: &[&str] = &[media::DOCX, media::XLSX, media::PPTX, ODT, ODS, ODP, EPUB, XLSB];

/// The names of the parts whose headers follow one another from the start. What lies within a part is never taken
/// for a part: an archive of office files is no office file.
fn first_parts(head: &[u8]) -> Vec<&str> {
    let number = |at: usize, bytes: usize| {
        let bytes = head.get(at..at + bytes)?;
        Some(bytes.iter().rev().fold(0_usize, |number, byte| number << 8 | usize::from(*byte)))
    };
    let (mut at, mut names) = (0, Vec::new());
    while head.get(at..).is_some_and(|rest| rest.starts_with(b"PK\x03\x04")) {
        let header =
            || Some((number(at + 6, 2)?, number(at + 18, 4)?, number(at + 26, 2)?, number(at + 28, 2)?));
        let Some((flags, packed, name_length, extra)) = header() else { break };
        let Some(name) = head.get(at + 30..at + 30 + name_length) else { break };
        names.extend(std::str::from_utf8(name));
        let start = at + 30 + name_length + extra;
        // Where the size comes after the content, the next header has to be looked for.
        let is_streamed = flags & 8 != 0 && packed == 0;
        let next = match head.get(start..) {
            Some(rest) if is_streamed => positions(rest, b"PK\x03\x04").next().map(|found| start + found),
            _ => start.checked_add(packed),
        };
        let Some(next) = next else { break };
        at = next;
    }
    names
}

/// The packed type that an OpenDocument file of XML is the same as.
pub(crate) fn packed_kind(flat: &str) -> Option<&'static str> {
    match flat {
        FODT => Some(ODT),
        FODS => Some(ODS),
        FODP => Some(ODP),
        _ => None,
    }
}

/// What the root of an OpenDocument file of XML says.
fn flat_kind(head: &[u8]) -> Option<&'static str> {
    const ROOT: &str = "<office:document";
    if !positions(head, ROOT.as_bytes()).any(|_| true) {
        return None;
    }
    let text = String::from_utf8_lossy(head);
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    // What may stand before the root.
    while let Some(end) = [("<?", "?>"), ("<!--", "-->"), ("<!", ">")]
        .iter()
        .find_map(|(start, end)| rest.starts_with(start).then(|| rest.find(end).map(|at| at + end.len())))
    {
        rest = rest[end?..].trim_start();
    }
    let root = rest.strip_prefix(ROOT)?.split('>').next()?;
    let (_, named) = root.starts_with(char::is_whitespace).then(|| root.split_once("office:mimetype="))??;
    let kind = named.trim_start_matches(['"', '\'']);
    // Templates are called the same and more.
    [FODT, FODS, FODP]
        .into_iter()
        .find(|flat| packed_kind(flat).is_some_and(|packed| kind.starts_with(packed)))
}

fn positions<'a>(bytes: &'a [u8], wanted: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    bytes.windows(wanted.len()).enumerate().filter(move |(_, window)| *window == wanted).map(|(at, _)| at)
}

/// The first of the allowed kinds that the name or the declared type names.
fn named(fallback: &str, kinds: &[&str], name: &str, declared: &str) -> String {
    let by_name = by_extension(name);
    let claims = [by_name.as_deref(), Some(declared)];
    claims.into_iter().flatten().find(|kind| kinds.contains(kind)).unwrap_or(fallback).to_owned()
}

fn by_signature(head: &[u8]) -> Option<&'static str> {
    const SIGNATURES: &[(usize, &[u8], &str)] = &[
        (0, b"PK\x03\x04", ZIP),
        (0, b"PK\x05\x06", ZIP),
        (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
        (0, b"{\\rtf", RTF),
        (0, b"\x78\x9f\x3e\x22", TNEF),
        (0, b"\x89PNG\r\n", "image/png"),
        (0, b"\xff\xd8\xff", "image/jpeg"),
        (0, b"\0\0\0\x0cjP  \r\n\x87\n", JPEG_2000),
        (0, b"\xff\x4f\xff\x51", JPEG_2000),
        (0, b"GIF8", "image/gif"),
        (0, b"II*\0", "image/tiff"),
        (0, b"MM\0*", "image/tiff"),
        (8, b"WEBP", "image/webp"),
        (4, b"ftyphei", "image/heic"),
        (4, b"ftyphev", "image/heic"),
        (4, b"ftypmif1", "image/heif"),
        (4, b"ftypavif", "image/avif"),
        (4, b"ftyp", "video/mp4"),
        (0, b"\x1f\x8b", GZIP),
        (257, b"ustar", TAR),
        (0, b"7z\xbc\xaf\x27\x1c", SEVEN_ZIP),
        (0, b"Rar!\x1a\x07", RAR),
        (0, b"\x7fELF", "application/x-executable"),
        // Word 2, Word for DOS and for the Macintosh, PowerPoint 2 and 3.
        (0, b"\xdb\xa5\x2d\0", EARLY_OFFICE),
        (0, b"\x31\xbe\0\0", EARLY_OFFICE),
        (0, b"\xfe\x32\0", EARLY_OFFICE),
        (0, b"\xfe\x37\0", EARLY_OFFICE),
        (0, b"\xed\xde\xad\x0b", EARLY_OFFICE),
    ];
    const PDF_MARK_WITHIN: Range<usize> = 0..1024;
    let signature = SIGNATURES
        .iter()
        .find(|(at, mark, _)| head.get(*at..).is_some_and(|rest| rest.starts_with(mark)))
        .map(|(_, _, kind)| *kind);
    let pdf = || positions(&head[..head.len().min(PDF_MARK_WITHIN.end)], b"%PDF-").next().map(|_| media::PDF);
    // Two letters alone begin many texts.
    let bmp = || (head.starts_with(b"BM") && head.get(6..10) == Some(&[0; 4])).then_some("image/bmp");
    signature.or_else(bmp).or_else(pdf)
}

fn by_extension(name: &str) -> Option<String> {
    let extension = name.rsplit_once('.')?.1.to_ascii_lowercase();
    let own = match extension.as_str() {
        "md" | "markdown" | "mdx" => media::MARKDOWN,
        "csv" => media::CSV,
        "tsv" | "tab" => media::TSV,
        "txt" | "text" | "log" | "ts" | "rs" | "py" | "go" | "sh" | "yml" | "yaml" | "toml" | "ini"
        | "cfg" => media::PLAIN,
        "rtf" => RTF,
        "eml" => EML,
        "mbox" | "mbx" => MBOX,
        "ipynb" => NOTEBOOK,
        "jsonl" | "ndjson" => NDJSON,
        "msg" => MSG,
        "jp2" | "jpf" | "jpx" | "j2k" | "j2c" => JPEG_2000,
        "fodt" => FODT,
        "fods" => FODS,
        "fodp" => FODP,
        // Some of its names carry capitals.
        _ => return mime_guess::from_ext(&extension).first_raw().map(str::to_ascii_lowercase),
    };
    Some(own.to_owned())
}

/// What unnamed text looks like.
fn by_look(head: &[u8]) -> &'static str {
    if begins_message(head) {
        return MBOX;
    }
    let start = String::from_utf8_lossy(&head[..head.len().min(4096)]).to_ascii_lowercase();
    let mut start = start.trim_start_matches('\u{feff}').trim_start();
    // Whoever saved a page may have left a comment before it.
    while let Some((_, after)) = start.strip_prefix("<!--").and_then(|rest| rest.split_once("-->")) {
        start = after.trim_start();
    }
    match start {
        _ if start.starts_with("<!doctype html") || start.starts_with("<html") => media::HTML,
        _ if start.starts_with("<?xml") && start.contains("<html") => media::HTML,
        _ => media::PLAIN,
    }
}

/// Whether a message of a mailbox begins here: a line that says from whom and when, then the message's heads.
pub(crate) fn begins_message(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(1024)];
    if !head.starts_with(b"From ") {
        return false;
    }
    let mut lines = head.split(|byte| *byte == b'\n');
    let has_time = lines.next().is_some_and(|line| {
        line.windows(4).any(|four| four[0] == b':' && four[3] == b':' || four.iter().all(u8::is_ascii_digit))
    });
    let is_head = |line: &[u8]| {
        let name = line
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
            .count();
        name > 0 && line.get(name) == Some(&b':')
    };
    has_time && lines.next().is_some_and(|line| is_head(line.strip_prefix(b">").unwrap_or(line)))
}

fn is_binary(head: &[u8]) -> bool {
    if guess_utf16(head).is_some() || head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return false;
    }
    let odd = head.iter().filter(|byte| matches!(byte, 0..=6 | 14..=26 | 28..=31)).count();
    head.contains(&0) || odd * 20 > head.len()
}

/// Types whose bytes are text, whoever reads them.
fn reads_text(media_type: &str) -> bool {
    matches!(media_type, RTF | EML | MBOX) || is_text(media_type)
}

fn is_text(media_type: &str) -> bool {
    let (kind, rest) = media_type.split_once('/').unwrap_or_default();
    match kind {
        "text" => true,
        "application" | "image" | "model" => {
            rest.ends_with("+xml")
                || rest.ends_with("+json")
                || matches!(
                    rest,
                    "json"
                        | "ld+json"
                        | "x-ndjson"
                        | "xml"
                        | "yaml"
                        | "x-yaml"
                        | "toml"
                        | "javascript"
                        | "ecmascript"
                        | "x-javascript"
                        | "typescript"
                        | "x-sh"
                        | "sql"
                        | "x-sql"
                        | "graphql"
                        | "x-tex"
                        | "x-httpd-php"
                        | "x-python"
                        | "x-subrip"
                        | "xhtml+xml"
                )
        }
        _ => false,
    }
}

fn is_vague(media_type: &str) -> bool {
    matches!(
        media_type,
        "" | media::OCTET_STREAM | "binary/octet-stream" | "application/unknown" | media::PLAIN
    )
}

#[cfg(test)]
mod tests;
