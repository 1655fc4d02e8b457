//! The fields of an entry: one entry for each passage, and one for an item without text.

use gangway_model::{Place, to_millis};
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::{Index, TantivyDocument, Term};

use crate::analysis::{Analyzer, Detection, StemTokenizer, text_for_stems};
use crate::contract::IndexedDocument;
use crate::fingerprint::Fingerprint;
use crate::folder::Layout;
use crate::query::{folder_key, kinds_of};
use crate::vectors::item_key;

/// Changes whenever the fields or the analysis change; an index of another version is rebuilt.
const VERSION: &str = "gangway-search 3";

const WORDS: &str = "words";
const STEMS: &str = "stems";
const STEMS_OF_NAMES: &str = "stems_of_names";
/// Levels of a path, counted from the top, whose names can be asked for.
const MAX_FOLDERS: usize = 16;
/// Passages of a document that tell its language.
const SAMPLES: usize = 3;
/// Passages that are read as one where each is too short.
const TOGETHER: usize = 20;

/// What the folder of an index holds.
pub(super) fn layout() -> Layout {
    Layout { version: VERSION.to_owned(), schema: Fields::schema().0, register: Fields::register_analyzers }
}

#[derive(Clone, Debug)]
pub(super) struct Fields {
    pub item: Field,
    /// A hash of the item's id, for grouping.
    pub item_key: Field,
    pub user: Field,
    pub connection: Field,
    pub connector: Field,
    pub collection: Field,
    /// The exact type, and its family as `image/*`.
    pub media_type: Field,
    /// Kinds and endings as `type:` asks for them.
    pub kind: Field,
    /// The path and every container above, for filters.
    pub below: Field,
    /// Names of containers above, and of several in a row joined by `/`, folded, as `in:` asks for them.
    pub folder: Field,
    /// Milliseconds since 1970.
    pub modified: Field,
    /// 1 on the first entry of each item.
    pub first: Field,
    /// The code of the passage's language.
    pub language: Field,
    /// The fingerprint of the item's text; absent when it is too short for one.
    pub print_of_words: Field,
    pub print_of_numbers: Field,
    pub name: Field,
    pub name_stems: Field,
    pub title: Field,
    pub title_stems: Field,
    pub path: Field,
    pub body: Field,
    pub body_stems: Field,
    pub url: Field,
    pub chunk: Field,
    pub place: Field,
}

impl Fields {
    pub(super) fn schema() -> (Schema, Self) {
        let mut schema = Schema::builder();
        let text = |record| {
            let indexing = TextFieldIndexing::default().set_tokenizer(WORDS).set_index_option(record);
            TextOptions::default().set_indexing_options(indexing).set_stored()
        };
        let stems = |tokenizer| {
            let indexing = TextFieldIndexing::default()
                .set_tokenizer(tokenizer)
                .set_index_option(IndexRecordOption::WithFreqs);
            TextOptions::default().set_indexing_options(indexing)
        };
        let fields = Self {
            item: schema.add_text_field("item", STRING | STORED),
            item_key: schema.add_u64_field("item_key", FAST),
            user: schema.add_text_field("user", STRING),
            connection: schema.add_text_field("connection", STRING | STORED),
            connector: schema.add_text_field("connector", STRING | STORED),
            collection: schema.add_text_field("collection", STRING),
            media_type: schema.add_text_field("media_type", STRING | STORED),
            kind: schema.add_text_field("kind", STRING),
            below: schema.add_text_field("below", STRING),
            folder: schema.add_text_field("folder", STRING),
            modified: schema.add_i64_field("modified", FAST | STORED),
            first: schema.add_u64_field("first", INDEXED),
            language: schema.add_text_field("language", STRING | STORED),
            print_of_words: schema.add_u64_field("print_of_words", FAST),
            print_of_numbers: schema.add_u64_field("print_of_numbers", FAST),
            name: schema.add_text_field("name", text(IndexRecordOption::WithFreqsAndPositions)),
            name_stems: schema.add_text_field("name_stems", stems(STEMS_OF_NAMES)),
            title: schema.add_text_field("title", text(IndexRecordOption::WithFreqsAndPositions)),
            title_stems: schema.add_text_field("title_stems", stems(STEMS_OF_NAMES)),
            path: schema.add_text_field("path", text(IndexRecordOption::WithFreqs)),
            body: schema.add_text_field("body", text(IndexRecordOption::WithFreqsAndPositions)),
            body_stems: schema.add_text_field("body_stems", stems(STEMS)),
            url: schema.add_text_field("url", STORED),
            chunk: schema.add_u64_field("chunk", FAST | STORED),
            place: schema.add_text_field("place", STORED),
        };
        (schema.build(), fields)
    }

    /// Tokenizers live in memory only: to be called after every open.
    pub(super) fn register_analyzers(index: &Index) {
        let tokenizers = index.tokenizers();
        tokenizers.register(WORDS, Analyzer);
        tokenizers.register(STEMS, StemTokenizer::default());
        tokenizers.register(STEMS_OF_NAMES, StemTokenizer { with_parts: true });
    }

    pub(super) fn item_term(&self, item_id: &str) -> Term {
        Term::from_field_text(self.item, item_id)
    }

    /// The entries of a document, in order; never none.
    pub(super) fn entries<'a>(
        &'a self,
        document: &'a IndexedDocument,
    ) -> impl Iterator<Item = TantivyDocument> + 'a {
        let shared = Shared::of(document);
        let without_text = document.chunks.is_empty().then(|| {
            let mut entry = self.head(document, &shared, true);
            entry.add_text(self.language, shared.language.code());
            entry
        });
        let passages = document.chunks.iter().enumerate().map(move |(at, chunk)| {
            let mut entry = self.head(document, &shared, at == 0);
            let language = match shared.is_mixed {
                true => Detection::of(&chunk.text).or(shared.language),
                false => shared.language,
            };
            entry.add_text(self.language, language.code());
            entry.add_text(self.body, &chunk.text);
            entry.add_text(self.body_stems, text_for_stems(language, &chunk.text));
            entry.add_u64(self.chunk, chunk.number.into());
            if let Some(place) = place_text(&chunk.place) {
                entry.add_text(self.place, place);
            }
            entry
        });
        without_text.into_iter().chain(passages)
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
        entry.add_text(self.name_stems, text_for_stems(shared.language, &document.name));
        if let Some(title) = &document.title {
            entry.add_text(self.title_stems, text_for_stems(shared.language, title));
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
    fingerprint: Option<Fingerprint>,
}

impl Shared {
    fn of(document: &IndexedDocument) -> Self {
        let (language, is_mixed) = language_of(document);
        Self {
            language,
            is_mixed,
            kinds: kinds_of(&document.media_type, &document.name),
            folders: document.path.as_deref().map(folders_of).unwrap_or_default(),
            fingerprint: Fingerprint::of(document),
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
