//! How telling the words of a query are: what few documents hold tells more than what many do.

use tantivy::schema::Field;
use tantivy::{Score, Term};

use super::query::QueryBuilder;
use crate::query::{AskedWord, Clause, Matter};

impl QueryBuilder<'_> {
    /// The inverse document frequencies of a clause's words, each in its most frequent form: what an entry that holds them
    /// about as often as usual scores. Like scores, it goes by the whole index.
    pub(super) fn weight(&self, clause: &Clause) -> Score {
        let having = |field: Field, token: &str| {
            self.searcher.doc_freq(&Term::from_field_text(field, token)).unwrap_or_default()
        };
        let in_any_form = |word: &AskedWord| {
            let stems = word.stems.iter().map(|stem| having(self.fields.body_stems, stem)).max();
            having(self.fields.body, &word.folded).max(stems.unwrap_or_default())
        };
        let weight = |having: u64| rarity(having as Score, self.searcher.num_docs() as Score);
        match &clause.matter {
            Matter::Words { words, .. } => words.iter().map(|word| weight(in_any_form(word))).sum(),
            Matter::Grams(tokens) | Matter::Phrase(tokens) => {
                tokens.iter().map(|token| weight(having(self.fields.body, token))).sum()
            }
        }
    }
}

/// The inverse document frequency of what so many of all entries have.
pub(super) fn rarity(having: Score, entries: Score) -> Score {
    (1.0 + (entries - having + 0.5).max(0.0) / (having + 0.5)).ln()
}
