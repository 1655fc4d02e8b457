//! Scans that somebody pasted into a document: an Office file with next to no text of its own and pictures as large as pages.

use std::io::Cursor;

use gangway_model::{Document, media};
use zip::ZipArchive;

use super::archive::take;
use super::picture;
use super::reader::Member;
use crate::media_type::{HEAD_BYTES, ODP, ODT, detect_media_type, is_image};

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

/// The pictures as large as pages of a document with next to no text, in the order of their numbers. `room` is how much
/// each may unpack to.
pub(super) fn scans(content: &[u8], document: &Document, room: u64) -> Vec<Member> {
    let letters = document.sections.iter().flat_map(|section| section.text.chars());
    if letters.filter(|c| c.is_alphanumeric()).take(FEW_LETTERS).count() == FEW_LETTERS {
        return Vec::new();
    }
    let Ok(mut archive) = ZipArchive::new(Cursor::new(content)) else { return Vec::new() };
    let mut names: Vec<String> = archive
        .file_names()
        .flatten()
        .filter(|name| is_picture(name))
        .map(|name| name.into_owned())
        .collect();
    names.sort_by_key(|name| (number_in(name), name.clone()));
    let pictures = names.into_iter().take(PICTURES).filter_map(|name| {
        let bytes = take(archive.by_name(&name).ok()?, room, "").ok()?;
        let media_type = detect_media_type(&bytes[..bytes.len().min(HEAD_BYTES)], &name, "");
        let is_page = is_image(&media_type) && picture::is_as_large_as_a_page(&bytes);
        is_page.then_some(Member { name, media_type, bytes: Ok(bytes) })
    });
    pictures.collect()
}

fn is_picture(name: &str) -> bool {
    FOLDERS.iter().any(|folder| name.starts_with(folder)) && !name.ends_with('/')
}

/// The number in a name: the tenth picture comes after the second.
fn number_in(name: &str) -> u64 {
    let digits: String = name.chars().filter(char::is_ascii_digit).take(18).collect();
    digits.parse().unwrap_or(u64::MAX)
}
