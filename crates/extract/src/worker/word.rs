//! Tables of old Word documents: the library writes the ends of cells as tabs, so that a table is one word with the paragraph
//! after it. Here the cells keep a mark of their own, and become rows again.

use std::io::{Cursor, Read, Seek, SeekFrom, Write};

use cfb::CompoundFile;

use crate::table::row_text;

/// What Word ends a cell and a row with.
const CELL: u8 = 7;
/// What stands for it until the library is done: a byte that stands for no character in either of Word's encodings.
const MARK: u8 = 0x81;
const MARK_CHAR: char = '\u{81}';
/// Columns of a table whose rows are told apart.
const COLUMNS: usize = 63;

/// The same document, with marks at the ends of its cells. One without tables, or that cannot be made out, stays as it is.
pub(super) fn with_marks(content: Vec<u8>) -> Vec<u8> {
    marked(&content).unwrap_or(content)
}

fn marked(content: &[u8]) -> Option<Vec<u8>> {
    let mut file = CompoundFile::open(Cursor::new(content.to_vec())).ok()?;
    let mut stream = |name: &str| {
        let mut bytes = Vec::new();
        file.open_stream(name).ok()?.read_to_end(&mut bytes).ok()?;
        Some(bytes)
    };
    let mut words = stream("WordDocument")?;
    let flags = number(&words, 10, 2)?;
    let tables = stream(if flags & 0x200 == 0 { "0Table" } else { "1Table" })?;
    let (mut found, mut left) = (false, words.len());
    for piece in pieces(&words, &tables)? {
        let step = if piece.is_narrow { 1 } else { 2 };
        let length = piece.characters.checked_mul(step)?;
        let end = piece.start.checked_add(length)?.min(words.len());
        // Pieces that lie over one another are none of Word's.
        left = left.checked_sub(length)?;
        for at in (piece.start..end).step_by(step) {
            // Two bytes, or one: the same mark does for both.
            if words[at] == CELL && (piece.is_narrow || words.get(at + 1) == Some(&0)) {
                words[at] = MARK;
                found = true;
            }
        }
    }
    if !found {
        return None;
    }
    let mut stream = file.open_stream("WordDocument").ok()?;
    stream.seek(SeekFrom::Start(0)).ok()?;
    stream.write_all(&words).ok()?;
    stream.flush().ok()?;
    drop(stream);
    Some(file.into_inner().into_inner())
}

/// A run of text in the document's stream.
struct Piece {
    start: usize,
    characters: usize,
    /// One byte for a character, not two.
    is_narrow: bool,
}

/// Where the text stands, by the table that the document's head leads to.
fn pieces(words: &[u8], tables: &[u8]) -> Option<Vec<Piece>> {
    // The head is three lists of numbers of growing size, each behind its length.
    let shorts = number(words, 32, 2)?;
    let longs_at = 34 + shorts * 2;
    let places_at = longs_at + 2 + number(words, longs_at, 2)? * 4 + 2;
    let (start, length) = (number(words, places_at + 33 * 8, 4)?, number(words, places_at + 33 * 8 + 4, 4)?);
    let mut list = tables.get(start..start.checked_add(length)?)?;
    // Properties of paragraphs come before.
    while list.first() == Some(&1) {
        list = list.get(3 + number(list, 1, 2)?..)?;
    }
    let list = list.strip_prefix(&[2])?.get(4..)?;
    let count = list.len().checked_sub(4)? / 12;
    let piece = |at: usize| {
        let (from, to) = (number(list, at * 4, 4)?, number(list, at * 4 + 4, 4)?);
        let place = number(list, (count + 1) * 4 + at * 8 + 2, 4)?;
        let is_narrow = place & 0x4000_0000 != 0;
        let start = place & 0x3fff_ffff;
        let start = if is_narrow { start / 2 } else { start };
        Some(Piece { start, characters: to.saturating_sub(from), is_narrow })
    };
    (0..count).map(piece).collect()
}

/// A number of so many bytes, the lowest first.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<usize> {
    let bytes = bytes.get(at..at.checked_add(length)?)?;
    Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte)))
}

/// Takes the cells away that stand before a paragraph's own text, and gives them as rows of a table.
pub(super) fn take_rows(text: &mut String) -> Option<String> {
    let end = text.rfind(MARK_CHAR)?;
    let own = text.split_off(end + MARK_CHAR.len_utf8());
    let cells = std::mem::replace(text, own.trim().to_owned());
    let cells: Vec<&str> = cells[..end].split(MARK_CHAR).map(str::trim).collect();
    let rows = rows_of(&cells).into_iter().filter(|row| row.iter().any(|cell| !cell.is_empty()));
    let mut lines: Vec<String> = Vec::new();
    for row in rows {
        lines.push(row_text(row.iter().copied()));
        if lines.len() == 1 {
            lines.push(format!("|{}", " --- |".repeat(row.len())));
        }
    }
    if lines.len() == 2 {
        lines.pop();
    }
    Some(lines.join("\n"))
}

/// A row ends with a mark of its own: it reads like one more cell, which is always empty. Where that fits no number of columns,
/// as with tables that follow one another, every empty cell ends a row.
fn rows_of<'a, 'b>(cells: &'b [&'a str]) -> Vec<&'b [&'a str]> {
    let fits = |columns: &usize| {
        // As one single row, anything would.
        let is_told = cells.len() > columns + 1 || cells.iter().take(*columns).all(|cell| !cell.is_empty());
        is_told
            && cells.len().is_multiple_of(columns + 1)
            && cells.chunks(columns + 1).all(|row| row.last().is_some_and(|end| end.is_empty()))
    };
    match (1..=COLUMNS).find(fits) {
        Some(columns) => cells.chunks(columns + 1).map(|row| &row[..columns]).collect(),
        None => cells.split(|cell| cell.is_empty()).collect(),
    }
}

/// The same text with what the library writes for cells.
pub(super) fn with_tabs(text: &str) -> String {
    text.replace(MARK_CHAR, "\t")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(text: &str) -> (Option<String>, String) {
        let mut text = text.replace('|', "\u{81}");
        (take_rows(&mut text), text)
    }

    #[test]
    fn cells_before_a_paragraph_are_rows() {
        for (text, rows, own) in [
            ("no cells", None, "no cells"),
            (
                "what|much||boats|3||Deep part",
                Some("| what | much |\n| --- | --- |\n| boats | 3 |"),
                "Deep part",
            ),
            ("a||b||", Some("| a |\n| --- |\n| b |"), ""),
            ("only|one||", Some("| only | one |"), ""),
            ("a||c||d|e||", Some("| a |\n| --- |\n| c |\n| d | e |"), ""),
            ("a|b|||c|d|e||", Some("| a | b |\n| --- | --- | --- |\n| c | d | e |"), ""),
            ("|||", Some(""), ""),
        ] {
            assert_eq!(taken(text), (rows.map(str::to_owned), own.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_no_document_of_word_stays_as_it_is() {
        for content in [&b""[..], b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", &[0xff; 4096]] {
            assert_eq!(with_marks(content.to_vec()), content);
            assert!(pieces(content, content).is_none_or(|pieces| pieces.is_empty()));
        }
    }
}
