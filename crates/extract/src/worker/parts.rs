//! The parts of an Office file (OPC): XML in a ZIP, and the relations that lead from one part to another.

use std::collections::HashMap;
use std::io::{BufReader, Cursor, Read, Write};

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// Bytes of a part that are looked at.
const PART_BYTES: u64 = 20_000_000;

pub(super) struct Parts<'a>(ZipArchive<Cursor<&'a [u8]>>);

/// Where a relation leads: what is there, and its part's name.
pub(super) struct Relation {
    kind: String,
    pub part: String,
    /// Which of the part's relations it is, from 0.
    pub at: usize,
}

impl Relation {
    /// Whether it leads to a part of this kind, by the last step of the kind's address.
    pub(super) fn is_to(&self, kind: &str) -> bool {
        self.kind.rsplit('/').next() == Some(kind)
    }
}

impl<'a> Parts<'a> {
    pub(super) fn open(content: &'a [u8]) -> Option<Self> {
        ZipArchive::new(Cursor::new(content)).ok().map(Self)
    }

    /// The relations of a part, or of the whole file where it is none, by their ids.
    pub(super) fn relations(&mut self, part: &str) -> HashMap<String, Relation> {
        let (folder, name) = part.rsplit_once('/').unwrap_or(("", part));
        let mut found = HashMap::new();
        let beside = format!("{folder}/_rels/{name}.rels");
        self.for_each_tag(beside.trim_start_matches('/'), |tag| {
            if let ("Relationship", Some(id), Some(target)) =
                (local_name(tag), attribute(tag, "Id"), attribute(tag, "Target"))
            {
                let kind = attribute(tag, "Type").unwrap_or_default();
                found.insert(id, Relation { kind, part: resolved(folder, &target), at: found.len() });
            }
            true
        });
        found
    }

    /// Calls with each tag of a part that opens, as long as it wants more.
    pub(super) fn for_each_tag(&mut self, part: &str, mut each: impl FnMut(&BytesStart<'_>) -> bool) {
        self.for_each_event(part, |event| match event {
            Event::Start(tag) | Event::Empty(tag) => each(tag),
            _ => true,
        });
    }

    /// Calls with each event of a part, as long as it wants more. A part that is broken ends there.
    pub(super) fn for_each_event(&mut self, part: &str, mut each: impl FnMut(&Event<'_>) -> bool) {
        let Ok(file) = self.0.by_name(part) else { return };
        let mut reader = Reader::from_reader(BufReader::new(file.take(PART_BYTES)));
        let mut buffer = Vec::new();
        while let Ok(event) = reader.read_event_into(&mut buffer) {
            if matches!(event, Event::Eof) || !each(&event) {
                return;
            }
            buffer.clear();
        }
    }
}

/// What becomes of one part of an archive that is written anew.
pub(super) enum Becomes<'a> {
    Itself,
    /// The same under another name.
    Named(&'a str),
    /// Other bytes under its own name.
    Bytes(&'a [u8]),
    Nothing,
}

/// The same archive with its parts as they are to become. `None` when it is broken, or when its parts share their bytes: they
/// would grow without end.
pub(super) fn written_anew<'a>(content: &[u8], becomes: impl Fn(&str) -> Becomes<'a>) -> Option<Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(content)).ok()?;
    let mut out = ZipWriter::new(Cursor::new(Vec::with_capacity(content.len())));
    let mut left = content.len() as u64;
    for at in 0..archive.len() {
        let file = archive.by_index_raw(at).ok()?;
        left = left.checked_sub(file.compressed_size())?;
        let name = file.name().ok()?.into_owned();
        match becomes(&name) {
            Becomes::Itself => out.raw_copy_file(file).ok()?,
            Becomes::Named(other) => out.raw_copy_file_rename(file, other).ok()?,
            Becomes::Bytes(bytes) => {
                out.start_file(name, SimpleFileOptions::default()).ok()?;
                out.write_all(bytes).ok()?;
            }
            Becomes::Nothing => {}
        }
    }
    Some(out.finish().ok()?.into_inner())
}

/// A target as it is written, from the folder of the part that names it.
fn resolved(folder: &str, target: &str) -> String {
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut path: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in target.split('/') {
        match step {
            ".." => {
                path.pop();
            }
            "." | "" => {}
            step => path.push(step),
        }
    }
    path.join("/")
}

pub(super) fn local_name<'a>(tag: &'a BytesStart<'_>) -> &'a str {
    tag.local_name().into_inner()
}

pub(super) fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = tag.try_get_attribute(name).ok().flatten()?;
    attribute.normalized_value(XmlVersion::Implicit1_0).ok().map(|value| value.into_owned())
}

/// What an entity stands for. Five are known without a definition; definitions are not read, so none can grow.
pub(super) fn character(name: &BytesRef<'_>) -> Option<char> {
    match name.as_ref() {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => name.resolve_char_ref().ok().flatten(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_lead_from_the_folder_of_their_part() {
        assert_eq!(resolved("xl", "worksheets/sheet1.xml"), "xl/worksheets/sheet1.xml");
        assert_eq!(resolved("xl/worksheets", "../comments1.xml"), "xl/comments1.xml");
        assert_eq!(resolved("ppt", "/ppt/slides/slide2.xml"), "ppt/slides/slide2.xml");
        assert_eq!(resolved("xl", "../../../x"), "x");
        assert_eq!(resolved("", "word/document.xml"), "word/document.xml");
    }
}
