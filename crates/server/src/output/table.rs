//! Tables without lines: columns of people's words.

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};

use super::{line, safe};

/// Rows under headings. Cells are made safe to print.
pub struct Rows {
    table: Table,
    at_right: Vec<usize>,
}

impl Rows {
    pub fn new(headings: &[&str]) -> Self {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(headings.iter().map(|heading| Cell::new(heading.to_uppercase())));
        Self { table, at_right: Vec::new() }
    }

    /// Numbers stand at the right.
    pub fn right(mut self, column: usize) -> Self {
        self.at_right.push(column);
        self
    }

    pub fn row<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.table.add_row(cells.into_iter().map(|cell| Cell::new(safe(cell.as_ref()))));
    }

    /// Prints the table, or what stands for an empty one.
    pub fn print(mut self, when_empty: &str) {
        if self.table.row_count() == 0 {
            line(when_empty);
            return;
        }
        for (index, column) in self.table.column_iter_mut().enumerate() {
            column.set_padding((0, 2));
            if self.at_right.contains(&index) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        for text in self.table.lines() {
            line(text.trim_end());
        }
    }
}
