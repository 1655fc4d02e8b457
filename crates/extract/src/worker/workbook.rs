//! Where the sheets of a workbook begin: the library gives their cells from the first one that holds something. And what
//! people wrote beside the cells.

use std::collections::HashMap;
use std::io::Cursor;

use calamine::{Ods, Reader as _, Xls, Xlsb};
use gangway_model::media;

use super::charts;
use super::parts::{Parts, attribute, local_name};
use super::remarks::{self, Remarks};
use crate::media_type::{ODS, XLS, XLSB};

/// What a workbook says beside what the library reads of it: among its remarks is what charts and shapes say.
#[derive(Default)]
pub(super) struct Beside {
    pub first_rows: FirstRows,
    pub remarks: Remarks,
}

/// The row of the first cell with content, from 1, by the sheet's name.
pub(super) type FirstRows = HashMap<String, u32>;

/// No sheet has a row after this one.
const LAST_ROW: u32 = 1_048_576;
const SHEETS: usize = 1_000;

/// Reads a workbook of one of the types we know. What cannot be made out is left out: those rows count from 1.
pub(super) fn beside(content: &[u8], media_type: &str) -> Beside {
    let remarks = match media_type {
        ODS => remarks::in_ods(content),
        _ => Remarks::new(),
    };
    let content = Cursor::new(content);
    let first_rows = match media_type {
        media::XLSX => return in_xlsx(content.into_inner()),
        XLS => in_ranges(Xls::new(content)),
        XLSB => in_ranges(Xlsb::new(content)),
        ODS => in_ranges(Ods::new(content)),
        _ => FirstRows::new(),
    };
    Beside { first_rows, remarks }
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
fn in_xlsx(content: &[u8]) -> Beside {
    let mut found = Beside::default();
    let Some(mut parts) = Parts::open(content) else { return found };
    let relations = parts.relations("xl/workbook.xml");
    let mut sheets = Vec::new();
    parts.for_each_tag("xl/workbook.xml", |tag| {
        if let ("sheet", Some(name), Some(id)) =
            (local_name(tag), attribute(tag, "name"), attribute(tag, "r:id"))
        {
            sheets.push((name, id));
        }
        sheets.len() < SHEETS
    });
    let (mut left, mut charts_left) = (remarks::REMARKS, charts::CHARTS);
    for (name, id) in sheets {
        let Some(relation) = relations.get(&id) else { continue };
        if let Some(row) = first_row(&mut parts, &relation.part) {
            found.first_rows.insert(name.clone(), row);
        }
        let mut remarks = remarks::of_sheet(&mut parts, &name, &relation.part, left);
        left -= remarks.len().min(left);
        remarks.extend(charts::on_sheet(&mut parts, &name, &relation.part, &mut charts_left));
        if !remarks.is_empty() {
            found.remarks.insert(name, remarks);
        }
    }
    found
}

/// The row that the first value stands in: a cell without one is only formatted.
fn first_row(parts: &mut Parts<'_>, part: &str) -> Option<u32> {
    let (mut row, mut found) = (0_u32, None);
    parts.for_each_tag(part, |tag| {
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
