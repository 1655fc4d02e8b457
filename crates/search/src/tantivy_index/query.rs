//! What is looked for, as a tantivy query.

use std::ops::Bound;

use tantivy::query::{
    BooleanQuery, BoostQuery, ConstScoreQuery, EmptyQuery, InvertedIndexRangeQuery, Occur, PhraseQuery,
    Query, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Searcher, Term};

use super::allowed::{BeginningsAmong, Listed};
use super::matching::{Join, Joined};
use super::schema::Fields;
use crate::query::{AskedWord, Clause, Matter, ParsedQuery, Scope};

pub(super) type AnyQuery = Box<dyn Query>;

const NAME_BOOST: f32 = 2.5;
const TITLE_BOOST: f32 = 2.0;
const PATH_BOOST: f32 = 0.6;
/// What another form of a word weighs beside the form that was asked for.
const STEM_BOOST: f32 = 0.8;
/// What a similar word weighs beside the one that was asked for.
const SIMILAR_BOOST: f32 = 0.5;
/// What a beginning of a word weighs beside a whole one.
const PREFIX_BOOST: f32 = 1.0;
/// Lifts passages with every word above all others. More than any sum of weights, and still exact in 24 bits.
pub(super) const ALL_WORDS_SCORE: f32 = 4096.0;
/// Lifts what was spelled as asked above what is only similar.
const AS_ASKED_SCORE: f32 = 128.0;
/// Share of other fields' scores that counts beside the best field.
const TIE_BREAKER: f32 = 0.2;
/// Shorter beginnings are looked for in names and titles only.
const MIN_BODY_PREFIX_CHARS: usize = 3;

pub(super) struct QueryBuilder<'a> {
    pub(super) fields: &'a Fields,
    pub(super) searcher: &'a Searcher,
    /// When given, beginnings of words are looked up among these entries only.
    pub(super) among: Option<Listed>,
}

impl QueryBuilder<'_> {
    /// What ranks: every required clause, and enough of the wanted ones.
    pub(super) fn ranking(&self, query: &ParsedQuery) -> AnyQuery {
        let wanted: Vec<AnyQuery> = query.wanted.iter().map(|clause| self.clause(clause)).collect();
        let mut parts: Vec<(Occur, AnyQuery)> =
            query.required.iter().map(|clause| (Occur::Must, self.clause(clause))).collect();
        if !wanted.is_empty() {
            let lift = if wanted.len() + parts.len() > 1 { ALL_WORDS_SCORE } else { 0.0 };
            // Words beside a phrase are a help, not a condition.
            let (occur, needed) = match parts.is_empty() {
                true => (Occur::Must, enough_of(wanted.len())),
                false => (Occur::Should, 1),
            };
            parts.push((occur, Box::new(Joined { parts: wanted, join: Join::Enough { needed, lift } })));
        }
        Box::new(BooleanQuery::new(parts))
    }

    /// Entries that hold any of the excluded clauses.
    pub(super) fn excluded(&self, query: &ParsedQuery) -> Option<AnyQuery> {
        let clauses: Vec<AnyQuery> = query.excluded.iter().map(|clause| self.clause(clause)).collect();
        (!clauses.is_empty()).then(|| -> AnyQuery { Box::new(BooleanQuery::union(clauses)) })
    }

    pub(super) fn first_entries(&self) -> AnyQuery {
        let term = Term::from_field_u64(self.fields.first, 1);
        Box::new(ConstScoreQuery::new(Box::new(TermQuery::new(term, IndexRecordOption::Basic)), 0.0))
    }

    /// A clause in any of the fields of its scope; the best field counts.
    pub(super) fn clause(&self, clause: &Clause) -> AnyQuery {
        let as_asked = self.in_fields(clause, Spelling::AsAsked);
        let is_respelled = match &clause.matter {
            Matter::Words { words, .. } => words.iter().any(|word| !word.similar.is_empty()),
            Matter::Grams(_) | Matter::Phrase(_) => false,
        };
        if !is_respelled {
            return as_asked;
        }
        let lift = ConstScoreQuery::new(as_asked.box_clone(), AS_ASKED_SCORE);
        let similar = boosted(self.in_fields(clause, Spelling::Similar), SIMILAR_BOOST);
        let either = Joined { parts: vec![as_asked, similar], join: Join::Best { tie_breaker: 0.0 } };
        // What is lifted is found by `either` as well: the two never need each other.
        let join = Join::Enough { needed: 1, lift: 0.0 };
        Box::new(Joined { parts: vec![Box::new(either), Box::new(lift)], join })
    }

    fn in_fields(&self, clause: &Clause, spelling: Spelling) -> AnyQuery {
        let fields = self.fields;
        let body = Place { words: fields.body, stems: Some(fields.body_stems) };
        let name = Place { words: fields.name, stems: Some(fields.name_stems) };
        let title = Place { words: fields.title, stems: Some(fields.title_stems) };
        let boosted = |query: Option<AnyQuery>, boost| query.map(|query| boosted(query, boost));
        let mut ways = vec![boosted(self.at(name, clause, spelling), NAME_BOOST)];
        if clause.scope != Scope::Name {
            ways.push(boosted(self.at(title, clause, spelling), TITLE_BOOST));
        }
        if clause.scope == Scope::Anywhere {
            ways.push(self.at(body, clause, spelling));
            // The path holds no positions; a phrase in it means little.
            if !matches!(clause.matter, Matter::Phrase(_)) {
                let path = Place { words: fields.path, stems: None };
                ways.push(boosted(self.at(path, clause, spelling), PATH_BOOST));
            }
        }
        let ways = ways.into_iter().flatten().collect();
        any_of(ways, TIE_BREAKER).unwrap_or_else(|| Box::new(EmptyQuery))
    }

    /// A clause in one place; `None` when nothing there can match.
    fn at(&self, place: Place, clause: &Clause, spelling: Spelling) -> Option<AnyQuery> {
        match &clause.matter {
            Matter::Phrase(tokens) if tokens.len() > 1 => Some(Box::new(PhraseQuery::new(
                tokens.iter().map(|token| Term::from_field_text(place.words, token)).collect(),
            ))),
            Matter::Phrase(tokens) => self.scored_term(place.words, tokens.first()?),
            Matter::Words { words, prefix } => self.all_of(place, words, *prefix, spelling),
            Matter::Grams(tokens) => {
                let needed = (tokens.len() * 3).div_ceil(5);
                let grams = tokens.iter().filter_map(|token| self.scored_term(place.words, token));
                let grams: Vec<AnyQuery> = grams.collect();
                (grams.len() >= needed).then(|| -> AnyQuery {
                    Box::new(BooleanQuery::union_with_minimum_required_clauses(grams, needed))
                })
            }
        }
    }

    fn all_of(
        &self,
        place: Place,
        words: &[AskedWord],
        prefix: bool,
        spelling: Spelling,
    ) -> Option<AnyQuery> {
        let last = words.len().saturating_sub(1);
        let all = words.iter().enumerate().map(|(at, word)| match spelling {
            Spelling::AsAsked => self.forms(place, word, prefix && at == last),
            Spelling::Similar => self.similar_forms(place, word),
        });
        let mut all: Vec<AnyQuery> = all.collect::<Option<_>>()?;
        match all.len() {
            1 => all.pop(),
            _ => Some(Box::new(BooleanQuery::intersection(all))),
        }
    }

    /// A word as it was asked for, its other forms, and what begins with it.
    fn forms(&self, place: Place, word: &AskedWord, prefix: bool) -> Option<AnyQuery> {
        let mut ways: Vec<AnyQuery> = self.scored_term(place.words, &word.folded).into_iter().collect();
        self.add_stems(place, &word.stems, &mut ways);
        if prefix {
            let long_enough = place.words != self.fields.body
                || !word.folded.is_ascii()
                || word.folded.len() >= MIN_BODY_PREFIX_CHARS;
            ways.extend(long_enough.then(|| self.begins_with(place.words, &word.folded)).flatten());
        }
        any_of(ways, 0.0)
    }

    fn similar_forms(&self, place: Place, word: &AskedWord) -> Option<AnyQuery> {
        let mut ways = Vec::new();
        for similar in &word.similar {
            ways.extend(self.scored_term(place.words, &similar.folded));
            self.add_stems(place, &similar.stems, &mut ways);
        }
        any_of(ways, 0.0)
    }

    fn add_stems(&self, place: Place, stems: &[String], ways: &mut Vec<AnyQuery>) {
        if let Some(field) = place.stems {
            let stems = stems.iter().filter_map(|stem| self.scored_term(field, stem));
            ways.extend(stems.map(|stem| boosted(stem, STEM_BOOST)));
        }
    }

    /// Entries in which a word is spelled exactly so.
    pub(super) fn spelled_so(&self, word: &str) -> AnyQuery {
        let fields = [self.fields.body, self.fields.name, self.fields.title];
        Box::new(BooleanQuery::union(fields.map(|field| self.term(field, word)).into()))
    }

    /// `None` for what occurs nowhere: most words do not occur in most fields, and looking that up once is cheaper
    /// than carrying it through the search.
    fn scored_term(&self, field: Field, token: &str) -> Option<AnyQuery> {
        let term = Term::from_field_text(field, token);
        // What cannot be read now is told by the search itself.
        if self.searcher.doc_freq(&term).is_ok_and(|entries| entries == 0) {
            return None;
        }
        Some(Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs)))
    }

    /// Words that begin so, all with the same small score.
    fn begins_with(&self, field: Field, beginning: &str) -> Option<AnyQuery> {
        let end = end_of(beginning)?;
        let beginnings: AnyQuery = match &self.among {
            Some(among) => {
                let (from, to) = (beginning.to_owned(), end);
                Box::new(BeginningsAmong { among: among.clone(), field, from, to })
            }
            None => {
                let (from, to) =
                    (Term::from_field_text(field, beginning), Term::from_field_text(field, &end));
                Box::new(InvertedIndexRangeQuery::new(Bound::Included(from), Bound::Excluded(to)))
            }
        };
        Some(Box::new(ConstScoreQuery::new(beginnings, PREFIX_BOOST)))
    }

    pub(super) fn term(&self, field: Field, text: &str) -> AnyQuery {
        Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::Basic))
    }
}

/// A field and the field of its stems.
#[derive(Clone, Copy)]
struct Place {
    words: Field,
    stems: Option<Field>,
}

#[derive(Clone, Copy)]
enum Spelling {
    AsAsked,
    Similar,
}

/// How many of so many words must occur: one of two, then about two in five.
fn enough_of(words: usize) -> usize {
    if words <= 2 { words.min(1) } else { (words * 2).div_ceil(5) }
}

/// The best of several ways to match; `None` when there is none.
fn any_of(mut ways: Vec<AnyQuery>, tie_breaker: f32) -> Option<AnyQuery> {
    match ways.len() {
        0 | 1 => ways.pop(),
        _ => Some(Box::new(Joined { parts: ways, join: Join::Best { tie_breaker } })),
    }
}

fn boosted(query: AnyQuery, boost: f32) -> AnyQuery {
    Box::new(BoostQuery::new(query, boost))
}

/// The first text after all that begin so.
fn end_of(beginning: &str) -> Option<String> {
    let last = beginning.chars().last()?;
    let next = char::from_u32(last as u32 + 1)?;
    Some(format!("{}{next}", &beginning[..beginning.len() - last.len_utf8()]))
}

#[cfg(test)]
mod tests {
    use super::enough_of;

    #[test]
    fn some_words_must_occur() {
        assert_eq!([0, 1, 2, 3, 4, 5, 6, 10].map(enough_of), [0, 1, 1, 2, 2, 2, 3, 4]);
    }
}
