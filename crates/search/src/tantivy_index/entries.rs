//! The entries of a document: one for each passage, and one for an item without text.

use gangway_model::{Chunk, Place, to_millis};
use tantivy::TantivyDocument;
use tantivy::tokenizer::TokenStream;

use super::schema::Fields;
use crate::analysis::{Detection, RecentStems, Stemmed, Tokens};
use crate::contract::IndexedDocument;
use crate::fingerprint::{Fingerprint, Reading};
use crate::query::{folder_key, kinds_of};
use crate::vectors::item_key;

/// Levels of a path, counted from the top, whose names can be asked for.
const MAX_FOLDERS: usize = 16;
/// Passages of a document that tell its language.
const SAMPLES: usize = 3;
/// Passages that are read as one where each is too short.
const TOGETHER: usize = 20;

impl Fields {
    /// Makes the entries of a document, in order and never none, and hands over each as it is made.
    pub(super) fn each_entry<E>(
        &self,
        document: &IndexedDocument,
        recent: &mut RecentStems,
        mut take: impl FnMut(TantivyDocument) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut shared = Shared::of(document, recent);
        if document.chunks.is_empty() {
            let mut entry = self.head(document, &shared, true);
            entry.add_text(self.language, shared.language.code());
            return take(entry);
        }
        let mut read = std::mem::take(&mut shared.read).into_iter();
        for (at, chunk) in document.chunks.iter().enumerate() {
            let mut entry = self.head(document, &shared, at == 0);
            let (language, stems) = read.next().unwrap_or_else(|| {
                let language = shared.language_of(chunk);
                (language, Stemmed::of(language, &chunk.text, recent))
            });
            entry.add_text(self.language, language.code());
            entry.add_text(self.body, &chunk.text);
            entry.add_text(self.body_stems, stems);
            entry.add_u64(self.chunk, chunk.number.into());
            if let Some(place) = place_text(&chunk.place) {
                entry.add_text(self.place, place);
            }
            take(entry)?;
        }
        Ok(())
    }

    /// What every entry of a document carries.
    fn head(&self, document: &IndexedDocument, shared: &Shared, first: bool) -> TantivyDocument {
        let mut entry = TantivyDocument::default();
        let item_id = document.item_id.as_str();
        entry.add_text(self.item, item_id);
        entry.add_u64(self.item_key, item_key(&document.item_id));
        entry.add_text(self.user, document.user_id.as_str());
        entry.add_text(self.connection, document.connection_id.as_str());
        entry.add_text(self.connector, document.connector_id.as_str());
        for collection in &document.collections {
            entry.add_text(self.collection, collection.as_str());
        }
        entry.add_text(self.media_type, &document.media_type);
        if let Some((family, _)) = document.media_type.split_once('/') {
            entry.add_text(self.media_type, format!("{family}/*"));
        }
        for kind in &shared.kinds {
            entry.add_text(self.kind, kind);
        }
        entry.add_text(self.name, &document.name);
        entry.add_text(self.name_stems, &shared.name_stems);
        if let Some(stems) = &shared.title_stems {
            entry.add_text(self.title_stems, stems);
        }
        for (field, text) in
            [(self.title, &document.title), (self.path, &document.path), (self.url, &document.url)]
        {
            if let Some(text) = text {
                entry.add_text(field, text);
            }
        }
        for above in document.path.iter().flat_map(|path| path_prefixes(path)) {
            entry.add_text(self.below, above);
        }
        for folder in &shared.folders {
            entry.add_text(self.folder, folder);
        }
        if let Some(at) = document.modified_at {
            entry.add_i64(self.modified, to_millis(at));
        }
        if let Some(print) = shared.fingerprint {
            entry.add_u64(self.print_of_words, print.words);
            entry.add_u64(self.print_of_numbers, print.numbers);
        }
        if first {
            entry.add_u64(self.first, 1);
        }
        entry
    }
}

/// What is worked out once for all entries of a document.
struct Shared {
    language: Detection,
    /// Whether its passages are in several languages.
    is_mixed: bool,
    kinds: Vec<String>,
    folders: Vec<String>,
    name_stems: String,
    title_stems: Option<String>,
    fingerprint: Option<Fingerprint>,
    /// The languages and stems of the first passages, which were read for the fingerprint. Those of the others are made
    /// when their turn comes: a large document is not held twice.
    read: Vec<(Detection, String)>,
}

impl Shared {
    fn of(document: &IndexedDocument, recent: &mut RecentStems) -> Self {
        let (language, is_mixed) = language_of(document);
        let title = document.title.as_deref();
        let mut shared = Self {
            language,
            is_mixed,
            kinds: kinds_of(&document.media_type, &document.name),
            folders: document.path.as_deref().map(folders_of).unwrap_or_default(),
            name_stems: Stemmed::of_name(language, &document.name, recent),
            title_stems: title.map(|title| Stemmed::of_name(language, title, recent)),
            fingerprint: None,
            read: Vec::new(),
        };
        let mut reading = Reading::new();
        for chunk in document.chunks.iter() {
            if reading.is_enough() {
                break;
            }
            let language = shared.language_of(chunk);
            let mut stemmed = Stemmed::new(language);
            let mut words = Tokens::new(&chunk.text);
            while words.advance() {
                let word = words.token();
                reading.add(&word.text);
                stemmed.add(&chunk.text[word.offset_from..word.offset_to], recent);
            }
            shared.read.push((language, stemmed.into_text()));
        }
        shared.fingerprint = reading.fingerprint();
        shared
    }

    fn language_of(&self, chunk: &Chunk) -> Detection {
        match self.is_mixed {
            true => Detection::of(&chunk.text).or(self.language),
            false => self.language,
        }
    }
}

/// The language of a document, judged by its first, middle and last passage, and whether these differ. Detection
/// costs more than indexing a passage does; so a document of one language is not looked at passage by passage.
fn language_of(document: &IndexedDocument) -> (Detection, bool) {
    let count = document.chunks.len();
    let mut language = Detection::Unknown;
    let mut is_mixed = false;
    for sample in 0..SAMPLES.min(count) {
        let at = sample * count.saturating_sub(1) / (SAMPLES.min(count) - 1).max(1);
        let found = Detection::of(&document.chunks[at].text);
        is_mixed |= found != Detection::Unknown && found.or(language) != language.or(found);
        language = language.or(found);
    }
    if language == Detection::Unknown && count > 1 {
        // Passages that are too short to tell may tell it together.
        let texts = document.chunks.iter().take(TOGETHER).map(|chunk| chunk.text.as_str());
        language = Detection::of(&texts.collect::<Vec<_>>().join(" "));
    }
    (language, is_mixed)
}

/// The names of the containers in a path, and every run of them: `a/b/c.txt` gives `a`, `a/b` and `b`.
fn folders_of(path: &str) -> Vec<String> {
    let mut names: Vec<String> = path.trim_matches('/').split('/').map(folder_key).collect();
    names.pop();
    names.truncate(MAX_FOLDERS);
    let mut folders = Vec::new();
    for start in 0..names.len() {
        for end in start..names.len() {
            let run = names[start..=end].join("/");
            if !run.is_empty() && run.len() < 8192 && !folders.contains(&run) {
                folders.push(run);
            }
        }
    }
    folders
}

/// `a/b/c` gives `a`, `a/b` and `a/b/c`. Only as many levels as a term can hold.
fn path_prefixes(path: &str) -> impl Iterator<Item = &str> {
    let path = path.trim_matches('/');
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    ends.take_while(|end| *end > 0 && *end < 8192).take(64).map(move |end| &path[..end])
}

fn place_text(place: &Place) -> Option<String> {
    (!place.is_empty()).then(|| serde_json::to_string(place).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found_through_everything_above_them() {
        assert_eq!(path_prefixes("/a/b c/d.pdf").collect::<Vec<_>>(), ["a", "a/b c", "a/b c/d.pdf"]);
        assert_eq!(path_prefixes("").count(), 0);
    }

    #[test]
    fn a_document_of_several_languages_is_looked_at_passage_by_passage() {
        let english = "The travel policy applies to everybody who books a train or a flight for the company.";
        let german = "Die Richtlinie gilt für alle, die eine Bahnfahrt oder einen Flug für die Firma buchen.";
        let with = |passages: &[&str]| {
            let chunk = |text: &&str| gangway_model::Chunk {
                number: 0,
                place: Place::default(),
                text: (*text).to_owned(),
            };
            let document = IndexedDocument {
                item_id: "i".into(),
                user_id: "u".into(),
                connection_id: "c".into(),
                connector_id: "x".into(),
                collections: Vec::new(),
                name: "a".to_owned(),
                path: None,
                media_type: "text/plain".to_owned(),
                modified_at: None,
                url: None,
                title: None,
                chunks: passages.iter().map(chunk).collect(),
            };
            let (language, is_mixed) = language_of(&document);
            (language.code(), is_mixed)
        };
        assert_eq!(with(&[]), ("un", false));
        assert_eq!(with(&[english]), ("en", false));
        assert_eq!(with(&["12", english, "34"]), ("en", false), "numbers say nothing");
        assert_eq!(with(&[english, english, english, german]), ("en", true));
        assert_eq!(with(&english.split_inclusive(' ').collect::<Vec<_>>()), ("en", false), "word by word");
    }

    #[test]
    fn folders_are_named_alone_and_in_a_row() {
        assert_eq!(
            folders_of("/Réports/2026/Q1/a.pdf"),
            ["reports", "reports/2026", "reports/2026/q1", "2026", "2026/q1", "q1"]
        );
        assert!(folders_of("a.pdf").is_empty());
        assert!(folders_of(&"x/".repeat(500)).len() <= MAX_FOLDERS);
    }
}
