//! The text of a PDF by `pdftotext`: page by page, in reading order, with what the file says about itself.

use std::path::Path;

use gangway_model::{Document, Place, Section};

use super::reach::Needs;
use super::run::{Feed, Printed, RunLimits, Step, ToolError, run_chain};
use crate::pool::WorkerCommand;
use crate::text::{AUTHOR_CHARS, TITLE_CHARS, one_line};
use crate::worker::moment;

/// Reads a PDF. Returns the document and the pages without text, from 1.
pub(crate) async fn read_pdf_text(
    worker: &WorkerCommand,
    pdftotext: &Path,
    feed: Feed<'_>,
    limits: RunLimits,
) -> Result<(Document, Vec<u32>), ToolError> {
    let args = ["-htmlmeta", "-enc", "UTF-8", "-", "-"].map(str::to_owned).to_vec();
    let step = Step { program: pdftotext, args, needs: Needs::Fonts, data_folder: None };
    let printed = run_chain(worker, &[step], feed, limits).await?;
    pages_of(&printed)
}

fn pages_of(printed: &Printed) -> Result<(Document, Vec<u32>), ToolError> {
    let text = String::from_utf8_lossy(&printed.bytes);
    let (head, body) = text.split_once("<pre>").ok_or(ToolError::Failed)?;
    let body = body.rsplit_once("</pre>").map_or(body, |(body, _)| body);
    let mut document = Document {
        title: between(head, "<title>", "</title>").map(|title| one_line(&unescape(title), TITLE_CHARS)),
        authors: meta(head, "Author").map(|author| one_line(&author, AUTHOR_CHARS)).into_iter().collect(),
        created_at: meta(head, "CreationDate").as_deref().and_then(moment),
        modified_at: meta(head, "ModDate").as_deref().and_then(moment),
        truncated: printed.cut,
        ..Document::default()
    };
    document.title = document.title.filter(|title| !title.is_empty());
    document.authors.retain(|author| !author.is_empty());
    let mut textless = Vec::new();
    let mut pages: Vec<&str> = body.split('\u{c}').collect();
    // What follows the last page's end is no page.
    if pages.last().is_some_and(|rest| rest.trim().is_empty()) {
        pages.pop();
    }
    for (number, text) in (1..).zip(pages) {
        if !text.chars().any(char::is_alphanumeric) {
            textless.push(number);
            continue;
        }
        let place = Place { page: Some(number), ..Place::default() };
        document.sections.push(Section { place, text: text.replace(is_direction_mark, "") });
    }
    match document.sections.is_empty() && textless.is_empty() {
        true => Err(ToolError::Failed),
        false => Ok((document, textless)),
    }
}

/// Marks that the program puts around runs of right-to-left text. They would stand between words and punctuation.
fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn meta(head: &str, name: &str) -> Option<String> {
    between(head, &format!("<meta name=\"{name}\" content=\""), "\"/>").map(unescape)
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_once(after).map(|(inside, _)| inside)
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(Document, Vec<u32>), ToolError> {
        pages_of(&Printed { bytes: text.as_bytes().to_vec(), cut: false })
    }

    #[test]
    fn pages_keep_their_numbers_and_marks_go() {
        let printed = "<html><title>A &amp; B</title>\n<meta name=\"Author\" content=\"Ann\"/>\
            <meta name=\"CreationDate\" content=\"2024-01-31T12:00:00Z\"/><pre>\none </pre> 1\n\u{c}\n \u{c}\u{202b}שלום\u{202c}\n\u{c}</pre></html>";
        let (document, textless) = read(printed).unwrap();
        assert_eq!(
            (document.title.as_deref(), document.authors.as_slice()),
            (Some("A & B"), &["Ann".to_owned()][..])
        );
        assert!(document.created_at.is_some());
        let pages: Vec<_> = document.sections.iter().map(|one| (one.place.page, one.text.trim())).collect();
        assert_eq!(pages, [(Some(1), "one </pre> 1"), (Some(3), "שלום")]);
        assert_eq!(textless, [2]);
    }

    #[test]
    fn nothing_printed_is_no_document() {
        assert_eq!(read(""), Err(ToolError::Failed));
        assert_eq!(read("<html><pre>\n</pre>"), Err(ToolError::Failed));
    }
}
