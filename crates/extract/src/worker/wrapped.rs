//! What the library passes over in OpenDocument texts because of what is wrapped around it: headers of lists, which here are items
//! like the others, and sections within the cells of tables, which are laid open.

use std::borrow::Cow;
use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::parts::{Becomes, written_anew};

const PART: &str = "content.xml";
/// Bytes of the text that are looked at.
const PART_BYTES: usize = 50_000_000;
const SECTION: [&str; 2] = ["<text:section", "</text:section"];

/// The same document, its text without such wrappings. One that has none stays as it is.
pub(super) fn laid_open(content: Vec<u8>) -> Vec<u8> {
    rewritten(&content).unwrap_or(content)
}

fn rewritten(content: &[u8]) -> Option<Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(content)).ok()?;
    let mut text = String::new();
    archive.by_name(PART).ok()?.take(PART_BYTES as u64).read_to_string(&mut text).ok()?;
    let open = (text.len() < PART_BYTES).then(|| unwrapped(&text))?;
    let Cow::Owned(open) = open else { return None };
    written_anew(content, |name| match name {
        PART => Becomes::Bytes(open.as_bytes()),
        _ => Becomes::Itself,
    })
}

fn unwrapped(text: &str) -> Cow<'_, str> {
    let mut open = Cow::Borrowed(text);
    if text.contains("<text:list-header") {
        let items = text.replace("<text:list-header", "<text:list-item");
        open = items.replace("</text:list-header", "</text:list-item").into();
    }
    if open.contains(SECTION[0]) && open.contains("<table:table ") {
        let begins = without_tags(&open, SECTION[0]);
        open = without_tags(&begins, SECTION[1]).into();
    }
    open
}

/// The same text without the tags that begin so; none of them is empty.
fn without_tags(text: &str, begins: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(begins) {
        let (before, tag) = rest.split_at(at);
        out.push_str(before);
        // Another name may begin the same way.
        let is_it = tag[begins.len()..].starts_with([' ', '>', '\t', '\r', '\n']);
        let end = if is_it { end_of_tag(tag) } else { begins.len() };
        if !is_it {
            out.push_str(begins);
        }
        rest = &tag[end..];
    }
    out.push_str(rest);
    out
}

/// Where a tag ends. A value may hold its sign.
fn end_of_tag(tag: &str) -> usize {
    let mut quote = None;
    let end = tag.find(|c| {
        match (c, quote) {
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            _ => {}
        }
        c == '>' && quote.is_none()
    });
    end.map_or(tag.len(), |end| end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_laid_open_and_what_is_called_like_them_stays() {
        for (wrapped, open) in [
            ("<table:table x><text:section a=\"1>2\" b=''><p/></text:section>", "<table:table x><p/>"),
            (
                "<table:table x><text:section\n><text:section-source/></text:section >",
                "<table:table x><text:section-source/>",
            ),
            ("<table:table x><text:section a=\"", "<table:table x>"),
        ] {
            assert_eq!(unwrapped(wrapped), open);
        }
        for text in ["", "<text:section a=\"b\"><p/></text:section>", "<table:table x><text:p/>"] {
            assert!(matches!(unwrapped(text), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn what_is_no_archive_stays_as_it_is() {
        assert_eq!(laid_open(b"no archive".to_vec()), b"no archive");
    }
}
