//! How telling the words of a query are: what few documents hold tells more than what many do.

use tantivy::query::Query;
use tantivy::schema::Field;
use tantivy::{Score, Term};

use super::allowed::Listed;
use super::collect::{Best, Found};
use super::query::{ALL_WORDS_SCORE, QueryBuilder};
use crate::query::{AskedWord, Clause, Matter};

/// A word is telling when it weighs at least this share of the most telling one that occurs.
const TELLING: Score = 0.5;
const HALF: Score = 0.5;
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

    /// Which of the clauses are worth finding something by alone, where even the best of what was found holds less than
    /// half of what was asked for: then it was found by words that most documents hold. `None` where it holds more.
    ///
    /// What occurs and how often is counted in what may be seen: what others write decides nothing.
    pub(super) fn telling(
        &self,
        wanted: &[Clause],
        found: &Found,
        allowed: &dyn Query,
    ) -> tantivy::Result<Option<Vec<bool>>> {
        let best = found.best.first().map_or(0.0, Best::score);
        if best >= ALL_WORDS_SCORE {
            return Ok(None);
        }
        let mut having = Vec::with_capacity(wanted.len());
        for clause in wanted {
            having.push(self.clause(clause)?.count(self.searcher, allowed, MOST_COUNTED)? as u64);
        }
        let occurring = wanted.iter().zip(&having).filter(|(_, having)| **having > 0);
        let asked: Score = occurring.map(|(clause, _)| self.weight(clause)).sum();
        if best >= asked * HALF {
            return Ok(None);
        }
        let entries = self.among.as_ref().map_or_else(|| self.searcher.num_docs(), Listed::len);
        let rarities = having.iter().map(|having| if *having > 0 { rarity(*having, entries) } else { 0.0 });
        let rarities: Vec<Score> = rarities.collect();
        let most = rarities.iter().fold(0.0, |most: Score, rarity| most.max(*rarity));
        Ok(Some(rarities.iter().map(|rarity| *rarity > 0.0 && *rarity >= most * TELLING).collect()))
    }
}

/// The inverse document frequency of what so many of all entries have.
fn rarity(having: u64, entries: u64) -> Score {
    let (entries, having) = (entries as Score, having as Score);
    (1.0 + (entries - having + 0.5).max(0.0) / (having + 0.5)).ln()
}
