//! Rows of cells as Markdown tables, in groups that repeat the header and know their row numbers.

use gangway_model::{Document, Place, Section};

use crate::text::folded;

/// Characters a row group aims at: about one chunk.
const GROUP_CHARS: usize = 1100;
/// Headers above this are not repeated: they would fill every group.
const REPEATED_HEADER_CHARS: usize = 900;
/// Cells of one row that are kept.
const MAX_COLUMNS: usize = 1000;

/// Reads separated values into row groups. The first row is the header; rows are counted from 1, as a spreadsheet
/// shows them. Text that is no table at all still comes out, row by row.
pub(crate) fn read_separated(text: &str) -> Document {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator(text))
        .from_reader(text.as_bytes());
    let mut groups = RowGroups::new(Place::default());
    let mut record = csv::StringRecord::new();
    // Reading from memory and valid UTF-8 cannot fail; a record always advances.
    while let Ok(true) = reader.read_record(&mut record) {
        let row = record.position().map_or(0, |at| at.record() as u32 + 1);
        groups.push(row, record.iter());
    }
    Document { sections: groups.finish(), ..Document::default() }
}

/// The separator that splits the first lines most evenly.
fn separator(text: &str) -> u8 {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).take(10).collect();
    let evenness = |candidate: &u8| {
        let counts = lines.iter().map(|line| line.bytes().filter(|byte| byte == candidate).count());
        let (low, high) =
            counts.fold((usize::MAX, 0), |(low, high), count| (low.min(count), high.max(count)));
        if low == usize::MAX || high == 0 { (0, 0) } else { (low, usize::MAX - (high - low)) }
    };
    // The last of equals wins with `max_by_key`, so the usual one stands last.
    *b"|;\t,".iter().max_by_key(|candidate| evenness(candidate)).unwrap_or(&b',')
}

/// Collects rows into sections of about one chunk each.
pub(crate) struct RowGroups {
    place: Place,
    header: Option<String>,
    header_columns: usize,
    text: String,
    rows: Option<(u32, u32)>,
    sections: Vec<Section>,
}

impl RowGroups {
    /// All groups stand in this place, each with its own rows.
    pub(crate) fn new(place: Place) -> Self {
        Self { place, header: None, header_columns: 0, text: String::new(), rows: None, sections: Vec::new() }
    }

    /// Adds a row; rows without content are passed over.
    pub(crate) fn push<'a>(&mut self, number: u32, cells: impl Iterator<Item = &'a str>) {
        let (line, columns) = table_row(cells);
        if columns == 0 {
            return;
        }
        if self.header.is_none() {
            self.header_columns = columns;
            self.header = Some(line.clone());
            self.start(number);
            return;
        }
        if self.text.is_empty() {
            self.start(number);
        } else if self.text.chars().count() + line.chars().count() > GROUP_CHARS {
            self.close();
            self.start(number);
        }
        self.text.push_str(&line);
        self.text.push('\n');
        self.rows = Some((self.rows.map_or(number, |(first, _)| first), number));
    }

    fn start(&mut self, number: u32) {
        let header = self.header.as_deref().unwrap_or_default();
        if self.sections.is_empty() || header.chars().count() <= REPEATED_HEADER_CHARS {
            self.text = format!("{header}\n|{}\n", " --- |".repeat(self.header_columns.min(MAX_COLUMNS)));
        }
        self.rows = Some((number, number));
    }

    fn close(&mut self) {
        let text = std::mem::take(&mut self.text);
        if !text.is_empty() {
            let place = Place { rows: self.rows.take(), ..self.place.clone() };
            self.sections.push(Section { place, text: text.trim_end().to_owned() });
        }
    }

    pub(crate) fn finish(mut self) -> Vec<Section> {
        self.close();
        self.sections
    }
}

/// A Markdown table row and the number of its columns, trailing empty ones left out.
fn table_row<'a>(cells: impl Iterator<Item = &'a str>) -> (String, usize) {
    // Bars stay as they are: search reads this more often than a renderer does.
    let mut cells: Vec<String> = cells.take(MAX_COLUMNS).map(folded).collect();
    cells.truncate(cells.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1));
    (format!("| {} |", cells.join(" | ")), cells.len())
}

/// A Markdown table row of these cells.
pub(crate) fn row_text<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    table_row(cells).0
}

/// The same text, with lines of as many cells, set apart by tabs and one below the other, as a Markdown table. A single
/// such line stays what it is.
pub(crate) fn tabs_to_tables(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rows: Vec<&str> = Vec::new();
    let columns = |line: &str| line.matches('\t').count();
    for line in text.lines() {
        let goes_on = match rows.first() {
            Some(first) => columns(line) == columns(first),
            None => columns(line) > 0,
        };
        if goes_on {
            rows.push(line);
        } else if rows.is_empty() || !line.trim().is_empty() {
            // Empty lines between the rows are not part of the table.
            end_table(&mut out, &mut rows);
            if columns(line) > 0 {
                rows.push(line);
            } else {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    end_table(&mut out, &mut rows);
    out
}

fn end_table(out: &mut String, rows: &mut Vec<&str>) {
    let is_table = rows.len() > 1;
    let columns = rows.first().map_or(0, |row| row.matches('\t').count() + 1);
    for (number, row) in rows.drain(..).enumerate() {
        match is_table {
            true => out.push_str(&row_text(row.split('\t'))),
            false => out.push_str(row),
        }
        out.push('\n');
        if is_table && number == 0 {
            out.push_str(&format!("|{}\n", " --- |".repeat(columns.min(MAX_COLUMNS))));
        }
    }
    if is_table {
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_repeat_the_header_and_name_their_rows() {
        let mut text = String::from("id,name\n");
        for row in 0..200 {
            text.push_str(&format!("{row},somebody number {row}\n"));
        }
        let document = read_separated(&text);
        assert!(document.sections.len() > 3);
        let mut next = 1;
        for section in &document.sections {
            assert!(section.text.starts_with("| id | name |\n| --- | --- |\n"), "{}", section.text);
            let (first, last) = section.place.rows.unwrap();
            assert_eq!(first, next);
            next = last + 1;
            assert!(section.text.chars().count() < 2000);
        }
        assert_eq!(next, 202);
        assert!(
            document.sections[1]
                .text
                .contains(&format!("number {}", document.sections[1].place.rows.unwrap().0 - 2))
        );
    }

    #[test]
    fn lines_with_tabs_are_tables() {
        let text = "Numbers\n\nof the year\n\nwhat\thow much\n\napples\t3\n\npears\t12\n\nthe\tend\nmore";
        let table = "| what | how much |\n| --- | --- |\n| apples | 3 |\n| pears | 12 |\n| the | end |\n\n";
        assert_eq!(tabs_to_tables(text), format!("Numbers\n\nof the year\n\n{table}more\n"));
        assert_eq!(tabs_to_tables("a\tb\nc\td\te\nf"), "a\tb\nc\td\te\nf\n", "no two rows of one table");
        assert_eq!(tabs_to_tables("plain\n\nwords"), "plain\n\nwords\n");
    }

    #[test]
    fn separators_are_found_out() {
        assert_eq!(separator("a;b;c\n1,5;2;3"), b';');
        assert_eq!(separator("a\tb\n1\t2"), b'\t');
        assert_eq!(separator("a,b\n\"x;y\",2"), b',');
        assert_eq!(separator(""), b',');
    }

    #[test]
    fn quoted_cells_with_line_breaks_stay_one_row() {
        let document = read_separated("a,b\n\"x\ny\",2\n3,4");
        assert_eq!(document.sections[0].text, "| a | b |\n| --- | --- |\n| x y | 2 |\n| 3 | 4 |");
        assert_eq!(document.sections[0].place.rows, Some((1, 3)));
    }

    #[test]
    fn an_open_quote_loses_nothing() {
        let document = read_separated("a,b\n\"never closed,2\n3,4");
        assert!(document.sections[0].text.contains("never closed"));
        assert!(document.sections[0].text.contains("3,4"));
    }
}
