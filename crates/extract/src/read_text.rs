//! Text as it is: Markdown, rows of cells, calendars, notebooks, and everything else that is characters.

use std::borrow::Cow;

use gangway_model::{Document, Section};

use crate::content_lines::read_content_lines;
use crate::json::with_characters;
use crate::media_type::Reader;
use crate::notebook::read_notebook;
use crate::text::{clean, decode, finish};
use crate::{markdown, table};

/// Reads bytes of text. `cut` says that they are only the start of a file.
pub(crate) fn read_text(
    bytes: &[u8],
    cut: bool,
    reader: Reader,
    charset: Option<&str>,
    text_bytes: usize,
) -> Document {
    let text = decode(bytes, charset, cut);
    let plain = |text: Cow<'_, str>| Document {
        sections: vec![Section { text: text.into_owned(), ..Section::default() }],
        ..Document::default()
    };
    let mut document = match reader {
        Reader::Markdown => markdown::read_markdown(&clean(&text)),
        Reader::Rows => table::read_separated(&clean(&text)),
        // Cleaning comes after: blanks at the ends of lines matter here.
        Reader::ContentLines => read_content_lines(&text),
        Reader::Notebook => read_notebook(&text).unwrap_or_else(|| plain(text)),
        Reader::Json => plain(with_characters(&text)),
        Reader::Plain | Reader::Worker => plain(text),
    };
    document.truncated |= cut;
    finish(&mut document, text_bytes);
    document
}
