//! Scans that somebody pasted into a document: an Office file with next to no text of its own and pictures as large as pages.

use std::io::Cursor;

use gangway_model::{Document, media};
use zip::ZipArchive;

use super::archive::take;
use super::picture;
use crate::media_type::{HEAD_BYTES, ODP, ODT, ZIP, detect_media_type, is_image};
use crate::protocol::Refusal;

/// Letters and digits from which a document has text of its own, and its pictures only illustrate it.
const FEW_LETTERS: usize = 300;
/// Pictures of one document that are looked at.
const PICTURES: usize = 200;
/// Where the pictures of Office files lie.
const FOLDERS: [&str; 3] = ["word/media/", "ppt/media/", "Pictures/"];

/// The Office file, where it may hold pictures, as it is kept until its text is known.
pub(super) fn kept(content: &[u8], media_type: &str) -> Option<Vec<u8>> {
    if !matches!(media_type, media::DOCX | media::PPTX | ODT | ODP) {
        return None;
    }
    let archive = ZipArchive::new(Cursor::new(content)).ok()?;
    archive.file_names().flatten().any(|name| is_picture(&name)).then(|| content.to_vec())
}

/// Whether a document has next to no text of its own.
pub(super) fn is_bare(document: &Document) -> bool {
    let letters = document.sections.iter().flat_map(|section| section.text.chars());
    letters.filter(|c| c.is_alphanumeric()).take(FEW_LETTERS).count() < FEW_LETTERS
}

/// The pictures of an Office file.
pub(super) struct Pictures<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    /// In the order of their numbers.
    pub names: Vec<String>,
    /// How many more there are.
    pub others: usize,
}

impl<'a> Pictures<'a> {
    pub(super) fn of(content: &'a [u8]) -> Option<Self> {
        let archive = ZipArchive::new(Cursor::new(content)).ok()?;
        let names = archive.file_names().flatten().filter(|name| is_picture(name));
        let mut names: Vec<String> = names.map(|name| name.into_owned()).collect();
        names.sort_by_key(|name| (number_in(name), name.clone()));
        let others = names.len().saturating_sub(PICTURES);
        names.truncate(PICTURES);
        Some(Self { archive, names, others })
    }

    /// Unpacks one to so many bytes at most: its type and its bytes.
    pub(super) fn unpack(&mut self, name: &str, room: u64) -> Result<(String, Vec<u8>), Refusal> {
        let file = self.archive.by_name(name).map_err(|_| Refusal::Broken { media_type: ZIP.to_owned() })?;
        let bytes = take(file, room, ZIP)?;
        Ok((detect_media_type(&bytes[..bytes.len().min(HEAD_BYTES)], name, ""), bytes))
    }
}

/// Whether a picture is as large as a page.
pub(super) fn is_page(media_type: &str, bytes: &[u8]) -> bool {
    is_image(media_type) && picture::is_as_large_as_a_page(bytes)
}

fn is_picture(name: &str) -> bool {
    FOLDERS.iter().any(|folder| name.starts_with(folder)) && !name.ends_with('/')
}

/// The number in a name: the tenth picture comes after the second.
fn number_in(name: &str) -> u64 {
    let digits: String = name.chars().filter(char::is_ascii_digit).take(18).collect();
    digits.parse().unwrap_or(u64::MAX)
}
