//! How telling the words of a query are: what few documents hold tells more than what many do.

use tantivy::query::Query;
use tantivy::schema::Field;
use tantivy::{Score, Term};

use super::allowed::Listed;
use super::query::QueryBuilder;
use crate::query::{AskedWord, Clause, Matter};

/// A word is telling when it weighs at least this share of the most telling one that occurs (docs/benchmarks.md, "Search
/// quality").
const TELLING: Score = 0.65;
/// Entries that are counted for a clause at most: what so many hold is frequent, whatever the number.
const MOST_COUNTED: usize = 4_096;

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
        let weight = |having: u64| rarity(having, self.searcher.num_docs());
        match &clause.matter {
            Matter::Words { words, .. } => words.iter().map(|word| weight(in_any_form(word))).sum(),
            Matter::Grams(tokens) | Matter::Phrase(tokens) => {
                tokens.iter().map(|token| weight(having(self.fields.body, token))).sum()
            }
        }
    }

    /// Which of the clauses are worth finding something by alone. How often they occur is counted in what may be seen: what
    /// others write decides nothing.
    pub(super) fn telling(&self, wanted: &[Clause], allowed: &dyn Query) -> tantivy::Result<Vec<bool>> {
        let entries = self.among.as_ref().map_or_else(|| self.searcher.num_docs(), Listed::len);
        let mut rarities = Vec::with_capacity(wanted.len());
        for clause in wanted {
            let having = self.clause(clause)?.count(self.searcher, allowed, MOST_COUNTED)?;
            rarities.push(if having > 0 { rarity(having as u64, entries) } else { 0.0 });
        }
        let most = rarities.iter().fold(0.0, |most: Score, rarity| most.max(*rarity));
        Ok(rarities.iter().map(|rarity| *rarity > 0.0 && *rarity >= most * TELLING).collect())
    }
}

/// The inverse document frequency of what so many of all entries have.
fn rarity(having: u64, entries: u64) -> Score {
    let (entries, having) = (entries as Score, having as Score);
    (1.0 + (entries - having + 0.5).max(0.0) / (having + 0.5)).ln()
}
