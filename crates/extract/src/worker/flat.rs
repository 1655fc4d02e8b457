//! OpenDocument as one file of XML (FODT, FODS, FODP): packed as the archive that the readers of ODT, ODS and ODP take.

use std::io::{Cursor, Write};
use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use quick_xml::Reader;
use quick_xml::events::Event;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::parts::local_name;
use crate::text::decode;

/// Pictures of one file that are packed; readers look at fewer.
const PICTURES: usize = 1_000;

/// A list of parts, none of which is sealed: readers look for it.
const MANIFEST: &str =
    r#"<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>"#;

/// Packs such a file as this type. `None` where it is no XML, or has no body.
pub(super) fn packed(content: &[u8], kind: &str) -> Option<Vec<u8>> {
    let text = decode(content, None, false);
    let file = FlatFile::read(&text)?;
    let mut archive = ZipWriter::new(Cursor::new(Vec::with_capacity(text.len())));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut add = |name: &str, parts: &[&str]| {
        archive.start_file(name, stored).ok()?;
        parts.iter().try_for_each(|part| archive.write_all(part.as_bytes())).ok()
    };
    // The type comes first: whoever reads the archive looks for it there.
    add("mimetype", &[kind])?;
    add("META-INF/manifest.xml", &[MANIFEST])?;
    let (start, end) = (&text[file.root.clone()], format!("</{}>", file.root_name));
    let whole = |parts: &[&[Range<usize>]]| {
        let pieces = parts.iter().copied().flatten().map(|piece| &text[piece.clone()]);
        [start].into_iter().chain(pieces).chain([end.as_str()]).collect::<Vec<_>>()
    };
    add("content.xml", &whole(&[&file.automatic_styles, &file.body]))?;
    add("styles.xml", &whole(&[&file.styles, &file.automatic_styles, &file.master_styles]))?;
    add("meta.xml", &whole(&[&file.meta]))?;
    for (number, picture) in (1..).zip(&file.pictures) {
        let letters: Vec<u8> =
            text[picture.clone()].bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let Ok(bytes) = STANDARD.decode(&letters) else { continue };
        archive.start_file(format!("Pictures/{number}"), stored).ok()?;
        archive.write_all(&bytes).ok()?;
    }
    Some(archive.finish().ok()?.into_inner())
}

/// Where the parts of a file stand in its text, each in pieces: without the bytes of pictures and what lies within embedded
/// documents.
#[derive(Default)]
struct FlatFile {
    /// The tag that opens it.
    root: Range<usize>,
    root_name: String,
    meta: Vec<Range<usize>>,
    styles: Vec<Range<usize>>,
    automatic_styles: Vec<Range<usize>>,
    master_styles: Vec<Range<usize>>,
    body: Vec<Range<usize>>,
    /// Those of the body, in its order.
    pictures: Vec<Range<usize>>,
}

impl FlatFile {
    fn read(text: &str) -> Option<Self> {
        let mut file = Self::default();
        let mut reader = Reader::from_str(text);
        let mut depth = 0_usize;
        // Where the part that is open begins, and what is left out of it, from the depth at which that began.
        let mut part = String::new();
        let (mut from, mut left_out) = (0, None::<usize>);
        loop {
            let start = usize::try_from(reader.buffer_position()).ok()?;
            let event = reader.read_event().ok()?;
            let end = usize::try_from(reader.buffer_position()).ok()?;
            match event {
                Event::Start(tag) => {
                    let name = local_name(&tag);
                    match depth {
                        0 => {
                            file.root = start..end;
                            file.root_name = tag.name().as_ref().to_owned();
                        }
                        1 => (part, from) = (name.to_owned(), start),
                        _ if left_out.is_none()
                            && matches!(name, "binary-data" | "document" | "named-expressions") =>
                        {
                            left_out = Some(depth);
                            file.close(&part, from..end);
                            from = end;
                        }
                        _ => {}
                    }
                    depth += 1;
                }
                Event::End(tag) => {
                    depth = depth.checked_sub(1)?;
                    if left_out == Some(depth) {
                        let is_picture = part == "body" && tag.local_name().as_ref() == "binary-data";
                        if is_picture && file.pictures.len() < PICTURES {
                            file.pictures.push(from..start);
                        }
                        (left_out, from) = (None, start);
                    }
                    match depth {
                        0 => break,
                        1 => file.close(&part, from..end),
                        _ => {}
                    }
                }
                Event::Eof => return None,
                _ => {}
            }
        }
        (!file.body.is_empty()).then_some(file)
    }

    /// Keeps a piece of a part that readers look at.
    fn close(&mut self, part: &str, piece: Range<usize>) {
        match part {
            "body" => self.body.push(piece),
            "meta" => self.meta.push(piece),
            "styles" => self.styles.push(piece),
            "automatic-styles" => self.automatic_styles.push(piece),
            "master-styles" => self.master_styles.push(piece),
            _ => {}
        }
    }
}
