//! Parts of Office files that the library looks for by fixed names, while the file leads to them by its relations: the text
//! of a Word document, and the notes of slides, which it takes for those of the slide that has their number.

use std::collections::{HashMap, HashSet};

use gangway_model::media;

use super::parts::{Becomes, Parts, written_anew};

/// The name by which the library looks for the text of a document.
const DOCUMENT: (&str, &str) = ("word/document.xml", "word/_rels/document.xml.rels");
/// Slides whose notes are looked for.
const SLIDES: usize = 10_000;

/// The same file, its parts under the names that they are looked for by. One that has them there stays as it is.
pub(super) fn with_known_names(content: Vec<u8>, media_type: &str) -> Vec<u8> {
    let names = match media_type {
        media::DOCX => of_document(&content),
        media::PPTX => of_notes(&content),
        _ => None,
    };
    names.and_then(|names| renamed(&content, &names)).unwrap_or(content)
}

fn of_document(content: &[u8]) -> Option<HashMap<String, String>> {
    let relations = Parts::open(content)?.relations("");
    let main = &relations.values().find(|relation| relation.is_to("officeDocument"))?.part;
    // What it leads to is named from its folder.
    let name = main.strip_prefix("word/").filter(|name| !name.contains('/') && main != DOCUMENT.0)?;
    let beside = format!("word/_rels/{name}.rels");
    Some([(main.clone(), DOCUMENT.0.to_owned()), (beside, DOCUMENT.1.to_owned())].into())
}

fn of_notes(content: &[u8]) -> Option<HashMap<String, String>> {
    let mut parts = Parts::open(content)?;
    let relations = parts.relations("ppt/presentation.xml");
    let mut names = HashMap::new();
    for slide in relations.values().filter(|relation| relation.is_to("slide")).take(SLIDES) {
        let beside = parts.relations(&slide.part);
        if let Some(notes) = beside.into_values().find(|relation| relation.is_to("notesSlide")) {
            names.insert(notes.part, slide.part.replace("slides/slide", "notesSlides/notesSlide"));
        }
    }
    names.iter().any(|(is, wanted)| is != wanted).then_some(names)
}

/// The same archive with these parts under other names. What has one of those names and is not among them is left out.
fn renamed(content: &[u8], names: &HashMap<String, String>) -> Option<Vec<u8>> {
    let taken: HashSet<&str> = names.values().map(String::as_str).collect();
    written_anew(content, |name| match names.get(name) {
        Some(wanted) => Becomes::Named(wanted),
        None if taken.contains(name) => Becomes::Nothing,
        None => Becomes::Itself,
    })
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use zip::write::SimpleFileOptions;
    use zip::{ZipArchive, ZipWriter};

    use super::*;

    fn archive(parts: &[(&str, &str)]) -> Vec<u8> {
        let mut out = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in parts {
            out.start_file(*name, SimpleFileOptions::default()).unwrap();
            out.write_all(content.as_bytes()).unwrap();
        }
        out.finish().unwrap().into_inner()
    }

    fn names(content: &[u8]) -> Vec<String> {
        let mut archive = ZipArchive::new(Cursor::new(content)).unwrap();
        (0..archive.len()).map(|at| archive.by_index_raw(at).unwrap().name().unwrap().into_owned()).collect()
    }

    fn relations(kind: &str, target: &str) -> String {
        format!(r#"<Relationships><Relationship Id="a" Type="x/{kind}" Target="{target}"/></Relationships>"#)
    }

    #[test]
    fn the_text_of_a_document_is_where_its_relations_lead() {
        let at = |target: &str| {
            let root = relations("officeDocument", target);
            let part = target.trim_start_matches('/');
            let file = archive(&[("_rels/.rels", &root), (part, "<x/>"), ("word/_rels/main2.xml.rels", "")]);
            (
                names(&with_known_names(file.clone(), media::DOCX)),
                with_known_names(file.clone(), media::DOCX) == file,
            )
        };
        let known = ["_rels/.rels", "word/document.xml", "word/_rels/document.xml.rels"].map(str::to_owned);
        assert_eq!(at("/word/main2.xml"), (known.to_vec(), false));
        assert_eq!(at("word/main2.xml"), (known.to_vec(), false));
        assert!(at("word/document.xml").1 && at("other/main2.xml").1);
    }

    #[test]
    fn archives_whose_parts_share_their_bytes_stay_as_they_are() {
        let root = relations("officeDocument", "word/main2.xml");
        let mut file = archive(&[("_rels/.rels", &root), ("word/main2.xml", "<x/>")]);
        // The size that the list of parts gives for the first one.
        let entry = file.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
        file[entry + 20..entry + 24].copy_from_slice(&1_000_000_u32.to_le_bytes());
        assert_eq!(with_known_names(file.clone(), media::DOCX), file);
        assert_eq!(with_known_names(b"no archive".to_vec(), media::PPTX), b"no archive");
    }
}
