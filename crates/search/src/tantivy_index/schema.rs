//! The fields of an entry: one entry for each passage, and one for an item without text.

use gangway_model::{Place, to_millis};
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::{Index, TantivyDocument, Term};

use crate::analysis::Analyzer;
use crate::contract::IndexedDocument;

/// Changes whenever the fields or the analysis change; an index of another version is rebuilt.
pub(super) const VERSION: &str = "gangway-search 1";

const ANALYZER: &str = "gangway";

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
    /// The path and every container above, for filters.
    pub below: Field,
    /// Milliseconds since 1970.
    pub modified: Field,
    /// 1 on the first entry of each item.
    pub first: Field,
    pub name: Field,
    pub title: Field,
    pub path: Field,
    pub body: Field,
    pub url: Field,
    pub chunk: Field,
    pub place: Field,
}

impl Fields {
    pub(super) fn schema() -> (Schema, Self) {
        let mut schema = Schema::builder();
        let text = |record| {
            let indexing = TextFieldIndexing::default().set_tokenizer(ANALYZER).set_index_option(record);
            TextOptions::default().set_indexing_options(indexing).set_stored()
        };
        let fields = Self {
            item: schema.add_text_field("item", STRING | STORED),
            item_key: schema.add_u64_field("item_key", FAST),
            user: schema.add_text_field("user", STRING),
            connection: schema.add_text_field("connection", STRING | STORED),
            connector: schema.add_text_field("connector", STRING | STORED),
            collection: schema.add_text_field("collection", STRING),
            media_type: schema.add_text_field("media_type", STRING | STORED),
            below: schema.add_text_field("below", STRING),
            modified: schema.add_i64_field("modified", FAST | STORED),
            first: schema.add_u64_field("first", INDEXED),
            name: schema.add_text_field("name", text(IndexRecordOption::WithFreqsAndPositions)),
            title: schema.add_text_field("title", text(IndexRecordOption::WithFreqsAndPositions)),
            path: schema.add_text_field("path", text(IndexRecordOption::WithFreqs)),
            body: schema.add_text_field("body", text(IndexRecordOption::WithFreqsAndPositions)),
            url: schema.add_text_field("url", STORED),
            chunk: schema.add_u64_field("chunk", STORED),
            place: schema.add_text_field("place", STORED),
        };
        (schema.build(), fields)
    }

    /// Tokenizers live in memory only: to be called after every open.
    pub(super) fn register_analyzer(index: &Index) {
        index.tokenizers().register(ANALYZER, Analyzer);
    }

    pub(super) fn item_term(&self, item_id: &str) -> Term {
        Term::from_field_text(self.item, item_id)
    }

    /// The entries of a document, in order; never none.
    pub(super) fn entries<'a>(
        &'a self,
        document: &'a IndexedDocument,
    ) -> impl Iterator<Item = TantivyDocument> + 'a {
        let without_text = document.chunks.is_empty().then(|| self.head(document, true));
        let passages = document.chunks.iter().enumerate().map(|(at, chunk)| {
            let mut entry = self.head(document, at == 0);
            entry.add_text(self.body, &chunk.text);
            entry.add_u64(self.chunk, chunk.number.into());
            if let Some(place) = place_text(&chunk.place) {
                entry.add_text(self.place, place);
            }
            entry
        });
        without_text.into_iter().chain(passages)
    }

    fn head(&self, document: &IndexedDocument, first: bool) -> TantivyDocument {
        let mut entry = TantivyDocument::default();
        let item_id = document.item_id.as_str();
        entry.add_text(self.item, item_id);
        entry.add_u64(self.item_key, item_key(item_id));
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
        entry.add_text(self.name, &document.name);
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
        if let Some(at) = document.modified_at {
            entry.add_i64(self.modified, to_millis(at));
        }
        if first {
            entry.add_u64(self.first, 1);
        }
        entry
    }
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

/// FNV-1a with a final mix: stable across builds, as it lies on disk.
pub(super) fn item_key(item_id: &str) -> u64 {
    let hash = item_id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    (hash ^ (hash >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93) ^ (hash >> 29)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found_through_everything_above_them() {
        assert_eq!(path_prefixes("/a/b c/d.pdf").collect::<Vec<_>>(), ["a", "a/b c", "a/b c/d.pdf"]);
        assert_eq!(path_prefixes("").count(), 0);
    }
}
