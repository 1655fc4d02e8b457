//! Our query and filters as tantivy queries.

use std::ops::Bound;

use gangway_model::to_millis;
use tantivy::Term;
use tantivy::query::{
    BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, EmptyQuery, InvertedIndexRangeQuery,
    Occur, PhraseQuery, Query, RangeQuery, TermQuery, TermSetQuery,
};
use tantivy::schema::{Field, IndexRecordOption};

use super::schema::Fields;
use crate::query::{Clause, ParsedQuery};
use crate::request::{Filters, Visibility};

type AnyQuery = Box<dyn Query>;

const NAME_BOOST: f32 = 2.5;
const TITLE_BOOST: f32 = 2.0;
const PATH_BOOST: f32 = 0.6;
/// What a beginning of a word weighs beside a whole one.
const PREFIX_BOOST: f32 = 1.0;
/// Lifts passages with every word above all others.
const ALL_WORDS_SCORE: f32 = 1000.0;
/// Share of other fields' scores that counts beside the best field.
const TIE_BREAKER: f32 = 0.2;
/// Shorter beginnings are looked for in names and titles only.
const MIN_BODY_PREFIX_CHARS: usize = 3;
/// From here on one automaton is faster than many terms.
const MANY_TERMS: usize = 16;

pub(super) struct QueryBuilder<'a> {
    pub(super) fields: &'a Fields,
}

impl QueryBuilder<'_> {
    /// What ranks: every required clause, and enough of the wanted ones.
    pub(super) fn ranking(&self, query: &ParsedQuery) -> AnyQuery {
        let wanted: Vec<AnyQuery> = query.wanted.iter().map(|clause| self.clause(clause)).collect();
        let mut parts: Vec<(Occur, AnyQuery)> =
            query.required.iter().map(|clause| (Occur::Must, self.clause(clause))).collect();
        if wanted.len() + query.required.len() > 1 && !wanted.is_empty() {
            let all: Vec<AnyQuery> = wanted.iter().map(|clause| clause.box_clone()).collect();
            let all = ConstScoreQuery::new(Box::new(BooleanQuery::intersection(all)), ALL_WORDS_SCORE);
            parts.push((Occur::Should, Box::new(all)));
        }
        // Words beside a phrase are a help, not a condition.
        let needed = if query.required.is_empty() { enough_of(wanted.len()) } else { 0 };
        match (needed, wanted.len()) {
            (_, 0) => {}
            (0, _) => parts.extend(wanted.into_iter().map(|clause| (Occur::Should, clause))),
            (needed, _) => {
                parts.push((
                    Occur::Must,
                    Box::new(BooleanQuery::union_with_minimum_required_clauses(wanted, needed)),
                ));
            }
        }
        Box::new(BooleanQuery::new(parts))
    }

    /// Entries that hold any of the excluded clauses.
    pub(super) fn excluded(&self, query: &ParsedQuery) -> Option<AnyQuery> {
        let clauses: Vec<AnyQuery> = query.excluded.iter().map(|clause| self.clause(clause)).collect();
        (!clauses.is_empty()).then(|| -> AnyQuery { Box::new(BooleanQuery::union(clauses)) })
    }

    /// What may be seen and was asked for. Adds nothing to scores.
    pub(super) fn allowed(&self, visible: &Visibility, filters: &Filters) -> AnyQuery {
        let fields = self.fields;
        let owned = self.term(fields.user, visible.owner.as_str());
        let shared = terms(fields.collection, visible.collections.iter().map(|id| id.as_str()));
        let mut must = vec![BooleanQuery::union(vec![owned.box_clone(), shared])];
        if !filters.collections.is_empty() {
            let asked = || filters.collections.iter();
            let mine = terms(fields.collection, asked().map(|id| id.as_str()));
            let mine = BooleanQuery::intersection(vec![owned, mine]);
            let visible_ones = asked().filter(|id| visible.collections.contains(id)).map(|id| id.as_str());
            must.push(BooleanQuery::union(vec![Box::new(mine), terms(fields.collection, visible_ones)]));
        }
        let mut must: Vec<AnyQuery> = must.into_iter().map(|query| Box::new(query) as AnyQuery).collect();
        if !filters.connectors.is_empty() {
            must.push(terms(fields.connector, filters.connectors.iter().map(|id| id.as_str())));
        }
        if !filters.media_types.is_empty() {
            must.push(terms(fields.media_type, filters.media_types.iter().map(String::as_str)));
        }
        if !filters.item_ids.is_empty() {
            must.push(terms(fields.item, filters.item_ids.iter().map(|id| id.as_str())));
        }
        if let Some(path) =
            filters.path_prefix.as_deref().map(|path| path.trim_matches('/')).filter(|p| !p.is_empty())
        {
            must.push(self.term(fields.below, path));
        }
        must.extend(self.modified_between(filters));
        Box::new(ConstScoreQuery::new(Box::new(BooleanQuery::intersection(must)), 0.0))
    }

    pub(super) fn first_entries(&self) -> AnyQuery {
        let term = Term::from_field_u64(self.fields.first, 1);
        Box::new(ConstScoreQuery::new(Box::new(TermQuery::new(term, IndexRecordOption::Basic)), 0.0))
    }

    fn modified_between(&self, filters: &Filters) -> Option<AnyQuery> {
        let bound = |at| Term::from_field_i64(self.fields.modified, to_millis(at));
        let (from, to) = (filters.modified_after.map(bound), filters.modified_before.map(bound));
        if from.is_none() && to.is_none() {
            return None;
        }
        let from = from.map_or(Bound::Unbounded, Bound::Included);
        let to = to.map_or(Bound::Unbounded, Bound::Excluded);
        Some(Box::new(RangeQuery::new(from, to)))
    }

    /// A clause in any of the fields; the best field counts.
    fn clause(&self, clause: &Clause) -> AnyQuery {
        let fields = self.fields;
        let mut ways: Vec<AnyQuery> = vec![
            self.in_field(fields.body, clause),
            boosted(self.in_field(fields.name, clause), NAME_BOOST),
            boosted(self.in_field(fields.title, clause), TITLE_BOOST),
        ];
        // The path holds no positions; a phrase in it means little.
        if !matches!(clause, Clause::Phrase(_)) {
            ways.push(boosted(self.in_field(fields.path, clause), PATH_BOOST));
        }
        Box::new(DisjunctionMaxQuery::with_tie_breaker(ways, TIE_BREAKER))
    }

    fn in_field(&self, field: Field, clause: &Clause) -> AnyQuery {
        match clause {
            Clause::Phrase(tokens) if tokens.len() > 1 => Box::new(PhraseQuery::new(
                tokens.iter().map(|token| Term::from_field_text(field, token)).collect(),
            )),
            Clause::Phrase(tokens) => self.all_of(field, tokens, false),
            Clause::Word { tokens, prefix } => self.all_of(field, tokens, *prefix),
            Clause::Grams(tokens) => {
                let needed = (tokens.len() * 3).div_ceil(5);
                let grams = tokens.iter().map(|token| self.scored_term(field, token)).collect();
                Box::new(BooleanQuery::union_with_minimum_required_clauses(grams, needed))
            }
        }
    }

    fn all_of(&self, field: Field, tokens: &[String], prefix: bool) -> AnyQuery {
        let mut all: Vec<AnyQuery> = tokens.iter().map(|token| self.scored_term(field, token)).collect();
        if prefix && let (Some(last), Some(token)) = (all.last_mut(), tokens.last()) {
            let enough =
                field != self.fields.body || !token.is_ascii() || token.len() >= MIN_BODY_PREFIX_CHARS;
            if enough && let Some(beginning) = begins_with(field, token) {
                *last = Box::new(DisjunctionMaxQuery::new(vec![last.box_clone(), beginning]));
            }
        }
        match all.len() {
            1 => all.remove(0),
            _ => Box::new(BooleanQuery::intersection(all)),
        }
    }

    fn scored_term(&self, field: Field, token: &str) -> AnyQuery {
        Box::new(TermQuery::new(Term::from_field_text(field, token), IndexRecordOption::WithFreqs))
    }

    fn term(&self, field: Field, text: &str) -> AnyQuery {
        Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::Basic))
    }
}

/// How many of so many words must occur: one of two, then about two in five.
fn enough_of(words: usize) -> usize {
    if words <= 2 { words.min(1) } else { (words * 2).div_ceil(5) }
}

fn boosted(query: AnyQuery, boost: f32) -> AnyQuery {
    Box::new(BoostQuery::new(query, boost))
}

/// Any of these terms; none of them means nothing matches.
fn terms<'t>(field: Field, texts: impl Iterator<Item = &'t str>) -> AnyQuery {
    let mut terms: Vec<Term> = texts.map(|text| Term::from_field_text(field, text)).collect();
    match terms.len() {
        0 => Box::new(EmptyQuery),
        1 => Box::new(TermQuery::new(terms.remove(0), IndexRecordOption::Basic)),
        count if count < MANY_TERMS => Box::new(BooleanQuery::new_multiterms_query(terms)),
        _ => Box::new(TermSetQuery::new(terms)),
    }
}

/// Words that begin so, all with the same small score.
fn begins_with(field: Field, beginning: &str) -> Option<AnyQuery> {
    let last = beginning.chars().last()?;
    let next = char::from_u32(last as u32 + 1)?;
    let end = format!("{}{next}", &beginning[..beginning.len() - last.len_utf8()]);
    let (from, to) = (Term::from_field_text(field, beginning), Term::from_field_text(field, &end));
    let range = InvertedIndexRangeQuery::new(Bound::Included(from), Bound::Excluded(to));
    Some(Box::new(ConstScoreQuery::new(Box::new(range), PREFIX_BOOST)))
}

#[cfg(test)]
mod tests {
    use super::enough_of;

    #[test]
    fn some_words_must_occur() {
        assert_eq!([0, 1, 2, 3, 4, 5, 6, 10].map(enough_of), [0, 1, 1, 2, 2, 2, 3, 4]);
    }
}
