//! Text as it is: Markdown, rows of cells, calendars, notebooks, and everything else that is characters.

use bytes::Bytes;
use gangway_model::{Document, Section};

use crate::content_lines::read_content_lines;
use crate::json::with_characters;
use crate::media_type::Reader;
use crate::notebook::read_notebook;
use crate::text::{clean, decode, finish};
use crate::{markdown, table};

/// Reads bytes of text. `cut` says that they are only the start of a file. Of a large text no more is held at a time than
/// it takes: what it was made of goes before what is made of it.
pub(crate) fn read_text(
    bytes: Bytes,
    cut: bool,
    reader: Reader,
    charset: Option<&str>,
    text_bytes: usize,
) -> Document {
    let plain = |text: String| Document {
        sections: vec![Section { text, ..Section::default() }],
        ..Document::default()
    };
    let text = decode(&bytes, charset, cut);
    let text = match reader {
        Reader::Markdown | Reader::Rows => clean(&text),
        Reader::Json => with_characters(&text).into_owned(),
        // Cleaning comes after: blanks at the ends of lines matter to some.
        Reader::ContentLines | Reader::Notebook | Reader::Plain | Reader::Worker => text.into_owned(),
    };
    drop(bytes);
    let mut document = match reader {
        Reader::Markdown => markdown::read_markdown(&text),
        Reader::Rows => table::read_separated(&text),
        Reader::ContentLines => read_content_lines(&text),
        Reader::Notebook => read_notebook(&text).unwrap_or_else(|| plain(text)),
        Reader::Json | Reader::Plain | Reader::Worker => plain(text),
    };
    document.truncated |= cut;
    finish(&mut document, text_bytes);
    document
}
