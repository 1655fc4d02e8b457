//! Text as it is: Markdown, rows of cells, and everything else that is characters.

use gangway_model::{Document, Section};

use crate::media_type::Reader;
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
    let text = clean(&decode(bytes, charset, cut));
    let mut document = match reader {
        Reader::Markdown => markdown::read_markdown(&text),
        Reader::Rows => table::read_separated(&text),
        Reader::Plain | Reader::Worker => {
            Document { sections: vec![Section { text, ..Section::default() }], ..Document::default() }
        }
    };
    document.truncated |= cut;
    finish(&mut document, text_bytes);
    document
}
