//! The fields of an entry: one entry for each passage, and one for an item without text.

use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::{Index, Term};

use crate::analysis::{Analyzer, StemTokenizer};
use crate::folder::Layout;

/// Changes whenever the fields or the analysis change; an index of another version is rebuilt.
const VERSION: &str = "gangway-search 3";

const WORDS: &str = "words";
const STEMS: &str = "stems";
/// The same; indexes that were made before know it by this name.
const STEMS_OF_NAMES: &str = "stems_of_names";

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
        tokenizers.register(STEMS, StemTokenizer);
        tokenizers.register(STEMS_OF_NAMES, StemTokenizer);
    }

    pub(super) fn item_term(&self, item_id: &str) -> Term {
        Term::from_field_text(self.item, item_id)
    }
}
