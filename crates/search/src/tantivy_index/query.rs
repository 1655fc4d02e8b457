//! What is looked for, made of what was asked.

use std::ops::Bound;
use std::rc::Rc;

use tantivy::query::{BooleanQuery, ConstScoreQuery, InvertedIndexRangeQuery, PhraseQuery, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Score, Searcher, Term};

use super::allowed::Listed;
use super::lists::Lists;
use super::matching::{Join, Sought};
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
/// Lifts what was spelled as asked above what is only similar.
const AS_ASKED_SCORE: f32 = 128.0;
/// Share of other fields' scores that counts beside the best field.
const TIE_BREAKER: f32 = 0.2;
/// Shorter beginnings are looked for in names and titles only.
const MIN_BODY_PREFIX_CHARS: usize = 3;

pub(super) struct QueryBuilder<'a> {
    pub(super) fields: &'a Fields,
    pub(super) searcher: &'a Searcher,
    lists: Lists<'a>,
    /// When given, beginnings of words are looked up among these entries only.
    pub(super) among: Option<Listed>,
}

impl<'a> QueryBuilder<'a> {
    pub(super) fn new(fields: &'a Fields, searcher: &'a Searcher) -> Self {
        Self { fields, searcher, lists: Lists::new(searcher), among: None }
    }

    pub(super) fn clauses(&self, clauses: &[Clause]) -> tantivy::Result<Vec<Sought>> {
        clauses.iter().map(|clause| self.clause(clause)).collect()
    }

    /// Every required clause.
    pub(super) fn required(&self, query: &ParsedQuery) -> tantivy::Result<Sought> {
        match query.required.is_empty() {
            true => Ok(Sought::Everything),
            false => Ok(Sought::all(self.clauses(&query.required)?)),
        }
    }

    /// Entries that hold any of the excluded clauses.
    pub(super) fn excluded(&self, query: &ParsedQuery) -> tantivy::Result<Option<Sought>> {
        let parts = self.clauses(&query.excluded)?;
        Ok((!parts.is_empty()).then_some(Sought::Joined { parts, join: Join::Best { tie_breaker: 0.0 } }))
    }

    pub(super) fn first_entries(&self) -> AnyQuery {
        let term = Term::from_field_u64(self.fields.first, 1);
        Box::new(ConstScoreQuery::new(Box::new(TermQuery::new(term, IndexRecordOption::Basic)), 0.0))
    }

    /// A clause in any of the fields of its scope; the best field counts.
    pub(super) fn clause(&self, clause: &Clause) -> tantivy::Result<Sought> {
        let as_asked = self.in_fields(clause, Spelling::AsAsked, 1.0)?;
        let is_respelled = match &clause.matter {
            Matter::Words { words, .. } => words.iter().any(|word| !word.similar.is_empty()),
            Matter::Grams(_) | Matter::Phrase(_) => false,
        };
        if !is_respelled {
            return Ok(as_asked);
        }
        let similar = self.in_fields(clause, Spelling::Similar, SIMILAR_BOOST)?;
        Ok(Sought::Joined { parts: vec![as_asked, similar], join: Join::First { lift: AS_ASKED_SCORE } })
    }

    fn in_fields(&self, clause: &Clause, spelling: Spelling, boost: Score) -> tantivy::Result<Sought> {
        let fields = self.fields;
        let place = |words, stems, weight: Score| Place { words, stems, boost: weight * boost };
        let mut places = vec![place(fields.name, Some(fields.name_stems), NAME_BOOST)];
        if clause.scope != Scope::Name {
            places.push(place(fields.title, Some(fields.title_stems), TITLE_BOOST));
        }
        if clause.scope == Scope::Anywhere {
            places.push(place(fields.body, Some(fields.body_stems), 1.0));
            // The path holds no positions; a phrase in it means little.
            if !matches!(clause.matter, Matter::Phrase(_)) {
                places.push(place(fields.path, None, PATH_BOOST));
            }
        }
        let mut ways = Vec::new();
        for place in places {
            ways.extend(self.at(place, clause, spelling)?);
        }
        Ok(any_of(ways, TIE_BREAKER).unwrap_or_else(Sought::nothing))
    }

    /// A clause in one place; `None` when nothing there can match.
    fn at(&self, place: Place, clause: &Clause, spelling: Spelling) -> tantivy::Result<Option<Sought>> {
        match &clause.matter {
            Matter::Phrase(tokens) if tokens.len() > 1 => {
                let terms = tokens.iter().map(|token| Term::from_field_text(place.words, token));
                Sought::query(&PhraseQuery::new(terms.collect()), self.searcher, place.boost).map(Some)
            }
            Matter::Phrase(tokens) => match tokens.first() {
                Some(token) => self.word(place.words, token, place.boost),
                None => Ok(None),
            },
            Matter::Words { words, prefix } => self.all_of(place, words, *prefix, spelling),
            Matter::Grams(tokens) => {
                let needed = (tokens.len() * 3).div_ceil(5);
                let mut grams = Vec::new();
                for token in tokens {
                    grams.extend(self.word(place.words, token, place.boost)?);
                }
                let join = Join::at_least(needed);
                Ok((grams.len() >= needed).then_some(Sought::Joined { parts: grams, join }))
            }
        }
    }

    fn all_of(
        &self,
        place: Place,
        words: &[AskedWord],
        prefix: bool,
        spelling: Spelling,
    ) -> tantivy::Result<Option<Sought>> {
        let last = words.len().saturating_sub(1);
        let mut all = Vec::with_capacity(words.len());
        for (at, word) in words.iter().enumerate() {
            let forms = match spelling {
                Spelling::AsAsked => self.forms(place, word, prefix && at == last)?,
                Spelling::Similar => self.similar_forms(place, word)?,
            };
            let Some(forms) = forms else { return Ok(None) };
            all.push(forms);
        }
        Ok(Some(Sought::all(all)))
    }

    /// A word as it was asked for, its other forms, and what begins with it.
    fn forms(&self, place: Place, word: &AskedWord, prefix: bool) -> tantivy::Result<Option<Sought>> {
        let mut ways: Vec<Sought> = self.word(place.words, &word.folded, place.boost)?.into_iter().collect();
        self.add_stems(place, &word.stems, &mut ways)?;
        if prefix {
            let long_enough = place.words != self.fields.body
                || !word.folded.is_ascii()
                || word.folded.len() >= MIN_BODY_PREFIX_CHARS;
            if long_enough {
                ways.extend(self.begins_with(place, &word.folded)?);
            }
        }
        Ok(any_of(ways, 0.0))
    }

    fn similar_forms(&self, place: Place, word: &AskedWord) -> tantivy::Result<Option<Sought>> {
        let mut ways = Vec::new();
        for similar in &word.similar {
            ways.extend(self.word(place.words, &similar.folded, place.boost)?);
            self.add_stems(place, &similar.stems, &mut ways)?;
        }
        Ok(any_of(ways, 0.0))
    }

    fn add_stems(&self, place: Place, stems: &[String], ways: &mut Vec<Sought>) -> tantivy::Result<()> {
        let Some(field) = place.stems else { return Ok(()) };
        for stem in stems {
            ways.extend(self.word(field, stem, place.boost * STEM_BOOST)?);
        }
        Ok(())
    }

    /// Entries in which a word is spelled exactly so.
    pub(super) fn spelled_so(&self, word: &str) -> AnyQuery {
        let fields = [self.fields.body, self.fields.name, self.fields.title];
        Box::new(BooleanQuery::union(fields.map(|field| self.term(field, word)).into()))
    }

    fn word(&self, field: Field, token: &str, boost: Score) -> tantivy::Result<Option<Sought>> {
        Ok(self.lists.word(field, token, boost)?.map(|word| Sought::Word(Rc::new(word))))
    }

    /// Words that begin so, all with the same small score.
    fn begins_with(&self, place: Place, beginning: &str) -> tantivy::Result<Option<Sought>> {
        let field = place.words;
        let Some(end) = end_of(beginning) else { return Ok(None) };
        let beginnings: AnyQuery = match &self.among {
            Some(among) => Box::new(among.holding_any(self.searcher, field, beginning, &end)?),
            None => {
                let (from, to) =
                    (Term::from_field_text(field, beginning), Term::from_field_text(field, &end));
                Box::new(InvertedIndexRangeQuery::new(Bound::Included(from), Bound::Excluded(to)))
            }
        };
        let beginnings = ConstScoreQuery::new(beginnings, PREFIX_BOOST);
        Sought::query(&beginnings, self.searcher, place.boost).map(Some)
    }

    pub(super) fn term(&self, field: Field, text: &str) -> AnyQuery {
        Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::Basic))
    }
}

/// A field and the field of its stems, and how many times as much as in the body a word weighs there.
#[derive(Clone, Copy)]
struct Place {
    words: Field,
    stems: Option<Field>,
    boost: Score,
}

#[derive(Clone, Copy)]
enum Spelling {
    AsAsked,
    Similar,
}

/// The best of several ways to match; `None` when there is none.
fn any_of(mut ways: Vec<Sought>, tie_breaker: f32) -> Option<Sought> {
    match ways.len() {
        0 | 1 => ways.pop(),
        _ => Some(Sought::Joined { parts: ways, join: Join::Best { tie_breaker } }),
    }
}

/// The first text after all that begin so.
fn end_of(beginning: &str) -> Option<String> {
    let last = beginning.chars().last()?;
    let next = char::from_u32(last as u32 + 1)?;
    Some(format!("{}{next}", &beginning[..beginning.len() - last.len_utf8()]))
}
