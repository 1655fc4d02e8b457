//! What people wrote on the pages of a PDF: comments, text boxes, words on a passage they marked. It stands beside the pages'
//! own text, which is all that other readers give.

use std::collections::HashSet;

use gangway_model::{Document, Note, Place, Reason, Section};
use xberg_native_pdf::PdfDocument;
use xberg_native_pdf::object::Object;

use crate::text::{floor_boundary, folded};

/// Pages and nodes above them that are looked at, marks of any kind on them, and remarks that are kept.
const NODES: usize = 50_000;
const MARKS: usize = 200_000;
const REMARKS: usize = 5_000;
/// Bytes of a remark that are kept.
const REMARK_BYTES: usize = 20_000;
/// Steps from a reference to what it leads to.
const STEPS: usize = 8;
/// Marks that carry words of people. A pop-up shows those of another mark; links and fields of forms say nothing of their own.
const KINDS: [&str; 15] = [
    "Text",
    "FreeText",
    "Highlight",
    "Underline",
    "Squiggly",
    "StrikeOut",
    "Caret",
    "Stamp",
    "Line",
    "Square",
    "Circle",
    "Polygon",
    "PolyLine",
    "Ink",
    "FileAttachment",
];

/// The remarks on the pages of a PDF. One that cannot be opened says that they are missing where its bytes show some.
pub(super) fn on_pages(content: &[u8]) -> Document {
    if !may_hold_remarks(content) {
        return Document::default();
    }
    match PdfDocument::from_bytes(content.to_vec()).ok().and_then(|pdf| read(&pdf)) {
        Some(sections) => Document { sections, ..Document::default() },
        None if has_visible_remarks(content) => unread("its parts cannot be told apart"),
        None => Document::default(),
    }
}

/// A document that only says that its remarks are missing, and why.
pub(crate) fn unread(cause: &str) -> Document {
    let message = format!(
        "what people wrote on its pages could not be read ({cause}); open it and save it again to have that found too"
    );
    let note = Note { place: Place::default(), reason: Reason::new("remarks_not_read", message) };
    Document { notes: vec![note], ..Document::default() }
}

/// Puts remarks behind the text of their pages. What a page says itself, as text boxes do, is not said twice.
pub(crate) fn add(document: &mut Document, remarks: Document) {
    document.notes.extend(remarks.notes);
    document.truncated |= remarks.truncated;
    let mut rest = remarks.sections.into_iter().peekable();
    while let Some(page) = rest.peek().map(|remark| remark.place.page) {
        let end = document.sections.partition_point(|section| section.place.page <= page);
        let own = document.sections[..end].iter().rev().take_while(|section| section.place.page == page);
        let own = folded(&own.map(|section| section.text.as_str()).collect::<Vec<_>>().join("\n"));
        let mut said: HashSet<String> = HashSet::new();
        let mut on_page = Vec::new();
        while let Some(remark) = rest.next_if(|remark| remark.place.page == page) {
            let words = folded(&remark.text);
            if !own.contains(&words) && said.insert(words) {
                on_page.push(remark);
            }
        }
        document.sections.splice(end..end, on_page);
    }
}

/// Whether the bytes hold a remark that is not packed away.
fn has_visible_remarks(content: &[u8]) -> bool {
    const SIGN: &[u8] = b"/Popup";
    content.windows(SIGN.len()).any(|window| window == SIGN)
}

/// Whether any page can have remarks: it names them, or is packed away with other parts. Most PDFs are told by this, without being
/// taken apart once more. A name that is written by the numbers of its letters is not known, which no writer does.
fn may_hold_remarks(content: &[u8]) -> bool {
    content.windows(7).any(|window| window == b"/Annots" || window == b"/ObjStm")
}

/// Walks the tree of pages, in their order.
fn read(pdf: &PdfDocument) -> Option<Vec<Section>> {
    // Many are sealed with an empty password.
    pdf.authenticate(b"").ok();
    let catalog = pdf.catalog().ok()?;
    let mut nodes = vec![catalog.as_dict()?.get("Pages")?.clone()];
    let (mut seen, mut visited, mut page, mut marks) = (HashSet::new(), 0, 0_u32, 0);
    let mut found = Vec::new();
    while let Some(node) = nodes.pop() {
        visited += 1;
        if visited > NODES || node.as_reference().is_some_and(|reference| !seen.insert(reference)) {
            continue;
        }
        let Some(node) = resolved(pdf, &node) else { continue };
        let Some(dictionary) = node.as_dict() else { continue };
        if let Some(kids) = dictionary.get("Kids").and_then(|kids| resolved(pdf, kids)) {
            let kids = kids.as_array().map(Vec::as_slice).unwrap_or_default();
            let kids = &kids[..kids.len().min(NODES.saturating_sub(nodes.len()))];
            nodes.extend(kids.iter().rev().cloned());
            continue;
        }
        page += 1;
        let Some(list) = dictionary.get("Annots").and_then(|list| resolved(pdf, list)) else { continue };
        for mark in list.as_array().map(Vec::as_slice).unwrap_or_default() {
            marks += 1;
            if marks > MARKS || found.len() == REMARKS {
                return Some(found);
            }
            if let Some(text) = words_of(pdf, mark) {
                found.push(Section { place: Place { page: Some(page), ..Place::default() }, text });
            }
        }
    }
    Some(found)
}

/// What a mark says, where it is of a kind that people write.
fn words_of(pdf: &PdfDocument, mark: &Object) -> Option<String> {
    let mark = resolved(pdf, mark)?;
    let mark = mark.as_dict()?;
    let kind = resolved(pdf, mark.get("Subtype")?)?;
    if !kind.as_name().is_some_and(|kind| KINDS.contains(&kind)) {
        return None;
    }
    let words = resolved(pdf, mark.get("Contents")?)?;
    let mut words = text_of(words.as_string()?);
    words.truncate(floor_boundary(&words, REMARK_BYTES));
    words.chars().any(char::is_alphanumeric).then_some(words)
}

/// What a reference leads to; anything else is itself.
fn resolved(pdf: &PdfDocument, object: &Object) -> Option<Object> {
    let mut object = object.clone();
    for _ in 0..STEPS {
        let Some(reference) = object.as_reference() else { return Some(object) };
        object = pdf.load_object(reference).ok()?;
    }
    None
}

/// A text string: UTF-16 or UTF-8 where its mark says so, else PDF's own set of characters.
fn text_of(bytes: &[u8]) -> String {
    /// What differs from Latin-1, from 0x80 on.
    const OWN: &str = "•†‡…—–ƒ⁄‹›−‰„“”‘’‚™ﬁﬂŁŒŠŸŽıłœšž";
    match bytes {
        [0xfe, 0xff, ..] | [0xff, 0xfe, ..] | [0xef, 0xbb, 0xbf, ..] => {
            crate::text::decode(bytes, None, false).into_owned()
        }
        _ => {
            let own = |byte: u8| OWN.chars().nth(usize::from(byte).checked_sub(0x80)?);
            bytes
                .iter()
                .map(|byte| if *byte == 0xa0 { '€' } else { own(*byte).unwrap_or(char::from(*byte)) })
                .collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(page: u32, text: &str) -> Section {
        Section { place: Place { page: Some(page), ..Place::default() }, text: text.to_owned() }
    }

    #[test]
    fn a_pdf_that_names_no_remarks_is_not_taken_apart() {
        assert!(!may_hold_remarks(b"%PDF-1.4\n1 0 obj << /Type /Page /Contents 2 0 R >>"));
        assert!(
            may_hold_remarks(b"<< /Type /Page /Annots [3 0 R] >>") && may_hold_remarks(b"<</Type/ObjStm>>")
        );
    }

    #[test]
    fn remarks_stand_behind_their_page_once() {
        let mut document = Document {
            sections: vec![on(1, "one"), on(3, "a text\nbox here"), on(4, "four")],
            ..Document::default()
        };
        let remarks = [
            on(1, "first"),
            on(2, "second"),
            on(3, "text box"),
            on(3, "third"),
            on(3, "third"),
            on(5, "fifth"),
        ];
        let remarks = Document { sections: remarks.to_vec(), ..unread("x") };
        add(&mut document, remarks);
        let found: Vec<_> =
            document.sections.iter().map(|one| (one.place.page.unwrap(), one.text.as_str())).collect();
        let wanted = [
            (1, "one"),
            (1, "first"),
            (2, "second"),
            (3, "a text\nbox here"),
            (3, "third"),
            (4, "four"),
            (5, "fifth"),
        ];
        assert_eq!(found, wanted);
        assert_eq!(document.notes[0].reason.code, "remarks_not_read");
    }

    #[test]
    fn strings_are_read_in_every_set_of_characters_they_come_in() {
        for (bytes, text) in [
            (&b"\xfe\xff\0\xe4\x5b\x57"[..], "ä字"),
            (b"\xff\xfe\xe4\0\x57\x5b", "ä字"),
            (b"\xef\xbb\xbf\xc3\xa4", "ä"),
            (b"caf\xe9 \x84 \x80 \xa0 \x9e", "café — • € ž"),
        ] {
            assert_eq!(text_of(bytes), text);
        }
    }
}
