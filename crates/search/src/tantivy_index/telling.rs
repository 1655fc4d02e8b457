//! How telling the words of a query are: what few documents hold tells more than what many do.

use tantivy::schema::Field;
use tantivy::{Score, Term};

use super::collect::{Best, Found};
use super::query::{ALL_WORDS_SCORE, QueryBuilder};
use crate::query::{AskedWord, Clause, Matter, ParsedQuery};

/// A word is telling when it weighs at least this share of the most telling one that occurs.
const TELLING: Score = 0.5;
const HALF: Score = 0.5;

impl QueryBuilder<'_> {
    /// The inverse document frequencies of a clause's words, each in its most frequent form.
    pub(super) fn weight(&self, clause: &Clause) -> Score {
        self.occurring(clause).into_iter().map(|having| self.rarity(having)).sum()
    }

    /// Which of the clauses are worth finding something by alone: not what nearly every document holds.
    pub(super) fn telling(&self, clauses: &[Clause]) -> Vec<bool> {
        let occurs = |clause: &Clause| self.occurring(clause).iter().any(|having| *having > 0);
        let weights: Vec<Option<Score>> =
            clauses.iter().map(|clause| occurs(clause).then(|| self.weight(clause))).collect();
        let most = weights.iter().flatten().fold(0.0, |most: Score, weight| most.max(*weight));
        // What occurs nowhere finds nothing as it is, but may be found by what is similar.
        weights.iter().map(|weight| weight.is_none_or(|weight| weight >= most * TELLING)).collect()
    }

    /// Whether even the best of what was found holds less than half of what was asked for, by how telling it is: then it was
    /// found by words that most documents hold.
    pub(super) fn says_little(&self, parsed: &ParsedQuery, found: &Found) -> bool {
        let best = found.best.first().map_or(0.0, Best::score);
        let asked = || parsed.wanted.iter().map(|clause| self.weight(clause)).sum::<Score>();
        best < ALL_WORDS_SCORE && best < asked() * HALF
    }

    /// How many entries hold each word of a clause.
    fn occurring(&self, clause: &Clause) -> Vec<u64> {
        let having = |field: Field, token: &str| {
            self.searcher.doc_freq(&Term::from_field_text(field, token)).unwrap_or_default()
        };
        let in_any_form = |word: &AskedWord| {
            let stems = word.stems.iter().map(|stem| having(self.fields.body_stems, stem)).max();
            having(self.fields.body, &word.folded).max(stems.unwrap_or_default())
        };
        match &clause.matter {
            Matter::Words { words, .. } => words.iter().map(in_any_form).collect(),
            Matter::Grams(tokens) | Matter::Phrase(tokens) => {
                tokens.iter().map(|token| having(self.fields.body, token)).collect()
            }
        }
    }

    fn rarity(&self, having: u64) -> Score {
        let (entries, having) = (self.searcher.num_docs() as Score, having as Score);
        (1.0 + (entries - having + 0.5).max(0.0) / (having + 0.5)).ln()
    }
}
