//! Where the sheets of a workbook begin: the library gives their cells from the first one that holds something.

use std::collections::HashMap;
use std::io::{BufReader, Cursor, Read};

use calamine::{Ods, Reader as _, Xls, Xlsb};
use gangway_model::media;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use zip::ZipArchive;

use crate::media_type::{ODS, XLS, XLSB};

/// The row of the first cell with content, from 1, by the sheet's name.
pub(super) type FirstRows = HashMap<String, u32>;

type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// No sheet has a row after this one.
const LAST_ROW: u32 = 1_048_576;
const SHEETS: usize = 1_000;
/// Bytes of a part that are looked at.
const PART_BYTES: u64 = 20_000_000;

/// Reads a workbook of one of the types we know. What cannot be made out is left out: those rows count from 1.
pub(super) fn first_rows(content: &[u8], media_type: &str) -> FirstRows {
    let content = Cursor::new(content);
    match media_type {
        media::XLSX => in_xlsx(content.into_inner()),
        XLS => in_ranges(Xls::new(content)),
        XLSB => in_ranges(Xlsb::new(content)),
        ODS => in_ranges(Ods::new(content)),
        _ => FirstRows::new(),
    }
}

/// Asks the reader that the library reads these with.
fn in_ranges<'a, B: calamine::Reader<Cursor<&'a [u8]>>>(workbook: Result<B, B::Error>) -> FirstRows {
    let Ok(mut workbook) = workbook else { return FirstRows::new() };
    let names = workbook.sheet_names().into_iter().take(SHEETS);
    let begin = names.filter_map(|name| {
        let (row, _) = workbook.worksheet_range(&name).ok()?.start()?;
        Some((name, row.saturating_add(1)))
    });
    begin.collect()
}

/// Looks through the parts of an XLSX workbook, which may be too large to be read twice.
fn in_xlsx(content: &[u8]) -> FirstRows {
    let Ok(mut archive) = ZipArchive::new(Cursor::new(content)) else { return FirstRows::new() };
    let mut targets = HashMap::new();
    for_each_tag(&mut archive, "xl/_rels/workbook.xml.rels", |tag| {
        if let ("Relationship", Some(id), Some(target)) =
            (local_name(tag), attribute(tag, "Id"), attribute(tag, "Target"))
        {
            targets.insert(id, target);
        }
        true
    });
    let mut sheets = Vec::new();
    for_each_tag(&mut archive, "xl/workbook.xml", |tag| {
        if let ("sheet", Some(name), Some(id)) =
            (local_name(tag), attribute(tag, "name"), attribute(tag, "r:id"))
        {
            sheets.push((name, id));
        }
        sheets.len() < SHEETS
    });
    let mut found = FirstRows::new();
    for (name, id) in sheets {
        let Some(target) = targets.get(&id) else { continue };
        let part = match target.strip_prefix('/') {
            Some(absolute) => absolute.to_owned(),
            None => format!("xl/{target}"),
        };
        if let Some(row) = first_row(&mut archive, &part) {
            found.insert(name, row);
        }
    }
    found
}

/// The row that the first value stands in: a cell without one is only formatted.
fn first_row(archive: &mut Archive<'_>, part: &str) -> Option<u32> {
    let (mut row, mut found) = (0_u32, None);
    for_each_tag(archive, part, |tag| {
        match local_name(tag) {
            "row" => {
                row = attribute(tag, "r").and_then(|row| row.parse().ok()).unwrap_or(row.saturating_add(1))
            }
            "v" | "is" => found = Some(row),
            _ => {}
        }
        found.is_none()
    });
    found.filter(|row| (1..=LAST_ROW).contains(row))
}

/// Calls with each tag of a part that opens, as long as it wants more.
fn for_each_tag(archive: &mut Archive<'_>, part: &str, mut each: impl FnMut(&BytesStart<'_>) -> bool) {
    let Ok(file) = archive.by_name(part) else { return };
    let mut reader = Reader::from_reader(BufReader::new(file.take(PART_BYTES)));
    let mut buffer = Vec::new();
    while let Ok(event) = reader.read_event_into(&mut buffer) {
        let wants_more = match &event {
            Event::Eof => false,
            Event::Start(tag) | Event::Empty(tag) => each(tag),
            _ => true,
        };
        if !wants_more {
            return;
        }
        buffer.clear();
    }
}

fn local_name<'a>(tag: &'a BytesStart<'_>) -> &'a str {
    tag.local_name().into_inner()
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = tag.try_get_attribute(name).ok().flatten()?;
    attribute.normalized_value(XmlVersion::Implicit1_0).ok().map(|value| value.into_owned())
}
