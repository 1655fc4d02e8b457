//! What people wrote beside the cells of a workbook (XLSX, ODS): its comments, which the library does not read.

use std::collections::HashMap;

use gangway_model::{Place, Section};
use quick_xml::events::{BytesRef, Event};

use super::parts::{Parts, attribute, character, local_name};

/// Comments of one workbook that are read, and bytes of one that are kept.
pub(super) const REMARKS: usize = 20_000;
const REMARK_BYTES: usize = 20_000;
/// How Excel begins the note that stands in for a thread of comments in older versions.
const STAND_IN: &str = "[Threaded comment]";

/// The comments of each sheet, by its name.
pub(super) type Remarks = HashMap<String, Vec<Section>>;

/// Reads up to `left` comments of one sheet of an XLSX workbook: notes, and threads of comments.
pub(super) fn of_sheet(parts: &mut Parts<'_>, sheet: &str, part: &str, left: usize) -> Vec<Section> {
    let relations = parts.relations(part);
    let mut found = Vec::new();
    let mut beside: Vec<_> = relations
        .values()
        .filter(|relation| relation.is_to("comments") || relation.is_to("threadedComment"))
        .map(|relation| relation.part.as_str())
        .collect();
    beside.sort_unstable();
    for part in beside {
        in_part(parts, part, sheet, left, &mut found);
    }
    found.sort_by_key(|section: &Section| section.place.rows);
    found
}

/// Reads the comments of an OpenDocument workbook, which stand within the cells.
pub(super) fn in_ods(content: &[u8]) -> Remarks {
    let mut found = Remarks::new();
    let Some(mut parts) = Parts::open(content) else { return found };
    let (mut sheet, mut row, mut next_row) = (String::new(), 0_u32, 1_u32);
    // The comment that is open, and the paragraphs within it.
    let (mut text, mut paragraphs): (Option<String>, usize) = (None, 0);
    let mut count = 0;
    parts.for_each_event("content.xml", |event| {
        let rows = |tag| attribute(tag, "table:number-rows-repeated").and_then(|rows| rows.parse().ok());
        match event {
            Event::Start(tag) => match local_name(tag) {
                "table" => {
                    sheet = attribute(tag, "table:name").unwrap_or_default();
                    next_row = 1;
                }
                "table-row" => {
                    row = next_row;
                    next_row = row.saturating_add(rows(tag).unwrap_or(1));
                }
                "annotation" => text = Some(String::new()),
                "p" if text.is_some() => paragraphs += 1,
                _ => {}
            },
            Event::Empty(tag) if local_name(tag) == "table-row" => {
                next_row = next_row.saturating_add(rows(tag).unwrap_or(1));
            }
            Event::End(tag) => match tag.local_name().as_ref() {
                "p" if paragraphs > 0 => {
                    paragraphs -= 1;
                    text.iter_mut().for_each(|text| text.push('\n'));
                }
                "annotation" => {
                    paragraphs = 0;
                    let text = text.take().unwrap_or_default();
                    if !text.trim().is_empty() {
                        let place =
                            Place { sheet: Some(sheet.clone()), rows: Some((row, row)), ..Place::default() };
                        found.entry(sheet.clone()).or_default().push(Section { place, text });
                        count += 1;
                    }
                }
                _ => {}
            },
            Event::Text(words) if paragraphs > 0 => text.iter_mut().for_each(|text| add(text, words)),
            Event::GeneralRef(name) if paragraphs > 0 => {
                text.iter_mut().for_each(|text| add_character(text, name));
            }
            _ => {}
        }
        count < REMARKS
    });
    found
}

pub(super) fn add(text: &mut String, words: &str) {
    let mut room = REMARK_BYTES.saturating_sub(text.len()).min(words.len());
    while !words.is_char_boundary(room) {
        room -= 1;
    }
    text.push_str(&words[..room]);
}

pub(super) fn add_character(text: &mut String, name: &BytesRef<'_>) {
    if let Some(character) = character(name) {
        add(text, character.encode_utf8(&mut [0; 4]));
    }
}

fn in_part(parts: &mut Parts<'_>, part: &str, sheet: &str, left: usize, found: &mut Vec<Section>) {
    let (mut cell, mut text, mut speaks) = (None, String::new(), false);
    parts.for_each_event(part, |event| {
        match event {
            Event::Start(tag) => match local_name(tag) {
                "comment" | "threadedComment" => {
                    cell = attribute(tag, "ref");
                    text.clear();
                }
                // A thread's words stand in `text` itself, a note's in the `t` of its runs.
                "t" | "text" => speaks = true,
                // How a word is to be spoken is no word of its own.
                "rPh" => speaks = false,
                _ => {}
            },
            Event::End(tag) => match tag.local_name().as_ref() {
                "t" => speaks = false,
                "text" => speaks = false,
                "comment" | "threadedComment" => found.extend(remark(cell.take(), &text, sheet)),
                _ => {}
            },
            Event::Text(words) if speaks => add(&mut text, words),
            Event::GeneralRef(name) if speaks => add_character(&mut text, name),
            _ => {}
        }
        found.len() < left
    });
}

fn remark(cell: Option<String>, text: &str, sheet: &str) -> Option<Section> {
    let (cell, text) = (cell?, text.trim());
    let digits = cell.trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == '$');
    let row: u32 = digits.parse().ok()?;
    if text.is_empty() || text.starts_with(STAND_IN) {
        return None;
    }
    let place = Place { sheet: Some(sheet.to_owned()), rows: Some((row, row)), ..Place::default() };
    Some(Section { place, text: format!("{cell}: {text}") })
}
