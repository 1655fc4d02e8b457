//! The text of a PDF by `pdftotext`: page by page, in reading order, with what the file says about itself.

use std::path::Path;

use gangway_model::{Document, Place, Section};

use super::reach::Needs;
use super::run::{Feed, Printed, RunLimits, Step, ToolError, run_chain};
use crate::hyphens::with_whole_words;
use crate::letters::in_order;
use crate::pool::WorkerCommand;
use crate::text::{AUTHOR_CHARS, TITLE_CHARS, one_line, unescaped_markup};
use crate::worker::moment;

/// The program knows the hyphen of keyboards by itself; browsers and typesetters write the one that is nothing else, or the
/// soft one.
const HYPHENS: [char; 2] = ['\u{2010}', '\u{ad}'];
/// Letters and digits of a page that may be a stamp or a signature on a scan.
const FEW_LETTERS: usize = 100;

/// The text of a PDF, and its pages that may hold more in pictures, from 1.
#[derive(Debug, PartialEq)]
pub(crate) struct PdfText {
    pub document: Document,
    pub textless: Vec<u32>,
    /// Pages with a few words.
    pub sparse: Vec<u32>,
}

/// Reads a PDF.
pub(crate) async fn read_pdf_text(
    worker: &WorkerCommand,
    pdftotext: &Path,
    feed: Feed<'_>,
    limits: RunLimits,
) -> Result<PdfText, ToolError> {
    let args = ["-htmlmeta", "-enc", "UTF-8", "-", "-"].map(str::to_owned).to_vec();
    let step = Step { program: pdftotext, args, needs: Needs::Fonts, data_folder: None };
    let printed = run_chain(worker, &[step], feed, limits).await?;
    pages_of(&printed)
}

fn pages_of(printed: &Printed) -> Result<PdfText, ToolError> {
    let text = String::from_utf8_lossy(&printed.bytes);
    let (head, body) = text.split_once("<pre>").ok_or(ToolError::Failed)?;
    let body = body.rsplit_once("</pre>").map_or(body, |(body, _)| body);
    let mut document = Document {
        title: between(head, "<title>", "</title>")
            .map(|title| one_line(&unescaped_markup(title), TITLE_CHARS)),
        authors: meta(head, "Author").map(|author| one_line(&author, AUTHOR_CHARS)).into_iter().collect(),
        created_at: meta(head, "CreationDate").as_deref().and_then(moment),
        modified_at: meta(head, "ModDate").as_deref().and_then(moment),
        truncated: printed.cut,
        ..Document::default()
    };
    document.title = document.title.filter(|title| !title.is_empty());
    document.authors.retain(|author| !author.is_empty());
    let (mut textless, mut sparse) = (Vec::new(), Vec::new());
    let mut pages: Vec<&str> = body.split('\u{c}').collect();
    // What follows the last page's end is no page.
    if pages.last().is_some_and(|rest| rest.trim().is_empty()) {
        pages.pop();
    }
    for (number, text) in (1..).zip(pages) {
        match text.chars().filter(|c| c.is_alphanumeric()).take(FEW_LETTERS).count() {
            0 => {
                textless.push(number);
                continue;
            }
            FEW_LETTERS => {}
            _ => sparse.push(number),
        }
        let place = Place { page: Some(number), ..Place::default() };
        let text = in_order(text);
        document.sections.push(Section { place, text: with_whole_words(&text, &HYPHENS) });
    }
    match document.sections.is_empty() && textless.is_empty() {
        true => Err(ToolError::Failed),
        false => Ok(PdfText { document, textless, sparse }),
    }
}

fn meta(head: &str, name: &str) -> Option<String> {
    between(head, &format!("<meta name=\"{name}\" content=\""), "\"/>").map(unescaped_markup)
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_once(after).map(|(inside, _)| inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<PdfText, ToolError> {
        pages_of(&Printed { bytes: text.as_bytes().to_vec(), cut: false })
    }

    #[test]
    fn pages_keep_their_numbers_and_marks_go() {
        let printed = "<html><title>A &amp; B</title>\n<meta name=\"Author\" content=\"Ann\"/>\
            <meta name=\"CreationDate\" content=\"2024-01-31T12:00:00Z\"/><pre>\none </pre> 1\nun\u{2010}\nread\n\u{c}\n \u{c}\u{202b}שלום\u{202c}\n\u{c}FULL\u{c}</pre></html>"
            .replace("FULL", &"page ".repeat(40));
        let PdfText { document, textless, sparse } = read(&printed).unwrap();
        assert_eq!(
            (document.title.as_deref(), document.authors.as_slice()),
            (Some("A & B"), &["Ann".to_owned()][..])
        );
        assert!(document.created_at.is_some());
        let pages: Vec<_> = document.sections.iter().map(|one| (one.place.page, one.text.trim())).collect();
        assert_eq!(pages[..2], [(Some(1), "one </pre> 1\nunread"), (Some(3), "שלום")]);
        assert_eq!((textless, sparse), (vec![2], vec![1, 3]));
    }

    #[test]
    fn nothing_printed_is_no_document() {
        assert_eq!(read(""), Err(ToolError::Failed));
        assert_eq!(read("<html><pre>\n</pre>"), Err(ToolError::Failed));
    }
}
